"""Windows of recordings as examples: a table of where they are, what they are, and whose."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from semeia.datasets.labelled import LabelledRecording
from semeia.datasets.labels import intervals_of, is_called
from semeia.evaluation import Predictions
from semeia.recipe import Patterns, SeizureDetection, Task

__all__ = ["Examples", "balanced_weights", "cut", "pattern_targets"]


@dataclass(frozen=True, eq=False)
class Examples:
    """Windows to classify, one row each; the samples stay on disk.

    Parameters
    ----------
    recordings : tuple of LabelledRecording
    recording : ndarray, int32 (examples,)
        Row of `recordings`.
    start : ndarray, float64 (examples,)
        Seconds from the recording's start.
    label : ndarray, int16 (examples,)
        Number of the class, 0 for the negative one. For patterns, a number of its own for each set of patterns that
        a window may show in whatever channels, 0 for none.
    room : ndarray, float32 (examples, 2)
        Seconds by which the window may be moved to the left and right and keep its label for sure.
    window_seconds : float
        Length of every example.
    """

    recordings: tuple[LabelledRecording, ...]
    recording: NDArray[np.int32]
    start: NDArray[np.float64]
    label: NDArray[np.int16]
    room: NDArray[np.float32]
    window_seconds: float

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, rows: NDArray[np.bool_]) -> Examples:
        """Return the examples that a mask chooses."""
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        chosen = {name: value[rows] for name, value in columns.items() if isinstance(value, np.ndarray)}
        return Examples(**columns | chosen)

    @property
    def patient(self) -> NDArray[np.str_]:
        """Patient of each example (examples,)."""
        return np.array([recording.patient for recording in self.recordings], dtype=np.str_)[self.recording]

    def predictions(
        self,
        classes: Sequence[str],
        probability: NDArray[np.float32],
        step_seconds: float,
        baselines: Mapping[str, NDArray[np.float64]] | None = None,
    ) -> Predictions:
        """Return the table of what a model said of these examples; see `Predictions`."""
        whose, groups, names = (
            np.array(column, np.str_)[self.recording]
            for column in zip(*((r.patient, r.group, r.path.name) for r in self.recordings), strict=True)
        )
        return Predictions(
            tuple(classes),
            probability,
            self.label,
            whose,
            groups,
            names,
            self.start,
            self.window_seconds,
            step_seconds,
            baselines or {},
        )


def cut(
    recordings: Sequence[LabelledRecording],
    window_seconds: float,
    step_seconds: float,
    *,
    minimum_overlap: float = 0.5,
    task: Task | None = None,
) -> Examples:
    """Return the windows of recordings on a grid of steps; no sample is read.

    A window is of a class that fills at least `minimum_overlap` of it when no other touches it; background is where
    no seizure touches it; other windows are left out. Windows lie in their recording's `span`.

    A window shows a pattern when the two have in common at least that share of the shorter of them; where they have
    less, but something, it is left out.

    Parameters
    ----------
    recordings : sequence of LabelledRecording
    window_seconds, step_seconds : float
        Length, and distance between the starts, of windows.
    minimum_overlap : float
        Share of the window, above 0 and up to 1.
    task : semeia.recipe.Task, optional
        Otherwise seizure detection.

    Raises
    ------
    ValueError
        If a parameter is out of range.
    DatasetError
        If events contradict each other.
    """
    if window_seconds <= 0 or step_seconds <= 0 or not 0 < minimum_overlap <= 1:
        raise ValueError(f"windows of {window_seconds} s at {step_seconds} s, overlap {minimum_overlap}")
    task = task or SeizureDetection()
    parts = [_windows(recording, window_seconds, step_seconds, minimum_overlap, task) for recording in recordings]
    rows = [np.full(len(start), number, np.int32) for number, (start, _, _) in enumerate(parts)]
    return Examples(
        tuple(recordings),
        np.concatenate([np.zeros(0, np.int32), *rows]),
        np.concatenate([np.zeros(0), *(start for start, _, _ in parts)]),
        np.concatenate([np.zeros(0, np.int16), *(label for _, label, _ in parts)]),
        np.concatenate([np.zeros((0, 2), np.float32), *(room for _, _, room in parts)]),
        window_seconds,
    )


def _windows(
    recording: LabelledRecording, window: float, step: float, minimum_overlap: float, task: Task
) -> tuple[NDArray[np.float64], NDArray[np.int16], NDArray[np.float32]]:
    tiny = 1e-9 * max(1.0, recording.duration)  # what adding up seconds may be off by
    start = _starts(recording, window, step, tiny)
    room = np.zeros((len(start), 2), np.float32)
    if isinstance(task, Patterns):
        label = _pattern_sets(recording, start, window, minimum_overlap, task)
        kept = label >= 0
        return start[kept], label[kept], room[kept]
    covered = []
    for intervals in intervals_of(recording, task):
        covered.append(np.zeros(len(start)))
        for first, stop in intervals:
            covered[-1] += np.clip(np.minimum(start + window, stop) - np.maximum(start, first), 0, None)
            inside = (start >= first - tiny) & (start + window <= stop + tiny)
            room[inside] = np.stack([start - first, stop - start - window], axis=1)[inside]
    background = isinstance(task, SeizureDetection)  # it is what the others leave, and windows of them may touch it
    shares = np.array(covered[1:] if background else covered)
    touched = (shares > tiny).sum(axis=0)
    kept = (touched == 1) & (shares.max(axis=0) >= minimum_overlap * window - tiny)
    label = shares.argmax(axis=0).astype(np.int16)
    if background:
        label = np.where(touched > 0, label + 1, 0).astype(np.int16)
        kept |= touched == 0
    first, stop = recording.span or (0.0, recording.duration)
    room = np.minimum(room, np.stack([start - first, stop - start - window], axis=1))
    return start[kept], label[kept], np.maximum(room[kept], 0).astype(np.float32)


def _starts(recording: LabelledRecording, window: float, step: float, tiny: float) -> NDArray[np.float64]:
    """Return where windows begin: on the grid of steps from the recording's start, within its span."""
    first, stop = recording.span or (0.0, recording.duration)
    begin = math.ceil((first - tiny) / step - 1e-9)
    end = math.floor((min(stop, recording.duration) - window + tiny) / step + 1e-9)
    return np.asarray(step * np.arange(begin, max(begin, end + 1)), np.float64)


