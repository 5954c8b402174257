"""Filters: Butterworth and notch, zero-phase or causal, over whole recordings, windows and streams.

Zero-phase means forwards and backwards (`semeia.signals.zero_phase`); causal is the recursion itself with its
state carried on. No stretch of signal ever sees across a gap.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from semeia.errors import RecordingError
from semeia.signals.zero_phase import filter_zero_phase

if TYPE_CHECKING:
    from semeia.signals.recording import Recording

__all__ = ["CausalFilter", "Filter"]

_NOTCH_QUALITY = 30.0  # notch frequency divided by its -3 dB bandwidth (scipy.signal.iirnotch)
_SETTLED = 1e-8  # of what a filter answers to a step; 10 mV leave 1e-4 µV


@dataclass(frozen=True)
class Filter:
    """What is kept of a signal.

    Parameters
    ----------
    high_pass, low_pass : float, optional
        -3 dB frequencies in Hz of a Butterworth filter (-6 dB when zero-phase, as it passes twice).
    notch : float, optional
        Line frequency in Hz to take out (second order, Q = 30).
    order : int
        Of the Butterworth filter; a band-pass has twice as many poles, as in scipy and MNE.
    causal : bool
        False: zero-phase, which sees the future; True: only the past.

    Raises
    ------
    RecordingError
        If a frequency is not positive, the band is empty, or the order is not 1 to 10.

    Examples
    --------
    >>> filter = Filter(high_pass=0.5, low_pass=70, notch=50)
    >>> page = filter.read(recording, 60, 70)  # doctest: +SKIP
    """

    high_pass: float | None = None
    low_pass: float | None = None
    notch: float | None = None
    order: int = 4
    causal: bool = False

    def __post_init__(self) -> None:
        for name in ("high_pass", "low_pass", "notch"):
            frequency = getattr(self, name)
            if frequency is not None and not (math.isfinite(frequency) and frequency > 0):
                raise RecordingError(f"filter: {name} is {frequency:g} Hz; it must be above 0 Hz (or left out)")
        if self.high_pass is not None and self.low_pass is not None and self.high_pass >= self.low_pass:
            raise RecordingError(f"filter: high_pass {self.high_pass:g} Hz is not below low_pass {self.low_pass:g} Hz")
        if not 1 <= self.order <= 10:
            raise RecordingError(f"filter: order is {self.order}; it must be 1 to 10")

    @property
    def is_identity(self) -> bool:
        """Whether it leaves every signal as it is."""
        return self.high_pass is None and self.low_pass is None and self.notch is None

    def sections(self, rate: float) -> NDArray[np.float64]:
        """Return its second-order sections at a sampling rate (Hz): (sections, 6), as scipy writes them.

        Raises
        ------
        RecordingError
            If a frequency is not below half the rate.
        """
        return _sections(self, float(rate))

    def padding(self, rate: float) -> int:
        """Return the samples after which the filter has forgotten (1e-8 of a step is left)."""
        return _padding(self, float(rate))

    def apply(self, data: NDArray[np.floating[Any]], rate: float) -> NDArray[np.float32]:
        """Filter a whole signal.

        Ends are continued by their mirror image, so that they do not ring; the causal filter begins settled
        on the first value. NaN marks gaps: the stretches between them are filtered each by itself.

        Parameters
        ----------
        data : array, (channels, samples) or (samples,), µV
        rate : float
            Hz.

        Returns
        -------
        array, float32, of the same shape

        Raises
        ------
        RecordingError
            If a frequency of the filter is not below half the rate.
        """
        self.sections(rate)
        signal = np.asarray(data, np.float32)
        if self.is_identity or signal.size == 0:
            return np.array(signal)
        rows = np.atleast_2d(signal)
        filtered = self._part(rows, rate, 0, rows.shape[1])
        return filtered.reshape(signal.shape)

    def read(
        self,
        recording: Recording,
        start: float,
        stop: float,
        channels: Sequence[int | str] | None = None,
        rate: float | None = None,
    ) -> NDArray[np.float32]:
        """Read a filtered window; it equals the same part of the filtered whole recording (within 1e-3 µV).

        Parameters
        ----------
        recording : Recording
        start, stop : float
            Seconds.
        channels : sequence, optional
            Indices or labels; all by default.
        rate : float, optional
            Hz to resample to before filtering; the recorded rate by default.

        Returns
        -------
        array, float32, (channels, samples), µV; NaN in gaps

        Raises
        ------
        RecordingError
            If the window leaves the recording, a channel is unknown, or a frequency is not below half
            the rate.
        """
        rate = _common_rate(recording, channels) if rate is None else rate
        first, last = (math.ceil(time * rate - 1e-6) for time in (start, stop))  # as Recording.read
        if last < first:
            raise RecordingError(f"seconds {start:g} to {stop:g} are no window")
        before = min(self.padding(rate), max(first, 0))
        after = 0 if self.causal else min(self.padding(rate), max(recording.sample_count(rate) - last, 0))
        padded = recording.read_samples(first - before, last - first + before + after, channels, rate)
        return self._part(padded, rate, before, before + last - first)

    def blocks(
        self,
        recording: Recording,
        block_seconds: float,
        channels: Sequence[int | str] | None = None,
        rate: float | None = None,
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Filter a recording of any length in bounded memory, each sample read once.

        Parameters
        ----------
        recording : Recording
        block_seconds : float
            Length of the blocks; the last is shorter.
        channels : sequence, optional
            Indices or labels; all by default.
        rate : float, optional
            Hz to resample to before filtering; the recorded rate by default.

        Yields
        ------
        first : int
            Index of the block's first sample at `rate`.
        block : array, float32, (channels, samples), µV; NaN in gaps
            Equal to that part of the filtered whole recording within 1e-3 µV. The caller may change it.

        Raises
        ------
        RecordingError
            If a frequency is not below half the rate, or the blocks have no length.
        """
        rate = _common_rate(recording, channels) if rate is None else rate
        total, size = recording.sample_count(rate), round(block_seconds * rate)
        if size < 1:
            raise RecordingError(f"blocks of {block_seconds:g} s hold no sample at {rate:g} Hz")
        self.sections(rate)

        def read(first: int, stop: int) -> NDArray[np.float32]:
            return recording.read_samples(first, stop - first, channels, rate)

        if self.causal or self.is_identity:
            past = CausalFilter(self, rate)
            for first in range(0, total, size):
                yield first, past.push(read(first, min(first + size, total)))
            return
        padding = self.padding(rate)
        # Short blocks are cut from longer ones, or the padding would cost more than the blocks.
        longer = size * max(1, math.ceil(8 * padding / size))
        start, held = 0, read(0, min(longer + padding, total))  # held begins at sample `start`
        for first in range(0, total, longer):
            stop = min(first + longer, total)
            filtered = self._part(held, rate, first - start, stop - start)
            for begin in range(first, stop, size):
                yield begin, filtered[:, begin - first : min(begin + size, stop) - first]
            if stop < total:
                end, keep = min(stop + longer + padding, total), max(stop - padding, 0)
                held = np.concatenate([held[:, keep - start :], read(start + held.shape[1], end)], axis=1)
                start = keep

    def _part(self, rows: NDArray[np.float32], rate: float, first: int, stop: int) -> NDArray[np.float32]:
        """Filter rows and return samples `first` to `stop`; the others are only looked at."""
        if self.causal or self.is_identity:
            return CausalFilter(self, rate).push(rows)[:, first:stop]
        sections, padding = self.sections(rate), self.padding(rate)
        filtered = np.full((len(rows), stop - first), np.nan, np.float32)
        for members, begin, end in _stretches(rows):
            low, high = max(begin, first), min(end, stop)
            if low < high:
                part = filter_zero_phase(rows[members, begin:end], sections, padding, low - begin, high - begin)
                filtered[members, low - first : high - first] = part
        return filtered


