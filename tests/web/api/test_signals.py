"""Signals over HTTP: whom they are given to, what is answered when they cannot be, and many who ask at once."""

from __future__ import annotations

import json
import os
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from serving import Browser, Client, Server, wait_for, write_recording

from semeia.web.entrance import owner
from semeia.web.library import add_file
from semeia.web.models import Project, Recording
from semeia.web.permission import project_of

CLINICAL = {"start": 10, "seconds": 10, "pixels": 1280, "montage": "longitudinal", "high_pass": 0.5, "low_pass": 60}


def address(id: str, what: str = "page", **query: Any) -> str:
    return f"/api/recordings/{id}/{what}?{urlencode(CLINICAL | query if what == 'page' else query)}"


def header(body: bytes) -> dict[str, Any]:
    (size,) = struct.unpack("<I", body[:4])
    return json.loads(body[4 : 4 + size])


@pytest.fixture
def recording(client: Client, tmp_path: Path) -> Recording:
    return add_file(project_of(owner()), write_recording(tmp_path / "p1_01.edf"))[0]


def test_a_page(client: Client, recording: Recording) -> None:
    answer = client.get(address(recording.id, notch=50, channels="Fz-Cz,Fp1-F7"))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Cache-Control"] == "no-store"  # patients' signals stay out of the browser's cache on disk
    assert [channel["label"] for channel in header(answer.content)["channels"]] == ["Fz-Cz", "Fp1-F7"]
    assert len(answer.content) % 4 == 0


def test_an_overview_and_a_thumbnail(client: Client, recording: Recording) -> None:
    first = client.get(address(recording.id, "overview", columns=200))
    assert (first.status_code, first.json()) == (202, {"share": 0.0})
    ready = wait_for(lambda: (a := client.get(address(recording.id, "overview", columns=200))).status_code == 200 and a)
    assert header(ready.content)["columns"] == 200
    assert header(client.get(address(recording.id, "thumbnail")).content)["columns"] == 120
    assert client.get(address(recording.id, "overview", columns=0)).status_code == 422


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"start": 60}, "does not lie in the recording, which has 60 s"),
        ({"start": "soon"}, "start"),
        ({"seconds": 0}, "up to 600 s"),
        ({"montage": "banana"}, "there is no montage 'banana'"),
        ({"montage": "chbmit"}, "no channel has FT9, FT10"),
        ({"channels": "Fp99"}, "no channel 'Fp99'"),
        ({"low_pass": 70}, "not below 64 Hz"),
        ({"high_pass": 0}, "must be above 0 Hz"),
        ({"high_pass": 60}, "high_pass 60 Hz is not below low_pass 60 Hz"),
        ({"notch": "nan"}, "notch"),
    ],
)
def test_what_cannot_be_shown_is_said_in_one_line(
    client: Client, recording: Recording, query: dict[str, Any], words: str
) -> None:
    answer = client.get(address(recording.id, **query))
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert "\n" not in answer.json()["detail"]


@pytest.mark.parametrize("what", ["page", "overview", "thumbnail"])
def test_nobody_sees_what_is_not_theirs(client: Client, recording: Recording, what: str) -> None:
    assert Client(SERVER_NAME="localhost").get(address(recording.id, what)).status_code == 401
    assert client.get(address("0" * 16, what)).status_code == 404
    Recording.objects.filter(pk=recording.id).update(project=Project.objects.create(name="another"))
    assert client.get(address(recording.id, what)).status_code == 404


@pytest.mark.parametrize("what", ["page", "overview", "thumbnail"])
def test_a_file_that_changed_or_vanished(client: Client, recording: Recording, what: str) -> None:
    assert client.get(address(recording.id, what)).status_code in {200, 202}
    os.utime(recording.path, ns=(1, 1))
    answer = client.get(address(recording.id, what))
    assert answer.status_code == 409
    assert answer.json()["detail"] == "p1_01.edf: its file has changed since it was imported: import it anew"
    Path(recording.path).unlink()
    answer = client.get(address(recording.id, what))
    assert (answer.status_code, answer["Cache-Control"]) == (410, "no-store")  # it may be put back
    assert str(Path(recording.path).parent) not in answer.json()["detail"]


def upload(browser: Browser, file: Path) -> str:
    """Send a file to a running server; return the recording's id."""
    data = file.read_bytes()
    id = browser.post("/api/uploads", {"name": file.name, "size": len(data)}).json()["id"]
    assert browser.put(f"/api/uploads/{id}?offset=0", data).status == 200
    return str(browser.post(f"/api/uploads/{id}/finish").json()["recordings"][0]["id"])


def test_fifty_at_once_lose_nothing(server: Server, recording_file: Path) -> None:
    browser, id = server.browser, upload(server.browser, recording_file)

    def some(first: int) -> list[bytes]:
        return [browser.get(address(id, start=first % 7 + turn)).body for turn in range(4)]

    alone = {start: browser.get(address(id, start=start)).body for start in range(10)}
    with ThreadPoolExecutor(50) as clients:
        for first, pages in enumerate(clients.map(some, range(50))):
            assert pages == [alone[first % 7 + turn] for turn in range(4)]


def test_who_goes_away_is_not_waited_for(server: Server, recording_file: Path) -> None:
    browser, id = server.browser, upload(server.browser, recording_file)
    for _ in range(30):
        gone = browser.connect()
        gone.request("GET", address(id, seconds=50, pixels=100), headers=browser.headers())
        gone.close()
    assert browser.get(address(id)).status == 200


def test_a_server_answers_all_the_rest_as_django_does(server: Server, recording_file: Path) -> None:
    browser, id = server.browser, upload(server.browser, recording_file)
    stranger = Browser(server.port)
    assert stranger.get(address(id)).status == 401
    assert browser.get(address(id, start=-1)).status == 422
    assert browser.get(address("0" * 16)).status == 404
    assert browser.post(address(id)).status == 405
    assert browser.get(address(id), headers={"Host": "elsewhere"}).status == 403
    assert browser.get(address(id), headers={"Origin": "http://elsewhere"}).status == 403
    assert browser.get(f"/api/recordings/{id}/page?start=%ff&%ff=%00").status == 422
    wait_for(lambda: browser.get(address(id, "overview")).status == 200)
    policy = browser.get(address(id)).headers
    assert policy["X-Content-Type-Options"] == "nosniff"


def test_a_spectrum_is_of_the_channels_and_the_montage_that_it_shows(client: Client, recording: Recording) -> None:
    asked = {"start": 2, "seconds": 4, "montage": "longitudinal", "channels": "Fp1-F7", "high_pass": 1}
    found = client.get(f"/api/recordings/{recording.id}/spectrum", asked).json()
    assert found["channels"] == ["Fp1-F7"]
    assert len(found["density"]) == 1 and len(found["density"][0]) == len(found["frequency"])
    short = client.get(f"/api/recordings/{recording.id}/spectrum", asked | {"seconds": 0.1})
    assert short.status_code == 422 and "too short for a spectrum" in short.json()["detail"]