def _pattern_sets(
    recording: LabelledRecording, start: NDArray[np.float64], window: float, minimum_overlap: float, task: Patterns
) -> NDArray[np.int16]:
    """Return a number for the set of patterns in each window, -1 where one is there only in part."""
    sets = np.zeros(len(start), np.int16)
    in_part = np.zeros(len(start), bool)
    for number, name in enumerate(task.patterns):
        shown = np.zeros(len(start), bool)
        for event in recording.events:
            if not is_called(event, name):
                continue
            rows, common, needed = _common(event.onset, event.stop, start, window, minimum_overlap)
            shown[rows] |= common >= needed
            in_part[rows] |= (common < needed) & (common > 0)
        sets |= shown.astype(np.int16) << number
    return np.where(in_part, -1, sets).astype(np.int16)


def _common(
    onset: float, stop: float, start: NDArray[np.float64], window: float, minimum_overlap: float
) -> tuple[slice, NDArray[np.float64], float]:
    """Return which windows (starts in order) an event meets, what each has of it, and how much it needs of it.

    An event without a duration is as good as one of a nanosecond.
    """
    stop = max(stop, onset + 1e-9)
    rows = slice(*np.searchsorted(start, [onset - window, stop]))
    common = np.clip(np.minimum(start[rows] + window, stop) - np.maximum(start[rows], onset), 0, None)
    return rows, common, minimum_overlap * min(stop - onset, window) * (1 - 1e-6)


def pattern_targets(
    recording: LabelledRecording,
    start: NDArray[np.float64],
    window_seconds: float,
    channels: Sequence[str],
    patterns: Sequence[str],
    *,
    minimum_overlap: float = 0.5,
) -> NDArray[np.uint8]:
    """Return which patterns each window shows in which channels (windows, channels, patterns), 1 or 0.

    Parameters
    ----------
    recording : LabelledRecording
    start : ndarray (windows,)
        Seconds, in order.
    window_seconds : float
    channels : sequence of str
        Labels; an event without channels is in all of them, and one of another channel in none.
    patterns : sequence of str
        Labels of events.
    minimum_overlap : float
        As in `cut`.
    """
    targets = np.zeros((len(start), len(channels), len(patterns)), np.uint8)
    for event in recording.events:
        shown = [k for k, name in enumerate(patterns) if is_called(event, name)]
        if not shown:
            continue
        rows, common, needed = _common(event.onset, event.stop, start, window_seconds, minimum_overlap)
        mine = [k for k, label in enumerate(channels) if not event.channels or label in event.channels]
        there = np.flatnonzero(common >= needed) + rows.start
        targets[np.ix_(there, mine, shown)] = 1
    return targets


def balanced_weights(examples: Examples) -> NDArray[np.float64]:
    """Return how often to draw each example, so that patients count the same, and classes within each.

    Parameters
    ----------
    examples : Examples

    Returns
    -------
    ndarray (examples,)
        Sums to 1 (with any example at all): the patient's share of all patients' `weight` / classes of the
        patient / examples of that class.
    """
    names, first, patient = np.unique(examples.patient, return_index=True, return_inverse=True)
    if not len(names):
        return np.zeros(0)
    weight = np.array([recording.weight for recording in examples.recordings])[examples.recording[first]]
    counts = np.zeros((len(names), int(examples.label.max()) + 1))
    np.add.at(counts, (patient, examples.label), 1)
    classes = (counts > 0).sum(axis=1)
    shares: NDArray[np.float64] = (weight / weight.sum())[patient] / (
        classes[patient] * counts[patient, examples.label]
    )
    return shares
