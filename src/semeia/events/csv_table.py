"""Events as a CSV table, a column for each thing that is known of them: for spreadsheets, and read back exactly."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from semeia.errors import EventError, FileError
from semeia.events.details import told_event
from semeia.events.event import Event, Events
from semeia.events.small_file import small_file
from semeia.home import replacing

__all__ = ["read_csv", "write_csv"]

COLUMNS = ("onset", "duration", "label", "channels", "confidence", "status", "author", "source", "comment")
_TEXTS = ("label", "author", "source", "comment")


def write_csv(events: Events, path: str | Path) -> None:
    """Write events as CSV (RFC 4180, UTF-8): seconds, and channels as a JSON list; empty is unknown, or all channels.

    Raises
    ------
    StorageError
        If the disk is full or the place may not be written.
    """
    with replacing(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_MINIMAL)
        writer.writerow(COLUMNS)
        writer.writerows(_row(event) for event in events)


def _row(event: Event) -> list[str]:
    channels = json.dumps(event.channels, ensure_ascii=False) if event.channels else ""
    confidence = "" if event.confidence is None else repr(event.confidence)
    times = (repr(event.onset), repr(event.duration))
    return [*times, event.label, channels, confidence, event.status, event.author, event.source, event.comment]


def read_csv(path: str | Path) -> Events:
    """Read what `write_csv` wrote; columns may stand in any order, and all but ``onset`` may be missing.

    Raises
    ------
    FileError
        If the file is missing or no such table; the message names the line.
    """
    path = Path(path)
    try:
        text = small_file(path, "no table of events", largest=64 * 2**20).decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    except UnicodeDecodeError as error:
        raise FileError(path, f"is no table of events: byte {error.start} is not UTF-8 text") from None
    except csv.Error as error:
        raise FileError(path, f"is no table of events: {error}") from None
    if rows and "onset" not in rows[0]:
        raise FileError(path, "is no table of events: its first line has no column 'onset'")
    return Events(_event(path, number, row) for number, row in enumerate(rows, 1))


def _event(path: Path, number: int, row: dict[str, str]) -> Event:
    told: dict[str, Any] = {name: row[name] for name in _TEXTS if row.get(name) is not None}
    told |= {"status": row["status"]} if row.get("status") else {}
    try:
        told |= {"channels": json.loads(row["channels"])} if row.get("channels") else {}
        told |= {"confidence": float(row["confidence"])} if row.get("confidence") else {}
        return told_event(float(row["onset"]), float(row.get("duration") or 0), told)
    except (TypeError, ValueError, EventError, RecursionError) as error:
        raise FileError(path, f"event {number} of the table cannot be read: {error}") from None
