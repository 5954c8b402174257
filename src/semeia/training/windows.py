"""Windows to train and to validate on, cut from signals that stay on disk."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeia.datasets import Examples, LabelledRecording, balanced_weights, class_names, cut, pattern_targets
from semeia.errors import DatasetError, SemeiaError, StorageError
from semeia.recipe import Augmentation, Patterns, SeizureDetection, Task
from semeia.recipe import Examples as ExampleSettings
from semeia.training.signals import Signal, filtered, signal_key
from semeia.transforms import Transform
from semeia.transforms.augmentation import augment, channel_choices, mixup
from semeia.transforms.cache import RowFile, cached_rows
from semeia.transforms.signal import FittedTransform

__all__ = ["TrainingBatches", "Windows", "fitted", "prepare"]

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
    rate = transform.rate
    window, step = round(settings.window * rate), max(1, round(settings.step * rate))
    if recordings and window > max(signal.samples for signal in signals):
        longest = max(recordings, key=lambda recording: recording.duration)
        raise DatasetError(
            f"windows of {settings.window:g} s are longer than every recording: "
            f"the longest, {longest.path.name}, lasts {longest.duration:g} s"
        )
    examples = cut(recordings, window / rate, step / rate, minimum_overlap=settings.overlap, task=task)
    first = np.rint(examples.start * rate).astype(np.int64)
    kept = np.zeros(len(examples), bool)
    room = np.floor(examples.room * rate).astype(np.int64)
    for number, signal in enumerate(signals):
        rows = np.flatnonzero(examples.recording == number)
        lacking = signal.missing_in(first[rows], window)
        kept[rows] = (first[rows] + window <= signal.samples) & (lacking <= settings.dropouts.most * window)
        if len(signal.missing):  # nothing is moved to where more is missing
            room[rows] = np.minimum(room[rows], _good_around(signal, first[rows], window))
        room[rows, 1] = np.minimum(room[rows, 1], signal.samples - window - first[rows])
    examples, first = examples[kept], first[kept]
    patterns = _patterns(examples, signals, task, settings.overlap)
    places = hashlib.blake2b(np.concatenate([examples.recording, first]).tobytes(), digest_size=16).hexdigest()
    key = [[signal_key(labelled, settings, transform, applied=applied) for labelled in recordings], window, places]
    missing = sum(int(np.diff(signal.missing).sum()) for signal in signals)
    return Windows(
        examples,
        signals,
        first,
        window,
        step,
        task,
        np.maximum(room[kept], 0),
        patterns,
        key,
        left_out=int((~kept).sum()),
        missing=missing / max(1, sum(signal.samples for signal in signals)),
        applied=applied,
    )


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


class TrainingBatches:
    """Batches balanced by patient and class, the same for the same seed, epoch and step.

    What a transform makes of a window is kept on disk when no augmentation changes the signal, and made anew otherwise.

    Parameters
    ----------
    windows : Windows
    transform : Transform
        Fitted.
    augmentation : Augmentation
    batch_size, examples_per_epoch, seed : int
    balance : bool
        Draw patients, and classes within each, equally often; otherwise every window.

    Raises
    ------
    DatasetError
        If a class has no window, or recordings differ in their channels and the augmentation needs them alike.
    """

    def __init__(
        self,
        windows: Windows,
        transform: Transform,
        augmentation: Augmentation,
        *,
        batch_size: int,
        examples_per_epoch: int,
        seed: int,
        balance: bool = True,
    ) -> None:
        self.windows, self.transform, self.augmentation = windows, transform, augmentation
        self.batch_size, self.examples_per_epoch, self.seed = batch_size, examples_per_epoch, seed
        _check_classes(windows)
        weights = balanced_weights(windows.examples) if balance else np.ones(len(windows.examples))
        self._reach = np.cumsum(weights)
        self.shares = _class_shares(windows, weights)
        self._labels = _common_labels(windows) if augmentation.mirror else None
        self._shift = round(augmentation.shift * transform.rate)
        self._pool: list[NDArray[np.float32]] = []
        afresh = transform.pointwise or changes_signals(augmentation) or not windows.channels
        self._rows = None if afresh else transformed(windows, transform)
        self._epoch: tuple[int, NDArray[np.int64]] | None = None

    def batch(self, epoch: int, step: int) -> tuple[NDArray[np.float32], NDArray[Any]]:
        """Return inputs (batch, *shape) and their targets.

        Targets are classes (batch,), shares of classes (batch, classes) under mixup, or patterns
        (batch, channels, patterns).
        """
        rows = self._drawn(epoch)[step * self.batch_size : (step + 1) * self.batch_size]
        rng = np.random.default_rng([self.seed, epoch, step])
        targets = self.windows.targets(rows)
        if self._rows is not None:
            inputs = self._rows(rows)
        else:
            inputs, chosen = self._signals(rows, rng)
            if self.windows.patterns:
                targets = np.stack([target[order] for target, order in zip(targets, chosen, strict=True)])
            if not self.windows.applied:
                inputs = self.transform.apply(augment(inputs, self.augmentation, rng, self._labels))
        if self.augmentation.mixup:
            classes = len(class_names(self.windows.task))
            soft = targets if self.windows.patterns else np.eye(classes, dtype=np.float32)[targets]
            return mixup(inputs, soft, self.augmentation.mixup, rng)
        return inputs, targets

    def _signals(
        self, rows: NDArray[np.int64], rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], list[NDArray[np.int64]]]:
        """Return windows (batch, channels, samples), time-major in memory, and the channels chosen for each."""
        windows = self.windows
        counts = [len(windows.signals[number].labels) for number in windows.examples.recording[rows]]
        chosen = channel_choices(counts, self.augmentation, rng)
        batch = self._buffer((len(rows), windows.window, len(chosen[0])))
        shifts = self._shifts(rows, rng)
        whole = not self.augmentation.channels and len(set(counts)) == 1
        for place, row, order, shift in zip(batch, rows.tolist(), chosen, shifts, strict=True):
            if whole:
                windows.read(row, place, shift)
            else:
                place[:] = windows.read(row, shift=shift)[:, order]
        return batch.transpose(0, 2, 1), chosen

    def _buffer(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Return memory for a batch: that of an earlier one which nobody holds any more, or new.

        To get tens of megabytes afresh from the system costs as much as to read them.
        """
        for number, buffer in enumerate(self._pool):
            if sys.getrefcount(buffer) > 3:  # the pool's, this loop's, and the call's own; a batch in use adds more
                continue
            if buffer.shape == shape:
                return buffer
            del self._pool[number]
            break
        self._pool = [*self._pool[-2:], np.empty(shape, np.float32)]
        return self._pool[-1]

    def _shifts(self, rows: NDArray[np.int64], rng: np.random.Generator) -> list[int]:
        if not self._shift:
            return [0] * len(rows)
        room = np.minimum(self.windows.room[rows], self._shift)
        shifts: list[int] = rng.integers(-room[:, 0], room[:, 1] + 1).tolist()
        return shifts

    def _drawn(self, epoch: int) -> NDArray[np.int64]:
        """Return the rows of an epoch's examples, drawn with replacement."""
        if self._epoch is None or self._epoch[0] != epoch:
            chance = np.random.default_rng([self.seed, epoch]).random(self.examples_per_epoch)
            self._epoch = epoch, np.searchsorted(self._reach, chance * self._reach[-1], side="right")
        return self._epoch[1]


