"""The event stream from a real server: every listener hears of every change, whoever made it."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from serving import Browser, Server
from working import ended, find, in_library

from semeia.events import Event
from semeia.web import library, marks, pictures, verdicts
from semeia.web.api.changes import Change
from semeia.web.api.stream import PERIOD, _Listener
from semeia.web.entrance import owner
from semeia.web.jobs import lifecycle
from semeia.web.jobs.progress import begin, progress_file
from semeia.web.models import Job, Membership, Project, Recording, User
from semeia.web.permission import project_of


@pytest.fixture(scope="module")
def served(migrated: Path) -> Iterator[Server]:
    """Return a server of the tests' own database."""
    with Server(migrated) as running:
        yield running


@pytest.fixture
def browser(served: Server) -> Browser:
    """Return a browser that came in: each test begins with an empty database."""
    return served.enter()


class Listener:
    """A tab that listens."""

    def __init__(self, browser: Browser) -> None:
        self.connection: HTTPConnection = browser.connect(timeout=10)
        self.connection.request("GET", "/api/stream", headers=browser.headers())
        self.answer: HTTPResponse = self.connection.getresponse()
        assert self.answer.status == 200
        assert self.answer.headers["Content-Type"] == "text/event-stream"
        assert self.answer.readline() == b"retry: 1000\n"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.answer.close()
        self.connection.close()

    def next(self) -> tuple[str, Any]:
        """Return the next event and its data."""
        while not (line := self.answer.readline()).startswith(b"event: "):
            assert line, "the stream has ended"
        event, data = line[7:].strip().decode(), self.answer.readline()
        assert data.startswith(b"data: ")
        return event, json.loads(data[6:])

    def until(self, wanted: str, **parts: Any) -> Any:
        """Return the data of the next such event."""
        while True:
            event, data = self.next()
            if event == wanted and parts.items() <= data.items():
                return data


@pytest.fixture
def recording(browser: Browser, recording_file: Path) -> Recording:
    return in_library(recording_file)


def test_twenty_tabs_hear_of_every_change(browser: Browser, recording: Recording) -> None:
    with ExitStack() as stack:
        tabs = [stack.enter_context(Listener(browser)) for _ in range(20)]
        asked = time.monotonic()
        job = browser.post(f"/api/recordings/{recording.pk}/find", {"model": "eeg-starter"}).json()
        mark = browser.post(f"/api/recordings/{recording.pk}/events", {"onset": 1, "duration": 2}).json()
        for tab in tabs:
            assert tab.until("job", id=job["id"]) == job
            assert tab.until("events") == {"recording": recording.pk, "ids": [mark["id"]]}
        assert time.monotonic() - asked < 3
        browser.post(f"/api/jobs/{job['id']}/stop")
        for tab in tabs:
            assert tab.until("job")["state"] == "cancelled"


def test_what_other_processes_do_is_told(browser: Browser, recording: Recording) -> None:
    with Listener(browser) as tab:
        mark = marks.add(recording, None, onset=1.0, duration=2.0)
        assert mark.pk in tab.until("events")["ids"]
        gone = marks.remove(mark, None)
        assert tab.until("events") == {"recording": recording.pk, "ids": [gone.pk]}
        marks.add_events(recording, None, [Event(second, 1.0) for second in range(50)])
        assert tab.until("events") == {"recording": recording.pk, "ids": None}
        recording.name = "renamed"
        recording.save()
        assert tab.until("library") == {}
        library.remove(recording)
        assert tab.until("library") == {}


def test_what_is_said_of_pictures_is_told(browser: Browser, image_folder: Path) -> None:
    with Listener(browser) as tab:
        found, _ = pictures.add_folder(project_of(owner()), image_folder)
        assert tab.until("library") == {}
        picture = found.pictures.get(name="clear/wrong.png")
        said = verdicts.give(picture, owner(), "dense", replaces=None)
        assert said is not None
        row = {"id": said.pk, "label": "dense", "status": "corrected", "user": "owner"}
        assert tab.until("verdict") == {"set": found.pk, "picture": picture.pk, "verdict": row}
        verdicts.give(picture, owner(), None, replaces=said.pk)
        assert tab.until("verdict") == {"set": found.pk, "picture": picture.pk, "verdict": None}
        found.name = "renamed"
        found.save()
        assert tab.until("library") == {}


