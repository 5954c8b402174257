"""Write EDF+ files block by block, in bounded memory: how a simulated day gets onto the disk.

edfio, which writes exactly and completely, needs the whole recording in memory; this writer does not, and
can do less: one integer rate, one physical range, records of one second, voltages in µV.
Source of the layout: Kemp et al. 1992 (EDF) and Kemp & Olivan 2003 (EDF+), https://www.edfplus.info/specs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from semeia.errors import RecordingError
from semeia.events import Event
from semeia.events.tal import encode_event, encode_timekeeping
from semeia.home import replacing
from semeia.signals.edf_header import MONTHS

__all__ = ["EdfWriter", "placed", "start_fields"]

_DIGITAL_MIN, _DIGITAL_MAX = -32768, 32767
_ANNOTATION_BYTES = 128  # timekeeping takes up to 20, a seizure with three channels about 60
_WIDEN_RECORDS = 256
_RECORDS_AT_ONCE = 64


class EdfWriter:
    """Write an EDF+C file of µV samples as they come; it appears whole when the block ends well.

    Parameters
    ----------
    path : str or Path
        Replaced only when everything was written; an error inside the block leaves it as it was.
    labels : sequence of str
        A label for each channel: 1 to 16 printable ASCII characters.
    rate : int
        Sampling rate of all channels in Hz.
    physical_range : (float, float)
        Smallest and largest voltage in µV that can be stored; what lies beyond is clipped. The default
        gives steps of 0.1 µV.
    subject : str
        The patient's code; spaces become underscores, empty means unknown.
    started_at : datetime, optional
        Clock time of the first sample, to a microsecond; without a time zone.
    transducer, prefilter : str
        Written for every channel.

    Attributes
    ----------
    samples : int
        How many samples a channel got so far.
    padding : int
        After the end: how many samples of 0 µV fill the last record; none when whole seconds were written.

    Raises
    ------
    RecordingError
        If the parameters cannot be written to an EDF header, or nothing was written at the end.
    StorageError
        If the disk is full or the place may not be written.

    Examples
    --------
    >>> with EdfWriter("day.edf", labels=["Fp1", "Fp2"], rate=256) as writer:  # doctest: +SKIP
    ...     writer.write(block)  # float32 (2, samples), µV
    ...     writer.annotate([Event(12.0, 30.0, "seizure")])
    """

    def __init__(
        self,
        path: str | Path,
        labels: Sequence[str],
        rate: int,
        *,
        physical_range: tuple[float, float] = (-3276.8, 3276.7),
        subject: str = "",
        started_at: datetime | None = None,
        transducer: str = "",
        prefilter: str = "",
    ) -> None:
        if rate != int(rate) or rate < 1:
            raise RecordingError(f"a rate of {rate} Hz cannot be written: it must be a whole number of Hz")
        self.path = Path(path)
        self.rate = int(rate)
        self.samples = self.padding = 0
        self._labels = [_ascii(label, 16, "label") for label in labels]
        if not self._labels or not all(self._labels):
            raise RecordingError("every channel needs a label, and an EDF file at least one channel")
        self._low, self._high = (_number(value) for value in physical_range)
        if not float(self._low) < float(self._high):
            raise RecordingError(f"physical range {self._low} to {self._high} µV: the first must be the smaller")
        self._subject, self._started_at = _ascii("_".join(subject.split()), 74, "subject"), started_at
        self._texts = _ascii(transducer, 80, "transducer"), _ascii(prefilter, 80, "prefilter")
        self._first = started_at.microsecond / 1e6 if started_at else 0.0
        self._annotation_bytes = _ANNOTATION_BYTES
        self._records = 0
        self._left_over = np.empty((len(self._labels), 0), np.float32)
        self._events: list[Event] = []
        self._stack = ExitStack()
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        beside = self._stack.enter_context(replacing(self.path))
        try:
            self._file = self._stack.enter_context(beside.open("w+b"))
            self._file.write(self._header())
        except BaseException as error:
            self.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            try:
                self._finish()
            except BaseException as failure:
                self._stack.__exit__(type(failure), failure, failure.__traceback__)
                raise
        self._stack.__exit__(kind, error, trace)

    def write(self, block: ArrayLike) -> None:
        """Append samples.

        Parameters
        ----------
        block : array_like (channels, samples)
            µV; any number of samples.

        Raises
        ------
        RecordingError
            If the shape does not fit the labels, or a sample is not a number (EDF cannot say "missing").
        """
        data = np.asarray(block, np.float32)
        if data.ndim != 2 or len(data) != len(self._labels):
            raise RecordingError(f"block of shape {data.shape} for {len(self._labels)} channels")
        if data.size and not math.isfinite(float(data.min()) + float(data.max())):
            raise RecordingError(f"block at sample {self.samples} holds values that are no numbers")
        self.samples += data.shape[1]
        if self._left_over.shape[1]:
            need = self.rate - self._left_over.shape[1]
            head, data = data[:, :need], data[:, need:]
            self._left_over = np.concatenate([self._left_over, head], axis=1)
            if self._left_over.shape[1] < self.rate:
                return
            self._write_records(self._left_over)
        whole = data.shape[1] // self.rate * self.rate
        step = _RECORDS_AT_ONCE * self.rate
        for first in range(0, whole, step):
            self._write_records(data[:, first : min(first + step, whole)])
        self._left_over = data[:, whole:].copy()

    def annotate(self, events: Iterable[Event]) -> None:
        """Add events, in seconds from the first sample; they are written when the file is closed."""
        self._events += events

    def _write_records(self, data: NDArray[np.float32]) -> None:
        count, size = data.shape[1] // self.rate, self.rate * len(self._labels)
        records = np.zeros((count, size + self._annotation_bytes // 2), "<i2")
        digital = self._digital(data).reshape(len(self._labels), count, self.rate)
        records[:, :size].reshape(count, len(self._labels), self.rate)[:] = digital.transpose(1, 0, 2)
        annotations = records[:, size:].view(np.uint8)
        for row in annotations:
            stamp = encode_timekeeping(self._first + self._records)
            row[: len(stamp)] = np.frombuffer(stamp, np.uint8)
            self._records += 1
        self._open_file().write(records.data)

    def _digital(self, data: NDArray[np.float32]) -> NDArray[np.int16]:
        low, high = float(self._low), float(self._high)
        per_step = (_DIGITAL_MAX - _DIGITAL_MIN) / (high - low)
        # double precision: in float32 the offset would cost the last of the 16 bits near the ends
        scaled = np.multiply(data, per_step, dtype=np.float64)
        scaled += _DIGITAL_MIN - low * per_step
        np.rint(scaled, out=scaled)
        return np.clip(scaled, _DIGITAL_MIN, _DIGITAL_MAX, out=scaled).astype(np.int16)

    def _finish(self) -> None:
        if not self.samples:
            raise RecordingError(f"{self.path.name}: no samples were written")
        short = self._left_over.shape[1]
        if short:
            self.padding = self.rate - short
            self._write_records(np.pad(self._left_over, ((0, 0), (0, self.padding))))
        self._write_events()
        file = self._open_file()
        file.seek(0)
        file.write(self._header())
        file.flush()

    def _write_events(self) -> None:
        tals = [encode_event(event, start=self._first) for event in sorted(self._events, key=lambda e: e.onset)]
        stamp_bytes = len(encode_timekeeping(self._first + self._records))
        size = max([self._annotation_bytes, *(stamp_bytes + len(tal) for tal in tals)])
        while (rows := placed(tals, self._records, size - stamp_bytes)) is None:
            size *= 2
        self._widen(size + size % 2)
        file, (record, header) = self._open_file(), self._sizes()
        for index, data in rows.items():
            stamp = encode_timekeeping(self._first + index)
            file.seek(header + (index + 1) * record - self._annotation_bytes + len(stamp))
            file.write(data)

    def _widen(self, size: int) -> None:
        """Make room for longer annotations by moving the records apart, from the last to the first."""
        if size <= self._annotation_bytes:
            return
        (old, header), file = self._sizes(), self._open_file()
        self._annotation_bytes = size
        new = self._sizes()[0]
        for stop in range(self._records, 0, -_WIDEN_RECORDS):
            first = max(0, stop - _WIDEN_RECORDS)
            file.seek(header + first * old)
            wide = np.zeros((stop - first, new), np.uint8)
            wide[:, :old] = np.frombuffer(file.read((stop - first) * old), np.uint8).reshape(-1, old)
            file.seek(header + first * new)
            file.write(wide.data)

    def _sizes(self) -> tuple[int, int]:
        """Return the bytes of a record and of the header."""
        return len(self._labels) * self.rate * 2 + self._annotation_bytes, 256 * (len(self._labels) + 2)

    def _open_file(self) -> BinaryIO:
        if self._file is None or self._file.closed:
            raise RecordingError(f"{self.path.name}: write inside the writer's with block")
        return self._file

    def _header(self) -> bytes:
        n, (day, date, time) = len(self._labels), start_fields(self._started_at)
        fields: list[tuple[int, Iterable[str]]] = [
            (8, ["0"]),
            (80, [f"{self._subject or 'X'} X X X"]),
            (80, [f"Startdate {day} X X X"]),
            (8, [date]),
            (8, [time]),
            (8, [str(self._sizes()[1])]),
            (44, ["EDF+C"]),
            (8, [str(self._records)]),
            (8, ["1"]),
            (4, [str(n + 1)]),
            (16, [*self._labels, "EDF Annotations"]),
            (80, [self._texts[0]] * n + [""]),
            (8, ["uV"] * n + [""]),
            (8, [self._low] * n + ["-1"]),
            (8, [self._high] * n + ["1"]),
            (8, [str(_DIGITAL_MIN)] * (n + 1)),
            (8, [str(_DIGITAL_MAX)] * (n + 1)),
            (80, [self._texts[1]] * n + [""]),
            (8, [str(self.rate)] * n + [str(self._annotation_bytes // 2)]),
            (32, [""] * (n + 1)),
        ]
        return b"".join(text.encode("ascii").ljust(width) for width, texts in fields for text in texts)


def start_fields(start: datetime | None) -> tuple[str, str, str]:
    """Return the day (``02-MAR-2031`` or ``X``), date and time of a header."""
    if start is None:
        return "X", "01.01.85", "00.00.00"
    # Clause 2.1.3.1: the two digits reach from 1985 to 2084, beyond that stands "yy".
    year = f"{start.year % 100:02d}" if 1985 <= start.year <= 2084 else "yy"
    day = f"{start.day:02d}-{MONTHS[start.month - 1]}-{start.year:04d}"
    return day, f"{start.day:02d}.{start.month:02d}.{year}", f"{start:%H.%M.%S}"


def placed(tals: list[bytes], records: int, room: int) -> dict[int, bytes] | None:
    """Return which bytes of annotations go into which record, or None when they do not fit."""
    found: dict[int, bytes] = {}
    index = 0
    for tal in tals:
        if len(found.get(index, b"")) + len(tal) > room:
            index += 1
        found[index] = found.get(index, b"") + tal
    if index >= records:
        return None
    return found


def _ascii(text: str, width: int, what: str) -> str:
    text = text.strip()
    if len(text) > width or not (text.isascii() and (text.isprintable() or not text)):
        raise RecordingError(f"{what} {text!r}: EDF allows at most {width} printable ASCII characters")
    return text


def _number(value: float) -> str:
    """Return a number in the eight characters that EDF has for it; what the reader will use, too."""
    for digits in range(8, -1, -1):
        text = f"{value:.{digits}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        if len(text) <= 8:
            return text
    raise RecordingError(f"physical limit {value} µV does not fit the 8 characters that EDF has for it")