class CausalFilter:
    """A filter that runs on as signal arrives; its state is carried from block to block.

    Every stretch after a gap begins settled on its first value, so that a DC offset makes no transient.

    Parameters
    ----------
    filter : Filter
        Its `causal` is not looked at: what arrives in time can only be filtered causally.
    rate : float
        Hz.

    Raises
    ------
    RecordingError
        If a frequency is not below half the rate.
    """

    def __init__(self, filter: Filter, rate: float) -> None:
        self._sections = filter.sections(rate)
        self._state: NDArray[np.float64] | None = None  # (sections, channels, 2)
        self._fresh: NDArray[np.bool_] = np.empty(0, bool)  # channels whose next value begins a stretch

    def push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """Filter the next samples.

        Parameters
        ----------
        block : array, float32, (channels, samples), µV; NaN in gaps

        Returns
        -------
        array, float32, of the same shape
        """
        if len(self._sections) == 0 or block.shape[1] == 0:
            return block
        if self._state is None:
            self._state = np.zeros((len(self._sections), len(block), 2))
            self._fresh = np.ones(len(block), bool)
        filtered = np.full_like(block, np.nan)
        for members, start, stop in _stretches(block):
            filtered[members, start:stop] = self._advance(members, block[members, start:stop], start)
        self._fresh |= np.isnan(block[:, -1])
        return filtered

    def _advance(self, members: NDArray[np.intp] | slice, rows: NDArray[np.float32], start: int) -> NDArray[np.float64]:
        from scipy.signal import sosfilt, sosfilt_zi

        assert self._state is not None
        state = self._state[:, members]
        fresh = self._fresh[members] | (start > 0)
        state[:, fresh] = sosfilt_zi(self._sections)[:, None, :] * rows[fresh, :1].astype(np.float64)[None]
        filtered, self._state[:, members] = sosfilt(self._sections, rows, axis=-1, zi=state)
        self._fresh[members] = False
        return filtered


