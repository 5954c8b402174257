"""Intervals that people and models mark, and the files that carry them: TSV, CSV, EDF+, CHB-MIT, masks."""

from __future__ import annotations

from pathlib import Path

from semeia.errors import FileError
from semeia.events.chbmit import SummaryEntry, read_seizures, read_summary
from semeia.events.csv_table import read_csv, write_csv
from semeia.events.event import Event, Events, Status, is_seizure
from semeia.events.mask import from_mask, to_mask
from semeia.events.tsv import read_tsv, write_tsv

__all__ = [
    "Event",
    "Events",
    "Status",
    "SummaryEntry",
    "from_mask",
    "is_seizure",
    "read_csv",
    "read_events",
    "read_seizures",
    "read_summary",
    "read_tsv",
    "to_mask",
    "write_csv",
    "write_tsv",
]


def read_events(path: str | Path) -> Events:
    """Read the events of one recording from a TSV, a CSV of Semeia's or a CHB-MIT ``.seizures`` file.

    The annotations of an EDF+ file come with its recording: ``semeia.open(path).events``.

    Raises
    ------
    FileError
        If the file is missing, or none of them.
    """
    path = Path(path)
    if path.suffix.lower() == ".seizures":
        return read_seizures(path)
    if path.suffix.lower() == ".csv":
        return read_csv(path)
    if path.name.lower().endswith("-summary.txt"):
        raise FileError(path, "tells of many recordings: name one of them, or read it with read_summary")
    return read_tsv(path)
