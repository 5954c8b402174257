"""What a recipe's task makes of events: for each class, the intervals of a recording that belong to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from semeia.datasets.labelled import LabelledRecording
from semeia.errors import DatasetError
from semeia.events import Event
from semeia.events.intervals import Intervals, shared, united, without
from semeia.recipe import AnyTask, Classification, ImageClassification, Patterns, Prediction, SeizureDetection, Task

__all__ = ["class_names", "intervals_of", "is_called", "know_neighbours"]

_FILE_CLASSES = ("interictal", "preictal")
"""Labels of events that say what a whole file is, as contests do."""


def class_names(task: AnyTask) -> list[str]:
    """Return the classes of a task; the first is the negative one, except for patterns, which have none."""
    match task:
        case SeizureDetection():
            return ["background", "seizure"]
        case Prediction(horizons=[_]):
            return ["interictal", "preictal"]
        case Prediction(horizons=horizons):
            return ["interictal", *(f"preictal {minutes:g} min" for minutes in horizons)]
        case Classification(classes=classes) | ImageClassification(classes=classes):
            return list(classes)
        case Patterns(patterns=patterns):
            return list(patterns)


def intervals_of(recording: LabelledRecording, task: Task) -> list[Intervals]:
    """Return for each class of a task the intervals of a recording that belong to it.

    Parameters
    ----------
    recording : LabelledRecording
    task : semeia.recipe.Task
        Patterns are told per channel; here their channels are taken together.

    Returns
    -------
    list of list of (float, float)
        In the order of `class_names`; seconds. Intervals of different classes do not overlap, except those of patterns.

    Raises
    ------
    DatasetError
        If events of different classes overlap, or a file is called preictal without saying to which seizure and the
        task has several horizons.
    """
    match task:
        case SeizureDetection():
            seizures = _seizures(recording)
            return [without([(0.0, recording.duration)], seizures), seizures]
        case Prediction():
            return _prediction(recording, task)
        case Classification(classes=names) | Patterns(patterns=names):
            found = [_marked(recording, name) for name in names]
            if isinstance(task, Classification):
                _check_disjoint(recording, found, names)
            return found


def is_called(event: Event, label: str) -> bool:
    """Whether an event has a label, in any case, and was not rejected."""
    return event.label.strip().lower() == label.strip().lower() and event.status != "rejected"


def know_neighbours(recordings: Sequence[LabelledRecording]) -> list[LabelledRecording]:
    """Return the recordings with `around`: seizures of the same patient in the other recordings.

    Recordings without a clock, and those that know their neighbours already, stay as they are.
    """
    known: dict[str, list[tuple[LabelledRecording, float]]] = {}
    for recording in recordings:
        if recording.started_at is not None:
            own = known.setdefault(recording.patient, [])
            own += [(recording, seizure.onset) for seizure in recording.events.seizures()]
    found = []
    for recording in recordings:
        if recording.started_at is None or recording.around:
            found.append(recording)
            continue
        others = [
            onset + (other.started_at - recording.started_at).total_seconds()
            for other, onset in known[recording.patient]
            if other is not recording and other.started_at is not None
        ]
        found.append(replace(recording, around=tuple(sorted(others))))
    return found


def _prediction(recording: LabelledRecording, task: Prediction) -> list[Intervals]:
    """Return interictal and preictal intervals (Mormann et al. 2007; exclusion zones as the task gives them)."""
    whole = [(0.0, recording.duration)]
    said = {name: _marked(recording, name) for name in _FILE_CLASSES}
    seizures = [*_seizures(recording), *((onset, onset) for onset in recording.around)]
    if any(said.values()) and not seizures:
        if said["preictal"] and len(task.horizons) > 1:
            raise DatasetError(
                f"{recording.path.name}: is called preictal without its time to the seizure, "
                "which several task.horizons need; give one"
            )
        return [said["interictal"], said["preictal"]] + [[] for _ in task.horizons[1:]]
    nearest = 60 * max(task.clear, task.gap + max(task.horizons))  # what may be preictal is not interictal
    clear = [(onset - nearest, stop + 60 * task.clear) for onset, stop in seizures]
    never = [(onset - 60 * task.gap, stop + 60 * task.after) for onset, stop in seizures]
    classes = [said["interictal"] or ([] if any(said.values()) else without(whole, clear))]
    nearer: Intervals = []
    for minutes in task.horizons:
        reach = [(onset - 60 * (task.gap + minutes), onset - 60 * task.gap) for onset, _ in seizures]
        inside = without(united(_clipped(reach, recording.duration)), [*never, *nearer])
        classes.append(shared(inside, said["preictal"]) if any(said.values()) else inside)
        nearer += reach
    return classes


def _seizures(recording: LabelledRecording) -> Intervals:
    return united((event.onset, event.stop) for event in recording.events.seizures())


def _marked(recording: LabelledRecording, label: str) -> Intervals:
    return united((event.onset, event.stop) for event in recording.events if is_called(event, label))


def _check_disjoint(recording: LabelledRecording, classes: list[Intervals], names: Sequence[str]) -> None:
    marks = sorted((*interval, name) for name, own in zip(names, classes, strict=True) for interval in own)
    for (start, stop, name), (onset, _, other) in pairwise(marks):
        if onset < stop:
            raise DatasetError(
                f"{recording.path.name}: {name} from {start:g} s and {other} from {onset:g} s overlap; "
                "a moment can only be of one class"
            )


def _clipped(intervals: Iterable[tuple[float, float]], duration: float) -> Intervals:
    clipped = ((max(0.0, start), min(duration, stop)) for start, stop in intervals)
    return [(start, stop) for start, stop in clipped if start < stop]