def can_apply(transform: Transform, settings: Augmentation | None = None) -> bool:
    """Return whether signals may be kept as a transform gives them: nothing is done or learnt before it is applied."""
    changed = settings is not None and changes_signals(settings)
    return transform.pointwise and not changed and not isinstance(transform, FittedTransform)


def changes_signals(settings: Augmentation) -> bool:
    """Return whether an augmentation needs the signal itself: then what a transform makes of it cannot be kept."""
    return settings.model_copy(update={"mixup": 0.0}) != Augmentation()


def transformed(windows: Windows, transform: Transform) -> Callable[[NDArray[np.int64]], NDArray[np.float32]]:
    """Return a function that gives examples after the transform by their rows; they are kept on disk, by content.

    What a transform measures before it normalises is kept for every fold and seed alike.
    """
    assert windows.channels is not None, "rows of one file have one shape"
    shape = transform.shape(windows.channels, windows.window)
    if not isinstance(transform, FittedTransform):
        key = {"windows": windows.key, "transform": type(transform).__name__, "state": transform.state()}
        return cached_rows(key, shape, lambda: map(transform.apply, windows.batches())).read
    state = {name: value for name, value in transform.state().items() if name not in {"mean", "sd"}}
    key = {"windows": windows.key, "transform": type(transform).__name__, "state": state}
    measured = transform.measure(windows.read(0).T[None]).shape[1:]
    rows: RowFile = cached_rows(key, measured, lambda: map(transform.measure, windows.batches()))
    return lambda numbers: transform.normalise(rows.read(numbers))


def _check_classes(windows: Windows) -> None:
    if isinstance(windows.task, Patterns):
        shown = np.any([part.any(axis=(0, 1)) for part in windows.patterns], axis=0)
        for name, there in zip(windows.task.patterns, shown, strict=True):
            if not there:
                raise DatasetError(f"the training recordings show no {name} in any window: check its label and length")
        return
    for number, name in enumerate(class_names(windows.task)):
        if not (windows.examples.label == number).any():
            raise DatasetError(
                f"the training patients have no {name} window of {windows.examples.window_seconds:g} s: "
                "training needs every class"
            )


def _class_shares(windows: Windows, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how often each class is drawn, or each pattern is shown by a channel, in 0..1."""
    if windows.patterns:
        shown = np.concatenate([part.mean(axis=1) for part in windows.patterns])
        return np.average(shown, axis=0, weights=weights)
    drawn = np.bincount(windows.examples.label, weights=weights, minlength=len(class_names(windows.task)))
    return np.asarray(drawn / drawn.sum(), np.float64)


def _common_labels(windows: Windows) -> tuple[str, ...]:
    """Return the channel labels of all recordings, if they are the same."""
    first = windows.signals[0].labels
    for signal, recording in zip(windows.signals, windows.examples.recordings, strict=True):
        if signal.labels != first:
            raise DatasetError(
                f"augmentation.mirror: {recording.path.name} has other channels than "
                f"{windows.examples.recordings[0].path.name}; name a montage in examples.montage"
            )
    return first


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
