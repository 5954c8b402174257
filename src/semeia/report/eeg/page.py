"""The report of an EEG as one self-contained page: words, tables and pictures, to be read on a screen or printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from semeia.events import Event
from semeia.events.intervals import elapsed
from semeia.home import replacing
from semeia.report.eeg import hours, tables, traces
from semeia.report.eeg.disclosure import Disclosure
from semeia.report.eeg.first_channels import METHOD, FirstChannels, first_channels
from semeia.report.eeg.reading import Reading
from semeia.report.eeg.tables import clock
from semeia.report.eeg.view import AS_RECORDED, View
from semeia.report.page import TEMPLATES, environment
from semeia.signals import Recording

__all__ = ["eeg_report", "write_eeg_report"]

_MOST_ROWS = 32  # channels of a picture
_MOST_PICTURES = 100
_MANY = 20  # pictures from which on each has less detail: the page is to open quickly
_MOST_LISTED = 200  # proposals


class Seizure(NamedTuple):
    """A confirmed seizure as the page shows it."""

    number: int
    label: str
    clock: str
    onset: str
    duration: str
    first: str
    by: str
    caption: str
    svg: str


def write_eeg_report(path: str | Path, recording: Recording, reading: Reading) -> None:
    """Write the report of an EEG; the file appears whole or not at all.

    Parameters
    ----------
    path : str or Path
    recording : Recording
    reading : Reading

    Raises
    ------
    RecordingError
        If the montage cannot be made, a frequency is not below half the rate, or there is no voltage.
    FileError
        If the recording cannot be read.
    StorageError
        If the place may not be written.
    """
    text = eeg_report(recording, reading)
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")


def eeg_report(recording: Recording, reading: Reading) -> str:
    """Return the report of an EEG as HTML; parameters and errors as in `write_eeg_report`."""
    told = Disclosure(reading.anonymous, _secrets(recording, reading))
    view, events = View(recording, reading), tables.sorted_out(reading.events)
    started_at = None if reading.anonymous else recording.started_at
    css = "\n".join((TEMPLATES / name).read_text(encoding="utf-8") for name in ("report.css", "eeg.css"))
    gaps = [(gap.start, gap.stop) for gap in recording.gaps]
    by_hour = hours.hours_of(
        events.confirmed, events.open, duration=recording.duration, gaps=gaps, started_at=started_at
    )
    return (
        environment()
        .get_template("eeg.html")
        .render(
            css=css,
            anonymous=reading.anonymous,
            name=told.name(reading.name),
            about=_about(recording, reading, told),
            recorded=tables.recorded(recording, reading, told),
            seizures=list(_seizures(view, events.confirmed, reading, told)),
            overlapping=_overlapping(events.confirmed),
            clocked=started_at is not None,
            hours=hours.drawn(by_hour),
            lacking=any(hour.unrecorded for hour in by_hour),
            open=[_open(event, started_at, told) for event in events.open[:_MOST_LISTED]],
            open_count=len(events.open),
            others=tables.others(events.others, told),
            notes=told.typed(reading.notes),
            proposed=tables.proposed(reading, told),
            montage=_montage(view, told),
            filters=_filters(reading),
            reader=told.person(reading.reader),
            method=METHOD,
            version=version("semeia"),
            written="" if reading.anonymous or not reading.written else f"{reading.written:%Y-%m-%d %H:%M}",
            elapsed=elapsed,
        )
    )


def _secrets(recording: Recording, reading: Reading) -> Iterator[str]:
    """Yield what an anonymous report must not repeat from what was typed."""
    yield from (reading.name, Path(reading.name).stem, reading.patient, recording.subject, reading.reader)
    if recording.path is not None:
        yield recording.path.stem
    yield from {event.author for event in reading.events}


def _about(recording: Recording, reading: Reading, told: Disclosure) -> str:
    """Return the line below the title."""
    start = recording.started_at if not told.anonymous else None
    parts = [told.name(reading.patient), f"{start:%Y-%m-%d %H:%M}" if start else "", elapsed(recording.duration)]
    return " · ".join(part for part in parts if part)


def _overlapping(events: Sequence[Event]) -> int:
    return sum(later.onset < earlier.stop for earlier, later in pairwise(events))


def _seizures(view: View, events: Sequence[Event], reading: Reading, told: Disclosure) -> Iterator[Seizure]:
    """Yield each confirmed seizure, drawn."""
    started_at = None if reading.anonymous else view.recording.started_at
    names = _names(view, told)
    for number, event in enumerate(events, 1):
        first = first_channels(view, event.onset)
        words = first.words(names, sum(view.is_brain))
        rows = _rows(first.rise, len(names))
        svg = ""
        if number <= _MOST_PICTURES:
            fine = len(events) <= _MANY
            svg = traces.drawn(view, event, names=names, rows=rows, first=set(first.rows), fine=fine)
        label = told.label(event.label)
        yield Seizure(
            number,
            "" if label.strip().lower() == "seizure" else label,
            clock(started_at, event.onset),
            elapsed(event.onset),
            f"{event.duration:.0f} s" if event.duration else "not marked",
            words,
            tables.confirmed_by(event, reading.proposers, told),
            _caption(event, first, words, len(rows), len(names)),
            svg,
        )


def _rows(rise: NDArray[np.float64], count: int) -> list[int]:
    """Return the channels to draw: of too many, those that rise most, in their order."""
    if count <= _MOST_ROWS:
        return list(range(count))
    return sorted(np.argsort(-np.nan_to_num(rise, nan=-1.0), kind="stable")[:_MOST_ROWS].tolist())


def _caption(event: Event, first: FirstChannels, words: str, drawn: int, count: int) -> str:
    """Return what stands above a picture, after when it is and how long."""
    if first.rows:
        when = f"{first.delay:.1f} s after the mark" if first.delay else "at the mark"
        said = f"First channels (a hint): {words}; {when}."
    else:
        said = f"First channels: {words}."
    return said + (f" The {drawn} of {count} channels that rise most are drawn." if drawn < count else "")


def _names(view: View, told: Disclosure) -> list[str]:
    """Return what channels are called: those of a montage of ours are no free text."""
    if view.montage != AS_RECORDED and not view.is_own:
        return view.labels
    return [told.channel(label, number) for number, label in enumerate(view.labels)]


def _open(event: Event, started_at: datetime | None, told: Disclosure) -> dict[str, Any]:
    return {
        "clock": clock(started_at, event.onset),
        "onset": elapsed(event.onset),
        "duration": f"{event.duration:.0f} s",
        "probability": "" if event.confidence is None else f"{event.confidence:.2f}",
        "label": told.label(event.label),
    }


def _montage(view: View, told: Disclosure) -> str:
    title = {AS_RECORDED: "as recorded", "longitudinal": "longitudinal bipolar", "transverse": "transverse bipolar"}
    own = told.name(view.montage) or "a montage of the reader's own"
    name = own if view.is_own else title.get(view.montage, view.montage)
    return f"{name}, {len(view.labels)} channels: {', '.join(_names(view, told))}"


def _filters(reading: Reading) -> str:
    """Return the filters in words."""
    kept = reading.filter
    edges = (("high-pass", kept.high_pass), ("low-pass", kept.low_pass), ("notch", kept.notch))
    said = [f"{name} {frequency:g} Hz" if frequency else f"{name} off" for name, frequency in edges]
    way = "" if kept.is_identity else f" (Butterworth of order {kept.order}, zero phase)"
    return ", ".join(said) + way
