"""The envelope: smallest and largest value in bins of time, in several resolutions: a day is drawn as fast as a page.

It is built in one pass over the recording, in bounded memory, and kept as one file that is mapped into memory when it
is looked at. The finest bins are 1 s long, shorter for short recordings; those of every further level four times as
long as those of the one before. A bin that lies wholly in a gap is NaN.

The file: ``SEMEIAEN``, the header's length (uint32, little-endian), the header (JSON), zeros up to a multiple of 64
bytes; of each level float32 (bins, channels, 2); at the end the median of each channel.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from semeia.errors import FileError, RecordingError
from semeia.home import cache_file, make_folder, remove_leftovers, replacing
from semeia.signals.electrodes import scalp_channels
from semeia.signals.recording import Gap, Recording

__all__ = ["Envelope", "build_envelope", "envelope_file", "extremes", "readable_channels"]

_VERSION = 1
_MAGIC = b"SEMEIAEN"
_BIN = 1.0  # seconds
_FEW, _MANY = 1 << 12, 1 << 20  # finest bins: at least the first even of a short recording, at most the last
_FACTOR = 4  # between levels
_COARSEST = 512  # bins, at least
_SAMPLES = 1 << 19  # read at once: of 1 << 17 to 1 << 20 the larger were faster, and 2 MB are little
_SHARE = 0.01  # of the work between two reports of progress
_TOLERANCE = 1e-6  # samples, as in `semeia.signals.recording`


@dataclass(frozen=True)
class _Head:
    """What the file says of itself; `bins` are those of each level, `channels` the labels."""

    duration: float
    bin: float
    bins: list[int]
    channels: list[str]
    scalp: list[int]
    gaps: list[list[float]]

    def packed(self) -> bytes:
        text = json.dumps(asdict(self), ensure_ascii=False).encode()
        size = len(_MAGIC) + 4 + len(text)
        return _MAGIC + struct.pack("<I", len(text)) + text + bytes(-size % 64)


class Envelope:
    """An envelope that was built, mapped into memory.

    Parameters
    ----------
    file : Path

    Attributes
    ----------
    duration : float
        Seconds of the recording.
    labels : tuple of str
        Of the channels, in recorded order; those that cannot be read are left out.
    gaps : tuple of Gap

    Raises
    ------
    FileError
        If there is no such file, or it is none of this version.
    """

    def __init__(self, file: Path) -> None:
        try:
            with file.open("rb") as opened:
                start = opened.read(len(_MAGIC) + 4)
                if start[: len(_MAGIC)] != _MAGIC or len(start) < len(_MAGIC) + 4:
                    raise FileError(file, "is no envelope")
                head = _Head(**json.loads(opened.read(struct.unpack("<I", start[len(_MAGIC) :])[0])))
            offset, width = len(head.packed()), 2 * len(head.channels)
            values = np.memmap(file, "<f4", "r", offset)
        except (OSError, ValueError, TypeError) as error:
            raise FileError(file, f"cannot be read as an envelope ({error})") from None
        if len(values) != sum(head.bins) * width + width // 2:
            raise FileError(file, "is an envelope that was cut off")
        self.duration, self.labels = head.duration, tuple(head.channels)
        self.gaps = tuple(Gap(*pair) for pair in head.gaps)
        self._head, self._medians = head, values[sum(head.bins) * width :]
        ends = np.cumsum(head.bins) * width
        self._levels = [
            values[end - bins * width : end].reshape(bins, width // 2, 2)
            for bins, end in zip(head.bins, ends.tolist(), strict=True)
        ]

    def columns(self, count: int) -> NDArray[np.float32]:
        """Return the envelope of each channel in so many columns that share the recording evenly.

        A column takes every bin that it touches; it is NaN where it lies wholly in a gap.

        Parameters
        ----------
        count : int

        Returns
        -------
        array, float32, (columns, channels, 2)
            Smallest and largest value, in the channels' units.
        """
        level, first, stop = self._places(count)
        return _joined(level, first, stop)

    def overview(self, count: int) -> NDArray[np.float32]:
        """Return one envelope of all scalp channels, from each of which its median is taken off.

        Where no channel is known to be scalp EEG, all are taken.

        Parameters
        ----------
        count : int
            Columns.

        Returns
        -------
        array, float32, (columns, 2)
        """
        level, first, stop = self._places(count)
        values = level[:, self._head.scalp] - self._medians[self._head.scalp, None]
        ends = [np.fmin.reduce(values[..., 0], axis=1), np.fmax.reduce(values[..., 1], axis=1)]
        return _joined(np.stack(ends, axis=1), first, stop)

    def _places(self, count: int) -> tuple[NDArray[np.float32], NDArray[np.intp], NDArray[np.intp]]:
        """Return the coarsest level that is fine enough, and of each column the first bin and the end."""
        fine = [depth for depth, bins in enumerate(self._head.bins) if bins >= _FACTOR * count]
        depth = max(fine, default=0)
        bins, width = self._head.bins[depth], self._head.bin * _FACTOR**depth
        edges = np.arange(count + 1) * (self.duration / count / width)
        first = np.minimum(np.floor(edges[:-1] + 1e-9), bins - 1).astype(np.intp)
        stop = np.clip(np.ceil(edges[1:] - 1e-9), first + 1, bins).astype(np.intp)
        return self._levels[depth], first, stop


def envelope_file(path: str | Path, size: int, modified_ns: int) -> Path:
    """Return where the envelope of a file is kept; parameters as of `semeia.home.cache_file`."""
    return cache_file(path, size, modified_ns, kind="envelopes", ending=".envelope", version=_VERSION)


def readable_channels(recording: Recording) -> list[int]:
    """Return the indices of the channels that can be read; a dummy without a scale cannot.

    Raises
    ------
    RecordingError
        If there is none.
    """
    found, why = [], RecordingError(f"{recording.path.name if recording.path else 'recording'}: no channel to show")
    for index, channel in enumerate(recording.channels):
        try:
            recording.read_samples(0, min(1, recording.sample_count(channel.rate)), [index])
        except RecordingError as error:
            why = error
        else:
            found.append(index)
    if not found:
        raise why
    return found


def extremes(samples: NDArray[np.float32], starts: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return the smallest and the largest value of each stretch of samples; NaN where all of it is.

    Parameters
    ----------
    samples : array, float32, (channels, samples)
    starts : array of int, (stretches,)
        First sample of each stretch, which goes on to the next one's; where that does not lie behind it, it has that
        one sample.

    Returns
    -------
    array, float32, (channels, stretches, 2)
    """
    found = np.empty((len(samples), len(starts), 2), np.float32)
    low = np.minimum.reduceat(samples, starts, axis=1)
    if np.isnan(low.sum()):
        found[..., 0] = np.fmin.reduceat(samples, starts, axis=1)
        found[..., 1] = np.fmax.reduceat(samples, starts, axis=1)
    else:
        found[..., 0] = low
        found[..., 1] = np.maximum.reduceat(samples, starts, axis=1)
    return found


