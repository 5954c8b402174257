"""What a model is worth on the recordings of a Library that people have reviewed, whatever its threshold.

Nothing is computed but events: the tracks that Find left are cut at one threshold after another, and what comes is
scored against the seizures that were accepted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semeia.evaluation.detection import RecordingEvents, measured_events
from semeia.events import Event, Events, is_seizure
from semeia.inference import find_events
from semeia.model import OperatingPoint, TrainedOn
from semeia.web import marks
from semeia.web.findings import read_track
from semeia.web.models import Mark, Track

__all__ = ["Reviewed", "reviewed", "worth"]

_THRESHOLDS = tuple(k / 20 for k in range(1, 20))


@dataclass(frozen=True)
class Reviewed:
    """Tracks of a model that it can be judged by, and how many cannot, and why.

    Parameters
    ----------
    tracks : list of Track
    truth : list of RecordingEvents
        Of each, the seizures that people or their files say.
    open : int
        Recordings in which proposals of the model are not answered.
    seen : int
        Recordings that the model was trained on.
    """

    tracks: list[Track]
    truth: list[RecordingEvents]
    open: int
    seen: int


def reviewed(tracks: Sequence[Track], trained_on: TrainedOn | None) -> Reviewed:
    """Sort out by which of a model's tracks it can be judged."""
    kept, truth, open, seen = [], [], 0, 0
    marked: dict[str, list[Mark]] = {track.recording_id: [] for track in tracks}
    for mark in marks.current(Mark.objects.filter(recording__in=marked)):
        marked[mark.recording_id].append(mark)
    for track in tracks:
        recording = track.recording
        if trained_on is not None and trained_on.knows(recording.patient.name, Path(recording.path).stem):
            seen += 1
            continue
        there = marked[recording.pk]
        if any(mark.source == track.model and mark.status == "proposed" for mark in there):
            open += 1
            continue
        said = [mark for mark in there if mark.status == "accepted" and is_seizure(mark.label)]
        events = Events(Event(mark.onset, mark.duration) for mark in said)
        kept.append(track)
        truth.append(RecordingEvents(recording.patient.name, recording.name, events, recording.duration))
    return Reviewed(kept, truth, open, seen)


def worth(found: Reviewed, point: OperatingPoint) -> dict[str, Any]:
    """Return what a model's events are worth (see `measured_events`), at its threshold and over a sweep.

    Raises
    ------
    DatasetError
        If there is nothing to judge by.
    FileError
        If a track is missing or damaged.
    """
    read = [read_track(track) for track in found.tracks]
    given = point.model_dump()

    def find(threshold: float) -> list[list[Event]]:
        return [find_events(track, **given | {"threshold": threshold}) for track in read]

    return measured_events(found.truth, find, threshold=point.threshold, thresholds=_THRESHOLDS)
