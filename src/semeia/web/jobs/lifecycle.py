"""What may become of a job. Every step is one change of its row that only happens if nobody else was first.

::

    queued ──▶ running ──▶ done | failed
      ▲  │        │  │
      │  │        │  └──▶ stopping ──▶ cancelled
      │  └──▶ cancelled
      └── killed for the first time, or its worker was, or its worker was asked to end

A worker that runs a job says so every `BEAT` seconds. Once it has not for `LEASE` seconds, any other may take the job.
The moment at which a job was claimed tells its runs apart: who finds another moment in the row has lost the job.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Collection
from datetime import timedelta
from typing import Any, Literal, get_args

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from semeia.web.jobs.commands import arguments
from semeia.web.models import ImageSet, Job, Project, Recording, User

__all__ = [
    "ACTIVE",
    "BEAT",
    "LEASE",
    "LOST",
    "TRAININGS",
    "Training",
    "abandoned",
    "beat",
    "claim",
    "end",
    "queue",
    "retry",
    "started",
    "stop",
]

BEAT = 1.0
LEASE = 6.0
ATTEMPTS = 2
"""A job whose process was killed is run once more: what killed it may have been chance, but not twice."""

LOST = 255
"""Exit status of a process of which nobody knows how it ended."""

ACTIVE = (Job.State.QUEUED, Job.State.RUNNING, Job.State.STOPPING)
_HELD = (Job.State.RUNNING, Job.State.STOPPING)
_End = tuple[Job.State, str]
Training = Literal["train", "folds", "search"]
TRAININGS = get_args(Training)
"""Kinds whose command line says whether there is something to go on with: it is built when they are claimed."""

Kind = Literal["find", "classify", "twins", "explain", "embed", "check", "preview"] | Training


def queue(kind: Kind, of: Recording | ImageSet | Project, user: User | None, parameters: dict[str, Any]) -> Job:
    """Queue a job on a recording, an image set, or the project; if the very same waits or runs, return that one."""
    about: dict[str, Any] = {"project_id": of.pk if isinstance(of, Project) else of.project_id}
    if not isinstance(of, Project):
        about["recording" if isinstance(of, Recording) else "images"] = of
    with transaction.atomic():
        same = Job.objects.filter(kind=kind, parameters=parameters, **about)
        job = same.filter(state__in=(Job.State.QUEUED, Job.State.RUNNING)).first()
        if job is None:
            job = Job(kind=kind, user=user, parameters=parameters, **about)
            job.argv = arguments(job)
            job.save(force_insert=True)
    return job


def stop(job: Job) -> bool:
    """Ask for the end of a job; return whether it had not ended already."""
    row, now = Job.objects.filter(pk=job.pk), timezone.now()
    return bool(
        row.filter(state=Job.State.QUEUED).update(state=Job.State.CANCELLED, ended_at=now)
        or row.filter(state__in=_HELD).update(state=Job.State.STOPPING)
    )


def retry(job: Job) -> bool:
    """Queue a job again that failed or was stopped; return whether it had been."""
    row = Job.objects.filter(pk=job.pk, state__in=(Job.State.FAILED, Job.State.CANCELLED))
    return bool(row.update(state=Job.State.QUEUED, attempt=0, message="", ended_at=None, argv=arguments(job)))


def claim(mine: Collection[str]) -> Job | None:
    """Return the job that waits longest, from now on the caller's to run; `mine` are those that it runs already."""
    for waiting in Job.objects.filter(state=Job.State.QUEUED).exclude(pk__in=mine).order_by("created_at"):
        now = timezone.now()
        row = Job.objects.filter(pk=waiting.pk, state=Job.State.QUEUED)
        if row.update(
            state=Job.State.RUNNING,
            argv=arguments(waiting) if waiting.kind in TRAININGS else waiting.argv,
            attempt=F("attempt") + 1,
            started_at=now,
            heartbeat=now,
            process=None,
            process_started=None,
        ):
            return Job.objects.filter(pk=waiting.pk).first()
    return None


def started(job: Job, process: int, process_started: float) -> None:
    """Note which process runs a job."""
    _held(job).update(process=process, process_started=process_started)


def beat(jobs: Collection[str]) -> None:
    """Say that one still runs these jobs."""
    if jobs:
        Job.objects.filter(pk__in=jobs, state__in=_HELD).update(heartbeat=timezone.now())


def abandoned(mine: Collection[str]) -> list[Job]:
    """Take over the jobs that no worker has said to run for too long; `mine` are those that the caller runs."""
    now = timezone.now()
    rows = Job.objects.filter(state__in=_HELD).exclude(pk__in=mine)
    expired = rows.filter(heartbeat__lt=now - timedelta(seconds=LEASE))
    return [job for job in expired if _held(job).filter(heartbeat=job.heartbeat).update(heartbeat=now)]


def end(job: Job, status: int, *, asked: bool = False, said: str = "") -> None:
    """Note how the process of a job ended, and what follows from it; nothing if the job was lost to another worker.

    Parameters
    ----------
    job : Job
        As it was claimed.
    status : int
        Exit status, the negative number of the signal that killed it, or `LOST`.
    asked : bool
        Whether its worker asked it to end.
    said : str
        Its last words.
    """
    with transaction.atomic():
        row = _held(job).select_for_update().first()
        if row is None:
            return
        row.state, row.message = _verdict(row, status, asked, said)
        if row.state == Job.State.QUEUED:
            row.attempt -= asked
        else:
            row.ended_at = timezone.now()
        row.process, row.process_started = None, None
        row.save(update_fields=["state", "message", "attempt", "ended_at", "process", "process_started"])


def _held(job: Job) -> QuerySet[Job]:
    """Return the row of a job, if its run is still the one that was claimed."""
    return Job.objects.filter(pk=job.pk, started_at=job.started_at, state__in=_HELD)


def _verdict(row: Job, status: int, asked: bool, said: str) -> _End:
    if status == 0:
        return Job.State.DONE, ""
    if row.state == Job.State.STOPPING:
        return Job.State.CANCELLED, ""
    if asked:
        return Job.State.QUEUED, ""
    if 0 < status < LOST and status != os.EX_TEMPFAIL:
        return Job.State.FAILED, said or f"It ended with exit status {status} and said nothing."
    how = _how(status)
    if row.attempt < ATTEMPTS:
        return Job.State.QUEUED, f"It {how}, and is run again."
    return Job.State.FAILED, f"It {how}, and not for the first time. Is there enough memory?"


def _how(status: int) -> str:
    if status in {os.EX_TEMPFAIL, -signal.SIGTERM}:
        return "was ended from outside"
    return "was killed" if status == LOST else f"was killed by {signal.Signals(-status).name}"
