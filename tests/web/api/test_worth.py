"""What a model is worth on reviewed recordings: which count, which do not, and figures that a hand count gives too."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from serving import Client, write_recording

from semeia import inference
from semeia.model import TrainedOn, installed, read_description
from semeia.web import marks
from semeia.web.entrance import owner
from semeia.web.findings import store
from semeia.web.library import add_file
from semeia.web.models import Mark, Patient, Project, Recording
from semeia.web.permission import project_of

HOUR = 3600.0
POINT = {"threshold": 0.5, "smoothing": 0.0, "minimum_duration": 0.0, "merge_gap": 0.0}


@pytest.fixture
def model(home: Path) -> Iterator[Path]:
    """Return a model of plain rules that was trained on a patient called ``seen``."""
    folder = home / "models" / "plain"
    shutil.copytree(installed()["eeg-starter"], folder)
    about = read_description(folder).model_copy(update={"trained_on": TrainedOn.of("patient", "key", [("seen", "")])})
    point = about.operating_point.model_copy(update=POINT)
    (folder / "model.json").write_text(about.model_copy(update={"operating_point": point}).model_dump_json())
    yield folder
    shutil.rmtree(folder)


def found(tmp_path: Path, name: str, *spans: tuple[float, float, float]) -> Recording:
    """Import an hour in which the model finds some spans, each with a probability."""
    recording = add_file(project_of(owner()), write_recording(tmp_path / f"{name}.edf"))[0]
    Mark.objects.filter(recording=recording).delete()
    recording.duration, recording.name = HOUR, name
    recording.patient = Patient.objects.create(project=recording.project, name=name)
    recording.save()
    track = inference.Track(np.full(3599, 0.1, np.float32), 2.0, 1.0, HOUR)
    for onset, stop, probability in spans:
        track.probability[(track.edges[:-1] >= onset) & (track.edges[1:] <= stop)] = probability
    store(recording, track, model="plain", point=POINT)
    return recording


def answer(recording: Recording, *accepted: float) -> None:
    for mark in marks.current(Mark.objects.filter(recording=recording)):
        marks.change(mark, owner(), status="accepted" if mark.onset in accepted else "rejected")


def test_reviewed_recordings_tell_what_a_model_is_worth_at_any_threshold(
    client: Client, model: Path, tmp_path: Path
) -> None:
    one = found(tmp_path, "one", (500.5, 540.5, 0.9), (2000.5, 2040.5, 0.7))
    answer(one, 500.5)
    marks.add(one, owner(), onset=3000.0, duration=30.0, label="seizure")  # which the model missed
    answer(found(tmp_path, "two", (100.5, 140.5, 0.6)))
    found(tmp_path, "open", (100.5, 140.5, 0.6))
    answer(found(tmp_path, "seen", (100.5, 140.5, 0.6)))
    told = client.get("/api/models/plain/worth").json()
    assert (told["recordings"], told["open"], told["seen"]) == (2, 1, 1)
    measured = told["measured"]
    assert (measured["seizures"], measured["patients"], measured["hours"]) == (2, 2, pytest.approx(2))
    assert measured["sensitivity"]["value"] == 0.5 and measured["precision"]["value"] == pytest.approx(1 / 3)
    assert measured["false_alarms_per_24h"]["value"] == pytest.approx(2 / 2 * 24)
    assert "SzCORE" in measured["scorer"]
    at = {round(row["threshold"], 2): row for row in measured["sweep"]}
    assert (at[0.8]["sensitivity"], at[0.8]["precision"], at[0.8]["false_alarms_per_24h"]) == (0.5, 1.0, 0.0)
    assert at[0.65]["precision"] == 0.5 and at[0.95]["sensitivity"] == 0.0 and at[0.95]["precision"] is None
    assert [(row["recording"], row["found"], row["false_alarms"]) for row in measured["per_recording"]] == [
        ("one", 1, 1),
        ("two", 0, 1),
    ]


def test_without_a_seizure_there_is_nothing_to_say(client: Client, model: Path, tmp_path: Path) -> None:
    answer(found(tmp_path, "one", (500.5, 540.5, 0.9)))
    assert client.get("/api/models/plain/worth").json() == {"recordings": 1, "open": 0, "seen": 0, "measured": None}


def test_what_others_reviewed_is_not_seen(client: Client, model: Path, tmp_path: Path) -> None:
    answer(recording := found(tmp_path, "one", (500.5, 540.5, 0.9)), 500.5)
    recording.tracks.update(project=Project.objects.create(name="theirs"))
    assert client.get("/api/models/plain/worth").json()["recordings"] == 0
    assert client.get("/api/models/nothing/worth").status_code == 404
