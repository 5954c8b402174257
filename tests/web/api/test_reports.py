"""The report over HTTP: what the database knows, who may have it, and what is answered when it cannot be made."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from serving import Client, write_recording

from semeia.events import Event
from semeia.inference import Track
from semeia.web import marks
from semeia.web.entrance import owner
from semeia.web.findings import store
from semeia.web.library import add_file
from semeia.web.models import Project, Recording
from semeia.web.permission import project_of
from semeia.web.reports import reading_of

POINT = {"threshold": 0.5, "smoothing": 1, "minimum_duration": 3.0, "merge_gap": 2.0}
SHOWN = {"montage": "longitudinal", "high_pass": 0.5, "low_pass": 40}


@pytest.fixture
def recording(client: Client, tmp_path: Path) -> Recording:
    """Return a recording with a seizure that the file marks, and three proposals: accepted, taken away, open."""
    row = add_file(project_of(owner()), write_recording(tmp_path / "p1_01.edf"))[0]
    probability = np.zeros(57, np.float32)
    for start in (5, 35, 48):
        probability[start : start + 6] = 0.9
    store(row, Track(probability, 4.0, 1.0, 60.0), model="m", point=POINT)
    first, second, _ = marks.current(row.marks.filter(source="m"))
    marks.change(first, owner(), status="accepted")
    marks.remove(second, owner())
    return row


def ask(client: Client, id: str, **query: Any) -> Any:
    return client.get(f"/api/recordings/{id}/report?{urlencode(SHOWN | query, doseq=True)}")


def test_the_report_is_what_the_database_knows(client: Client, recording: Recording) -> None:
    client.patch(f"/api/recordings/{recording.pk}", {"notes": "Alpha <10 Hz>."})
    answer = ask(client, recording.pk, reader="Dr. Ada", channels=["Fp1-F7", "Fz-Cz"])
    assert answer.status_code == 200 and answer["Content-Type"] == "text/html; charset=utf-8"
    assert answer["Cache-Control"] == "no-store" and answer["Content-Security-Policy"].startswith("default-src 'none'")
    page = answer.content.decode()
    for expected in (
        "<strong>2 seizures</strong> confirmed",
        "1 proposal was not reviewed",
        "marked in p1_01.edf",
        "Dr. Ada, proposed by m",
        "Alpha &lt;10 Hz&gt;.",
    ):
        assert expected in page
    assert "2 channels: Fp1-F7, Fz-Cz" in re.sub("</?span[^>]*>", "", page)
    (proposer,) = reading_of(recording).proposers
    assert (proposer.name, proposer.threshold, proposer.deleted) == ("m", 0.5, 1)
    assert client.get(f"/api/recordings/{recording.pk}").json()["notes"] == "Alpha <10 Hz>."


def test_an_anonymous_report_names_nobody(client: Client, recording: Recording) -> None:
    answer = ask(client, recording.pk, reader="Dr. Ada", anonymous=True)
    assert answer["Content-Disposition"] == 'inline; filename="report.html"'
    assert not re.search(rb"\bp1|\bAda\b|2020-02|04:05", answer.content)


def test_who_may_not_see_a_recording_gets_no_report(client: Client, recording: Recording) -> None:
    Recording.objects.update(project=Project.objects.create(name="theirs"))
    assert ask(client, recording.pk).status_code == 404
    assert Client(SERVER_NAME="localhost").get(f"/api/recordings/{recording.pk}/report").status_code == 401


def test_what_cannot_be_made_is_said_in_one_line(client: Client, recording: Recording) -> None:
    assert "there is no montage 'banana'" in ask(client, recording.pk, montage="banana").json()["detail"]
    assert ask(client, recording.pk, low_pass=64).status_code == 422
    Path(recording.path).unlink()
    assert ask(client, recording.pk).status_code == 410


def test_a_mark_of_a_person_is_theirs_and_one_of_a_file_nobodys(client: Client, recording: Recording) -> None:
    marks.add(recording, owner(), onset=1.0, duration=2.0, label="blink", author="owner", source="page")
    by = {(event.label, event.source): event.author for event in reading_of(recording, "Ada").events}
    assert by == {("seizure", "p1_01.edf"): "", ("seizure", "m"): "", ("blink", "page"): "Ada"}
    assert [e.author for e in reading_of(recording).events if e.status == "accepted"] == [
        "the owner of this Semeia",
        "the owner of this Semeia",
        "",
    ]
    assert isinstance(reading_of(recording).events[0], Event)


def test_whose_a_mark_is_that_a_file_brought(recording: Recording) -> None:
    brought = Event(12, 5, author="colleague", source="marked.tsv")
    marks.add_events(recording, owner(), [brought])
    mine = marks.add(recording, owner(), onset=40.0, duration=2.0, author="owner", source="page")
    who = {event.onset: event.author for event in reading_of(recording, "Ada").events}
    assert (who[12], who[mine.onset]) == ("colleague", "Ada")
