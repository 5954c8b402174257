"""Pages: a stretch of a recording as the page draws it, read, montaged, filtered and put into bytes.

Nothing here knows the database or HTTP. A page is ``uint32`` (little-endian) with the length of a JSON header, the
header, padded with spaces so that what follows begins at a multiple of 4, and float32 (little-endian) values:
channels × samples, or channels × columns × 2 (smallest, largest) where samples are too many for the pixels. NaN is
where nothing was recorded.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semeia.errors import FileError, RecordingError
from semeia.signals import Recording, open_recording
from semeia.signals.electrodes import side_of
from semeia.signals.envelope import Envelope, extremes, readable_channels
from semeia.signals.filters import Filter
from semeia.signals.montage import Montage, MontagedRecording, montage_named
from semeia.web.binary import packed

__all__ = ["AS_RECORDED", "ChangedError", "Opened", "Query", "Source", "Stretch", "VanishedError", "overview"]

AS_RECORDED = "recorded"
_LONGEST = 600.0  # seconds
_WIDEST = 8192  # pixels
_MOST_SAMPLES = 1 << 26  # of all channels together
_AT_ONCE = 1 << 21  # samples filtered together: bounds the memory, and leaves short pages in one piece
_PER_PIXEL = 3  # samples; with more, smallest and largest are enough
_KEPT = 8  # recordings open
_VIEWS = 32  # kept of each


class VanishedError(FileError):
    """A recording's file is gone."""


class ChangedError(FileError):
    """A recording's file is not the one that was imported."""


class Source(NamedTuple):
    """A recording's file as it was when it was imported.

    Parameters
    ----------
    name : str
        What people call it; errors name only this.
    path : str
    size : int
        Bytes.
    modified_ns : int
        When it was last changed, in nanoseconds since the epoch.
    """

    name: str
    path: str
    size: int
    modified_ns: int

    def check(self) -> None:
        """See that the file is still there and the same.

        Raises
        ------
        VanishedError, ChangedError
        """
        try:
            now = Path(self.path).stat()
        except OSError:
            raise VanishedError(self.name, "its file is gone: put it back where it was, or import it anew") from None
        if (now.st_size, now.st_mtime_ns) != (self.size, self.modified_ns):
            raise ChangedError(self.name, "its file has changed since it was imported: import it anew")


@dataclass(frozen=True)
class Query:
    """What of a recording is to be shown.

    Parameters
    ----------
    start, seconds : float
        What lies behind the recording's end is left off.
    pixels : int
        Width of the page on the screen.
    montage : str or Montage
        One of one's own, a name of `semeia.signals.montage.MONTAGES`, or `AS_RECORDED`.
    channels : tuple of str
        Labels of the montage's channels, in the order wanted; all when empty. A label that stands twice in the
        recording is found twice.
    filter : Filter
        For voltages; what has another unit is shown as it is.
    """

    start: float
    seconds: float
    pixels: int
    montage: str | Montage = AS_RECORDED
    channels: tuple[str, ...] = ()
    filter: Filter = field(default_factory=Filter)


class Stretch(NamedTuple):
    """Samples of some channels: ``values`` float32 (channels, samples) in their units, ``rate`` in Hz."""

    values: NDArray[np.float32]
    rate: float
    labels: list[str]


class _View(NamedTuple):
    """Channels that are shown together: which they are, which are voltages, and what the page is told of them."""

    recording: Recording
    indices: list[int]
    voltages: list[bool]
    rate: float
    told: list[dict[str, str]]


class Opened:
    """The recordings that were looked at last, kept open; several threads take turns."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: OrderedDict[Source, _Shown] = OrderedDict()

    def render(self, source: Source, query: Query) -> bytes:
        """Return a page of a recording.

        Raises
        ------
        FileError
            If the file cannot be read.
        RecordingError
            If the page begins outside the recording or is too long, a channel is unknown, the montage cannot be
            made, or a frequency of the filter is not below half the sampling rate.
        """
        with self._lock:
            return _rendered(self._shown(source), query)

    def stretch(self, source: Source, query: Query) -> Stretch:
        """Return what a page shows as samples, however wide the screen; errors as of `render`."""
        with self._lock:
            shown = self._shown(source)
            view = shown.view(query.montage, query.channels)
            start, stop = _within(shown.recording, query, view)
            values = np.concatenate([samples for _, samples in _read(view, query.filter, start, stop)])
            return Stretch(values, view.rate, [told["label"] for told in view.told])

    def close(self) -> None:
        """Close them."""
        while self._open:
            self._open.popitem()[1].recording.close()

    def _shown(self, source: Source) -> _Shown:
        if source in self._open:
            self._open.move_to_end(source)
        else:
            self._open[source] = _Shown(open_recording(source.path))
            if len(self._open) > _KEPT:
                self._open.popitem(last=False)[1].recording.close()
        return self._open[source]


class _Shown:
    """An open recording and the views that were asked of it."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.gaps = recording.gaps
        self._views: OrderedDict[tuple[str | Montage, tuple[str, ...]], _View] = OrderedDict()

    def view(self, montage: str | Montage, channels: tuple[str, ...]) -> _View:
        key = (montage, channels)
        if key not in self._views:
            self._views[key] = self._made(montage, channels)
            if len(self._views) > _VIEWS:
                self._views.popitem(last=False)
        return self._views[key]

    def _made(self, montage: str | Montage, channels: tuple[str, ...]) -> _View:
        recording, indices = self._montaged(montage)
        if channels:
            indices = _chosen(recording, indices, channels)
        shown = [recording.channels[index] for index in indices]
        told = [{"label": channel.label, "side": side_of(channel.label) or "other"} for channel in shown]
        voltages = [channel.unit == "uV" for channel in shown]
        return _View(recording, indices, voltages, max(channel.rate for channel in shown), told)

    def _montaged(self, montage: str | Montage) -> tuple[Recording, list[int]]:
        if montage == AS_RECORDED:
            return self.recording, readable_channels(self.recording)
        montaged = MontagedRecording(self.recording, montage_named(montage))
        return montaged, list(range(len(montaged.channels)))


