"""The events of a recording as rows that are only ever appended: a change is a row that replaces another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Count, QuerySet

from semeia.errors import EventError
from semeia.events import Event, is_seizure
from semeia.web.models import Mark, Recording, User

__all__ = ["Added", "Outdated", "add", "add_events", "change", "counts", "current", "event_of", "remove", "undo"]

_TOLERANCE = 1e-3  # seconds: what a page's rounding may put an event's end behind the recording's
_ROUNDED = 0.01  # seconds: what a file's rounding may put there; tables have two decimals
_STATED = ("onset", "duration", "label", "channels", "confidence", "author", "source", "status", "comment")


class Added(NamedTuple):
    """What became of events that were to be added.

    Parameters
    ----------
    marks : list of Mark
    cut : int
        How many of them reached beyond the recording, and are cut at its edge.
    outside : int
        How many lie outside the recording, and were left out.
    """

    marks: list[Mark]
    cut: int
    outside: int

    @property
    def lost(self) -> str:
        """What is not as it was, in words; empty if nothing is."""
        told = [_lie(self.outside) + " outside the recording: left out"] if self.outside else []
        told += [_reach(self.cut) + " beyond the recording: cut at its edge"] if self.cut else []
        return "; ".join(told)


class Outdated(Exception):
    """A mark that was meant to be changed has been changed already.

    Parameters
    ----------
    current : Mark or None
        What replaced it, and is not replaced itself; None where it was removed.
    """

    def __init__(self, current: Mark | None) -> None:
        self.current = current
        super().__init__("This event was changed elsewhere in the meantime.")


def current(marks: QuerySet[Mark] | None = None) -> QuerySet[Mark]:
    """Return those of some marks that are events now, ordered by onset."""
    chosen = Mark.objects.all() if marks is None else marks
    return chosen.filter(removed=False, replaced_by__isnull=True).order_by("onset", "duration", "id")


def event_of(mark: Mark) -> Event:
    """Return a mark as an event."""
    stated = {name: getattr(mark, name) for name in _STATED} | {"channels": tuple(mark.channels)}
    return Event(**stated)


def counts(recordings: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return how many accepted seizures, and how many events to review, recordings have; by their ids."""
    kinds = current(Mark.objects.filter(recording__in=list(recordings))).order_by()
    seizures, unreviewed = Counter[str](), Counter[str]()
    for row in kinds.values("recording", "label", "status").annotate(number=Count("id")):
        if row["status"] == "accepted" and is_seizure(row["label"]):
            seizures[row["recording"]] += row["number"]
        if row["status"] == "proposed":
            unreviewed[row["recording"]] += row["number"]
    return {id: (seizures[id], unreviewed[id]) for id in recordings}


def add(recording: Recording, user: User | None, **stated: Any) -> Mark:
    """Add an event; committed when this returns.

    Parameters
    ----------
    recording : Recording
    user : User, optional
        Who did it.
    **stated
        Attributes of `semeia.events.Event`.

    Raises
    ------
    EventError
        If it lies outside the recording.
    """
    mark = Mark(project_id=recording.project_id, recording=recording, user=user, **stated)
    _check(mark)
    mark.save(force_insert=True)
    return mark


def add_events(recording: Recording, user: User | None, events: Iterable[Event]) -> Added:
    """Add many events at once, all or none; of those that reach beyond the recording, what lies in it.

    Those that lie outside are left out, and counted.
    """
    marks, cut, outside = [], 0, 0
    for event in events:
        onset, stop = max(0.0, event.onset), min(event.stop, recording.duration)
        if stop < onset:
            outside += 1
            continue
        duration = event.duration if (onset, stop) == (event.onset, event.stop) else stop - onset
        cut += event.duration - duration > _ROUNDED
        stated = {name: getattr(event, name) for name in _STATED} | {"onset": onset, "duration": duration}
        stated |= {"channels": list(event.channels), "label": event.label[:200]}
        marks.append(Mark(project_id=recording.project_id, recording=recording, user=user, **stated))
    return Added(Mark.objects.bulk_create(marks, batch_size=500), cut, outside)


def change(mark: Mark, user: User | None, **stated: Any) -> Mark:
    """Replace an event by one that differs in what is given; committed when this returns.

    Raises
    ------
    EventError
        If it would lie outside the recording.
    Outdated
        If it was changed or removed already.
    """
    with transaction.atomic():
        return _replace(mark, user, **stated)


def remove(mark: Mark, user: User | None) -> Mark:
    """End an event; return the row that says so, which `undo` takes.

    Raises
    ------
    Outdated
        If it was changed or removed already.
    """
    with transaction.atomic():
        return _replace(mark, user, removed=True)


def undo(mark: Mark, user: User | None) -> Mark | None:
    """Take a change back: append a row equal to what it replaced, or remove what it first marked.

    Raises
    ------
    Outdated
        If it was changed again since.
    """
    with transaction.atomic():
        before = mark.replaces
        if before is None:
            _replace(mark, user, removed=True)
            return None
        stated = {name: getattr(before, name) for name in _STATED}
        after = _replace(mark, user, **stated, removed=before.removed, again=True)
        return None if after.removed else after


def _replace(mark: Mark, user: User | None, *, again: bool = False, **stated: Any) -> Mark:
    """Append a row that replaces another; of two at once the second finds the first (transactions are IMMEDIATE)."""
    last = _last(mark)
    if last.pk != mark.pk or (mark.removed and not again):
        raise Outdated(None if last.removed else last)
    values = {name: getattr(mark, name) for name in _STATED} | {"removed": False} | stated
    after = Mark(project_id=mark.project_id, recording_id=mark.recording_id, user=user, replaces=mark, **values)
    _check(after)
    after.save(force_insert=True)
    return after


def _lie(number: int) -> str:
    return "1 event lies" if number == 1 else f"{number} events lie"


def _reach(number: int) -> str:
    return "1 event reaches" if number == 1 else f"{number} events reach"


def _last(mark: Mark) -> Mark:
    while (after := Mark.objects.filter(replaces=mark).first()) is not None:
        mark = after
    return mark


def _check(mark: Mark) -> None:
    """Refuse what is no interval of its recording; an end that was rounded is set right."""
    Event(mark.onset, mark.duration, mark.label, confidence=mark.confidence)
    whole = mark.recording.duration
    if mark.onset < 0 or mark.onset > whole or mark.onset + mark.duration > whole + _TOLERANCE:
        raise EventError(
            f"an event from {mark.onset:g} s to {mark.onset + mark.duration:g} s does not lie within "
            f"the recording, which has {whole:g} s"
        )
    mark.duration = min(mark.duration, whole - mark.onset)
