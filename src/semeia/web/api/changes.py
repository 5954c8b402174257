"""What has changed since one last looked, in the database and in the progress of jobs: what the event stream tells."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Q
from django.utils import timezone
from ninja.responses import NinjaJSONEncoder

from semeia.web import ranking
from semeia.web.api.jobs import ABOUT, job_row
from semeia.web.api.pictures import verdict_row
from semeia.web.jobs.lifecycle import ACTIVE
from semeia.web.jobs.progress import Progress
from semeia.web.models import Answer, ImageSet, Job, Mark, Recording, Track, Verdict

__all__ = ["Change", "Watch"]

_LATE = timedelta(seconds=60)
"""A row may be committed this long after the time that stands in it, for writers wait for each other."""

_FEW = 20
"""So many new marks are told by their ids, lest whoever made them ask for all events again."""


@dataclass(frozen=True)
class Change:
    """Something that a page shows has changed.

    Parameters
    ----------
    project : str
        Whose members may know.
    event : {"job", "events", "library", "track", "verdict", "queue"}
    key : str
        What has changed: of two changes of one thing only the later one matters.
    data : str
        JSON.
    together : str
        JSON of this change and those before it that have not been told yet; as `data` where that does not differ.
    """

    project: str
    event: str
    key: str
    data: str
    together: str = ""


class Watch:
    """Sees changes, whoever makes them; always to be asked from one thread, for it goes by what its connection sees."""

    def __init__(self) -> None:
        self._version: int | None = None
        self._looked_at = timezone.now()
        self._marks: set[str] = set()
        self._tracks: set[str] = set()
        self._verdicts: set[str] = set()
        self._answers: set[str] = set()
        self._learnt: dict[str, int] = {}
        self._library: set[tuple[str, ...]] = set()
        self._jobs: dict[str, tuple[object, ...]] = {}
        self._running: dict[str, tuple[Job, Progress]] = {}
        self.changes()

    def changes(self) -> list[Change]:
        """Return what has changed since the last call."""
        version, now = _version(), timezone.now()
        changes: list[Change] = []
        if version is None or version != self._version:
            since = self._looked_at - _LATE
            changes += [*self._new_jobs(since), *self._new_tracks(), *self._new_marks(since)]
            changes += [*self._new_verdicts(since), *self._new_answers(since), *self._new_library()]
            self._version, self._looked_at = version, now
        return [*changes, *self._progress(), *self._newly_learnt()]

    def _new_jobs(self, since: datetime) -> Iterator[Change]:
        looked_at = Q(state__in=ACTIVE) | Q(pk__in=list(self._jobs)) | Q(created_at__gt=since)
        known, self._jobs = self._jobs, {}
        for job in Job.objects.filter(looked_at).select_related(*ABOUT):
            state = (job.state, job.message, job.attempt)
            if job.state in ACTIVE or job.created_at > since:
                self._jobs[job.pk] = state
            if job.state in {Job.State.RUNNING, Job.State.STOPPING}:
                progress = self._running[job.pk][1] if job.pk in self._running else Progress(job.pk)
                self._running[job.pk] = job, progress
            else:
                self._running.pop(job.pk, None)
            if known.get(job.pk) != state:
                yield _job(job)
        self._running = {id: running for id, running in self._running.items() if id in self._jobs}

    def _new_tracks(self) -> Iterator[Change]:
        rows = {row[0]: row for row in Track.objects.values_list("pk", "project", "recording")}
        for id in rows.keys() - self._tracks:
            _, project, recording = rows[id]
            yield Change(project, "track", id, json.dumps({"recording": recording, "id": id}))
        self._tracks = set(rows)

    def _new_marks(self, since: datetime) -> Iterator[Change]:
        rows = Mark.objects.filter(created_at__gt=since).values_list("pk", "project", "recording")
        new: dict[tuple[str, str], list[str]] = {}
        for id, *of in rows:
            if id not in self._marks:
                new.setdefault((of[0], of[1]), []).append(id)
        self._marks = {row[0] for row in rows}
        for (project, recording), ids in new.items():
            many = json.dumps({"recording": recording, "ids": None})
            few = json.dumps({"recording": recording, "ids": ids}) if len(ids) <= _FEW else many
            yield Change(project, "events", recording, few, together=many)

    def _new_verdicts(self, since: datetime) -> Iterator[Change]:
        rows = list(Verdict.objects.filter(created_at__gt=since).select_related("user", "picture", "replaced_by"))
        for row in rows:
            if row.pk not in self._verdicts and not hasattr(row, "replaced_by"):
                said = None if row.removed else verdict_row(row)
                about = {"set": row.picture.set_id, "picture": row.picture_id, "verdict": said}
                yield Change(row.project_id, "verdict", row.picture_id, json.dumps(about))
        self._verdicts = {row.pk for row in rows}

    def _new_answers(self, since: datetime) -> Iterator[Change]:
        rows = list(Answer.objects.filter(created_at__gt=since).values_list("pk", "project", "queue"))
        for project, queue in {(row[1], row[2]) for row in rows if row[0] not in self._answers}:
            yield Change(project, "queue", queue, json.dumps({"queue": queue}))
        self._answers = {row[0] for row in rows}

    def _newly_learnt(self) -> Iterator[Change]:
        """Tell of queues whose order was made anew by a thread of this process."""
        learnt = {id: (known.queue.project_id, known.times) for id, known in ranking.open_rankings().items()}
        for id, (project, times) in learnt.items():
            if self._learnt.get(id, times) != times:
                yield Change(project, "queue", id, json.dumps({"queue": id}))
        self._learnt = {id: times for id, (_, times) in learnt.items()}

    def _new_library(self) -> Iterator[Change]:
        library: set[tuple[str, ...]] = set(Recording.objects.values_list("project", "pk", "name", "patient__name"))
        sets = ImageSet.objects.annotate(number=Count("pictures"))
        columns = sets.values_list("project", "pk", "name", "number", "twins")
        library |= {(project, id, name, str(number), str(twins)) for project, id, name, number, twins in columns}
        for project in {row[0] for row in library ^ self._library}:
            yield Change(project, "library", "", "{}")
        self._library = library

    def _progress(self) -> Iterator[Change]:
        for job, progress in self._running.values():
            if progress.advance():
                yield _job(job, progress)


def _job(job: Job, progress: Progress | None = None) -> Change:
    row = json.dumps(job_row(job, progress).model_dump(), cls=NinjaJSONEncoder)
    return Change(job.project_id, "job", job.pk, row)


def _version() -> int | None:
    """Return a number that changes when another connection changes the database, where it has one."""
    if connection.vendor != "sqlite":
        return None
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA data_version")
        (version,) = cursor.fetchone()
    return int(version)
