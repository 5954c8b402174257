"""Several readers of a recording: agreement of every two, and stretches to be settled."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Schema

from semeia.evaluation.agreement import agreement
from semeia.web import consensus, marks
from semeia.web.api.access import user_of
from semeia.web.api.answers import Refused
from semeia.web.api.events import Conflict, EventRow, Seconds, event_row
from semeia.web.models import Recording
from semeia.web.permission import one

__all__ = ["router"]

router = Router(tags=["events"])


class ReaderCount(Schema):
    """What a reader takes for seizures."""

    name: str
    seizures: int
    seconds: float


class PairRow(Schema):
    """Two readers, by their names; how many of one's seizures the other's overlap, of how many."""

    first: str
    second: str
    kappa: float | None
    """Cohen's kappa of the seconds of the recording; null where it is not defined."""
    found_of_first: list[int]
    found_of_second: list[int]


class StretchRow(Schema):
    """Where at least one reader marked a seizure; what settles it, if anything does."""

    onset: float
    duration: float
    marked_by: list[str]
    settled: EventRow | None


class Agreement(Schema):
    """How far the readers of a recording agree."""

    readers: list[ReaderCount]
    pairs: list[PairRow]
    stretches: list[StretchRow]


class Settling(Schema):
    """What a stretch is, for all."""

    onset: Seconds
    duration: Seconds
    seizure: bool


@router.get("/recordings/{id}/agreement", response=Agreement, operation_id="agreement")
def compared(request: HttpRequest, id: str) -> Agreement:
    """Compare the readers of a recording."""
    recording = one(user_of(request), "read", Recording.objects.all(), id)
    readings = consensus.readings_of(recording)
    return Agreement(
        readers=[
            ReaderCount(name=name, seizures=len(events), seconds=sum(event.duration for event in events))
            for name, events in readings.events.items()
        ],
        pairs=[PairRow.model_validate(vars(pair)) for pair in agreement(readings.events, recording.duration)],
        stretches=[
            StretchRow.model_validate(vars(stretch) | {"settled": None if mark is None else event_row(mark)})
            for stretch, mark in readings.stretches()
        ],
    )


@router.post("/recordings/{id}/consensus", response={200: EventRow, 409: Conflict}, operation_id="settle")
def settle(request: HttpRequest, id: str, settling: Settling) -> EventRow:
    """Say what a stretch is, for all readers."""
    user = user_of(request)
    recording = one(user, "write", Recording.objects.all(), id)
    try:
        return event_row(consensus.settle(recording, user, **settling.model_dump()))
    except marks.Outdated as error:
        now = None if error.current is None else event_row(error.current)
        raise Refused(409, str(error), current=now and now.model_dump()) from None
