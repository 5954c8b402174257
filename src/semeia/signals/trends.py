"""Trends: a spectrogram (DSA) and an amplitude-integrated EEG (aEEG) of a whole recording, left and right.

They are built in one pass, in bounded memory, and kept as one small file. Columns are 1 s wide, and twice as wide
again and again for longer recordings, so that a day has some 20,000 of them: about 10 MB.

Both are made of the longitudinal bipolar montage where it can be made, so that the distances of electrodes are alike
on both sides, otherwise of the scalp channels as recorded; without a side where sides are not known. The power of a
side is the mean over its channels; the margins of its amplitude are the median over them, which one bad electrode
does not move.
"""

from __future__ import annotations

import itertools
import json
import math
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from semeia.errors import FileError, MontageError, RecordingError
from semeia.home import cache_file, make_folder, remove_leftovers, replacing
from semeia.signals.aeeg import REACH, amplitude
from semeia.signals.dsa import HOP, LOWEST_RATE, SEGMENT, bins_at, segment_power
from semeia.signals.electrodes import scalp_channels, side_of
from semeia.signals.envelope import extremes
from semeia.signals.montage import MONTAGES, MontagedRecording
from semeia.signals.recording import Gap, Recording

__all__ = ["Trends", "build_trends", "trends_file"]

_VERSION = 1
_MOST = 1 << 15  # columns
_SAMPLES = 1 << 19  # read at once, of all channels: as for the envelope
_MARGIN = math.ceil(max(REACH, SEGMENT / 2))  # seconds that a block sees of its neighbours
_FAST, _ENOUGH = 512.0, 256.0  # Hz: what is sampled faster than the first is read at the second; 25 Hz need no more
_EPOCH = 15.0  # seconds that a band has its width of: a pen of 0.25 mm on the monitor's paper, at 6 cm an hour ...
_EPOCHS = 100  # ... in a recording that has so many: shorter ones would lose what there is of time
_FLOOR = 1e-4  # µV²/Hz, -40 dB: below what any amplifier's noise leaves, and a flat line has a logarithm