def _common_rate(recording: Recording, channels: Sequence[int | str] | None) -> float:
    rates = {recording.channels[recording.index_of(channel)].rate for channel in channels or ()}
    return rates.pop() if len(rates) == 1 else recording.rate


@lru_cache(maxsize=64)
def _sections(filter: Filter, rate: float) -> NDArray[np.float64]:
    for name in ("high_pass", "low_pass", "notch"):
        frequency = getattr(filter, name)
        if frequency is not None and frequency >= rate / 2:
            raise RecordingError(
                f"filter: {name} {frequency:g} Hz is not below {rate / 2:g} Hz, half the sampling rate"
            )
    if filter.is_identity:
        return np.empty((0, 6))
    from scipy.signal import butter, iirnotch, tf2sos

    low, high = filter.high_pass, filter.low_pass
    parts = []
    if low is not None and high is not None:
        parts.append(butter(filter.order, [low, high], "bandpass", fs=rate, output="sos"))
    elif low is not None:
        parts.append(butter(filter.order, low, "highpass", fs=rate, output="sos"))
    elif high is not None:
        parts.append(butter(filter.order, high, "lowpass", fs=rate, output="sos"))
    if filter.notch is not None:
        parts.append(tf2sos(*iirnotch(filter.notch, _NOTCH_QUALITY, fs=rate)))
    return np.concatenate(parts)


@lru_cache(maxsize=64)
def _padding(filter: Filter, rate: float) -> int:
    sections = _sections(filter, rate)
    if len(sections) == 0:
        return 0
    slowest = max(abs(pole) for section in sections for pole in np.roots(section[3:]))
    return max(1, math.ceil(math.log(_SETTLED) / math.log(slowest))) if slowest > 0 else 1


def _stretches(
    rows: NDArray[np.float32],
) -> Iterator[tuple[NDArray[np.intp] | slice, int, int]]:
    """Yield (rows, start, stop) of the stretches without NaN; rows with the same gaps come together."""
    count = rows.shape[1]
    if count and not np.isnan(rows.sum(dtype=np.float32)):
        yield slice(None), 0, count
        return
    valid = ~np.isnan(rows)
    alike: dict[bytes, list[int]] = {}
    for row, mask in enumerate(valid):
        alike.setdefault(np.packbits(mask).tobytes(), []).append(row)
    for members in alike.values():
        edges = np.flatnonzero(np.diff(valid[members[0]], prepend=False, append=False))
        for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            yield np.array(members), start, stop
