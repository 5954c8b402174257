"""The events of a recording as rows that are only ever appended: a change is a row that replaces another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet

from semeia.errors import EventError
from semeia.events import Event, is_seizure
from semeia.web.models import Mark, Recording, User

__all__ = ["Outdated", "add", "add_events", "change", "counts", "current", "remove", "undo"]

_TOLERANCE = 1e-3  # seconds: what a page's rounding may put an event's end behind the recording's
_STATED = ("onset", "duration", "label", "channels", "confidence", "author", "source", "status", "comment")


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


def add_events(recording: Recording, user: User | None, events: Iterable[Event]) -> list[Mark]:
    """Add many events at once, all or none; those that lie outside the recording are left out."""
    marks = []
    for event in events:
        if 0 <= event.onset <= recording.duration:
            stated = {name: getattr(event, name) for name in _STATED}
            stated["channels"] = list(event.channels)
            stated["duration"] = min(event.duration, recording.duration - event.onset)
            stated["label"] = event.label[:200]
            marks.append(Mark(project_id=recording.project_id, recording=recording, user=user, **stated))
    return Mark.objects.bulk_create(marks, batch_size=500)


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
