"""The recording: what a biosignal file says, opened lazily and read a window at a time."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from semeia.errors import RecordingError
from semeia.events import Event, Events

__all__ = ["ArrayRecording", "Channel", "Gap", "Recording"]

TO_UV = {"nV": 1e-3, "mV": 1e3, "mv": 1e3, "V": 1e6, "v": 1e6} | dict.fromkeys(
    ("uV", "uv", "UV", "µV", "μV", "microV", "ÂµV"), 1.0
)
"""Factor from each spelling of a unit of voltage to µV."""
_SAMPLE_TOLERANCE = 1e-6  # samples: what seconds as floats may be off the grid


class Gap(NamedTuple):
    """An interval in which nothing was recorded, in seconds from the start."""

    start: float
    stop: float


class Channel(NamedTuple):
    """One recorded channel.

    Parameters
    ----------
    label : str
        As recorded, without the padding.
    rate : float
        Sampling rate in Hz.
    unit : str
        Unit of what `Recording.read` returns: ``uV`` for every voltage, else as recorded.
    transducer, prefilter : str
        As recorded.
    """

    label: str
    rate: float
    unit: str = "uV"
    transducer: str = ""
    prefilter: str = ""


class Recording(ABC):
    """A recording, cheap to open: headers first, samples when asked for.

    A subclass sets the attributes and gives `_read_native`; the rest follows. One recording is read from
    one thread at a time.

    Attributes
    ----------
    path : Path or None
        The file, or None for a recording that lives in memory.
    subject : str
        The patient's code as recorded; empty when unknown.
    started_at : datetime or None
        Clock time of the first sample.
    duration : float
        Seconds from the first sample to the end, gaps included.
    channels : tuple of Channel
    """

    path: Path | None
    subject: str
    started_at: datetime | None
    duration: float
    channels: tuple[Channel, ...]

    @property
    def events(self) -> Events:
        """Events that the file itself carries (EDF+ annotations)."""
        return Events(duration=self.duration, started_at=self.started_at)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Intervals in which nothing was recorded, in order."""
        return ()

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that it is kept in; several in some vendors' formats."""
        return (self.path,) if self.path else ()

    @property
    def rate(self) -> float:
        """Sampling rate of all channels in Hz.

        Raises
        ------
        RecordingError
            If the rates differ, or there are no channels.
        """
        return self._common_rate(range(len(self.channels)))

    def sample_count(self, rate: float | None = None) -> int:
        """Return how many samples the recording has at a rate: those of the grid ``k / rate < duration``.

        Parameters
        ----------
        rate : float, optional
            Hz; otherwise the channels' common rate.

        Raises
        ------
        RecordingError
            If no rate is given and the channels' rates differ, or the rate is not positive.
        """
        rate = self.rate if rate is None else _checked_rate(rate)
        return math.ceil(self.duration * rate - _SAMPLE_TOLERANCE)

    def index_of(self, channel: str | int) -> int:
        """Return the place of a channel; a label that stands twice means the first.

        Raises
        ------
        RecordingError
            If there is no such channel.
        """
        if isinstance(channel, str):
            for index, own in enumerate(self.channels):
                if own.label == channel:
                    return index
            labels = ", ".join(own.label for own in self.channels)
            raise RecordingError(f"{self._name}: no channel is labelled {channel!r}; there are {labels or 'none'}")
        if not 0 <= channel < len(self.channels):
            raise RecordingError(f"{self._name}: no channel {channel}; they go from 0 to {len(self.channels) - 1}")
        return int(channel)

    def read(
        self,
        start: float,
        stop: float,
        channels: Sequence[str | int] | None = None,
        rate: float | None = None,
    ) -> NDArray[np.float32]:
        """Return the samples of a window of time.

        Parameters
        ----------
        start, stop : float
            Seconds; the samples at ``start <= k / rate < stop`` are returned.
        channels : sequence of str or int, optional
            Labels or indices; otherwise all.
        rate : float, optional
            Hz to resample to (polyphase); needed where the channels' rates differ.

        Returns
        -------
        ndarray of float32, (channels, samples)
            In the channels' units (µV for every voltage); NaN in a gap.

        Raises
        ------
        RecordingError
            If the window leaves the recording, a channel is unknown, or the rates differ and none is given.
        FileError
            If the file changed since it was opened.
        """
        indices = self._indices(channels)
        target = self._common_rate(indices) if rate is None else _checked_rate(rate)
        if not (0 <= start <= stop <= self.duration + _SAMPLE_TOLERANCE / target):
            raise RecordingError(
                f"{self._name}: {start:g} s to {stop:g} s is not within the recording of {self.duration:g} s"
            )
        first, end = (math.ceil(time * target - _SAMPLE_TOLERANCE) for time in (start, stop))
        return self._read(indices, first, end - first, target)

    def read_samples(
        self,
        first: int,
        count: int,
        channels: Sequence[str | int] | None = None,
        rate: float | None = None,
    ) -> NDArray[np.float32]:
        """Return `count` samples from sample `first` on, on the grid ``k / rate`` from the start.

        As `read`, but free of rounded seconds: windows that a model slides over lie on this grid.

        Raises
        ------
        RecordingError
            If the samples leave the recording, a channel is unknown, or the rates differ and none is given.
        FileError
            If the file changed since it was opened.
        """
        indices = self._indices(channels)
        target = self._common_rate(indices) if rate is None else _checked_rate(rate)
        total = math.ceil(self.duration * target - _SAMPLE_TOLERANCE)
        if first < 0 or count < 0 or first + count > total:
            raise RecordingError(
                f"{self._name}: samples {first} to {first + count} are not within {total} at {target:g} Hz"
            )
        return self._read(indices, first, count, target)

    def close(self) -> None:  # noqa: B027 (what lives in memory has nothing to close)
        """Let go of the file; the recording can no longer be read."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def _read_native(self, indices: Sequence[int], first: int, count: int) -> NDArray[np.float32]:
        """Return samples of channels that share one rate, in physical units; gaps are NaN."""

    @property
    def _name(self) -> str:
        return self.path.name if self.path else "recording in memory"

    def _indices(self, channels: Sequence[str | int] | None) -> Sequence[int]:
        if channels is None:
            return range(len(self.channels))
        if isinstance(channels, str):
            raise RecordingError(f"{self._name}: channels are given as a list, such as [{channels!r}]")
        return [self.index_of(channel) for channel in channels]

    def _common_rate(self, indices: Sequence[int]) -> float:
        rates = {self.channels[index].rate for index in indices}
        if len(rates) == 1:
            return rates.pop()
        if not rates:
            raise RecordingError(f"{self._name}: no channels, and so no samples")
        listed = ", ".join(f"{rate:g}" for rate in sorted(rates))
        raise RecordingError(f"{self._name}: the channels have different rates ({listed} Hz); say which with rate=")

    def _read(self, indices: Sequence[int], first: int, count: int, rate: float) -> NDArray[np.float32]:
        try:
            native = {self.channels[index].rate for index in indices}
            if native == {rate}:
                return self._read_native(indices, first, count)
            samples = np.empty((len(indices), count), np.float32)
            for own in native:
                rows = [row for row, index in enumerate(indices) if self.channels[index].rate == own]
                samples[rows] = self._read_at([indices[row] for row in rows], own, first, count, rate)
        except MemoryError as error:
            size = 4e-9 * len(indices) * count
            raise RecordingError(f"{self._name}: {size:.3g} GB do not fit into memory; read less at a time") from error
        return samples

    def _read_at(
        self, indices: Sequence[int], native: float, first: int, count: int, rate: float
    ) -> NDArray[np.float32]:
        """Return samples of channels of one rate, at another."""
        if native == rate:
            return self._read_native(indices, first, count)
        from semeia.signals.resample import resample_stretch

        return resample_stretch(
            lambda start, samples: self._read_native(indices, start, samples),
            length=self.sample_count(native),
            rate=native,
            new_rate=rate,
            first=first,
            count=count,
        )


class ArrayRecording(Recording):
    """A recording that lives in memory: for clips from other software, and for tests.

    Parameters
    ----------
    data : array_like (channels, samples)
        In `unit`; NaN where nothing was recorded. Kept without a copy when it is float32 in µV.
    rate : float
        Hz.
    labels : sequence of str
        One for each channel.
    subject : str
        The patient's code.
    started_at : datetime, optional
        Clock time of the first sample.
    events : iterable of Event
    gaps : iterable of (float, float)
        Seconds in which nothing was recorded; their samples become NaN.
    path : str or Path, optional
        Where the samples came from.
    unit : str
        ``uV``, ``mV``, ``V``, ``nV`` (all become µV), or another unit, which is kept.

    Raises
    ------
    RecordingError
        If the shapes do not fit or the rate is not positive.
    """

    def __init__(
        self,
        data: ArrayLike,
        rate: float,
        labels: Sequence[str],
        *,
        subject: str = "",
        started_at: datetime | None = None,
        events: Iterable[Event] = (),
        gaps: Iterable[tuple[float, float]] = (),
        path: str | Path | None = None,
        unit: str = "uV",
    ) -> None:
        samples = np.asarray(data, np.float32)
        if samples.ndim != 2 or len(samples) != len(labels):
            raise RecordingError(f"data of shape {samples.shape} for {len(labels)} labels: (channels, samples) it is")
        rate = _checked_rate(rate)
        factor = TO_UV.get(unit)
        self.path = None if path is None else Path(path)
        self.subject, self.started_at = subject, started_at
        self.duration = samples.shape[1] / rate
        self.channels = tuple(Channel(label, rate, unit if factor is None else "uV") for label in labels)
        self._samples = samples if factor in {None, 1.0} else samples * np.float32(factor or 1)
        self._events = Events(events, duration=self.duration, started_at=started_at)
        self._gaps = tuple(sorted(Gap(float(start), float(stop)) for start, stop in gaps))
        if self._gaps:
            self._samples = self._samples.copy()
        for start, stop in self._gaps:
            first, end = (max(0, math.ceil(time * rate - _SAMPLE_TOLERANCE)) for time in (start, stop))
            self._samples[:, first:end] = np.nan

    @property
    def events(self) -> Events:
        """The events that were given."""
        return self._events

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """The gaps that were given."""
        return self._gaps

    def _read_native(self, indices: Sequence[int], first: int, count: int) -> NDArray[np.float32]:
        rows = slice(None) if isinstance(indices, range) else list(indices)
        return self._samples[rows, first : first + count].copy()


def _checked_rate(rate: float) -> float:
    rate = float(rate)
    if not (math.isfinite(rate) and rate > 0):
        raise RecordingError(f"a sampling rate of {rate:g} Hz is not possible")
    return rate
