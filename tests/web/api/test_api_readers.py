"""Several readers on one machine: profiles, whose marks are whose, agreement, and a third who settles it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from serving import Client

from semeia.events import Event, Events, write_tsv
from semeia.signals import open_recording
from semeia.web import library, marks
from semeia.web.entrance import owner
from semeia.web.models import Mark, Recording, User
from semeia.web.permission import project_of


@pytest.fixture
def recording(client: Client, recording_file: Path) -> Recording:
    row: Recording = library.add_file(project_of(owner()), recording_file)[0]
    Mark.objects.all().delete()
    return row


def become(client: Client, name: str) -> None:
    rows = {row["name"]: row for row in client.get("/api/readers").json()}
    row = rows.get(name) or client.post("/api/readers", {"name": name}).json()
    answer = client.post(f"/api/readers/{row['id']}/enter")
    assert answer.status_code == 200 and answer.json()["here"], answer.text


def mark(client: Client, recording: Recording, onset: float, duration: float) -> None:
    answer = client.post(f"/api/recordings/{recording.pk}/events", {"onset": onset, "duration": duration})
    assert answer.status_code == 200, answer.text


def test_a_reader_is_chosen_and_marks_are_theirs(client: Client, recording: Recording) -> None:
    assert [(row["name"], row["here"]) for row in client.get("/api/readers").json()] == [("owner", True)]
    become(client, "Anna Lang")
    assert client.get("/api/session").json()["user"] == "Anna Lang"
    mark(client, recording, 10, 5)
    become(client, "owner")
    (event,) = client.get(f"/api/recordings/{recording.pk}/events").json()
    assert (event["author"], event["changed_by"]) == ("Anna Lang", "Anna Lang")
    changed = client.post(f"/api/events/{event['id']}/change", {"comment": " sharp at F7 "}).json()
    assert (changed["author"], changed["changed_by"], changed["comment"]) == ("Anna Lang", "owner", "sharp at F7")


@pytest.mark.parametrize("name", ["owner", "OWNER", "Consensus", "file"])
def test_a_name_that_is_taken_is_refused(client: Client, name: str) -> None:
    answer = client.post("/api/readers", {"name": name})
    assert answer.status_code == 409
    assert answer.json()["detail"] == f"{name} is taken: choose another name."


def test_a_profile_opens_no_account_and_an_account_becomes_no_profile(client: Client) -> None:
    account = User.objects.create_user("doctor", password="a long enough one")
    account.membership_set.create(project=project_of(owner()), role="owner")
    assert [row["name"] for row in client.get("/api/readers").json()] == ["owner"]
    assert client.post(f"/api/readers/{account.pk}/enter").status_code == 404
    reader = owner().pk
    client.force_login(account)
    assert client.get("/api/session").json()["user"] == "doctor"
    assert client.post(f"/api/readers/{reader}/enter").status_code == 403


def test_agreement_of_readers_and_what_a_third_settles(client: Client, recording: Recording) -> None:
    for name, spans in {"anna": [(10, 10), (40, 5)], "ben": [(12, 10)]}.items():
        become(client, name)
        for span in spans:
            mark(client, recording, *span)
    become(client, "cleo")
    at = f"/api/recordings/{recording.pk}"
    found = client.get(f"{at}/agreement").json()
    assert [(row["name"], row["seizures"]) for row in found["readers"]] == [("anna", 2), ("ben", 1)]
    (pair,) = found["pairs"]
    assert (pair["found_of_first"], pair["found_of_second"]) == ([1, 2], [1, 1])
    assert 0.5 < pair["kappa"] < 0.9
    both, one = found["stretches"]
    assert (both["onset"], both["duration"], both["marked_by"]) == (11, 10, ["anna", "ben"])
    assert (one["onset"], one["marked_by"], one["settled"]) == (40, ["anna"], None)

    said = client.post(f"{at}/consensus", {"onset": 40, "duration": 5, "seizure": False}).json()
    assert (said["author"], said["status"], said["comment"]) == ("consensus", "rejected", "settled by cleo")
    client.post(f"{at}/consensus", {"onset": 40, "duration": 5, "seizure": True})
    found = client.get(f"{at}/agreement").json()
    assert [row["name"] for row in found["readers"]] == ["anna", "ben"], "the consensus is no reader"
    assert found["stretches"][1]["settled"]["status"] == "accepted"
    assert Mark.objects.filter(author="consensus").count() == 2, "what was said first stays"


def test_a_models_event_is_his_who_accepts_it(client: Client, recording: Recording) -> None:
    event = marks.add(recording, None, onset=10, duration=5, status="proposed", confidence=0.9, author="net")
    assert client.get(f"/api/recordings/{recording.pk}/agreement").json()["readers"] == []
    become(client, "anna")
    client.post(f"/api/events/{event.pk}/change", {"status": "accepted"})
    (reader,) = client.get(f"/api/recordings/{recording.pk}/agreement").json()["readers"]
    assert reader == {"name": "anna", "seizures": 1, "seconds": 5.0}


@pytest.mark.parametrize("kind", ["tsv", "csv"])
def test_events_leave_as_a_file_and_come_back_as_they_were(client: Client, recording: Recording, kind: str) -> None:
    become(client, "anna")
    at = f"/api/recordings/{recording.pk}/events"
    client.post(at, {"onset": 10.125, "duration": 5, "channels": ["Fp1-F7"], "comment": "left"})
    event = client.post(at, {"onset": 30, "duration": 1, "label": "spike, wave"}).json()
    client.post(f"/api/events/{event['id']}/change", {"status": "rejected"})
    before = client.get(at).json()
    answer = client.get(f"{at}/file", {"kind": kind})
    assert answer.headers["Content-Disposition"] == f'attachment; filename="p1_01_events.{kind}"'
    Mark.objects.all().delete()
    become(client, "owner")
    brought = client.post(f"{at}/file?name=back.{kind}", answer.content, content_type="text/plain")
    assert brought.json() == {"added": 2, "left_out": 0, "cut": 0, "lost": ""}
    new = {"id": "", "changed_at": "", "changed_by": ""}
    assert [row | new for row in client.get(at).json()] == [row | new for row in before]


def test_a_copy_of_the_recording_carries_the_events(client: Client, recording: Recording, tmp_path: Path) -> None:
    become(client, "anna")
    at = f"/api/recordings/{recording.pk}/events"
    client.post(at, {"onset": 10.125, "duration": 5, "channels": ["Fp1"], "comment": "left"})
    answer = client.get(f"{at}/file", {"kind": "edf"})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="p1_01_events.edf"'
    path = tmp_path / "copy.edf"
    path.write_bytes(b"".join(answer.streaming_content))
    with open_recording(path) as copy, open_recording(recording.path) as first:
        (event,) = copy.events
        assert (event.onset, event.channels, event.author, event.comment) == (10.125, ("Fp1",), "anna", "left")
        np.testing.assert_array_equal(copy.read(0, 60), first.read(0, 60))


def test_a_file_of_another_reader_is_theirs_and_what_lies_outside_is_said(
    client: Client, recording: Recording, tmp_path: Path
) -> None:
    outside = [Event(-20, 5), Event(5000, 5), Event(5010, 0)]
    across = [Event(-2, 5), Event(58, 5), Event(-5, 100, "sleep")]
    write_tsv(Events([Event(10, 5), *across, *outside], duration=6000), tmp_path / "colleague.tsv")
    data = (tmp_path / "colleague.tsv").read_bytes()
    at = f"/api/recordings/{recording.pk}/events"
    answer = client.post(f"{at}/file?name=colleague.tsv", data, content_type="text/plain")
    lost = "3 events lie outside the recording: left out; 3 events reach beyond the recording: cut at its edge"
    assert answer.json() == {"added": 4, "left_out": 3, "cut": 3, "lost": lost}
    rows = client.get(at).json()
    assert {row["author"] for row in rows} == {"colleague"}
    assert [(row["onset"], row["duration"]) for row in rows] == [(0, 3), (0, 60), (10, 5), (58, 2)]
    answer = client.post(f"{at}/file?name=../a.tsv", b"nothing", content_type="text/plain")
    assert answer.status_code == 422
    assert answer.json()["detail"] == "a.tsv: is no table of events: its first line has no column 'onset'"
    szcore = client.get(f"{at}/file", {"kind": "szcore"}).content.decode().splitlines()
    assert szcore[3].split("\t")[:3] == ["10.00", "5.00", "sz"]
