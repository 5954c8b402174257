"""Events as tab-separated text: the SzCORE flavour of a BIDS ``_events.tsv``.

Columns, in the order they are written::

    onset  duration  eventType  confidence  channels  dateTime  recordingDuration

Numbers are written with two decimals, as the standard says, so times are kept to 10 ms; every decimal that a
file has is read. A missing value is ``n/a``; ``channels`` is a list with commas, or ``all``; a recording
without a seizure has one ``bckg`` row over its whole length.

A table that is to lose nothing has all decimals, rejected events too, and one more column, ``semeia``, with what the
others have no place for (`semeia.events.details`).
Sources: Dan et al. 2024, SzCORE (https://doi.org/10.1111/epi.18113); BIDS 1.9, "Events".
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from semeia.errors import EventError, FileError
from semeia.events.details import details_of, with_details
from semeia.events.event import Event, Events, is_seizure
from semeia.home import reason, replacing

__all__ = ["read_tsv", "write_tsv"]

COLUMNS = ("onset", "duration", "eventType", "confidence", "channels", "dateTime", "recordingDuration")
DETAILS = "semeia"
NOTHING = "n/a"
BACKGROUND = "bckg"
SEIZURE = "sz"
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"

T = TypeVar("T")

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_LARGEST_FILE = 64 * 2**20  # a million events; more is no event file
_SPACE = re.compile(r"[\x00-\x20\x7f\x85\u2028\u2029]+")


def write_tsv(events: Events, path: str | Path, *, whole: bool = False) -> None:
    """Write events as SzCORE/BIDS TSV; the file appears whole or not at all.

    Rejected events are left out, for the standard has no place to say so. A label that names a seizure
    (`semeia.events.is_seizure`) is written as ``sz``, or as it stands when it is one of the ``sz_...`` kinds;
    other labels are kept, with any white space as single spaces.

    Parameters
    ----------
    events : Events
        With the recording's `duration` and `started_at`, where known.
    path : str or Path
    whole : bool
        Write what the standard has no place for too, so that `read_tsv` gives the same events back.

    Raises
    ------
    EventError
        If the name of a channel cannot stand in a list: empty, or with a comma. (With `whole`, ``n/a`` stands there.)
    StorageError
        If the disk is full or the place may not be written.
    """
    with replacing(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        file.writelines("\t".join(row) + "\n" for row in _table(events, whole=whole))


def _table(events: Events, *, whole: bool) -> list[list[str]]:
    kept = [event for event in events if whole or (event.status != "rejected" and event.label != BACKGROUND)]
    length = NOTHING if events.duration is None else f"{events.duration:.2f}"
    clock = NOTHING if events.started_at is None else events.started_at.strftime(TIME_FORMAT)
    rows = [[*_row(event, whole=whole), clock, length, *([details_of(event)] if whole else [])] for event in kept]
    if not any(is_seizure(event.label) for event in kept):
        rows.insert(0, ["0.00", length, BACKGROUND, NOTHING, "all", clock, length, *([NOTHING] if whole else [])])
    return [[*COLUMNS, *([DETAILS] if whole else [])], *rows]


def _row(event: Event, *, whole: bool) -> list[str]:
    confidence = NOTHING if event.confidence is None else f"{event.confidence:.2f}"
    return [
        repr(event.onset) if whole else f"{event.onset:.2f}",
        repr(event.duration) if whole else f"{event.duration:.2f}",
        _type_of(event.label),
        confidence,
        _channels_of(event, whole=whole),
    ]


def _type_of(label: str) -> str:
    name = _SPACE.sub(" ", label).strip()
    if is_seizure(name):
        return name if name.lower().startswith("sz_") else SEIZURE
    return name or NOTHING


def _channels_of(event: Event, *, whole: bool) -> str:
    names = [_SPACE.sub(" ", name).strip() for name in event.channels]
    for name in names:
        if not name or "," in name or name.lower() in {"all", NOTHING}:
            if whole:
                return NOTHING
            raise EventError(f"event {event.label!r} at {event.onset:g} s: channel {name!r} cannot stand in a list")
    return ",".join(names) or "all"


def read_tsv(path: str | Path) -> Events:
    """Read a SzCORE/BIDS TSV.

    Columns may stand in any order; ``onset``, ``duration`` and ``eventType`` (or BIDS's own ``trial_type``)
    must be there, unknown ones are passed over. ``sz`` becomes the label ``seizure``, other types are kept,
    ``bckg`` rows are no events. A duration of ``n/a`` marks a moment.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Events
        With the recording's `duration` and `started_at` where the file says them.

    Raises
    ------
    FileError
        If the file is missing or no event table; the message names line, column and value.
    """
    path = Path(path)
    lines = _lines(path)
    _, names = next(lines, (0, [""]))
    columns = {name: place for place, name in enumerate(names)}
    if "eventType" not in columns and "trial_type" in columns:
        columns["eventType"] = columns["trial_type"]
    for name in COLUMNS[:3]:
        if name not in columns:
            raise FileError(path, f"is no table of events: its first line has no column {name!r}")
    rows = []
    for number, cells in lines:
        if len(cells) != len(names):
            raise FileError(path, f"line {number} has {len(cells)} columns, but the first line names {len(names)}")
        rows.append(_Row(path, number, columns, cells))
    duration = _agreed(path, "recordingDuration", [(row.number, row.length()) for row in rows])
    started_at = _agreed(path, "dateTime", [(row.number, row.clock()) for row in rows])
    return Events((row.event() for row in rows if not row.background), duration=duration, started_at=started_at)


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the cells of every line that is not blank."""
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise FileError(path, f"is larger than {_LARGEST_FILE >> 20} MiB: no table of events")
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise FileError(path, "no such file") from None
    except UnicodeDecodeError as error:
        raise FileError(path, f"is no table of events: byte {error.start} is not UTF-8 text") from None
    except OSError as error:
        raise FileError(path, f"cannot be read ({reason(error)})") from error
    if not text.strip():
        raise FileError(path, "is empty: a recording without seizures has one row of the type bckg")
    for number, line in enumerate(text.split("\n"), 1):  # splitlines would also split at odd Unicode spaces
        if line.strip():
            yield number, [cell.strip() for cell in line.rstrip("\r").split("\t")]


def _agreed(path: Path, column: str, values: list[tuple[int, T | None]]) -> T | None:
    """Return the one value that all rows have which have any."""
    known = [(number, value) for number, value in values if value is not None]
    for number, value in known:
        if value != known[0][1]:
            raise FileError(path, f"line {number}, {column}: {value} where line {known[0][0]} says {known[0][1]}")
    return known[0][1] if known else None


class _Row:
    """One line after the first, and what its cells mean."""

    def __init__(self, path: Path, number: int, columns: dict[str, int], cells: list[str]) -> None:
        self.path, self.number, self._columns, self._cells = path, number, columns, cells

    @property
    def background(self) -> bool:
        return self._cell("eventType") == BACKGROUND and not self._cell(DETAILS)

    def _cell(self, column: str) -> str:
        place = self._columns.get(column)
        text = "" if place is None else self._cells[place]
        return "" if text.lower() == NOTHING else text

    def _fault(self, column: str, wanted: str) -> FileError:
        text = self._cells[self._columns[column]]
        shown = repr(text if len(text) <= 40 else text[:37] + "...")
        return FileError(self.path, f"line {self.number}, column {column}: {shown} is not {wanted}")

    def _number(self, column: str, wanted: str, low: float = -math.inf, high: float = math.inf) -> float | None:
        text = self._cell(column)
        if not text:
            return None
        value = float(text) if _NUMBER.fullmatch(text) else math.nan
        if not (math.isfinite(value) and low <= value <= high):
            raise self._fault(column, wanted)
        return value

    def length(self) -> float | None:
        return self._number("recordingDuration", "a number of seconds from 0 up", low=0)

    def clock(self) -> datetime | None:
        text = self._cell("dateTime")
        if not text:
            return None
        try:
            return datetime.strptime(text, TIME_FORMAT)
        except ValueError:
            raise self._fault("dateTime", "a time like 2026-01-31 23:59:59") from None

    def event(self) -> Event:
        onset = self._number("onset", "a number of seconds")
        if onset is None:
            raise self._fault("onset", "a number of seconds")
        duration = self._number("duration", "a number of seconds from 0 up", low=0) or 0.0
        if self._cell(DETAILS):
            told = with_details(onset, duration, self._cell(DETAILS))
            if told is None:
                raise self._fault(DETAILS, "what Semeia writes there")
            return told
        kind, channels = self._cell("eventType"), self._cell("channels")
        return Event(
            onset=onset,
            duration=duration,
            label="seizure" if kind.lower() == SEIZURE else kind,
            channels=() if channels.lower() == "all" else tuple(filter(None, map(str.strip, channels.split(",")))),
            confidence=self._number("confidence", "a number in 0..1", low=0, high=1),
            source=self.path.name,
        )