def build_envelope(
    recording: Recording, file: str | Path, progress: Callable[[float], object] | None = None
) -> Envelope:
    """Build the envelope of a recording of any length, and put it in its place whole.

    Parameters
    ----------
    recording : Recording
    file : str or Path
        See `envelope_file`.
    progress : callable, optional
        Told now and then what share of the work is done; what it raises ends the work.

    Raises
    ------
    RecordingError
        If there is no channel that can be read, or no sample.
    FileError
        If the recording's file changed since it was opened.
    StorageError
        If the disk is full or the place may not be written.
    """
    channels = readable_channels(recording)
    if recording.duration <= 0:
        raise RecordingError("a recording of no length has no envelope")
    file = Path(file)
    remove_leftovers(make_folder(file.parent))
    head = _head(recording, channels)
    offset, width = len(head.packed()), 2 * len(channels)
    with replacing(file) as part, part.open("w+b") as out:
        out.write(head.packed())
        reported = 0.0
        for block, done in _blocks(recording, channels, head):
            out.write(block.data)
            if progress is not None and done >= reported + _SHARE:
                progress(done)
                reported = done
        place = offset
        for bins in head.bins[:-1]:
            _coarsen(out, place, bins, width)
            place += 4 * bins * width
        out.write(_medians(out, place, head.bins[-1], width).data)
    return Envelope(file)


