"""What the header of an EDF, EDF+, BDF or BDF+ file says, read strictly where samples depend on it.

Numbers that samples or times depend on are checked, and a file that contradicts itself is refused with one
line; free text (dates, names, non-ASCII labels) never stops a recording from being read.
Sources: Kemp et al. 1992 (EDF), Kemp & Olivan 2003 (EDF+), https://www.edfplus.info/specs; BioSemi's BDF,
https://www.biosemi.com/faq/file_format.htm.
"""

from __future__ import annotations

import math
import os
import re
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from semeia.errors import FileError
from semeia.signals.recording import TO_UV, Channel

__all__ = ["EdfHeader", "EdfSignal", "free_text", "read_header"]

_FIRST_READ = 256 * 72  # the header of 71 signals; wider files need a second read
_NUMERIC = b"0123456789+-.eE \0"
_MAGIC = {b"0       ": "EDF", b"\xffBIOSEMI": "BDF"}
_SAMPLE_BYTES = {"EDF": 2, "BDF": 3}
_ANNOTATIONS = {"EDF Annotations", "BDF Annotations"}
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DATE = re.compile(r"(\d\d?)[.:/-](\d\d?)[.:/-](\d\d)")
_STARTDATE = re.compile(r"Startdate (\d\d?)-([A-Z]{3})-(\d{4})(?: |$)", re.IGNORECASE)
_LIMITS = ("physical minimum", "physical maximum", "digital minimum", "digital maximum")
_LARGEST = 1e30  # of a physical limit: far beyond any unit, and safe in float32
_FASTEST = 1e7  # Hz
_LONGEST_RECORD = 1e7  # seconds


class _Scale(NamedTuple):
    unit: str
    gain: float
    zero: float
    problem: str


class EdfSignal(NamedTuple):
    """One signal of the header.

    Parameters
    ----------
    label, transducer, prefilter : str
    samples : int
        In each data record.
    offset : int
        Bytes from the beginning of a data record to the signal's first sample.
    is_annotation : bool
        Whether it carries text (TALs) instead of samples.
    unit : str
        ``uV`` for every voltage, else as recorded.
    gain, zero : float
        ``physical = (digital + zero) * gain``, in `unit`.
    problem : str
        Why its samples cannot be read though the others' can; empty when they can.
    """

    label: str
    transducer: str
    prefilter: str
    samples: int
    offset: int
    is_annotation: bool
    unit: str
    gain: float
    zero: float
    problem: str


class _Layout(NamedTuple):
    signals: tuple[EdfSignal, ...]
    channels: tuple[Channel, ...]
    record_bytes: int


_NO_SCALE = _Scale("", 1.0, 0.0, "")


class EdfHeader(NamedTuple):
    """The whole header.

    Parameters
    ----------
    kind : {"EDF", "BDF"}
        16-bit or 24-bit samples.
    plus : bool
        Whether it is EDF+ or BDF+.
    interrupted : bool
        Whether its records may lie apart (EDF+D, BDF+D).
    subject : str
        The patient's code; empty when unknown.
    started_at : datetime or None
        As the header says, in whole seconds; EDF+ files add a fraction in their first record.
    size : int
        Bytes of the header: where the first record begins.
    records : int
        -1 when the writer did not know.
    record_duration : float
        Seconds; 0 only where there are no samples.
    record_bytes : int
    signals : tuple of EdfSignal
        As the file has them.
    channels : tuple of Channel
        Those that are no annotations.
    """

    kind: str
    plus: bool
    interrupted: bool
    subject: str
    started_at: datetime | None
    size: int
    records: int
    record_duration: float
    record_bytes: int
    signals: tuple[EdfSignal, ...]
    channels: tuple[Channel, ...]

    @property
    def sample_bytes(self) -> int:
        """Bytes of one sample: 2 in EDF, 3 in BDF."""
        return _SAMPLE_BYTES[self.kind]


