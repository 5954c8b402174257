"""Open EDF, EDF+C, EDF+D, BDF and BDF+ files as recordings: the reader that everything stands on.

What cannot be read right is refused with a line that says why. What is decided here, beyond the standards
that `semeia.signals.edf_header` names:

- A record that is cut off is refused, unless `allow_truncated` is given: then the whole records are read.
- Bytes behind the last record are ignored when they are fewer than a record's; more contradict the header.
- A writer that did not know how many records it would write (-1) is believed: they are counted.
- A channel whose digital or physical limits are equal has no scale. Such dummies stand in real files
  (CHB-MIT), so the file opens; only reading that channel is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from semeia.errors import EventError, FileError
from semeia.events import Events
from semeia.events.tal import Tal, decode_tals, events_of, timekeeping_onset
from semeia.signals.edf_header import EdfHeader, EdfSignal
from semeia.signals.edf_records import EdfRecords
from semeia.signals.edf_timing import Stretch, stretches_of
from semeia.signals.recording import Gap, Recording

__all__ = ["EdfRecording"]

_TIMEKEEPING_BYTES = 64  # enough for any sensible onset
_LATEST_START = 366 * 86400.0  # seconds


class EdfRecording(Recording):
    """A recording in an EDF, EDF+, BDF or BDF+ file; opening reads its header only.

    Parameters
    ----------
    path : str or Path
    allow_truncated : bool
        Read the whole records of a file that ends before its header says.

    Raises
    ------
    FileError
        If the file is missing, empty, truncated, of another kind, or contradicts itself.
    """

    path: Path

    def __init__(self, path: str | Path, *, allow_truncated: bool = False) -> None:
        self.path = Path(path)
        self._records = EdfRecords(self.path)
        try:
            self._describe(self._records.header, allow_truncated)
        except BaseException:
            self.close()
            raise

    def _describe(self, header: EdfHeader, allow_truncated: bool) -> None:
        self._events: Events | None = None
        self._count = _record_count(header, self._records.size, self.path, allow_truncated)
        self._places = tuple(index for index, signal in enumerate(header.signals) if not signal.is_annotation)
        self._annotations = [signal for signal in header.signals if signal.is_annotation]
        self._first_onset, self._stretches = self._timing(header)
        self.subject = header.subject
        self.started_at = _later(header.started_at, self._first_onset)
        self.channels = header.channels
        self.duration = self._stretches[-1].stop
        if not header.record_duration:
            # Only annotations, as in a hypnogram: the recording is as long as they say.
            self.duration = max([0.0, *(event.stop for event in self.events)])
            self._events = None

    @property
    def events(self) -> Events:
        """EDF+ annotations, read when first asked for.

        Raises
        ------
        FileError
            If an annotation cannot be understood; the record's number is named.
        """
        if self._events is None:
            found = []
            for record in range(self._count if self._annotations else 0):
                found += [tal for signal in self._annotations for tal in self._tals(signal, record)]
            events = events_of(found, start=self._first_onset, source=self.path.name)
            self._events = Events(events, duration=self.duration, started_at=self.started_at)
        return self._events

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Intervals between the records of an interrupted file."""
        pairs = zip(self._stretches, self._stretches[1:], strict=False)
        return tuple(Gap(before.stop, after.start) for before, after in pairs)

    @property
    def records(self) -> EdfRecords:
        """The header and the data records as they lie in the file: for who copies them."""
        return self._records

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """The data records that follow one another without a gap."""
        return tuple(self._stretches)

    def close(self) -> None:
        """Close the file; the recording can no longer be read."""
        self._records.close()

    def _read_native(self, indices: Sequence[int], first: int, count: int) -> NDArray[np.float32]:
        places = tuple(self._places[index] for index in indices)
        if not (places and count):
            return np.empty((len(places), count), np.float32)
        if len(self._stretches) == 1:
            samples = np.empty((len(places), count), np.float32)
            self._records.read(places, first, samples)
            return samples
        samples = np.full((len(places), count), np.nan, np.float32)
        each, rate = self._records.header.signals[places[0]].samples, self.channels[indices[0]].rate
        for stretch in self._stretches:
            begin = stretch.first_sample(rate)
            low, high = max(first, begin), min(first + count, begin + stretch.records * each)
            if low < high:
                self._records.read(places, low - begin + stretch.record * each, samples[:, low - first : high - first])
        return samples

    def _timing(self, header: EdfHeader) -> tuple[float, list[Stretch]]:
        """Return the first record's onset in seconds, and the stretches without a gap."""
        whole = Stretch(0.0, self._count * header.record_duration, 0, self._count)
        if not (header.plus and self._annotations):
            if header.interrupted:
                raise FileError(
                    self.path,
                    f"is {header.kind}+D but has no annotation signal, which must say when its records begin",
                )
            return 0.0, [whole]
        onsets = [self._onset(record) for record in range(self._count if header.interrupted else 1)]
        if abs(onsets[0]) > _LATEST_START:
            raise FileError(self.path, f"its first record begins {onsets[0]:g} s off the start time of its header")
        if len(onsets) == 1 or not self._places:
            return onsets[0], [whole]
        fastest = max(header.signals[place].samples for place in self._places) / header.record_duration
        try:
            return onsets[0], stretches_of(onsets, header.record_duration, 0.5 / fastest)
        except ValueError as error:
            raise FileError(self.path, f"{error}; {header.kind}+D records must be in order and apart") from None

    def _onset(self, record: int) -> float:
        data = self._records.bytes_of(self._annotations[0], record, _TIMEKEEPING_BYTES)
        try:
            return timekeeping_onset(data)
        except EventError as error:
            raise FileError(self.path, f"record {record + 1} does not say when it begins ({error})") from None

    def _tals(self, signal: EdfSignal, record: int) -> list[Tal]:
        data = self._records.bytes_of(signal, record)
        try:
            return decode_tals(data)
        except EventError as error:
            raise FileError(self.path, f"record {record + 1}: {error}") from None


def _later(time: datetime | None, seconds: float) -> datetime | None:
    try:
        return time and time + timedelta(seconds=seconds)
    except OverflowError:
        return None


def _record_count(header: EdfHeader, size: int, path: Path, allow_truncated: bool) -> int:
    """Return how many whole records there are to read."""
    there, rest = divmod(size - header.size, header.record_bytes)
    if there < 1:
        raise FileError(path, f"ends within its first data record, which needs {header.record_bytes} bytes (truncated)")
    if header.records in {-1, there}:
        return there
    if header.records < there:
        raise FileError(
            path,
            f"header says {header.records} data records, but the file holds {there}: one of them is wrong",
        )
    if allow_truncated:
        return there
    lengths = {signal.samples for signal in header.signals if not signal.is_annotation}
    count = sum(not signal.is_annotation for signal in header.signals)
    what = f"{count} signals of {lengths.pop()} samples" if len(lengths) == 1 else f"{len(header.signals)} signals"
    where = f"in record {there + 1}" if rest else f"after record {there}"
    raise FileError(
        path,
        f"header says {what}, but the file ends {where} of {header.records} (truncated). "
        "Read what is there with --allow-truncated.",
    )
