"""Batches of training windows, balanced and augmented; and what a transform makes of windows, kept on disk."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeia.datasets import balanced_weights, class_names
from semeia.errors import DatasetError
from semeia.recipe import Augmentation, Patterns
from semeia.training.windows import Windows
from semeia.transforms import Transform
from semeia.transforms.augmentation import augment, channel_choices, mixup
from semeia.transforms.cache import RowFile, cached_rows
from semeia.transforms.signal import FittedTransform

__all__ = ["TrainingBatches", "can_apply", "transformed"]


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
