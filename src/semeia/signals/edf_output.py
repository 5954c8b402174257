"""A recording written as EDF+ or BDF+, block by block: header, data records, events as annotations.

Gaps become an interrupted file (EDF+D). Sources: Kemp et al. 1992 (EDF), Kemp & Olivan 2003 (EDF+),
https://www.edfplus.info/specs; BioSemi's BDF, https://www.biosemi.com/faq/file_format.htm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from semeia.errors import RecordingError
from semeia.events import Event
from semeia.events.tal import encode_event, encode_timekeeping
from semeia.home import replacing
from semeia.signals.edf_scale import SAMPLE_BYTES, Kind
from semeia.signals.edf_source import Records
from semeia.signals.edf_writer import placed, start_fields
from semeia.signals.recording import Channel

__all__ = ["Said", "kind_of", "write_records"]

_LEAST_ANNOTATION = 64  # bytes: timekeeping takes up to 24
_MOST_RECORDS = 99_999_999
_MOST_SAMPLES = 99_999_999
Progress = Callable[[float], None]


@dataclass(frozen=True)
class Said:
    """What a file says beside its samples; only printable ASCII of the length that EDF has room for.

    Parameters
    ----------
    patient : str
        The patient field: code, sex, birth date, name, with spaces between them and ``X`` for what is unknown.
    started_at : datetime or None
        Clock time of the first sample.
    channels : tuple of Channel
        One for each that is written: label, transducer, prefilter; the unit where it is no voltage.
    events : tuple of Event
    whole : bool
        Write who marked each event, what was answered and noted too (`semeia.events.details`).
    """

    patient: str
    started_at: datetime | None
    channels: tuple[Channel, ...]
    events: tuple[Event, ...]
    whole: bool = False


def kind_of(path: Path) -> Kind | None:
    """Return which kind of file a name asks for, None for any other."""
    kinds: dict[str, Kind] = {".edf": "EDF", ".bdf": "BDF"}
    return kinds.get(path.suffix.lower())


def write_records(path: Path, records: Records, said: Said, progress: Progress = lambda share: None) -> None:
    """Write a file, in bounded memory; it appears whole or not at all.

    Parameters
    ----------
    path : Path
    records : Records
    said : Said
    progress : callable
        Told the share done, 0..1.

    Raises
    ------
    RecordingError
        If the header has no room for what is to be said.
    FileError
        If the recording cannot be read to its end.
    StorageError
        If the disk is full or the place may not be written.
    """
    first = said.started_at.microsecond / 1e6 if said.started_at else 0.0
    total = sum(stretch.records for stretch in records.stretches)
    stamp = max(len(encode_timekeeping(first + stretch.stop)) for stretch in records.stretches) + 11  # and a nanosecond
    tals = [encode_event(event, start=first, whole=said.whole) for event in said.events]
    width, rows = _annotations(tals, total, stamp, SAMPLE_BYTES[records.kind])
    header = _header(path, records, said, width, total)
    onsets = _onsets(records, first)
    with replacing(path) as beside, beside.open("wb") as file:
        file.write(header)
        done = 0
        for block in records.blocks():
            texts = np.zeros((len(block), width), np.uint8)
            for number, row in enumerate(texts, done):
                data = encode_timekeeping(next(onsets)) + rows.get(number, b"")
                row[: len(data)] = np.frombuffer(data, np.uint8)
            file.write(np.concatenate([block, texts], axis=1).data)
            done += len(block)
            progress(done / total)


def _annotations(tals: list[bytes], records: int, stamp: int, sample: int) -> tuple[int, dict[int, bytes]]:
    """Return the bytes of annotations in a record, and which go into which."""
    room = max([_LEAST_ANNOTATION - stamp, *map(len, tals)])
    while (rows := placed(tals, records, room)) is None:
        room *= 2
    return -(-(stamp + room) // sample) * sample, rows


def _onsets(records: Records, first: float) -> Iterator[float]:
    duration = float(records.duration)
    for stretch in records.stretches:
        for number in range(stretch.records):
            yield first + stretch.start + number * duration


def _header(path: Path, records: Records, said: Said, width: int, total: int) -> bytes:
    n, kind = len(records.channels), records.kind
    day, date, time = start_fields(said.started_at)
    bound = 2 ** (8 * SAMPLE_BYTES[kind] - 1)
    in_pieces = len(records.stretches) > 1
    samples = [*records.samples, width // SAMPLE_BYTES[kind]]
    if total > _MOST_RECORDS or max(samples) > _MOST_SAMPLES or n > 9998:
        raise RecordingError(f"{path.name}: {total} data records of {n} channels are more than EDF has room for")
    units = [
        unit if unit in {"nV", "uV", "mV", "V"} else own.unit
        for unit, own in zip(records.units, said.channels, strict=True)
    ]
    fields: list[tuple[int, Iterable[str]]] = [
        (80, [said.patient]),
        (80, [f"Startdate {day} X X X"]),
        (8, [date]),
        (8, [time]),
        (8, [str(256 * (n + 2))]),
        (44, [f"{kind}+{'D' if in_pieces else 'C'}"]),
        (8, [str(total)]),
        (8, [records.duration]),
        (4, [str(n + 1)]),
        (16, [*(channel.label for channel in said.channels), f"{kind} Annotations"]),
        (80, [*(channel.transducer for channel in said.channels), ""]),
        (8, [*units, ""]),
        (8, [*(scale.low for scale in records.ranges), "-1"]),
        (8, [*(scale.high for scale in records.ranges), "1"]),
        (8, [*(str(scale.least) for scale in records.ranges), str(-bound)]),
        (8, [*(str(scale.most) for scale in records.ranges), str(bound - 1)]),
        (80, [*(channel.prefilter for channel in said.channels), ""]),
        (8, [str(count) for count in samples]),
        (32, [""] * (n + 1)),
    ]
    magic = b"0       " if kind == "EDF" else b"\xffBIOSEMI"
    return magic + b"".join(_field(text, size) for size, texts in fields for text in texts)


def _field(text: str, width: int) -> bytes:
    data = text.encode("ascii")
    if len(data) > width:
        raise RecordingError(f"{text!r} does not fit the {width} characters that EDF has for it")
    return data.ljust(width)
