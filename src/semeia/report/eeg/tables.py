"""The tables of an EEG report: what was recorded, who confirmed what, other events, what models proposed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from semeia.events import Event, is_seizure
from semeia.events.intervals import elapsed
from semeia.report.eeg.disclosure import Disclosure
from semeia.report.eeg.reading import Proposer, Reading
from semeia.signals import Channel, Recording

__all__ = [
    "Other",
    "Proposed",
    "Sorted",
    "clock",
    "confirmed_by",
    "others",
    "proposed",
    "recorded",
    "sorted_out",
]

_FEW = 8  # gaps that are listed


class Sorted(NamedTuple):
    """Events by what has become of them: seizures, confirmed and not looked at, and all else that was not rejected."""

    confirmed: list[Event]
    open: list[Event]
    others: list[Event]


class Other(NamedTuple):
    """Events of one label that are no seizures."""

    label: str
    number: int
    open: int
    seconds: float
    first: float
    last: float


class Proposed(NamedTuple):
    """What became of what a model, or a file that a model wrote, proposed."""

    name: str
    is_model: bool
    threshold: float | None
    proposed: int
    accepted: int
    rejected: int
    open: int


def sorted_out(events: Iterable[Event]) -> Sorted:
    """Return events by what has become of them, each kind by onset."""
    found = Sorted([], [], [])
    for event in sorted(events, key=lambda event: (event.onset, event.duration)):
        if event.status == "rejected":
            continue
        seizures = found.confirmed if event.status == "accepted" else found.open
        (seizures if is_seizure(event.label) else found.others).append(event)
    return found


def recorded(recording: Recording, reading: Reading, told: Disclosure) -> list[tuple[str, str]]:
    """Return what was recorded, line by line."""
    start = recording.started_at
    known = reading.patient.lower() not in {"", "x"}  # EDF+ writes X for what is unknown
    lines = [("Patient", "left out" if told.anonymous else told.name(reading.patient) if known else "not said")]
    if not told.anonymous:
        lines.append(("Recording", told.name(reading.name)))
        lines.append(("Start", f"{start:%Y-%m-%d %H:%M:%S}" if start else "not said by the file"))
    lines.append(("Duration", elapsed(recording.duration)))
    if start and not told.anonymous:
        lines.append(("End", f"{start + timedelta(seconds=recording.duration):%Y-%m-%d %H:%M:%S}"))
    lines += _channels(recording.channels, told)
    lacking = sum(gap.stop - gap.start for gap in recording.gaps)
    listed = ", ".join(f"{elapsed(gap.start)} to {elapsed(gap.stop)}" for gap in recording.gaps[:_FEW])
    more = f", and {len(recording.gaps) - _FEW} more" if len(recording.gaps) > _FEW else ""
    share = f" ({elapsed(lacking)} in all)" if len(recording.gaps) > 1 else ""
    return [*lines, ("Gaps", f"{listed}{more}{share}" if recording.gaps else "none")]


def _channels(channels: Sequence[Channel], told: Disclosure) -> list[tuple[str, str]]:
    """Return how many channels of which rate and unit there are, and their labels."""
    kinds: dict[tuple[float, str], list[str]] = {}
    for number, channel in enumerate(channels):
        kinds.setdefault((channel.rate, told.unit(channel.unit)), []).append(told.channel(channel.label, number))
    lines = [("Channels", f"{len(channels)}")]
    for (rate, unit), labels in kinds.items():
        lines.append((f"{rate:g} Hz, {unit or 'no unit'}", f"{len(labels)}: {', '.join(labels)}"))
    return lines if len(kinds) > 1 else [("Channels", f"{lines[1][1]} ({lines[1][0]})") if kinds else lines[0]]


def confirmed_by(event: Event, proposers: Sequence[Proposer], told: Disclosure) -> str:
    """Return who says that an event is so."""
    models = {proposer.name for proposer in proposers}
    if event.confidence is not None and event.source in models:
        return f"{told.person(event.author) or 'a reader'}, proposed by {told.typed(event.source)}"
    if event.author:
        return told.person(event.author)
    sure = "" if event.confidence is None else f", probability {event.confidence:.2f}"
    return f"marked in {told.name(event.source) or 'the file'}{sure}"


def others(events: Iterable[Event], told: Disclosure) -> list[Other]:
    """Return events that are no seizures, by label, the commonest first."""
    named = sorted(((told.label(event.label), event) for event in events), key=lambda pair: (pair[0], pair[1].onset))
    rows = []
    for label, pairs in groupby(named, key=lambda pair: pair[0]):
        some = [event for _, event in pairs]
        waiting = sum(event.status == "proposed" for event in some)
        seconds = sum(event.duration for event in some)
        rows.append(Other(label, len(some), waiting, seconds, some[0].onset, some[-1].onset))
    return sorted(rows, key=lambda row: -row.number)


def proposed(reading: Reading, told: Disclosure) -> list[Proposed]:
    """Return what became of each proposer's events."""
    rows = []
    for proposer in reading.proposers:
        states = [event.status for event in reading.events if event.source == proposer.name]
        rejected = states.count("rejected") + proposer.deleted
        name = told.typed(proposer.name) if proposer.is_model else told.name(proposer.name) or "a file of events"
        counts = (len(states) + proposer.deleted, states.count("accepted"), rejected, states.count("proposed"))
        rows.append(Proposed(name, proposer.is_model, proposer.threshold, *counts))
    return rows


def clock(started_at: datetime | None, seconds: float) -> str:
    """Return a time of the clock, with its day where that is not the first; empty where the clock is not known."""
    if started_at is None:
        return ""
    time = started_at + timedelta(seconds=math.floor(seconds + 0.5))
    days = (time.date() - started_at.date()).days
    return f"{time:%H:%M:%S}" + (f" (+{days} d)" if days else "")