def read_header(file: int, path: Path) -> EdfHeader:
    """Read the header from an open file descriptor.

    Raises
    ------
    FileError
        If the file is empty, is no EDF or BDF file, or its header contradicts itself.
    """
    raw = os.pread(file, _FIRST_READ, 0)
    kind = _kind(raw, path)
    count = _whole(raw[252:256], "number of signals", path)
    if not 1 <= count <= 9999:
        raise FileError(path, f"header says {count} signals; it must be at least 1")
    size = 256 * (count + 1)
    claimed = _whole(raw[184:192], "size of the header", path)
    if claimed != size:
        raise FileError(path, f"header says it has {claimed} bytes, but {count} signals need {size}")
    if size > len(raw):
        raw += os.pread(file, size - len(raw), len(raw))
    if size > len(raw):
        raise FileError(path, f"header of {count} signals needs {size} bytes; the file ends at {len(raw)}")
    data = raw[:size].replace(b"\0", b" ")  # some writers pad with zero bytes
    records = _whole(data[236:244], "number of records", path)
    if records < -1 or records == 0:
        raise FileError(path, f"header says {records} data records: it holds nothing to read")
    duration = _record_duration(data[244:252], path)
    try:
        layout = _layout(data[256:], count, kind, duration)
    except ValueError as error:
        raise FileError(path, str(error)) from None
    reserved = data[192:197]
    patient, recording = free_text(data[8:88]), free_text(data[88:168])
    plus = reserved[:4] in {b"EDF+", b"BDF+"}
    return EdfHeader(
        kind=kind,
        plus=plus,
        interrupted=plus and reserved[4:5] == b"D",
        subject=_subject(patient, plus),
        started_at=_started_at(free_text(data[168:176]), free_text(data[176:184]), recording if plus else ""),
        size=size,
        records=records,
        record_duration=duration,
        record_bytes=layout.record_bytes,
        signals=layout.signals,
        channels=layout.channels,
    )


def _kind(raw: bytes, path: Path) -> str:
    if not raw:
        raise FileError(path, "the file is empty")
    kind = _MAGIC.get(raw[:8])
    if kind is None and raw[:1] == b"0" and not raw[1:8].strip(b" \0"):
        kind = "EDF"
    if kind is None:
        raise FileError(path, f"is neither EDF nor BDF (it begins with {raw[:8]!r})")
    if len(raw) < 256:
        raise FileError(path, f"the file ends after {len(raw)} bytes, within the {kind} header of 256")
    return kind


def _record_duration(field: bytes, path: Path) -> float:
    duration = _number(field)
    if duration is None or not (duration == 0 or 1e-6 <= duration <= _LONGEST_RECORD):
        raise FileError(path, f"duration of a data record {_shown(field)} is not a possible number of seconds")
    return duration


@lru_cache(maxsize=16)
def _layout(data: bytes, count: int, kind: str, duration: float) -> _Layout:
    """Return what the signals' part of a header says; kept, because a data set's files mostly say the same.

    Raises
    ------
    ValueError
        If it contradicts itself; the text says how.
    """

    def column(start: int) -> list[bytes]:
        return [data[at : at + 8] for at in range(start * count, (start + 8) * count, 8)]

    labels = _texts(data[: 16 * count], 16)
    transducers, prefilters = (_texts(data[at * count : (at + 80) * count], 80) for at in (16, 136))
    limits = zip(*(column(start) for start in (96, 104, 112, 120, 128)), strict=True)
    scales: dict[tuple[bytes, ...], _Scale] = {}  # most signals of a file are alike
    lengths: dict[bytes, int] = {}
    offset, signals = 0, []
    columns = zip(labels, transducers, prefilters, limits, column(216), strict=True)
    for label, transducer, prefilter, fields, length in columns:
        samples = lengths.get(length)
        if samples is None:
            samples = lengths[length] = _length(length, label, duration)
        is_annotation = label in _ANNOTATIONS
        scale = _NO_SCALE if is_annotation else scales.get(fields)
        if scale is None:
            scale = scales[fields] = _scale_of(fields, label, kind)
        signals.append(EdfSignal(label, transducer, prefilter, samples, offset, is_annotation, *scale))
        offset += samples * _SAMPLE_BYTES[kind]
    if duration == 0 and not all(signal.is_annotation for signal in signals):
        raise ValueError("its data records last 0 s but hold samples: their rate is unknown")
    channels = tuple(
        Channel(signal.label, signal.samples / duration, signal.unit, signal.transducer, signal.prefilter)
        for signal in signals
        if not signal.is_annotation
    )
    return _Layout(tuple(signals), channels, offset)


