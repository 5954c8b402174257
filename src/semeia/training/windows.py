"""Windows to train and to validate on, cut from signals that stay on disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from semeia.datasets import Examples, LabelledRecording, balanced_weights, cut
from semeia.errors import DatasetError, SemeiaError, StorageError
from semeia.home import home_folder, make_folder, remove_leftovers, replacing
from semeia.model import BLOCK_SECONDS, arranged
from semeia.recipe import Augmentation
from semeia.recipe import Examples as ExampleSettings
from semeia.signals import Recording, open_recording
from semeia.transforms import Transform
from semeia.transforms.augmentation import FEWEST_CHANNELS, augment, channel_choices

__all__ = ["TrainingBatches", "Windows", "prepare"]


@dataclass(frozen=True)
class Windows:
    """Examples, and the signals that they are cut from.

    Parameters
    ----------
    examples : Examples
    signals : list of ndarray, float32 (channels, samples)
        One a recording, filtered and resampled, memory-mapped; before the transform's `apply`.
    first : ndarray, int64 (examples,)
        First sample of each example in its signal.
    window, step : int
        Samples of an example, and between the starts of neighbouring ones.
    """

    examples: Examples
    signals: list[NDArray[np.float32]]
    first: NDArray[np.int64]
    window: int
    step: int


def prepare(
    recordings: Sequence[LabelledRecording],
    settings: ExampleSettings,
    transform: Transform,
    progress: Callable[[int], None] = lambda done: None,
) -> Windows:
    """Filter and resample recordings into the cache, once, and cut them into examples.

    Windows that touch a gap are left out.

    Parameters
    ----------
    recordings : sequence of LabelledRecording
    settings : semeia.recipe.Examples
    transform : Transform
    progress : callable
        Called with the number of recordings that are done.

    Raises
    ------
    DatasetError
        If a recording cannot be used; the message names it.
    StorageError
        If the disk is full.
    """
    signals = []
    for number, labelled in enumerate(recordings):
        progress(number)
        try:
            signals.append(_cached(labelled.path, settings.montage, transform))
        except StorageError:
            raise
        except SemeiaError as error:
            raise DatasetError(error.about(labelled.path.name)) from error
    progress(len(recordings))
    rate = transform.rate
    window, step = round(settings.window * rate), max(1, round(settings.step * rate))
    examples = cut(recordings, window / rate, step / rate, minimum_overlap=settings.overlap)
    first = np.rint(examples.start * rate).astype(np.int64)
    whole = np.ones(len(examples), bool)
    for number, signal in enumerate(signals):
        rows = np.flatnonzero(examples.recording == number)
        missing = np.concatenate([[0], np.cumsum(_gaps(signal))])
        stop = first[rows] + window
        whole[rows] = (stop < len(missing)) & (missing[np.minimum(stop, len(missing) - 1)] == missing[first[rows]])
    return Windows(examples[whole], signals, first[whole], window, step)


def _gaps(signal: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return where any channel of a signal is NaN (samples,).

    Gaps are those of all channels, but their borders are rounded to each channel's own samples: so the others
    are read only where the first has any.
    """
    gaps: NDArray[np.bool_] = np.isnan(signal[0])
    if gaps.any():
        for row in signal[1:]:
            gaps |= np.isnan(row)
    return gaps


def _cached(path: Path, montage: str, transform: Transform) -> NDArray[np.float32]:
    """Return a recording's filtered signal from the cache, made if it is not there."""
    about = path.stat()
    key = [
        str(path.resolve()),
        about.st_size,
        about.st_mtime_ns,
        montage,
        type(transform).__name__,
        transform.state(),
    ]
    name = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:32]
    cache = home_folder() / "cache" / "signals" / f"{name}.npy"
    if not cache.is_file():
        remove_leftovers(make_folder(cache.parent))
        with open_recording(path) as recording, replacing(cache) as part:
            _write_signal(part, arranged(recording, montage, FEWEST_CHANNELS), transform)
    mapped: NDArray[np.float32] = np.load(cache, mmap_mode="r")
    return mapped


def _write_signal(path: Path, recording: Recording, transform: Transform) -> None:
    """Write a recording's filtered signal as ``.npy``, block by block.

    Not through a memory map: a disk that fills would end the process with a bus error instead of an exception.
    """
    count = recording.sample_count(transform.rate)
    shape = len(recording.channels), count
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
        begin = file.tell()
        for first, block in transform.signal(recording, BLOCK_SECONDS):
            for row, values in enumerate(block):
                file.seek(begin + 4 * (row * count + first))
                file.write(values.astype("<f4").tobytes())


class TrainingBatches:
    """Batches balanced by patient and class, the same for the same seed, epoch and step.

    Parameters
    ----------
    windows : Windows
    transform : Transform
    augmentation : Augmentation
    batch_size, examples_per_epoch, seed : int

    Raises
    ------
    DatasetError
        If a class has no window.
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
    ) -> None:
        self.windows, self.transform, self.augmentation = windows, transform, augmentation
        self.batch_size, self.examples_per_epoch, self.seed = batch_size, examples_per_epoch, seed
        for label, name in enumerate(("background", "seizure")):
            if not (windows.examples.label == label).any():
                raise DatasetError(f"the training patients have no {name} window: training needs both classes")
        self._reach = np.cumsum(balanced_weights(windows.examples))
        self._epoch: tuple[int, NDArray[np.int64]] | None = None

    def batch(self, epoch: int, step: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return inputs (batch, channels, samples) and classes (batch,)."""
        rows = self._drawn(epoch)[step * self.batch_size : (step + 1) * self.batch_size]
        rng = np.random.default_rng([self.seed, epoch, step])
        examples, first = self.windows.examples, self.windows.first[rows]
        signals = [self.windows.signals[number] for number in examples.recording[rows]]
        channels = channel_choices([len(signal) for signal in signals], self.augmentation, rng)
        batch = np.stack(
            [
                signal[:, start : start + self.windows.window][chosen]
                for signal, start, chosen in zip(signals, first, channels, strict=True)
            ]
        )
        batch = augment(batch, self.augmentation, rng)
        return self.transform.apply(batch), examples.label[rows].astype(np.int64)

    def _drawn(self, epoch: int) -> NDArray[np.int64]:
        """Return the rows of an epoch's examples, drawn with replacement."""
        if self._epoch is None or self._epoch[0] != epoch:
            chance = np.random.default_rng([self.seed, epoch]).random(self.examples_per_epoch)
            self._epoch = epoch, np.searchsorted(self._reach, chance * self._reach[-1], side="right")
        return self._epoch[1]
