"""Windows to train and to validate on, cut from signals that stay on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeia.datasets import Examples, LabelledRecording, balanced_weights, cut, pattern_targets
from semeia.errors import DatasetError, SemeiaError, StorageError
from semeia.recipe import Examples as ExampleSettings
from semeia.recipe import Patterns, SeizureDetection, Task
from semeia.training.signals import Signal, filtered, signal_key
from semeia.transforms import Transform

__all__ = ["Windows", "fitted", "prepare", "selected"]

BATCH = 64
FIT_WINDOWS = 512
"""Windows that a transform's statistics are taken from: drawn as in training, and enough for means over each."""


@dataclass(frozen=True, eq=False)
class Windows:
    """Examples, and the signals that they are cut from.

    Parameters
    ----------
    examples : Examples
    signals : list of Signal
        One a recording.
    first : ndarray, int64 (examples,)
        First sample of each example in its signal.
    window, step : int
        Samples of an example, and between the starts of neighbouring ones.
    task : semeia.recipe.Task
    room : ndarray, int64 (examples, 2)
        Samples by which each may be moved to the left and right and keep its label.
    patterns : list of ndarray, uint8 (examples of the recording, channels, patterns)
        For patterns, what each recording's examples show in each channel; otherwise empty.
    key : list
        What the samples of all examples depend on, as plain JSON values.
    left_out : int
        Windows that lack too much, and are no examples.
    missing : float
        Share of the recordings' time that was not recorded, 0..1.
    applied : bool
        Whether the signals are as the transform gives them.
    """

    examples: Examples
    signals: list[Signal]
    first: NDArray[np.int64]
    window: int
    step: int
    task: Task
    room: NDArray[np.int64]
    patterns: list[NDArray[np.uint8]]
    key: list[object]
    left_out: int = 0
    missing: float = 0.0
    applied: bool = False

    @property
    def channels(self) -> int | None:
        """Number of channels, if all recordings have the same."""
        counts = {len(signal.labels) for signal in self.signals}
        return counts.pop() if len(counts) == 1 else None

    def note(self, part: str = "") -> str:
        """Return what is well to know of drop-outs and gaps, in the part that is named; empty where there are none."""
        if not self.missing:
            return ""
        where = f" in the {part} part" if part else ""
        return f"drop-outs and gaps{where}: {self.missing:.1%} of the time; windows left out: {self.left_out}"

    def read(self, row: int, into: NDArray[np.float32] | None = None, shift: int = 0) -> NDArray[np.float32]:
        """Return one window, time-major (samples, channels), µV."""
        first, signal = int(self.first[row]) + shift, self.signals[int(self.examples.recording[row])]
        return signal.file.read_slice(first, first + self.window, into)

    def batches(self) -> Iterator[NDArray[np.float32]]:
        """Yield all windows in order, some at a time (windows, channels, samples), those of one recording together."""
        borders = np.flatnonzero(np.diff(self.examples.recording)) + 1
        for rows in np.split(np.arange(len(self.examples)), borders):
            for begin in range(0, len(rows), BATCH):
                yield np.stack([self.read(row) for row in rows[begin : begin + BATCH].tolist()]).transpose(0, 2, 1)

    def targets(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Return the classes of some examples (rows,), or their patterns (rows, channels, patterns).

        Patterns of recordings with fewer channels than others end in NaN.
        """
        if not self.patterns:
            return self.examples.label[rows].astype(np.int64)
        recording = self.examples.recording
        begins = np.searchsorted(recording, np.arange(len(self.patterns)))
        most, several = max(len(signal.labels) for signal in self.signals), self.patterns[0].shape[2]
        targets = np.full((len(rows), most, several), np.nan, np.float32)
        for target, row in zip(targets, rows, strict=True):
            shown = self.patterns[recording[row]][row - begins[recording[row]]]
            target[: len(shown)] = shown
        return targets


def prepare(
    recordings: Sequence[LabelledRecording],
    settings: ExampleSettings,
    transform: Transform,
    progress: Callable[[int], None] = lambda done: None,
    *,
    task: Task | None = None,
    applied: bool = False,
) -> Windows:
    """Filter and resample recordings into the cache, once, and cut them into examples.

    Windows that lack more than the share of samples that the settings allow are left out.

    Parameters
    ----------
    recordings : sequence of LabelledRecording
    settings : semeia.recipe.Examples
    transform : Transform
    progress : callable
        Called with the number of recordings that are done.
    task : semeia.recipe.Task, optional
        Otherwise seizure detection.
    applied : bool
        Keep the signals as a pointwise transform gives them: for windows to which nothing is done before it.

    Raises
    ------
    DatasetError
        If a recording cannot be used; the message names it.
    StorageError
        If the disk is full.
    """
    task = task or SeizureDetection()
    signals = _signals(recordings, settings, transform, progress, applied=applied)
    rate = transform.rate
    window, step = round(settings.window * rate), max(1, round(settings.step * rate))
    examples = cut(recordings, window / rate, step / rate, minimum_overlap=settings.overlap, task=task)
    first, room = np.rint(examples.start * rate).astype(np.int64), np.floor(examples.room * rate).astype(np.int64)
    kept = _limit(examples, signals, first, room, window=window, most=settings.dropouts.most)
    examples, first = examples[kept], first[kept]
    places = hashlib.blake2b(np.concatenate([examples.recording, first]).tobytes(), digest_size=16).hexdigest()
    made_from = [signal_key(labelled, settings, transform, applied=applied) for labelled in recordings]
    missing = sum(int(np.diff(signal.missing).sum()) for signal in signals)
    return Windows(
        examples,
        signals,
        first,
        window,
        step,
        task,
        np.maximum(room[kept], 0),
        _patterns(examples, signals, task, settings.overlap),
        [made_from, window, places],
        left_out=int((~kept).sum()),
        missing=missing / max(1, sum(signal.samples for signal in signals)),
        applied=applied,
    )


def _signals(
    recordings: Sequence[LabelledRecording],
    settings: ExampleSettings,
    transform: Transform,
    progress: Callable[[int], None],
    *,
    applied: bool,
) -> list[Signal]:
    """Return the filtered signal of each recording; an error names the recording."""
    signals = []
    for number, labelled in enumerate(recordings):
        progress(number)
        try:
            signals.append(filtered(labelled, settings, transform, applied=applied))
        except StorageError:
            raise
        except SemeiaError as error:
            raise DatasetError(error.about(labelled.path.name)) from error
    progress(len(recordings))
    return signals


def _limit(
    examples: Examples,
    signals: list[Signal],
    first: NDArray[np.int64],
    room: NDArray[np.int64],
    *,
    window: int,
    most: float,
) -> NDArray[np.bool_]:
    """Return which examples lie in their signals and lack no more than a share; narrow their room to move in place."""
    kept = np.zeros(len(examples), bool)
    for number, signal in enumerate(signals):
        rows = np.flatnonzero(examples.recording == number)
        lacking = signal.missing_in(first[rows], window)
        kept[rows] = (first[rows] + window <= signal.samples) & (lacking <= most * window)
        if len(signal.missing):  # nothing is moved to where more is missing
            room[rows] = np.minimum(room[rows], _good_around(signal, first[rows], window))
        room[rows, 1] = np.minimum(room[rows, 1], signal.samples - window - first[rows])
    return kept


def _good_around(signal: Signal, first: NDArray[np.int64], window: int) -> NDArray[np.int64]:
    """Return how far windows may be moved to the left and right without touching a gap (windows, 2)."""
    starts, stops = signal.missing[:, 0], signal.missing[:, 1]
    before = np.concatenate([[0], stops])[np.searchsorted(stops, first, side="right")]
    after = np.concatenate([starts, [signal.samples]])[np.searchsorted(starts, first + window)]
    return np.stack([first - before, after - first - window], axis=1)


def _patterns(examples: Examples, signals: list[Signal], task: Task, overlap: float) -> list[NDArray[np.uint8]]:
    if not isinstance(task, Patterns):
        return []
    return [
        pattern_targets(
            examples.recordings[number],
            examples.start[examples.recording == number],
            examples.window_seconds,
            signal.labels,
            task.patterns,
            minimum_overlap=overlap,
        )
        for number, signal in enumerate(signals)
    ]


def fitted(windows: Windows, transform: Transform, seed: int, *, balance: bool = True) -> Transform:
    """Return a transform with the statistics of training windows, drawn as training draws them."""
    if not len(windows.examples):
        return transform
    rng = np.random.default_rng([seed, 0])
    count = min(FIT_WINDOWS, len(windows.examples))
    chance = balanced_weights(windows.examples) if balance else None
    rows = np.sort(rng.choice(len(windows.examples), count, p=chance))
    return transform.fit(windows.read(row).T[None] for row in rows.tolist())


def selected(windows: Windows, rows: NDArray[np.bool_]) -> Windows:
    """Return the windows that a mask chooses."""
    recording = windows.examples.recording
    patterns = [part[rows[recording == number]] for number, part in enumerate(windows.patterns)]
    return replace(
        windows,
        examples=windows.examples[rows],
        first=windows.first[rows],
        room=windows.room[rows],
        patterns=patterns,
        key=[*windows.key, hashlib.blake2b(rows.tobytes(), digest_size=16).hexdigest()],
    )
