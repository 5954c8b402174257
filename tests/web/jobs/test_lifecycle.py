"""What may become of a job: each step once, whoever takes it."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from working import find, in_library, now

from semeia.web.jobs import lifecycle
from semeia.web.models import Job, Recording

State = Job.State


@pytest.fixture
def recording(recording_file: Path) -> Recording:
    return in_library(recording_file)


def claimed(recording: Recording, *, attempt: int = 1, state: State = State.RUNNING) -> Job:
    find(recording)
    job = lifecycle.claim([])
    assert job is not None
    Job.objects.filter(pk=job.pk).update(attempt=attempt, state=state)
    return job


def test_the_same_search_is_queued_once_until_it_has_ended(recording: Recording) -> None:
    first = find(recording)
    assert find(recording).pk == first.pk
    lifecycle.claim([])
    assert find(recording).pk == first.pk
    lifecycle.end(now(first), 0)
    assert find(recording).pk != first.pk


def test_each_job_is_claimed_once_by_many_and_the_first_comes_first(recording: Recording) -> None:
    waiting = [Job.objects.create(project=recording.project, kind="find", recording=recording) for _ in range(20)]

    def work() -> list[str]:
        try:
            return [job.pk for job in iter(lambda: lifecycle.claim([]), None)]
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        taken = [pool.submit(work) for _ in range(6)]
        runs = [id for each in taken for id in each.result()]
    assert sorted(runs) == sorted(job.pk for job in waiting)
    assert {now(job).attempt for job in waiting} == {1}
    for each in taken:
        places = [[job.pk for job in waiting].index(id) for id in each.result()]
        assert places == sorted(places)


@pytest.mark.parametrize(
    ("status", "asked", "state", "attempt", "after", "said"),
    [
        (0, False, State.RUNNING, 1, State.DONE, ""),
        (0, False, State.STOPPING, 1, State.DONE, ""),
        (75, True, State.STOPPING, 1, State.CANCELLED, ""),
        (-9, True, State.STOPPING, 2, State.CANCELLED, ""),
        (1, False, State.RUNNING, 1, State.FAILED, "few.edf: at least 4 scalp channels are needed"),
        (75, True, State.RUNNING, 1, State.QUEUED, ""),
        (-15, True, State.RUNNING, 2, State.QUEUED, ""),
        (75, False, State.RUNNING, 1, State.QUEUED, "ended from outside"),
        (75, False, State.RUNNING, 2, State.FAILED, "ended from outside"),
        (-9, False, State.RUNNING, 1, State.QUEUED, "SIGKILL"),
        (-9, False, State.RUNNING, 2, State.FAILED, "SIGKILL"),
        (-signal.SIGSEGV, False, State.RUNNING, 2, State.FAILED, "SIGSEGV"),
        (lifecycle.LOST, False, State.RUNNING, 1, State.QUEUED, "was killed"),
        (lifecycle.LOST, False, State.RUNNING, 2, State.FAILED, "was killed"),
    ],
)
def test_what_follows_from_how_a_process_ended(
    recording: Recording, *, status: int, asked: bool, state: State, attempt: int, after: State, said: str
) -> None:
    job = claimed(recording, attempt=attempt, state=state)
    lifecycle.end(job, status, asked=asked, said=said if status == 1 else "")
    row = now(job)
    assert row.state == after
    assert said in row.message and "\n" not in row.message
    assert row.attempt == (attempt - 1 if asked and after == State.QUEUED else attempt)
    assert (row.ended_at is None) == (after == State.QUEUED)
    assert row.process is None


def test_a_job_that_nobody_runs_is_taken_over_by_one(recording: Recording) -> None:
    job = claimed(recording)
    assert lifecycle.abandoned([]) == []
    Job.objects.filter(pk=job.pk).update(heartbeat=timezone.now() - timedelta(seconds=lifecycle.LEASE + 1))
    assert lifecycle.abandoned([job.pk]) == []
    assert lifecycle.abandoned([]) == [job]
    assert lifecycle.abandoned([]) == []


def test_who_lost_a_job_has_no_say_in_it_any_more(recording: Recording) -> None:
    job = claimed(recording)
    lifecycle.end(job, lifecycle.LOST)
    again = lifecycle.claim([])
    assert again is not None and again.pk == job.pk
    lifecycle.started(job, 1, 1.0)
    lifecycle.end(job, 0)
    assert (now(job).state, now(job).process) == (State.RUNNING, None)


def test_stop_and_retry_happen_once(recording: Recording) -> None:
    job = find(recording)
    assert lifecycle.stop(job) and now(job).state == State.CANCELLED and now(job).ended_at is not None
    assert not lifecycle.stop(job)
    assert lifecycle.claim([]) is None
    assert lifecycle.retry(job) and now(job).state == State.QUEUED and now(job).ended_at is None
    assert not lifecycle.retry(job)
    assert lifecycle.claim([]) == job
    assert lifecycle.stop(job) and now(job).state == State.STOPPING
    assert lifecycle.stop(job)
