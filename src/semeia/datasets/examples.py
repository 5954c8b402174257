"""Windows of recordings as examples: a table of where they are, what they are, and whose."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from semeia.datasets.labelled import LabelledRecording

__all__ = ["Examples", "balanced_weights", "cut"]


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
    label : ndarray, int8 (examples,)
        1 seizure, 0 background.
    window_seconds : float
        Length of every example.
    """

    recordings: tuple[LabelledRecording, ...]
    recording: NDArray[np.int32]
    start: NDArray[np.float64]
    label: NDArray[np.int8]
    window_seconds: float

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, rows: NDArray[np.bool_]) -> Examples:
        """Return the examples that a mask chooses."""
        return Examples(self.recordings, self.recording[rows], self.start[rows], self.label[rows], self.window_seconds)

    @property
    def patient(self) -> NDArray[np.str_]:
        """Patient of each example (examples,)."""
        return np.array([recording.patient for recording in self.recordings], dtype=np.str_)[self.recording]


def cut(
    recordings: Sequence[LabelledRecording],
    window_seconds: float,
    step_seconds: float,
    *,
    minimum_overlap: float = 0.5,
) -> Examples:
    """Return the windows of recordings on a grid of steps; no sample is read.

    A window is a seizure when seizures fill at least `minimum_overlap` of it, background when they do not
    touch it, and left out in between.

    Parameters
    ----------
    recordings : sequence of LabelledRecording
    window_seconds, step_seconds : float
        Length, and distance between the starts, of windows.
    minimum_overlap : float
        Share of the window, above 0 and up to 1.

    Raises
    ------
    ValueError
        If a parameter is out of range.
    """
    if window_seconds <= 0 or step_seconds <= 0 or not 0 < minimum_overlap <= 1:
        raise ValueError(f"windows of {window_seconds} s at {step_seconds} s, overlap {minimum_overlap}")
    parts = [_windows(recording, window_seconds, step_seconds, minimum_overlap) for recording in recordings]
    rows = [np.full(len(start), number, np.int32) for number, (start, _) in enumerate(parts)]
    return Examples(
        tuple(recordings),
        np.concatenate(rows) if rows else np.zeros(0, np.int32),
        np.concatenate([start for start, _ in parts]) if parts else np.zeros(0),
        np.concatenate([label for _, label in parts]) if parts else np.zeros(0, np.int8),
        window_seconds,
    )


def _windows(
    recording: LabelledRecording, window: float, step: float, minimum_overlap: float
) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    tiny = 1e-9 * max(1.0, recording.duration)  # what adding up seconds may be off by
    count = max(0, math.floor((recording.duration - window + tiny) / step + 1e-9) + 1)
    start = step * np.arange(count)
    covered = np.zeros(count)
    for first, stop in _united(recording):
        covered += np.clip(np.minimum(start + window, stop) - np.maximum(start, first), 0, None)
    label = (covered >= minimum_overlap * window - tiny).astype(np.int8)
    kept = (label == 1) | (covered <= tiny)
    return start[kept], label[kept]


def _united(recording: LabelledRecording) -> list[tuple[float, float]]:
    """Return the seizures as intervals that do not overlap."""
    united: list[tuple[float, float]] = []
    for event in recording.events.seizures():
        if united and event.onset <= united[-1][1]:
            united[-1] = united[-1][0], max(united[-1][1], event.stop)
        else:
            united.append((event.onset, event.stop))
    return united


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
    counts = np.zeros((len(names), 2))
    np.add.at(counts, (patient, examples.label), 1)
    classes = (counts > 0).sum(axis=1)
    shares: NDArray[np.float64] = (weight / weight.sum())[patient] / (
        classes[patient] * counts[patient, examples.label]
    )
    return shares