def test_a_job_is_told_as_it_goes_on(browser: Browser, recording: Recording) -> None:
    job = find(recording)
    with Listener(browser) as tab:
        claimed = lifecycle.claim([])
        assert claimed is not None
        begin(job.pk, 1)
        assert tab.until("job", state="running")
        with progress_file(job.pk).open("a") as file:
            file.write('{"event": "progress", "share": 0.5}\n')
        assert tab.until("job", share=0.5)["id"] == job.pk
        lifecycle.end(claimed, 1, said="It did not work.")
        said = tab.until("job", state="failed")
        assert said["message"] == "It did not work."
        (row,) = [row for row in browser.get("/api/jobs").json() if row["id"] == job.pk]
        assert said.keys() == row.keys() and said["recording"] == row["recording"]


def test_a_search_is_followed_from_queued_to_its_events(browser: Browser, recording: Recording, migrated: Path) -> None:
    from working import Worker

    with Worker(), Listener(browser) as tab:
        job = browser.post(f"/api/recordings/{recording.pk}/find", {"model": "eeg-starter"}).json()
        assert ended(Job.objects.get(pk=job["id"])).state == Job.State.DONE
        heard = [tab.next()]
        while not {("job", "done"), ("track", None)} <= {(event, data.get("state")) for event, data in heard}:
            heard.append(tab.next())
        (track,) = [data for event, data in heard if event == "track"]
        assert track["recording"] == recording.pk
        assert browser.get(f"/api/tracks/{track['id']}/values").status == 200


def test_nobody_hears_of_what_they_may_not_see(browser: Browser, recording: Recording) -> None:
    theirs = Project.objects.create(name="theirs")
    other = Recording.objects.get(pk=recording.pk)
    other.pk, other.project = "f" * 16, theirs
    with Listener(browser) as tab:
        other.save(force_insert=True)
        marks.add(other, None, onset=1.0, duration=2.0)
        time.sleep(2 * PERIOD)
        marks.add(recording, None, onset=1.0, duration=2.0)
        assert tab.until("events")["recording"] == recording.pk
    Membership.objects.create(user=User.objects.get(username="owner"), project=theirs, role="reader")
    with Listener(browser) as tab:
        marks.add(other, None, onset=3.0, duration=2.0)
        assert tab.until("events")["recording"] == other.pk


def test_the_last_may_leave_and_others_come(browser: Browser, recording: Recording) -> None:
    for round in range(5):
        with Listener(browser) as tab:
            marks.add(recording, None, onset=float(round), duration=1.0)
            assert tab.until("events")["recording"] == recording.pk
        time.sleep(0.1 * round)


def test_it_works_again_after_the_server_was_killed(recording_file: Path, migrated: Path) -> None:
    with Server(migrated) as server:
        row = in_library(recording_file)
        with Listener(server.browser):
            server.kill()
        server.start()
        server.browser.port = server.port
        with Listener(server.browser) as tab:
            marks.add(row, None, onset=1.0, duration=2.0)
            assert tab.until("events")["recording"] == row.pk


def test_a_slow_listener_gets_the_latest_of_each_thing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[_Listener.__module__], "HEARTBEAT", 0.05)

    async def listen() -> list[str]:
        listener = _Listener(frozenset({"p"}))
        for number in range(1000):
            listener.tell(Change("p", "job", "a", str(number)))
            listener.tell(Change("other", "job", "b", str(number)))
        listener.tell(Change("p", "library", "", "{}"))
        for number in range(2):
            listener.tell(Change("p", "events", "a", str(number), together="many"))
        return [await listener.next(), await listener.next()]

    told, silence = asyncio.run(listen())
    assert told == "event: job\ndata: 999\n\nevent: library\ndata: {}\n\nevent: events\ndata: many\n\n"
    assert silence == ":\n\n"
