"""The worker's round: follow the jobs that run, take over those that were abandoned, begin those that wait."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress

from django.conf import settings
from django.db import DatabaseError, connection

from semeia.errors import SemeiaError
from semeia.home import reason
from semeia.web.jobs import lifecycle
from semeia.web.jobs.child import Child, kill, warm_up
from semeia.web.models import Job, Track

__all__ = ["Supervisor", "tidy"]

ROUND = 0.1
"""Seconds between two looks at the queue."""

SLOTS = max(2, (os.cpu_count() or 1) // 2)
"""Jobs that run at once: a short one need not wait for a long one."""

UNUSED = 3600.0
"""Seconds after which a file that belongs to no row is a leftover, not one whose row is about to be written."""


class Supervisor:
    """Runs jobs as child processes."""

    def __init__(self) -> None:
        self._children: dict[str, Child] = {}
        self._ending = False
        self._beaten = 0.0

    def run(self) -> None:
        """Run jobs until SIGTERM or SIGINT comes, or the process that started this one is gone."""
        parent = os.getppid()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        tidy()
        warm_up()
        while self._children or not self._ending:
            try:
                self._round()
            except DatabaseError as error:
                print(f"semeia: the database cannot be used ({error}); trying again", file=sys.stderr)
                connection.close()
                time.sleep(1.0)
            time.sleep(ROUND)
            self._ending = self._ending or os.getppid() != parent

    def _end(self, *_: object) -> None:
        self._ending = True

    def _round(self) -> None:
        if time.monotonic() >= self._beaten + lifecycle.BEAT:
            lifecycle.beat(self._children.keys())
            self._recover()
            self._beaten = time.monotonic()
        if self._children:
            self._follow()
        if not self._ending:
            self._begin()

    def _recover(self) -> None:
        for job in lifecycle.abandoned(self._children.keys()):
            kill(job.process, job.process_started)
            lifecycle.end(job, lifecycle.LOST)

    def _follow(self) -> None:
        """Stop what is to be stopped or was lost to another worker, and note what has ended."""
        rows = {row.pk: row for row in Job.objects.filter(pk__in=self._children)}
        for id, child in list(self._children.items()):
            row = rows.get(id)
            lost = row is None or row.started_at != child.job.started_at
            if self._ending or lost or (row is not None and row.state == Job.State.STOPPING):
                child.stop()
            status = child.status()
            if status is not None:
                lifecycle.end(child.job, status, asked=child.asked_at is not None, said=child.said())
                del self._children[id]

    def _begin(self) -> None:
        while len(self._children) < SLOTS and (job := lifecycle.claim(self._children.keys())) is not None:
            try:
                child = self._children[job.pk] = Child(job)
            except (EOFError, ConnectionError):  # the fork server was killed just now; the next one is started with it
                lifecycle.end(job, lifecycle.LOST)
            except (OSError, SemeiaError) as error:
                lifecycle.end(job, 1, said=reason(error) if isinstance(error, OSError) else str(error))
            else:
                lifecycle.started(job, child.pid, child.started)


def tidy() -> None:
    """Remove what is left of jobs and tracks that are no more, or never came to be."""
    for folder, rows in (("jobs", Job.objects), ("tracks", Track.objects)):
        known = set(rows.values_list("pk", flat=True))
        for file in (settings.HOME / folder).glob("*"):
            with suppress(OSError):
                if file.stem not in known and file.stat().st_mtime < time.time() - UNUSED:
                    file.unlink()