def _head(recording: Recording, channels: list[int]) -> _Head:
    duration = recording.duration
    short, long = (math.ceil(math.log2(duration / many / _BIN)) for many in (_FEW, _MANY))
    width = _BIN * 2.0 ** max(min(short, 0), long)
    bins = [max(1, math.ceil(duration / width - 1e-9))]
    while (coarser := -(-bins[-1] // _FACTOR)) >= _COARSEST:
        bins.append(coarser)
    try:
        scalp = [channels.index(index) for index in scalp_channels(recording) if index in channels]
    except RecordingError:
        scalp = []
    return _Head(
        duration=duration,
        bin=width,
        bins=bins,
        channels=[recording.channels[index].label for index in channels],
        scalp=scalp or list(range(len(channels))),
        gaps=[list(gap) for gap in recording.gaps],
    )


def _blocks(recording: Recording, channels: list[int], head: _Head) -> Iterator[tuple[NDArray[np.float32], float]]:
    """Yield the finest bins in order, (bins, channels, 2), and the share of the work that is done."""
    rates = {recording.channels[index].rate for index in channels}
    alike = [
        [place for place, index in enumerate(channels) if recording.channels[index].rate == rate] for rate in rates
    ]
    per_bin = head.bin * sum(recording.channels[index].rate for index in channels)
    size = max(1, int(_SAMPLES / per_bin))
    for first in range(0, head.bins[0], size):
        stop = min(first + size, head.bins[0])
        block = np.full((stop - first, len(channels), 2), np.nan, np.float32)
        if not any(start <= first * head.bin and stop * head.bin <= end for start, end in recording.gaps):
            for places in alike:
                found = _bins(recording, [channels[place] for place in places], head.bin, first, stop)
                block[:, slice(None) if len(alike) == 1 else places] = found.transpose(1, 0, 2)
        yield block, stop / head.bins[0]


def _bins(recording: Recording, channels: list[int], width: float, first: int, stop: int) -> NDArray[np.float32]:
    """Return the bins `first` to `stop` of channels that share one rate, (channels, bins, 2).

    Where bins are shorter than samples are apart, those without one hold the one before.
    """
    rate = recording.channels[channels[0]].rate
    edges = np.ceil(np.arange(first, stop + 1) * (width * rate) - _TOLERANCE).astype(np.intp)
    edges = np.minimum(edges, recording.sample_count(rate))
    starts = edges[:-1] - (edges[1:] == edges[:-1])
    begin, end = int(starts[0]), int(edges[-1])
    every = len(channels) == len(recording.channels)  # then none has to be looked up
    return extremes(recording.read_samples(begin, end - begin, None if every else channels), starts - begin)


def _coarsen(out: BinaryIO, place: int, bins: int, width: int) -> None:
    """Write the next coarser level at the end, from the one that begins at `place`."""
    size = _FACTOR * max(1, _SAMPLES // (_FACTOR * width))
    for first in range(0, bins, size):
        level = _read(out, place + 4 * first * width, min(size, bins - first), width)
        starts = np.arange(0, len(level), _FACTOR)
        out.seek(0, 2)
        out.write(_joined(level, starts, np.minimum(starts + _FACTOR, len(level))).data)


def _medians(out: BinaryIO, place: int, bins: int, width: int) -> NDArray[np.float32]:
    """Return the median of each channel's middles; 0 of one that has none."""
    level = _read(out, place, bins, width)
    out.seek(0, 2)
    middles = level.mean(axis=2)
    there = [middles[~np.isnan(middles[:, channel]), channel] for channel in range(width // 2)]
    return np.array([np.median(values) if len(values) else 0.0 for values in there], np.float32)


def _read(out: BinaryIO, place: int, bins: int, width: int) -> NDArray[np.float32]:
    out.seek(place)
    return np.frombuffer(out.read(4 * bins * width), "<f4").reshape(bins, width // 2, 2)


def _joined(level: NDArray[np.float32], first: NDArray[np.intp], stop: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return the smallest and largest value of the bins ``first[k]`` to ``stop[k]`` of a level, for each k.

    The bins are its first axis; the last is of two: smallest and largest.
    """
    last = len(level) - 1
    edges = np.minimum(np.stack([first, stop], axis=1).ravel(), last)  # of every second stretch nothing is kept
    joined = np.empty((len(first), *level.shape[1:]), np.float32)
    for side, smaller_or_larger in enumerate((np.fmin, np.fmax)):
        joined[..., side] = smaller_or_larger.reduceat(level[..., side], edges, axis=0)[::2]
        at_end = joined[stop > last, ..., side]  # reduceat cannot be told to take the last bin too
        joined[stop > last, ..., side] = smaller_or_larger(at_end, level[last, ..., side])
    return joined