@dataclass(frozen=True)
class Trends:
    """Trends of a recording, whole or as far as they are built.

    Parameters
    ----------
    duration : float
        Seconds of the recording.
    width : int
        Seconds of a column.
    sides : tuple of str
        ``left`` and ``right``, or ``all``.
    source : str
        What they were made of: the name of a montage, or ``recorded``.
    frequencies : array, float64, (bins,), Hz
    power : array, float32, (sides, columns, bins), dB over 1 µV²/Hz
        NaN in gaps, and where it is not built yet; so is `amplitude`.
    amplitude : array, float32, (sides, columns, 2), µV
        Smallest and largest of each column alone.
    gaps : tuple of Gap
    share : float
        Of the work that is done, from 0 to 1.
    """

    duration: float
    width: int
    sides: tuple[str, ...]
    source: str
    frequencies: NDArray[np.float64]
    power: NDArray[np.float32]
    amplitude: NDArray[np.float32]
    gaps: tuple[Gap, ...]
    share: float = 1.0

    def reduced(self, most: int) -> Trends:
        """Return them as they are drawn: in at most so many columns, each of equally many of these.

        Power is averaged in dB, so that a second of artefact does not outshine a minute. Of amplitudes the smallest
        and the largest are kept, over no less than 15 s (or a hundredth of the recording, if that is less): only over
        some time has the band a width.

        Raises
        ------
        RecordingError
            If there are to be no columns.
        """
        if most < 1:
            raise RecordingError(f"trends have 1 or more columns, not {most}")
        columns = self.power.shape[1]
        factor = math.ceil(columns / most)
        rest = ((0, 0), (0, -columns % factor), (0, 0))
        shape = (len(self.sides), math.ceil(columns / factor), factor, -1)
        power = np.pad(self.power, rest, constant_values=np.nan).reshape(shape)
        reach = int(min(_EPOCH, self.duration / _EPOCHS) / 2 / self.width)
        margins = np.pad(_widened(self.amplitude, reach), rest, constant_values=np.nan)
        margins = margins.reshape(shape)
        ends = [np.fmin.reduce(margins[..., 0], axis=2), np.fmax.reduce(margins[..., 1], axis=2)]
        joined = np.stack(ends, axis=-1)
        return replace(self, width=factor * self.width, power=_mean(power, axis=2), amplitude=joined)

    def write(self, file: Path) -> None:
        """Put them in their place whole.

        Raises
        ------
        StorageError
            If the disk is full or the place may not be written.
        """
        about = {"duration": self.duration, "width": self.width, "sides": self.sides, "source": self.source}
        text = json.dumps({**about, "gaps": self.gaps})
        make_folder(file.parent)  # a cache may be deleted at any time
        with replacing(file) as part, part.open("wb") as out:
            np.savez(out, about=text, frequencies=self.frequencies, power=self.power, amplitude=self.amplitude)

    @classmethod
    def read(cls, file: Path) -> Trends:
        """Read what `write` wrote.

        Raises
        ------
        FileError
            If there is no such file, or it is damaged.
        """
        try:
            with file.open("rb") as opened, np.load(opened, allow_pickle=False) as kept:
                about = json.loads(str(kept["about"]))
                about |= {"sides": tuple(about["sides"]), "gaps": tuple(Gap(*gap) for gap in about["gaps"])}
                return cls(**about, **{name: kept[name] for name in ("frequencies", "power", "amplitude")})
        except (OSError, EOFError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
            raise FileError(file, f"cannot be read as trends ({error})") from None


def trends_file(path: str | Path, size: int, modified_ns: int) -> Path:
    """Return where the trends of a file are kept; parameters as of `semeia.home.cache_file`."""
    return cache_file(path, size, modified_ns, kind="trends", ending=".npz", version=_VERSION)


def build_trends(recording: Recording, file: str | Path, progress: Callable[[Trends], object] | None = None) -> Trends:
    """Build the trends of a recording of any length, and put them in their place whole.

    Parameters
    ----------
    recording : Recording
    file : str or Path
        See `trends_file`.
    progress : callable, optional
        Given after each block but the last what is there so far, in arrays that go on to be filled; what it raises
        ends the work.

    Raises
    ------
    RecordingError
        If no EEG channel is sampled fast enough, or there is no sample.
    FileError
        If the recording's file changed since it was opened.
    StorageError
        If the disk is full or the place may not be written.
    """
    file = Path(file)
    remove_leftovers(make_folder(file.parent))
    made = _Made(recording)
    trends = made.empty(recording)
    columns = trends.power.shape[1]
    size = max(1, int(_SAMPLES / (len(made.channels) * made.rate * trends.width)))
    for first in range(0, columns, size):
        stop = min(first + size, columns)
        start, end = (column * trends.width for column in (first, stop))
        if not any(gap.start <= start and end <= gap.stop for gap in recording.gaps):
            made.fill(trends, first, stop)
        if progress is not None and stop < columns:  # a share of 1 says that they are kept
            progress(replace(trends, share=stop / columns))
    trends.write(file)
    return replace(trends, share=1.0)


class _Made:
    """What trends are made of: channels of a recording, by their sides, at one rate."""

    def __init__(self, recording: Recording) -> None:
        self.recording, sides = _by_sides(recording)
        self.channels = [index for members in sides.values() for index in members]
        ends = np.cumsum([0, *map(len, sides.values())]).tolist()
        self.sides = {side: slice(*place) for side, place in zip(sides, itertools.pairwise(ends), strict=True)}
        fastest = max(self.recording.channels[index].rate for index in self.channels)
        self.rate = fastest if fastest <= _FAST else _ENOUGH
        self._total = self.recording.sample_count(self.rate)

    def empty(self, recording: Recording) -> Trends:
        """Return trends of which nothing is built."""
        width = 1
        while math.ceil(recording.duration / width) > _MOST:
            width *= 2
        columns = max(1, math.ceil(recording.duration / width - 1e-9))
        frequencies = bins_at(self.rate)[1]
        return Trends(
            duration=recording.duration,
            width=width,
            sides=tuple(self.sides),
            source=self.recording.montage.name if isinstance(self.recording, MontagedRecording) else "recorded",
            frequencies=frequencies,
            power=np.full((len(self.sides), columns, len(frequencies)), np.nan, np.float32),
            amplitude=np.full((len(self.sides), columns, 2), np.nan, np.float32),
            gaps=recording.gaps,
            share=0.0,
        )

    def fill(self, trends: Trends, first: int, stop: int) -> None:
        """Build columns `first` to `stop`."""
        start, end = first * trends.width, stop * trends.width
        begin = max(0, round((start - _MARGIN) * self.rate))
        samples = self.recording.read_samples(
            begin, min(self._total, round((end + _MARGIN) * self.rate)) - begin, self.channels, self.rate
        )
        power = self._power(samples, begin, np.arange(start - HOP, end))
        edges = np.arange(first, stop) * (trends.width * self.rate)
        starts = np.minimum(np.round(edges).astype(np.intp), self._total - 1) - begin
        until = min(self._total, round(end * self.rate)) - begin
        margins = extremes(amplitude(samples, self.rate)[:, :until], starts)
        for side, members in enumerate(self.sides.values()):
            # A column takes the segments whose middles lie in it: one more than it has seconds.
            spectra = _mean(power[members], axis=0)
            taken = np.stack([spectra[shift:][:: trends.width][: stop - first] for shift in range(trends.width + 1)])
            trends.power[side, first:stop] = 10 * np.log10(np.maximum(_mean(taken, axis=0), _FLOOR))
            trends.amplitude[side, first:stop] = _median(margins[members])

    def _power(self, samples: NDArray[np.float32], begin: int, seconds: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return the power of the segments that begin at these seconds; NaN of those that leave the recording."""
        starts = np.round(seconds * self.rate).astype(np.intp)
        inside = (starts >= 0) & (starts + round(SEGMENT * self.rate) <= self._total)
        found = segment_power(samples, starts[inside] - begin, self.rate)
        power = np.full((len(samples), len(starts), found.shape[2]), np.nan, np.float32)
        power[:, inside] = found
        return power


def _by_sides(recording: Recording) -> tuple[Recording, dict[str, list[int]]]:
    """Return the recording, montaged if it can be, and its channels by side."""
    try:
        chosen: Recording = MontagedRecording(recording, MONTAGES["longitudinal"])
        indices = list(range(len(chosen.channels)))
    except MontageError:
        chosen, indices = recording, scalp_channels(recording)
    fast = [index for index in indices if chosen.channels[index].rate >= LOWEST_RATE]
    if not fast or recording.duration <= 0:
        name = recording.path.name if recording.path else "recording"
        raise RecordingError(f"{name}: no trends, as no EEG channel has {LOWEST_RATE:g} samples a second or more")
    sides = {
        side: [index for index in fast if side_of(chosen.channels[index].label) == side] for side in ("left", "right")
    }
    return chosen, sides if all(sides.values()) else {"all": fast}


def _widened(margins: NDArray[np.float32], reach: int) -> NDArray[np.float32]:
    """Return the smallest and the largest over so many columns on each side, too; what is NaN stays so."""
    from scipy.ndimage import maximum_filter1d

    reach = min(reach, margins.shape[1] - 1)
    signs = np.array([-1, 1], np.float32)
    negated = margins * signs  # so that both are largest values
    known = np.where(np.isnan(negated), np.float32(-np.inf), negated)
    widest = maximum_filter1d(known, 2 * reach + 1, axis=1, mode="constant", cval=-np.inf)
    wide: NDArray[np.float32] = np.where(np.isnan(margins), margins, widest * signs)
    return wide


def _mean(values: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Return the mean of what is not NaN; NaN where all is."""
    there = ~np.isnan(values)
    total = np.sum(values, axis=axis, where=there)
    count = there.sum(axis=axis)
    return np.where(count, total / np.maximum(count, 1), np.float32(np.nan)).astype(np.float32)


def _median(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the median over the first axis of what is not NaN; NaN where all is."""
    ordered = np.sort(values, axis=0)  # NaN comes last
    count = (~np.isnan(values)).sum(axis=0, keepdims=True)
    middle = [np.take_along_axis(ordered, np.maximum(place, 0), axis=0)[0] for place in ((count - 1) // 2, count // 2)]
    both: NDArray[np.float32] = np.where(count[0], (middle[0] + middle[1]) / 2, np.float32(np.nan)).astype(np.float32)
    return both
