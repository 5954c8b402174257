"""Events: marked, changed, accepted, rejected, removed, and each of these taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Literal

from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.responses import NinjaJSONEncoder
from pydantic import Field, StringConstraints

from semeia.web import marks
from semeia.web.api.access import user_of
from semeia.web.api.answers import Refusal, Refused
from semeia.web.models import Mark, Recording, User
from semeia.web.permission import one

__all__ = ["EventRow", "event_row", "router"]

router = Router(tags=["events"])

Status = Literal["proposed", "accepted", "rejected"]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Comment = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
Channels = Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=2000)]


class EventRow(Schema):
    """An event as it is now; times in seconds from the recording's start."""

    id: str
    onset: float
    duration: float
    label: str
    channels: list[str]
    confidence: float | None
    author: str
    source: str
    status: Status
    comment: str
    changed_at: datetime
    changed_by: str
    """Reader who made it what it is now; empty where a file or a model did."""


class NewEvent(Schema):
    """What a person marks."""

    onset: Seconds
    duration: Seconds
    label: Label = "seizure"
    channels: Channels = Field(default_factory=list)
    comment: Comment = ""


class EventChange(Schema):
    """What is to be different."""

    onset: Seconds | None = None
    duration: Seconds | None = None
    label: Label | None = None
    status: Status | None = None
    channels: Channels | None = None
    comment: Comment | None = None


class Conflict(Refusal):
    """Another tab was faster: the event as it is now, or null where it is gone."""

    current: EventRow | None


def event_row(mark: Mark) -> EventRow:
    """Return a mark as the page knows it."""
    who = "" if mark.user is None else mark.user.get_username()
    changed = {"changed_at": mark.created_at, "changed_by": who}
    told = {name: getattr(mark, name) for name in EventRow.model_fields if name not in changed}
    return EventRow.model_validate(told | changed)


@router.get("/recordings/{id}/events", response=list[EventRow], operation_id="events")
def events(request: HttpRequest, id: str) -> HttpResponse:
    """Return the events of a recording, by onset; as there may be 20,000, none is made an object and checked again."""
    recording = one(user_of(request), "read", Recording.objects.all(), id)
    changed = {"changed_at": F("created_at"), "changed_by": Coalesce("user__username", Value(""))}
    stated = [name for name in EventRow.model_fields if name not in changed]
    rows = marks.current(Mark.objects.filter(recording=recording)).values(*stated, **changed)
    return HttpResponse(json.dumps(list(rows), cls=NinjaJSONEncoder), content_type="application/json; charset=utf-8")


@router.post("/recordings/{id}/events", response=EventRow, operation_id="addEvent")
def add_event(request: HttpRequest, id: str, event: NewEvent) -> EventRow:
    """Mark an event; it is on the disk when this answers."""
    user = user_of(request)
    recording = one(user, "write", Recording.objects.all(), id)
    return event_row(marks.add(recording, user, **event.model_dump(), author=user.get_username(), source="page"))


@router.post("/events/{id}/change", response={200: EventRow, 409: Conflict}, operation_id="changeEvent")
def change_event(request: HttpRequest, id: str, change: EventChange) -> EventRow:
    """Replace an event by one that differs in what is given."""
    stated = change.model_dump(exclude_none=True)
    with _latest(request, id) as (mark, user):
        return event_row(marks.change(mark, user, **stated))


@router.post("/events/{id}/remove", response={200: EventRow, 409: Conflict}, operation_id="removeEvent")
def remove_event(request: HttpRequest, id: str) -> EventRow:
    """Remove an event; what is returned has the id that undo takes."""
    with _latest(request, id) as (mark, user):
        return event_row(marks.remove(mark, user))


@router.post("/events/{id}/undo", response={200: EventRow | None, 409: Conflict}, operation_id="undoEvent")
def undo_event(request: HttpRequest, id: str) -> EventRow | None:
    """Take the latest change of an event back; null when there is no event then."""
    with _latest(request, id) as (mark, user):
        before = marks.undo(mark, user)
        return None if before is None else event_row(before)


@contextmanager
def _latest(request: HttpRequest, id: str) -> Iterator[tuple[Mark, User]]:
    """Yield an event and who may change it; if it was changed already, say how it is now."""
    user = user_of(request)
    try:
        yield one(user, "write", Mark.objects.select_related("recording"), id), user
    except marks.Outdated as error:
        now = None if error.current is None else event_row(error.current)
        raise Refused(409, str(error), current=now and now.model_dump()) from None
