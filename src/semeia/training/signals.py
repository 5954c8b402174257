"""Filtered signals on disk, time-major: what training windows are cut from, made once for each recording.

A window is then one piece of the file, read into its place in a batch by one call, and a network for series finds its
channels side by side in memory, which makes its convolutions twice as fast. Nothing stays in memory but the batch.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from semeia.datasets import LabelledRecording
from semeia.errors import RecordingError
from semeia.home import home_folder, make_folder, remove_leftovers, replacing
from semeia.model import BLOCK_SECONDS, arranged
from semeia.recipe import Examples as ExampleSettings
from semeia.signals.dropouts import MissingRuns, imputed, missing_in, with_dropouts_as_gaps
from semeia.transforms import Transform
from semeia.transforms.augmentation import FEWEST_CHANNELS
from semeia.transforms.cache import RowFile, digest, recording_hash

__all__ = ["Signal", "filtered", "signal_key"]

BLOCK = 16384  # samples read at once when a whole signal is wanted


@dataclass(frozen=True)
class Signal:
    """One recording, filtered and resampled, before a transform's `apply`, or after it.

    Parameters
    ----------
    file : RowFile
        float32 (samples, channels), µV; NaN in gaps, unless they were imputed.
    labels : tuple of str
        Of the channels.
    missing : ndarray, int64 (runs, 2)
        Stretches ``first <= sample < stop`` in which some channel was not recorded, in order.
    """

    file: RowFile
    labels: tuple[str, ...]
    missing: NDArray[np.int64]

    @property
    def samples(self) -> int:
        """Length of the signal."""
        return self.file.shape[0]

    def read(self, first: int, stop: int) -> NDArray[np.float32]:
        """Return samples ``first <= k < stop`` as (channels, samples): a view of time-major memory."""
        return self.file.read_slice(first, stop).T

    def blocks(self, first: int, stop: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield (samples from `first`, block (channels, samples)) in order, in bounded memory."""
        for begin in range(first, stop, BLOCK):
            yield begin - first, self.read(begin, min(begin + BLOCK, stop))

    def missing_in(self, first: NDArray[np.int64], window: int) -> NDArray[np.int64]:
        """Return how many samples are missing in windows that begin at `first` (windows,)."""
        return missing_in(self.missing, first, window)


def signal_key(
    labelled: LabelledRecording, settings: ExampleSettings, transform: Transform, *, applied: bool = False
) -> list[object]:
    """Return all that a filtered signal depends on, as plain JSON values."""
    how = [type(transform).__name__, transform.state()] if applied else transform.signal_state()
    dropouts = settings.dropouts.model_dump() if settings.dropouts.most else None
    return ["time-major", recording_hash(labelled.path), labelled.rate, settings.montage, dropouts, how]


def filtered(
    labelled: LabelledRecording, settings: ExampleSettings, transform: Transform, *, applied: bool = False
) -> Signal:
    """Return a recording's filtered signal from the cache, made if it is not there.

    With `applied`, the transform, which must be pointwise, is applied to it already: where nothing is done to windows
    before it, that saves a third of a training's time.

    Raises
    ------
    SemeiaError
        If the recording cannot be used, which it is not when it has fewer samples a second than the transform gives,
        or the disk is full.
    """
    name = digest(json.dumps(signal_key(labelled, settings, transform, applied=applied), sort_keys=True))
    file = make_folder(home_folder() / "cache" / "signals") / f"{name}.npy"
    about = file.with_suffix(".json")
    if not (file.is_file() and about.is_file()):
        remove_leftovers(file.parent)
        with closing(labelled.open()) as recording, replacing(file) as part:
            given = arranged(with_dropouts_as_gaps(recording), settings.montage, FEWEST_CHANNELS)
            slowest = min(channel.rate for channel in given.channels)
            if slowest < transform.rate:
                raise RecordingError(
                    f"its channels have {slowest:g} Hz; transform.rate = {transform.rate:g} needs as much or more"
                )
            shape = given.sample_count(transform.rate), len(given.channels)
            runs = MissingRuns()
            blocks = runs.watching(transform.signal(given, BLOCK_SECONDS))
            if settings.dropouts.most:
                recent = max(1, round(settings.dropouts.recent * transform.rate))
                blocks = imputed(blocks, method=settings.dropouts.impute, recent=recent)
            _write(part, (transform.apply(block) if applied else block for _, block in blocks), shape)
            with replacing(about) as beside:  # first: whoever finds the signal finds this too
                known = {"labels": [channel.label for channel in given.channels], "missing": runs.runs.tolist()}
                beside.write_text(json.dumps(known), encoding="utf-8")
    known = json.loads(about.read_text(encoding="utf-8"))
    missing = np.asarray(known["missing"], np.int64).reshape(-1, 2)
    return Signal(RowFile(file), tuple(known["labels"]), missing)


def _write(path: Path, blocks: Iterator[NDArray[np.float32]], shape: tuple[int, int]) -> None:
    """Write a signal as ``.npy`` (samples, channels), block by block.

    Not through a memory map: a disk that fills would end the process with a bus error instead of an exception.
    """
    with path.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for block in blocks:
            file.write(np.ascontiguousarray(block.T, "<f4").data)