def _rendered(shown: _Shown, query: Query) -> bytes:
    """Return a page."""
    view = shown.view(query.montage, query.channels)
    start, stop = _within(shown.recording, query, view)
    rate = view.rate
    first, end = (int(np.ceil(time * rate - 1e-6)) for time in (start, stop))  # as Recording.read
    count = end - first
    columns = query.pixels if count > _PER_PIXEL * query.pixels else None
    starts = np.arange(columns or 0) * count // (columns or 1)
    values = np.empty((len(view.indices), *((count,) if columns is None else (columns, 2))), np.float32)
    for rows, samples in _read(view, query.filter, start, stop):
        values[rows] = samples if columns is None else extremes(samples, starts)
    header = {
        "start": first / rate,
        "seconds": count / rate,
        "channels": view.told,
        "mode": "samples" if columns is None else "minmax",
        "rate": rate if columns is None else None,
        "columns": columns,
        "gaps": [gap for gap in shown.gaps if gap.start < stop and gap.stop > start],
    }
    return packed(header, values)


def overview(envelope: Envelope, columns: int) -> bytes:
    """Return one envelope of a whole recording's scalp channels as a page.

    Raises
    ------
    RecordingError
        If there are to be no columns, or too many.
    """
    if not 1 <= columns <= _WIDEST:
        raise RecordingError(f"an overview has 1 to {_WIDEST} columns, not {columns}")
    header = {
        "start": 0.0,
        "seconds": envelope.duration,
        "channels": [{"label": "envelope", "side": "other"}],
        "mode": "minmax",
        "rate": None,
        "columns": columns,
        "gaps": envelope.gaps,
    }
    return packed(header, envelope.overview(columns))


def _chosen(recording: Recording, indices: Sequence[int], labels: Sequence[str]) -> list[int]:
    """Return the channels with these labels; the second of a label that stands twice is the second with it."""
    waiting: dict[str, list[int]] = {}
    for index in indices:
        waiting.setdefault(recording.channels[index].label, []).append(index)
    chosen = []
    for label in labels:
        if not waiting.get(label):
            there = ", ".join(dict.fromkeys(recording.channels[index].label for index in indices))
            raise RecordingError(f"there is no channel {label!r} to show; there are {there}")
        chosen.append(waiting[label].pop(0))
    return chosen


def _within(recording: Recording, query: Query, view: _View) -> tuple[float, float]:
    """Return where a page begins and ends."""
    duration = recording.duration
    if not 0 < query.seconds <= _LONGEST:
        raise RecordingError(f"a page is up to {_LONGEST:g} s long, not {query.seconds:g} s")
    if not 1 <= query.pixels <= _WIDEST:
        raise RecordingError(f"a page is 1 to {_WIDEST} pixels wide, not {query.pixels}")
    if not 0 <= query.start < duration:
        raise RecordingError(f"a page at {query.start:g} s does not lie in the recording, which has {duration:g} s")
    stop = min(query.start + query.seconds, duration)
    if (stop - query.start) * view.rate * len(view.indices) > _MOST_SAMPLES:
        longest = _MOST_SAMPLES / view.rate / len(view.indices)
        raise RecordingError(f"a page of so many channels at {view.rate:g} Hz can be {longest:.3g} s long")
    return query.start, stop


def _read(view: _View, filter: Filter, start: float, stop: float) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Yield rows of a stretch and their samples, as many together as the memory bears."""
    padding = filter.padding(view.rate) if any(view.voltages) else 0
    size = max(1, int(_AT_ONCE // ((stop - start) * view.rate + 2 * padding + 1)))
    for first in range(0, len(view.indices), size):
        rows = slice(first, first + size)
        yield rows, _samples(view, rows, filter, start, stop)


def _samples(view: _View, rows: slice, filter: Filter, start: float, stop: float) -> NDArray[np.float32]:
    """Return samples at the view's rate: voltages filtered, everything else as it is."""
    indices, voltages = view.indices[rows], view.voltages[rows]
    if all(voltages):
        return filter.read(view.recording, start, stop, indices, view.rate)
    samples = view.recording.read(start, stop, indices, view.rate)
    if any(voltages):
        chosen = [index for index, voltage in zip(indices, voltages, strict=True) if voltage]
        samples[voltages] = filter.read(view.recording, start, stop, chosen, view.rate)
    return samples
