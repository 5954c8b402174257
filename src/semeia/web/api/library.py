"""Recordings: listed, searched, renamed, given to another patient, removed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.errors import HttpError
from pydantic import StringConstraints

from semeia.web import library
from semeia.web.api.access import user_of
from semeia.web.api.answers import Refusal
from semeia.web.api.montages import MontageRow, montage_rows
from semeia.web.marks import counts
from semeia.web.models import Job, Patient, Recording
from semeia.web.permission import allowed, one

__all__ = ["RecordingRow", "recording_rows", "router"]

router = Router(tags=["library"])

Notes = Annotated[str, StringConstraints(max_length=20_000)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class PatientRow(Schema):
    """Whose recordings they are."""

    id: str
    name: str


class RecordingRow(Schema):
    """A recording in the list."""

    id: str
    name: str
    patient: PatientRow
    duration: float
    started_at: datetime | None
    """By the clock where it was recorded: without a time zone, to be shown as it stands."""
    channels: int
    rate: float | None
    """Hz; null where the channels differ."""
    seizures: int
    unreviewed: int
    created_at: datetime
    missing: bool
    """Whether the file is not where it was."""


class ChannelRow(Schema):
    """One recorded channel."""

    label: str
    rate: float
    unit: str


class RecordingDetail(RecordingRow):
    """A recording with what Review needs to know first."""

    channel_list: list[ChannelRow]
    gaps: list[tuple[float, float]]
    montages: list[MontageRow]
    notes: str
    """On the background, for the report."""


class RecordingChange(Schema):
    """What is to be different; a patient is found or made by name."""

    name: Name | None = None
    patient: Name | None = None
    notes: Notes | None = None


class PatientChange(Schema):
    """What is to be different."""

    name: Name


def recording_rows(recordings: Iterable[Recording]) -> list[RecordingRow]:
    """Return recordings as the list shows them."""
    listed = list(recordings)
    numbers = counts([recording.pk for recording in listed])
    return [_row(recording, *numbers[recording.pk]) for recording in listed]


@router.get("/recordings", response=list[RecordingRow], operation_id="recordings")
def recordings(request: HttpRequest, search: str = "") -> list[RecordingRow]:
    """Return the recordings whose name or patient contains each of some words, the newest first."""
    found = allowed(user_of(request), "read", Recording.objects.select_related("patient").order_by("-created_at"))
    words = search.casefold().split()  # SQLite itself knows the small letters of ASCII only
    return recording_rows(r for r in found if all(word in f"{r.name}\n{r.patient.name}".casefold() for word in words))


@router.get("/recordings/{id}", response=RecordingDetail, operation_id="recording")
def recording(request: HttpRequest, id: str) -> RecordingDetail:
    """Return one recording with its channels, gaps and montages."""
    found = one(user_of(request), "read", Recording.objects.select_related("patient"), id)
    row = recording_rows([found])[0]
    return RecordingDetail(
        **row.model_dump(),
        channel_list=found.channels,
        gaps=found.gaps,
        notes=found.notes,
        montages=montage_rows(found),
    )


@router.patch("/recordings/{id}", response=RecordingRow, operation_id="changeRecording")
def change_recording(request: HttpRequest, id: str, change: RecordingChange) -> RecordingRow:
    """Rename a recording, give it to another patient, or write notes on it."""
    with transaction.atomic():
        found = one(user_of(request), "write", Recording.objects.select_related("patient"), id)
        before = found.patient
        if change.name is not None:
            found.name = change.name
        if change.patient is not None:
            found.patient = library.patient_named(found.project, change.patient)
        if change.notes is not None:
            found.notes = change.notes
        found.save(update_fields=["name", "patient", "notes"])
        library.forget_if_alone(before)
    return recording_rows([found])[0]


@router.patch("/patients/{id}", response={200: PatientRow, 409: Refusal}, operation_id="renamePatient")
def rename_patient(request: HttpRequest, id: str, change: PatientChange) -> PatientRow:
    """Rename a patient."""
    found = one(user_of(request), "write", Patient.objects.all(), id)
    found.name = change.name
    try:
        with transaction.atomic():
            found.save(update_fields=["name"])
    except IntegrityError:
        why = f"There is another patient {change.name}. To join the two, give their recordings the same patient."
        raise HttpError(409, why) from None
    return PatientRow(id=found.pk, name=found.name)


@router.delete("/recordings/{id}", response={204: None, 409: Refusal}, operation_id="removeRecording")
def remove_recording(request: HttpRequest, id: str) -> HttpResponse:
    """Remove a recording with its events and tracks; its file only where it was copied."""
    found = one(user_of(request), "write", Recording.objects.select_related("patient"), id)
    if found.jobs.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING, Job.State.STOPPING]).exists():
        raise HttpError(409, "A job is at work on this recording: stop it first.")
    library.remove(found)
    return HttpResponse(status=204)


def _row(recording: Recording, seizures: int, unreviewed: int) -> RecordingRow:
    rates = {channel["rate"] for channel in recording.channels}
    return RecordingRow(
        id=recording.pk,
        name=recording.name,
        patient=PatientRow(id=recording.patient.pk, name=recording.patient.name),
        duration=recording.duration,
        started_at=recording.started_at and recording.started_at.replace(tzinfo=None),
        channels=len(recording.channels),
        rate=rates.pop() if len(rates) == 1 else None,
        seizures=seizures,
        unreviewed=unreviewed,
        created_at=recording.created_at,
        missing=not Path(recording.path).is_file(),
    )
