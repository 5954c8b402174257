"""Find over the API: models, searches, tracks and their proposals."""

from __future__ import annotations

import io
import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from serving import Client
from working import in_library

from semeia import inference
from semeia.model import installed, read_description
from semeia.web.findings import store
from semeia.web.models import Job, Membership, Project, Recording, Track, User

POINT = {"threshold": 0.5, "smoothing": 0.0, "minimum_duration": 0.0, "merge_gap": 0.0}


@pytest.fixture
def recording(recording_file: Path, tmp_path: Path) -> Recording:
    file = tmp_path / "mine.edf"
    file.write_bytes(recording_file.read_bytes())
    return in_library(file)


@pytest.fixture
def track(recording: Recording) -> Track:
    values = np.full(59, 0.1, np.float32)
    values[10:20], values[30:40], values[50] = 0.9, 0.7, np.nan
    return store(recording, inference.Track(values, 2.0, 1.0, 60.0), model="m", point=POINT)


def test_models_are_told_with_what_they_take(client: Client) -> None:
    rows = {row["name"]: row for row in client.get("/api/models").json()}
    assert rows["eeg-starter"] == {
        "name": "eeg-starter",
        "description": rows["eeg-starter"]["description"],
        "judges": "recordings",
        "finds": True,
        "shipped": True,
        "classes": ["background", "seizure"],
        "montage": "any",
        "minimum_rate": 100.0,
        "window": 8.0,
        "threshold": rows["eeg-starter"]["threshold"],
    }
    assert "Seizures" in rows["eeg-starter"]["description"]
    assert len(rows) > 1
    assert next(iter(rows)) == "eeg-starter"  # what the page finds with where nobody chose


def test_a_model_says_what_it_is_and_is_had_as_a_file(client: Client, home: Path) -> None:
    told = client.get("/api/models/brain-mri").json()
    assert told["network"] == "small-resnet" and told["size"] > 1_000_000 and 'name = "brain-mri"' in told["recipe"]
    assert "<h2>What to expect</h2>" in told["card"] and "<td>" in told["card"]
    assert len(told["history"]) == 70 and told["history"][0].keys() >= {"training_loss", "validation_loss"}
    assert 0 <= told["best_epoch"] < 70
    assert not {row["name"]: row for row in client.get("/api/models").json()}["ieeg-patterns"]["finds"]

    body = b"".join(client.get("/api/models/eeg-starter/file").streaming_content)
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        archive.extractall(home / "copies")
    copy = home / "copies" / "eeg-starter"
    assert read_description(copy) == read_description(installed()["eeg-starter"])
    shutil.rmtree(home / "copies")
    again = client.post("/api/models", body, content_type="application/zip")
    assert again.status_code == 422 and "eeg-starter is installed already" in again.json()["detail"]
    assert client.get("/api/models/nothing").status_code == client.get("/api/models/nothing/file").status_code == 404


def test_a_card_that_came_from_elsewhere_runs_nothing(client: Client, home: Path) -> None:
    folder = home / "models" / "guest"
    shutil.copytree(installed()["eeg-starter"], folder)
    try:
        (folder / "card.md").write_text("<script>x()</script> [a](javascript:x) ![b](x onerror=y)\n\n**bold**")
        (folder / "metrics.json").write_text('{"history": [{"epoch": 0}]}')
        told = client.get("/api/models/guest").json()
        assert "<script" not in told["card"] and 'href="javascript' not in told["card"]
        assert "<strong>bold</strong>" in told["card"]
        assert (told["shipped"], told["history"], told["best_epoch"]) == (False, [], None)
    finally:
        shutil.rmtree(folder)


def test_a_damaged_model_does_not_hide_the_others(client: Client, home: Path) -> None:
    folder = home / "models" / "broken"
    folder.mkdir(parents=True)
    (folder / "model.json").write_text("{")
    try:
        assert "eeg-starter" in {row["name"] for row in client.get("/api/models").json()}
        assert "broken" not in {row["name"] for row in client.get("/api/models").json()}
    finally:
        (folder / "model.json").unlink()
        folder.rmdir()


def test_find_queues_one_job(client: Client, recording: Recording) -> None:
    answer = client.post(f"/api/recordings/{recording.pk}/find", {"model": "eeg-starter"})
    assert answer.status_code == 200
    job = answer.json()
    assert job | {"id": "", "created_at": ""} == {
        "id": "",
        "kind": "find",
        "recording": {"id": recording.pk, "name": "mine.edf"},
        "images": None,
        "state": "queued",
        "share": None,
        "doing": "",
        "message": "",
        "created_at": "",
        "started_at": None,
        "ended_at": None,
        "parameters": {"model": "eeg-starter"},
    }
    again = client.post(f"/api/recordings/{recording.pk}/find", {"model": "eeg-starter"}).json()
    assert again["id"] == job["id"] and Job.objects.get().user == User.objects.get(username="owner")


