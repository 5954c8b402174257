"""What a model found is kept whole, replaces what it found before, and leaves alone what people have judged."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from working import in_library

from semeia import inference
from semeia.errors import FileError, RecordingError, SemeiaError, StorageError
from semeia.web import library, marks
from semeia.web.entrance import owner
from semeia.web.findings import proposals, propose, read_track, store, track_file
from semeia.web.models import Mark, Recording, Track

POINT = {"threshold": 0.5, "smoothing": 0.0, "minimum_duration": 0.0, "merge_gap": 0.0}


@pytest.fixture
def recording(recording_file: Path, tmp_path: Path) -> Recording:
    file = tmp_path / "mine.edf"
    file.write_bytes(recording_file.read_bytes())
    return in_library(file)


def track_with(*spans: tuple[float, float], confidence: float = 0.9) -> inference.Track:
    """Return a track of 60 s that is high in some spans; windows of 2 s every second."""
    track = inference.Track(np.full(59, 0.1, np.float32), 2.0, 1.0, 60.0)
    for onset, stop in spans:
        track.probability[(track.edges[:-1] >= onset) & (track.edges[1:] <= stop)] = confidence
    return track


def found(recording: Recording, *spans: tuple[float, float], model: str = "m") -> Track:
    return store(recording, track_with(*spans), model=model, point=POINT)


def spans(marked: Iterable[Mark]) -> list[tuple[float, float]]:
    return [(mark.onset, mark.onset + mark.duration) for mark in marked]


def by(recording: Recording, model: str = "m") -> list[Mark]:
    return list(marks.current(Mark.objects.filter(recording=recording, source=model)))


def test_a_track_is_kept_with_its_values_and_proposals(recording: Recording) -> None:
    given = track_with((10.5, 20.5))
    given.probability[40] = np.nan
    row = store(recording, given, model="m", point=POINT)
    kept = read_track(row)
    np.testing.assert_array_equal(kept.probability, given.probability)
    assert kept.probability.dtype == np.dtype("<f4")
    assert (kept.window, kept.hop, kept.duration) == (2.0, 1.0, 60.0)
    (mark,) = by(recording)
    assert (mark.onset, mark.duration, mark.status, mark.author, mark.user) == (10.5, 10.0, "proposed", "m", None)
    assert mark.confidence == pytest.approx(0.9)


def test_finding_again_replaces_what_the_same_model_found(recording: Recording) -> None:
    first, other = found(recording, (5.5, 10.5), (40.5, 50.5)), found(recording, (1.5, 4.5), model="other")
    again = found(recording, (6.5, 12.5))
    assert spans(by(recording)) == [(6.5, 12.5)]
    assert spans(by(recording, "other")) == [(1.5, 4.5)]
    assert set(Track.objects.values_list("pk", flat=True)) == {other.pk, again.pk}
    assert not track_file(first.pk).exists() and track_file(again.pk).exists()
    assert Mark.objects.filter(recording=recording, source="m").count() == 5, "what was proposed stays in the history"


def test_what_a_person_judged_stays_and_is_not_proposed_again(recording: Recording) -> None:
    found(recording, (5.5, 10.5), (20.5, 30.5), (40.5, 50.5))
    accepted, rejected, moved = by(recording)
    marks.change(accepted, owner(), status="accepted")
    marks.change(rejected, owner(), status="rejected")
    marks.change(moved, owner(), onset=41.0, duration=8.0)
    found(recording, (4.5, 11.5), (22.5, 25.5), (40.5, 50.5), (55.5, 58.5))
    assert spans(by(recording)) == [(5.5, 10.5), (20.5, 30.5), (41.0, 49.0), (55.5, 58.5)]
    assert [mark.status for mark in by(recording)] == ["accepted", "rejected", "proposed", "proposed"]


def test_a_much_longer_proposal_is_news_in_spite_of_a_judged_part(recording: Recording) -> None:
    found(recording, (20.5, 24.5))
    marks.change(by(recording)[0], owner(), status="rejected")
    found(recording, (10.5, 40.5))
    assert spans(by(recording)) == [(10.5, 40.5), (20.5, 24.5)]


def test_proposals_follow_the_threshold_and_are_stored_when_asked(recording: Recording) -> None:
    row = store(recording, track_with((10.5, 20.5), confidence=0.7), model="m", point=POINT | {"threshold": 0.8})
    assert by(recording) == []
    assert [(e.onset, e.stop) for e in proposals(row, 0.6)] == [(10.5, 20.5)]
    assert proposals(row, 0.71) == []
    assert by(recording) == []
    assert spans(propose(recording, "m", proposals(row, 0.6))) == [(10.5, 20.5)]
    assert propose(recording, "m", proposals(row, 0.71)) == [] and by(recording) == []


@pytest.mark.parametrize("how", ["changed", "gone", "removed"])
def test_nothing_is_kept_of_a_recording_that_is_no_longer_the_same(recording: Recording, how: str) -> None:
    expected: type[SemeiaError] = FileError
    if how == "changed":
        os.utime(recording.path, (1, 1))
    elif how == "gone":
        Path(recording.path).unlink()
    else:
        expected, file = RecordingError, Path(recording.path).read_bytes()
        library.remove(Recording.objects.get(pk=recording.pk))
        Path(recording.path).write_bytes(file)
        os.utime(recording.path, ns=(recording.modified_ns, recording.modified_ns))
    before = set(track_file("x").parent.glob("*"))
    with pytest.raises(expected):
        found(recording, (10.5, 20.5))
    assert by(recording) == [] and not Track.objects.exists()
    assert set(track_file("x").parent.glob("*")) == before


def test_a_place_that_cannot_be_written_leaves_what_was_there(recording: Recording, home: Path, tmp_path: Path) -> None:
    first = found(recording, (10.5, 20.5))
    folder = home / "tracks"
    folder.rename(tmp_path / "tracks")
    folder.touch()
    try:
        with pytest.raises(StorageError):
            found(recording, (30.5, 40.5))
    finally:
        folder.unlink()
        (tmp_path / "tracks").rename(folder)
    assert spans(by(recording)) == [(10.5, 20.5)]
    assert Track.objects.get() == first and read_track(first).unscored == 0


@pytest.mark.parametrize("damage", [None, b"", b"\x93NUMPY nothing", b"PK\x03\x04"])
def test_a_track_whose_values_are_missing_or_damaged_says_so(recording: Recording, damage: bytes | None) -> None:
    row = found(recording, (10.5, 20.5))
    if damage is None:
        track_file(row.pk).unlink()
    else:
        track_file(row.pk).write_bytes(damage)
    with pytest.raises(FileError, match="missing or damaged; find again"):
        read_track(row)
