"""Frozen labels: the same labels are one folder, and a file that changed since is never learnt from."""

from __future__ import annotations

from pathlib import Path

import pytest

from semeia.datasets import gather, gather_images
from semeia.datasets.frozen import FrozenImage, FrozenRecording, freeze_images, freeze_recordings, frozen_folder
from semeia.errors import FileError
from semeia.events import Event, Events

MARKS = [
    Event(5, 3, "seizure", channels=("C3",), comment="left first"),
    Event(12, 2, "seizure", status="proposed", source="model"),
    Event(15, 1, "artefact", status="rejected"),
]


@pytest.fixture
def recording(recipe_file: Path) -> FrozenRecording:
    path = sorted((recipe_file.parent / "patients").rglob("*.edf"))[0]
    about = path.stat()
    return FrozenRecording(path, "Ann", Events(MARKS), about.st_size, about.st_mtime_ns)


def test_what_was_marked_comes_back_without_what_nobody_answered(recording: FrozenRecording) -> None:
    name = freeze_recordings([recording])
    (found,) = gather("frozen", path=name)
    assert (found.path, found.patient, found.source, found.marked) == (recording.path, "Ann", "frozen", True)
    assert [(event.label, event.status) for event in found.events] == [
        ("seizure", "accepted"),
        ("artefact", "rejected"),
    ]
    assert (found.events[0].channels, found.events[0].comment) == (("C3",), "left first")
    assert found.duration > 15 and found.group == recording.path.stem


def test_the_same_labels_are_one_folder_and_others_another(recording: FrozenRecording) -> None:
    name = freeze_recordings([recording])
    again = [
        Event(e.onset, e.duration, e.label, e.channels, e.confidence, e.author, e.source, e.status, e.comment)
        for e in MARKS
    ]
    same = FrozenRecording(recording.path, "Ann", Events(again), recording.size, recording.modified_ns)
    assert freeze_recordings([same]) == name
    moved = FrozenRecording(recording.path, "Ann", Events([Event(5, 4)]), recording.size, recording.modified_ns)
    assert freeze_recordings([moved]) != name
    assert (frozen_folder() / name / "frozen.json").is_file()


@pytest.mark.parametrize(
    ("size", "words"), [(1, "has changed since its labels were frozen; import it again"), (None, "is gone")]
)
def test_a_file_that_is_another_now_is_refused(recording: FrozenRecording, size: int | None, words: str) -> None:
    path = recording.path if size else recording.path.with_name("gone.edf")
    name = freeze_recordings([FrozenRecording(path, "Ann", Events(MARKS), size or 0, recording.modified_ns)])
    with pytest.raises(FileError, match=f"{path.name}: {words}"):
        gather("frozen", path=name)


def test_damaged_labels_are_said(recording: FrozenRecording) -> None:
    name = freeze_recordings([recording])
    manifest = frozen_folder() / name / "frozen.json"
    text = manifest.read_text()
    manifest.write_text(text[:40])
    with pytest.raises(FileError, match="missing or damaged: choose the data again"):
        gather("frozen", path=name)
    manifest.write_text(text)


def test_images_are_frozen_as_a_table_that_recipes_know(image_recipe_file: Path) -> None:
    files = sorted((image_recipe_file.parent / "images").rglob("*.png"))[:6]
    path = freeze_images([FrozenImage(file, "odd" if n % 2 else "even", f"p{n}") for n, file in enumerate(files)])
    found = gather_images("image-table", path=path)
    assert sorted((image.path.name, image.label, image.patient) for image in found.images) == sorted(
        (file.name, "odd" if n % 2 else "even", f"p{n}") for n, file in enumerate(files)
    )
