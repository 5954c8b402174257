"""Jobs: what runs, how far it is, and how to stop it or run it again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.errors import HttpError
from pydantic import Field

from semeia.web.api.access import user_of
from semeia.web.api.answers import Refusal
from semeia.web.jobs import lifecycle
from semeia.web.jobs.progress import Progress, read_progress
from semeia.web.models import ImageSet, Job, Recording
from semeia.web.permission import Right, allowed, one

__all__ = ["ABOUT", "JobRow", "job_row", "router"]

router = Router(tags=["jobs"])

_LISTED = 200
ABOUT = ("recording", "images")
"""What a job may be about."""


class About(Schema):
    """Of which recording, or of which image set."""

    id: str
    name: str


class JobRow(Schema):
    """A job; `share` is how much is done, null until that is known, `message` why it failed or is run again."""

    id: str
    kind: str
    recording: About | None
    images: About | None
    state: Job.State
    share: float | None
    doing: str
    """What a training does: ``gather``, ``prepare`` or ``train``; else empty."""
    message: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    parameters: dict[str, Any]


class PartialTrack(Schema):
    """What a running job has found so far, from window `first` on; null where a window touches a gap."""

    window: float | None
    hop: float | None
    first: int
    values: list[float | None]


def job_row(job: Job, progress: Progress | None = None) -> JobRow:
    """Return a job as the page knows it; how far it is is looked up where it is not given."""
    share, doing = None, ""
    if job.state == Job.State.DONE:
        share = 1.0
    elif job.state in {Job.State.RUNNING, Job.State.STOPPING}:
        progress = progress or read_progress(job.pk)
        share, doing = progress.share, progress.doing
    stated = {name: getattr(job, name) for name in JobRow.model_fields.keys() - {"share", "doing", *ABOUT}}
    return JobRow(**stated, recording=_about(job.recording), images=_about(job.images), share=share, doing=doing)


def _about(row: Recording | ImageSet | None) -> About | None:
    return None if row is None else About(id=row.pk, name=row.name)


@router.get("/jobs", response=list[JobRow], operation_id="jobs")
def jobs(request: HttpRequest) -> list[JobRow]:
    """Return the latest jobs, the newest first."""
    rows = allowed(user_of(request), "read", Job.objects.select_related(*ABOUT))
    return [job_row(job) for job in rows.order_by("-created_at")[:_LISTED]]


@router.post("/jobs/{id}/stop", response={200: JobRow, 409: Refusal}, operation_id="stopJob")
def stop_job(request: HttpRequest, id: str) -> JobRow:
    """Stop a job: at once if it waits, else within moments."""
    job = _job(request, "write", id)
    if not lifecycle.stop(job):
        raise HttpError(409, "This job has ended already.")
    return job_row(_job(request, "write", id))


@router.post("/jobs/{id}/retry", response={200: JobRow, 409: Refusal}, operation_id="retryJob")
def retry_job(request: HttpRequest, id: str) -> JobRow:
    """Run a job again that failed or was stopped."""
    job = _job(request, "write", id)
    if not lifecycle.retry(job):
        raise HttpError(409, "Only a job that failed or was stopped can be run again.")
    return job_row(_job(request, "write", id))


@router.get("/jobs/{id}/track", response=PartialTrack, operation_id="jobTrack")
def job_track(request: HttpRequest, id: str, first: Annotated[int, Field(ge=0)] = 0) -> PartialTrack:
    """Return what a job has found so far, from a window on."""
    progress = read_progress(_job(request, "read", id).pk)
    return PartialTrack(window=progress.window, hop=progress.hop, first=first, values=progress.values[first:])


def _job(request: HttpRequest, right: Right, id: str) -> Job:
    return one(user_of(request), right, Job.objects.select_related(*ABOUT), id)
