"""Events through the API, and none lost when the server is killed."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from serving import Browser, Client, Server

from semeia.web import library, marks
from semeia.web.entrance import owner
from semeia.web.models import Mark, Recording
from semeia.web.permission import project_of


@pytest.fixture
def at(client: Client, recording_file: Path) -> str:
    """Return the address of a recording of 60 s without events."""
    row: Recording = library.add_file(project_of(owner()), recording_file)[0]
    Mark.objects.all().delete()
    return f"/api/recordings/{row.pk}/events"


def add(client: Client, at: str, **stated: Any) -> Any:
    answer = client.post(at, {"onset": 10, "duration": 5, **stated})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_mark_is_the_readers_own(client: Client, at: str) -> None:
    event = add(client, at, channels=["Fp1-F7"])
    assert event | {"id": "", "changed_at": ""} == {
        "id": "",
        "onset": 10.0,
        "duration": 5.0,
        "label": "seizure",
        "channels": ["Fp1-F7"],
        "confidence": None,
        "author": "owner",
        "source": "page",
        "status": "accepted",
        "comment": "",
        "changed_at": "",
        "changed_by": "owner",
    }
    first = add(client, at, onset=1, label="spike")
    assert client.get(at).json() == [first, event], "by onset"


def test_change_remove_and_undo(client: Client, at: str) -> None:
    event = add(client, at)
    rejected = client.post(f"/api/events/{event['id']}/change", {"status": "rejected"}).json()
    assert rejected["status"] == "rejected" and rejected["id"] != event["id"]
    assert client.get(at).json() == [rejected]
    back = client.post(f"/api/events/{rejected['id']}/undo").json()
    assert back["status"] == "accepted"
    gone = client.post(f"/api/events/{back['id']}/remove").json()
    assert client.get(at).json() == []
    again = client.post(f"/api/events/{gone['id']}/undo").json()
    assert client.get(at).json() == [again]
    other = add(client, at, onset=30)
    answer = client.post(f"/api/events/{other['id']}/undo")
    assert answer.status_code == 200 and answer.json() is None
    assert client.get(at).json() == [again]


def test_a_tab_that_is_late_hears_how_it_is_now(client: Client, at: str) -> None:
    event = add(client, at)
    now = client.post(f"/api/events/{event['id']}/change", {"onset": 12}).json()
    for act, data in (("change", {"onset": 1}), ("remove", None), ("undo", None)):
        answer = client.post(f"/api/events/{event['id']}/{act}", data)
        assert answer.status_code == 409
        assert answer.json() == {"detail": "This event was changed elsewhere in the meantime.", "current": now}
    client.post(f"/api/events/{now['id']}/remove")
    answer = client.post(f"/api/events/{now['id']}/change", {"onset": 1})
    assert answer.status_code == 409 and answer.json()["current"] is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"onset": 58, "duration": 5},
        {"onset": -1},
        {"duration": -1},
        {"onset": "soon"},
        {"label": "  "},
        {"label": "x" * 201},
        {"onset": float("nan")},
        {"duration": float("inf")},
    ],
)
def test_what_is_no_event_of_the_recording_is_refused_in_one_line(
    client: Client, at: str, wrong: dict[str, Any]
) -> None:
    event = add(client, at)
    for path in (at, f"/api/events/{event['id']}/change"):
        answer = client.post(path, {"onset": 10, "duration": 5, **wrong})
        assert answer.status_code == 422, answer.text
        detail = answer.json()["detail"]
        assert isinstance(detail, str) and "\n" not in detail
    assert client.get(at).json() == [event]


def test_accepting_a_models_finding_keeps_that_it_is_the_models(client: Client, at: str) -> None:
    recording = Recording.objects.get()
    found = marks.add(
        recording, None, onset=3.0, duration=2.0, status="proposed", author="net", source="net", confidence=0.8
    )
    accepted = client.post(f"/api/events/{found.pk}/change", {"status": "accepted", "onset": 2.5}).json()
    assert (accepted["author"], accepted["source"], accepted["confidence"]) == ("net", "net", 0.8)
    assert Mark.objects.get(pk=accepted["id"]).user == owner()


@pytest.mark.slow
def test_no_acknowledged_mark_is_lost_when_the_server_is_killed(
    tmp_path: Path, recording_file: Path, count: Callable[[int], int]
) -> None:
    with Server(tmp_path / "home", folders=(recording_file.parent,)) as server:
        browser = server.browser
        (folder,) = browser.get("/api/folders").json()["folders"]
        (row,) = browser.post("/api/imports", {"at": [folder["at"]]}).json()["recordings"]
        at = f"/api/recordings/{row['id']}/events"
        known = {event["id"] for event in browser.get(at).json()}
        for seed in range(count(20)):
            killer = threading.Timer(random.Random(seed).uniform(0.0, 0.4), server.kill)
            killer.start()
            try:
                while True:
                    known.add(browser.post(at, {"onset": 1, "duration": 1}).json()["id"])
            except (OSError, HTTPException):
                pass
            killer.join()
            server.start()
            browser.port = server.port
            there = {event["id"] for event in browser.get(at).json()}
            assert known <= there and len(there - known) <= 1
            known = there


def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path, recording_file: Path) -> None:
    home = tmp_path / "home"
    with Server(home, folders=(recording_file.parent,)) as server:
        (folder,) = server.browser.get("/api/folders").json()["folders"]
        (row,) = server.browser.post("/api/imports", {"at": [folder["at"]]}).json()["recordings"]
        at, cookies = f"/api/recordings/{row['id']}/events", server.browser.cookies
    room = 40_000 + max(file.stat().st_size for file in home.glob("semeia.sqlite3*"))
    server = Server(home, full_at=room)
    server.start()
    try:
        browser = Browser(server.port)
        browser.cookies = cookies
        known = {event["id"] for event in browser.get(at).json()}
        while (answer := browser.post(at, {"onset": 1, "duration": 1, "label": "x" * 200})).status == 200:
            known.add(answer.json()["id"])
        assert answer.status == 507 and "disk is full" in answer.json()["detail"], answer
        assert {event["id"] for event in browser.get(at).json()} == known
    finally:
        server.kill()
