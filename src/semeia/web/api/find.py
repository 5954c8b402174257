"""Find: the models there are, a job that runs one over a recording, and the track and proposals that come of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import numpy as np
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from semeia.model import OperatingPoint
from semeia.web.api.access import user_of
from semeia.web.api.events import EventRow, event_row
from semeia.web.api.installed import check_judges
from semeia.web.api.jobs import JobRow, job_row
from semeia.web.findings import check_unchanged, proposals, propose, read_track
from semeia.web.jobs import lifecycle
from semeia.web.models import Recording, Track
from semeia.web.permission import one

__all__ = ["router"]

router = Router(tags=["find"])

_BYTES = {"schema": {"type": "string", "format": "binary"}}
_VALUES = {"responses": {200: {"description": "float32", "content": {"application/octet-stream": _BYTES}}}}

Threshold = Annotated[float, Field(ge=0, le=1)]


class FindRequest(Schema):
    """With which model, and from which probability on, if not from the model's own."""

    model: str
    threshold: Threshold | None = None


class TrackRow(Schema):
    """A probability track: value k stands for the window from ``k * hop`` to ``k * hop + window`` seconds."""

    id: str
    model: str
    window: float
    hop: float
    operating_point: OperatingPoint
    created_at: datetime


class Proposal(Schema):
    """An event that a track would propose."""

    onset: float
    duration: float
    confidence: float


class Chosen(Schema):
    """From which probability on a window counts."""

    threshold: Threshold


@router.post("/recordings/{id}/find", response=JobRow, operation_id="find")
def find(request: HttpRequest, id: str, wanted: FindRequest) -> JobRow:
    """Queue a job that looks for seizures; if the same is queued or runs already, return that one."""
    user = user_of(request)
    recording = one(user, "write", Recording.objects.all(), id)
    check_judges(wanted.model, "recordings")
    check_unchanged(recording)
    return job_row(lifecycle.queue("find", recording, user, wanted.dict(exclude_none=True)))


@router.get("/recordings/{id}/tracks", response=list[TrackRow], operation_id="tracks")
def tracks(request: HttpRequest, id: str) -> list[Track]:
    """Return the tracks of a recording, one a model, the latest first."""
    recording = one(user_of(request), "read", Recording.objects.all(), id)
    return list(recording.tracks.order_by("-created_at"))


@router.get("/tracks/{id}/values", operation_id="trackValues", openapi_extra=_VALUES)
def track_values(request: HttpRequest, id: str) -> HttpResponse:
    """Return the values as little-endian float32; NaN where a window touches a gap."""
    values = read_track(_track(request, id)).probability
    return HttpResponse(np.ascontiguousarray(values, "<f4").tobytes(), content_type="application/octet-stream")


@router.get("/tracks/{id}/proposals", response=list[Proposal], operation_id="proposals")
def track_proposals(request: HttpRequest, id: str, threshold: Threshold) -> list[Proposal]:
    """Return what the track proposes at a threshold; nothing is stored."""
    events = proposals(_track(request, id), threshold)
    return [Proposal(onset=e.onset, duration=e.duration, confidence=e.confidence or 0.0) for e in events]


@router.post("/tracks/{id}/events", response=list[EventRow], operation_id="storeProposals")
def store_proposals(request: HttpRequest, id: str, chosen: Chosen) -> list[EventRow]:
    """Store what the track proposes at a threshold, in place of its model's proposals that no person has touched."""
    track = one(user_of(request), "write", Track.objects.select_related("recording"), id)
    events = proposals(track, chosen.threshold)
    with transaction.atomic():
        track.operating_point |= {"threshold": chosen.threshold}  # so the page shows what was kept
        track.save(update_fields=["operating_point"])
        return [event_row(mark) for mark in propose(track.recording, track.model, events)]


def _track(request: HttpRequest, id: str) -> Track:
    return one(user_of(request), "read", Track.objects.select_related("recording"), id)