@pytest.mark.parametrize(("model", "detail"), [("none", "There is no model 'none'; there is "), ("../x", "no model")])
def test_an_unknown_model_is_refused(client: Client, recording: Recording, model: str, detail: str) -> None:
    answer = client.post(f"/api/recordings/{recording.pk}/find", {"model": model})
    assert answer.status_code == 422 and detail in answer.json()["detail"]
    assert not Job.objects.exists()


def test_a_file_that_is_gone_or_has_changed_is_refused_at_once(client: Client, recording: Recording) -> None:
    where = f"/api/recordings/{recording.pk}/find"
    os.utime(recording.path, (1, 1))
    answer = client.post(where, {"model": "eeg-starter"})
    assert answer.status_code == 422 and "has changed since it was imported" in answer.json()["detail"]
    Path(recording.path).unlink()
    answer = client.post(where, {"model": "eeg-starter"})
    assert answer.status_code == 422
    assert answer.json()["detail"] == "mine.edf: the file is not where it was when it was imported"
    assert not Job.objects.exists()


def test_a_track_is_told_and_its_values_come_as_float32(client: Client, track: Track) -> None:
    (row,) = client.get(f"/api/recordings/{track.recording_id}/tracks").json()
    assert row | {"created_at": ""} == {
        "id": track.pk,
        "model": "m",
        "window": 2.0,
        "hop": 1.0,
        "operating_point": POINT,
        "created_at": "",
    }
    values = np.frombuffer(client.get(f"/api/tracks/{track.pk}/values").content, "<f4")
    assert len(values) == 59 and np.isnan(values[50]) and values[10] == np.float32(0.9)


def test_proposals_follow_the_threshold_and_nothing_is_stored(client: Client, track: Track) -> None:
    def at(threshold: object) -> list[float]:
        answer = client.get(f"/api/tracks/{track.pk}/proposals", {"threshold": threshold})
        assert answer.status_code == 200
        return [row["onset"] for row in answer.json()]

    before = client.get(f"/api/recordings/{track.recording_id}/events").json()
    assert at(0.5) == [10.5, 30.5] and at(0.8) == [10.5] and at(1) == []
    assert client.get(f"/api/recordings/{track.recording_id}/events").json() == before
    for wrong in (-0.1, 1.1, "nan", "x"):
        assert client.get(f"/api/tracks/{track.pk}/proposals", {"threshold": wrong}).status_code == 422


def test_proposals_are_stored_at_a_threshold(client: Client, track: Track) -> None:
    rows = client.post(f"/api/tracks/{track.pk}/events", {"threshold": 0.8}).json()
    assert [(row["onset"], row["status"], row["source"]) for row in rows] == [(10.5, "proposed", "m")]
    events = client.get(f"/api/recordings/{track.recording_id}/events").json()
    assert [row for row in events if row["source"] == "m"] == rows
    rows = client.post(f"/api/tracks/{track.pk}/events", {"threshold": 0.6}).json()
    assert [row["onset"] for row in rows] == [10.5, 30.5]


def test_what_belongs_to_others_is_not_there_and_readers_only_look(client: Client, track: Track) -> None:
    client.post("/api/tracks/x/events", {"threshold": 0.5})
    membership = Membership.objects.get()
    membership.role = Membership.Role.READER
    membership.save()
    for path, body in (
        (f"/api/recordings/{track.recording_id}/find", {"model": "eeg-starter"}),
        (f"/api/tracks/{track.pk}/events", {"threshold": 0.5}),
    ):
        assert client.post(path, body).status_code == 403
    assert client.get(f"/api/tracks/{track.pk}/values").status_code == 200
    membership.project = Project.objects.create(name="another")
    membership.save()
    for path in (f"/api/tracks/{track.pk}/values", f"/api/recordings/{track.recording_id}/tracks"):
        assert client.get(path).status_code == 404
    assert client.post(f"/api/tracks/{track.pk}/events", {"threshold": 0.5}).status_code == 404


def test_nobody_gets_in_without_a_session(recording: Recording) -> None:
    anyone = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    for path in ("/api/models", "/api/jobs", "/api/stream", f"/api/recordings/{recording.pk}/tracks"):
        assert anyone.get(path).status_code == 401
    assert anyone.post(f"/api/recordings/{recording.pk}/find", {"model": "eeg-starter"}).status_code in {401, 403}
