"""A recording as the data records of an EDF or BDF file: copied bit for bit where that can be, otherwise scaled.

What an EDF file holds goes into an EDF or BDF file with its own integers and limits. Everything else is read twice: for
the range of each channel, and to be written in steps of that range. Neither ever holds more than a few megabytes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from semeia.errors import RecordingError
from semeia.signals.edf import EdfRecording
from semeia.signals.edf_header import EdfSignal, free_text
from semeia.signals.edf_layout import Layout, layout_of
from semeia.signals.edf_scale import SAMPLE_BYTES, Kind, Range, digitised, packed, range_of
from semeia.signals.edf_timing import Stretch
from semeia.signals.recording import TO_UV, Recording

__all__ = ["Records", "records_of"]

_BLOCK = 1 << 21  # bytes of records made at once
_LARGEST = 1e30  # what the limits of a header can say and a reader takes
Progress = Callable[[float], None]


@dataclass(frozen=True)
class Records:
    """What is written: how, and block by block.

    Parameters
    ----------
    kind : {"EDF", "BDF"}
    duration : str
        Of a record in seconds.
    stretches : tuple of Stretch
    channels : tuple of int
        Which channels of the recording are written, in order.
    samples : tuple of int
        Of each of them in a record.
    units : tuple of str
    ranges : tuple of Range
    blocks : callable
        Gives the records' bytes of samples, (records, bytes), from the first to the last.
    lost : tuple of str
        What the file cannot say, as lines for people; empty where every sample is kept bit for bit.
    """

    kind: Kind
    duration: str
    stretches: tuple[Stretch, ...]
    channels: tuple[int, ...]
    samples: tuple[int, ...]
    units: tuple[str, ...]
    ranges: tuple[Range, ...]
    blocks: Callable[[], Iterator[NDArray[np.uint8]]]
    lost: tuple[str, ...] = ()


def records_of(
    recording: Recording, kind: Kind, progress: Progress = lambda share: None, *, without: Collection[int] = ()
) -> Records:
    """Return a recording's data records.

    Parameters
    ----------
    recording : Recording
    kind : {"EDF", "BDF"}
        Of the file that is written: 16 or 24 bits.
    progress : callable
        Told the share done, 0..1, of looking for the ranges.
    without : collection of int
        Channels that are left out.

    Raises
    ------
    RecordingError
        If there is nothing to write, or it cannot be cut into records.
    FileError
        If the file changed since it was opened, or is damaged.
    """
    if isinstance(recording, EdfRecording):
        own = recording.records.header.kind
        if SAMPLE_BYTES[kind] >= recording.records.header.sample_bytes or not recording.channels:
            return _copied(recording, kind, without, widen=own != kind)
    return _Scaled(recording, kind, without).records(progress)


def _copied(recording: EdfRecording, kind: Kind, without: Collection[int], *, widen: bool) -> Records:
    header = recording.records.header
    all_places = [place for place, signal in enumerate(header.signals) if not signal.is_annotation]
    channels = tuple(index for index in range(len(all_places)) if index not in without)
    places = [all_places[index] for index in channels]
    units, ranges = _scales(recording, places, channels)
    signals = [header.signals[place] for place in places]
    at_once = max(1, _BLOCK // max(1, header.record_bytes))

    def blocks() -> Iterator[NDArray[np.uint8]]:
        total = sum(stretch.records for stretch in recording.stretches)
        for first in range(0, total, at_once):
            data = recording.records.whole(first, min(at_once, total - first))
            yield np.concatenate([_taken(data, signal, header.sample_bytes, widen) for signal in signals], axis=1)

    def nothing() -> Iterator[NDArray[np.uint8]]:
        yield np.empty((sum(stretch.records for stretch in recording.stretches), 0), np.uint8)

    return Records(
        kind=kind,
        duration=_text_of(recording, 244, 8),
        stretches=recording.stretches,
        channels=channels,
        samples=tuple(signal.samples for signal in signals),
        units=units,
        ranges=ranges,
        blocks=blocks if places else nothing,
    )


def _taken(data: NDArray[np.uint8], signal: EdfSignal, width: int, widen: bool) -> NDArray[np.uint8]:
    own = data[:, signal.offset : signal.offset + signal.samples * width]
    if not widen:
        return own
    return packed(np.ascontiguousarray(own).view("<i2").astype(np.int32), "BDF")


def _text_of(recording: EdfRecording, start: int, width: int) -> str:
    """Return a field of numbers out of the header, which `read_header` has found to be one."""
    raw = os.pread(recording.records.file, width, start)
    return raw.replace(b"\0", b" ").replace(b",", b".").decode("ascii").strip()


def _scales(
    recording: EdfRecording, places: list[int], channels: tuple[int, ...]
) -> tuple[tuple[str, ...], tuple[Range, ...]]:
    count = len(recording.records.header.signals)

    def column(start: int, place: int) -> str:
        return _text_of(recording, 256 + start * count + 8 * place, 8)

    ranges = [
        Range(column(104, place), column(112, place), int(float(column(120, place))), int(float(column(128, place))))
        for place in places
    ]
    raw = [os.pread(recording.records.file, 8, 256 + 96 * count + 8 * place) for place in places]
    units = [
        _voltage(free_text(unit.replace(b"\0", b" "))) or recording.channels[index].unit
        for index, unit in zip(channels, raw, strict=True)
    ]
    return tuple(units), tuple(ranges)


def _voltage(unit: str) -> str:
    """Return the plain spelling of a unit of voltage; empty for any other."""
    return {1e-3: "nV", 1.0: "uV", 1e3: "mV", 1e6: "V"}.get(TO_UV.get(unit, 0.0), "")


@dataclass
class _Scaled:
    """A recording that is read in physical units; each channel gets the range of its own samples."""

    recording: Recording
    kind: Kind
    without: Collection[int]
    missing: list[int] = field(default_factory=list)

    def records(self, progress: Progress) -> Records:
        recording = self.recording
        self.channels = self._readable()
        self.duration, self.samples, self.stretches, self.lengths, lost = self._layout()
        limits = self._limits(progress)
        self.ranges = tuple(range_of(low, high, self.kind) for low, high in limits)
        absent = len(recording.channels) - len(self.channels) - len(self.without)
        lost += [f"{absent} channel{'s' * (absent > 1)} without a scale left out"] if absent else []
        return Records(
            kind=self.kind,
            duration=self.duration,
            stretches=self.stretches,
            channels=self.channels,
            samples=self.samples,
            units=tuple(recording.channels[index].unit for index in self.channels),
            ranges=self.ranges,
            blocks=self._blocks,
            lost=(*self._rounding(), *lost, *self._holes()),
        )

    def _readable(self) -> tuple[int, ...]:
        wanted = [index for index in range(len(self.recording.channels)) if index not in self.without]
        if not isinstance(self.recording, EdfRecording):
            return tuple(wanted)
        signals = [signal for signal in self.recording.records.header.signals if not signal.is_annotation]
        return tuple(index for index in wanted if not signals[index].problem)

    def _layout(self) -> tuple[str, tuple[int, ...], tuple[Stretch, ...], tuple[int, ...] | None, list[str]]:
        recording = self.recording
        if not self.channels:
            raise RecordingError(f"{_name(recording)}: there are no channels to write")
        if isinstance(recording, EdfRecording):  # its own records, which may hold several rates
            signals = [signal for signal in recording.records.header.signals if not signal.is_annotation]
            samples = tuple(signals[index].samples for index in self.channels)
            return _text_of(recording, 244, 8), samples, recording.stretches, None, []
        rate, total = recording.rate, recording.sample_count()
        # the samples at start <= k / rate < stop are those that a gap makes NaN
        gaps = [(_ceiling(gap.start * rate), _ceiling(gap.stop * rate)) for gap in recording.gaps]
        try:
            layout = layout_of(rate, total, gaps)
        except RecordingError as error:
            raise RecordingError(error.about(_name(recording))) from None
        samples = (layout.samples,) * len(self.channels)
        return layout.duration, samples, layout.stretches, layout.lengths, _said(layout, rate)

    def _limits(self, progress: Progress) -> list[tuple[float, float]]:
        count = len(self.channels)
        low, high = np.full(count, np.inf), np.full(count, -np.inf)
        self.missing = [0] * count
        total, done = sum(stretch.records for stretch in self.stretches), 0
        for records, rows in self._read():
            for place, samples in enumerate(rows):
                good = np.isfinite(samples) & (np.abs(samples) <= _LARGEST)
                self.missing[place] += int(samples.size - good.sum())
                if good.any():
                    known = samples[good]
                    low[place], high[place] = min(low[place], known.min()), max(high[place], known.max())
            done += records
            progress(done / total)
        found = zip(np.where(np.isfinite(low), low, 0.0), np.where(np.isfinite(high), high, 0.0), strict=True)
        return [(float(least), float(most)) for least, most in found]

    def _blocks(self) -> Iterator[NDArray[np.uint8]]:
        for records, rows in self._read():
            parts = []
            for samples, scale in zip(rows, self.ranges, strict=True):
                nearest = min(max(0.0, float(scale.low)), float(scale.high))
                known = np.where(np.isfinite(samples) & (np.abs(samples) <= _LARGEST), samples, np.float32(nearest))
                parts.append(packed(digitised(known, scale).reshape(records, -1), self.kind))
            yield np.concatenate(parts, axis=1)

    def _read(self) -> Iterator[tuple[int, list[NDArray[np.float32]]]]:
        """Yield how many records, and each channel's samples in them."""
        at_once = max(1, _BLOCK // (4 * sum(self.samples)))
        for number, stretch in enumerate(self.stretches):
            length = None if self.lengths is None else self.lengths[number]
            for first in range(0, stretch.records, at_once):
                count = min(at_once, stretch.records - first)
                yield count, self._stretch(stretch, length, first, count)

    def _stretch(self, stretch: Stretch, length: int | None, first: int, count: int) -> list[NDArray[np.float32]]:
        """Return samples of whole records; the last sample is held where a record reaches beyond what there is."""
        rows: dict[int, NDArray[np.float32]] = {}
        rates = {self.recording.channels[index].rate for index in self.channels}
        for rate in rates:
            same = [index for index in self.channels if self.recording.channels[index].rate == rate]
            each = self.samples[self.channels.index(same[0])]
            start, want = first * each, count * each
            have = want if length is None else min(want, length - start)
            begin = stretch.first_sample(rate) + start
            have = min(have, self.recording.sample_count(rate) - begin)
            read = self.recording.read_samples(begin, have, same)
            read = np.pad(read, ((0, 0), (0, want - have)), mode="edge") if have < want else read
            rows |= dict(zip(same, read, strict=True))
        return [rows[index] for index in self.channels]

    def _rounding(self) -> list[str]:
        coarsest: dict[str, float] = {}
        for index, scale in zip(self.channels, self.ranges, strict=True):
            unit = self.recording.channels[index].unit
            coarsest[unit] = max(coarsest.get(unit, 0.0), scale.step / 2)
        worst = ", ".join(f"{most:.2g} {unit}".rstrip() for unit, most in coarsest.items())
        return [f"samples rounded to {8 * SAMPLE_BYTES[self.kind]} bits, by at most {worst}"]

    def _holes(self) -> list[str]:
        count, channels = sum(self.missing), sum(missing > 0 for missing in self.missing)
        where = f"{channels} channel{'s' * (channels > 1)}"
        return [f"{count} samples of {where} were no numbers, which EDF cannot say: they are 0"] if count else []


def _said(layout: Layout, rate: float) -> list[str]:
    said = []
    if abs(layout.rate - rate) > 1e-9 * rate:
        said.append(f"a rate of {rate:.9g} Hz is written as {layout.rate:.9g} Hz, as near as EDF can say it")
    if layout.padding:
        said.append(f"{layout.padding} samples of each channel fill up records: the last value is held")
    return said


def _ceiling(samples: float) -> int:
    return int(np.ceil(samples - 1e-6))


def _name(recording: Recording) -> str:
    return recording.path.name if recording.path else "recording in memory"