def _length(field: bytes, label: str, duration: float) -> int:
    samples = _number(field)
    if samples is None or samples != int(samples):
        raise ValueError(f"signal {label!r}: samples per record {_shown(field)} is not a whole number")
    if samples < 1 or samples > _FASTEST * (duration or math.inf):
        raise ValueError(f"signal {label!r}: {samples:g} samples in a record of {duration:g} s is impossible")
    return int(samples)


def _scale_of(fields: tuple[bytes, ...], label: str, kind: str) -> _Scale:
    unit = free_text(fields[0])
    values = []
    for name, field in zip(_LIMITS, fields[1:], strict=True):
        value = _number(field.replace(b",", b"."))
        if value is None or abs(value) > _LARGEST:
            raise ValueError(f"signal {label!r}: {name} {_shown(field)} is not a usable number")
        values.append(value)
    bound = 2 ** (8 * _SAMPLE_BYTES[kind] - 1)
    for name, value in zip(_LIMITS[2:], values[2:], strict=True):
        if value != int(value) or not -bound <= value < bound:
            allowed = f"{-bound}..{bound - 1} of {kind}"
            raise ValueError(f"signal {label!r}: {name} {value:g} is no integer in {allowed}")
    factor = TO_UV.get(unit)
    gain, zero, problem = _scale(*values)
    return _Scale(unit if factor is None else "uV", gain * (factor or 1.0), zero, problem)


def _scale(low: float, high: float, least: float, most: float) -> tuple[float, float, str]:
    """Return gain, zero and problem. Limits that are swapped are valid: the signal is then inverted."""
    if least == most:
        return 0.0, 0.0, f"its digital minimum and maximum are both {least:g}, so that its scale is unknown"
    if low == high:
        return 0.0, 0.0, f"its physical minimum and maximum are both {low:g}, so that its scale is unknown"
    gain = (high - low) / (most - least)
    if abs(gain) < 1e-30 or abs(low / gain) > _LARGEST:
        return 0.0, 0.0, f"its physical limits {low:g} and {high:g} are too close to each other"
    return gain, low / gain - least, ""


def _texts(region: bytes, width: int) -> list[str]:
    if region.isascii():
        text = region.decode("ascii")
        return [text[at : at + width].strip() for at in range(0, len(text), width)]
    return [free_text(region[at : at + width]) for at in range(0, len(region), width)]


def free_text(field: bytes) -> str:
    """Return free text, which should be ASCII: UTF-8 where it is that, else Latin-1, which takes any byte."""
    try:
        return field.decode("utf-8").strip()
    except UnicodeDecodeError:
        return field.decode("latin-1").strip()


def _number(field: bytes) -> float | None:
    if field.translate(None, _NUMERIC):
        return None  # what `float` would take beside numbers: nan, inf, 1_000
    try:
        value = float(field.replace(b"\0", b" "))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _whole(field: bytes, what: str, path: Path) -> int:
    value = _number(field)
    if value is None or value != int(value):
        raise FileError(path, f"{what} {_shown(field)} is not a whole number")
    return int(value)


def _shown(field: bytes) -> str:
    return repr(field.decode("latin-1").strip())


def _subject(patient: str, plus: bool) -> str:
    """Return the code that opens an EDF+ patient field; in plain EDF a name may stand there instead."""
    parts = patient.split()
    formed = plus or (len(parts) >= 4 and parts[1] in {"F", "M", "X"})
    return parts[0] if parts and formed and parts[0] != "X" else ""


def _started_at(date: str, time: str, recording: str) -> datetime | None:
    """Return the clock time of the start, or None where the header does not say one (made anonymous)."""
    clock, day = _DATE.fullmatch(time), _DATE.fullmatch(date)
    full = _STARTDATE.match(recording)
    anonymous = date == "01.01.85" and recording.startswith("Startdate X")
    try:
        hour, minute, second = (int(part) for part in clock.groups()) if clock else (0, 0, 0)
        if full:
            month = MONTHS.index(full[2].upper()) + 1
            return datetime(int(full[3]), month, int(full[1]), hour, minute, second)
        if day is None or anonymous:
            return None
        # Two digits of a year reach from 1985 to 2084 (EDF+ clause 2.1.3.2).
        year = int(day[3]) + (1900 if int(day[3]) >= 85 else 2000)
        return datetime(year, int(day[2]), int(day[1]), hour, minute, second)
    except ValueError:
        return None
