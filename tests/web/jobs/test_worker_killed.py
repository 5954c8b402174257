"""Workers that are ended, killed, too many or too slow: each job is run, and none is run twice at once."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from serving import wait_for
from working import Worker, assert_found_once, ended, find, in_library, is_gone, lines, now, process_of, runs

from semeia.web.models import Job, Recording, Track

State = Job.State
pytestmark = pytest.mark.slow


@pytest.fixture
def workers() -> Iterator[list[Worker]]:
    """Return a list for the workers that a test starts; they are ended after it."""
    started: list[Worker] = []
    yield started
    for each in started:
        each.kill()


def test_a_worker_that_is_asked_to_end_puts_its_jobs_back(endless: Recording, workers: list[Worker]) -> None:
    workers.append(Worker())
    job = find(endless)
    wait_for(lambda: runs(job))
    process = process_of(job)
    assert workers.pop().stop() == 0
    assert is_gone(process)
    assert (now(job).state, now(job).attempt, now(job).message) == (State.QUEUED, 0, "")
    assert not Track.objects.exists()
    workers.append(Worker())
    assert ended(job).state == State.DONE
    assert_found_once(endless, truth=0)


def test_a_worker_killed_at_any_moment_leaves_its_job_to_the_next(
    recording: Recording, workers: list[Worker], count: Callable[[int], int]
) -> None:
    rng = np.random.default_rng(2)
    workers.append(Worker())
    for _ in range(count(20)):
        job = find(recording)
        wait_for(lambda job=job: now(job).state != State.QUEUED, 30)
        time.sleep(rng.uniform(0, 0.8))
        pid = now(job).process
        workers.pop().kill()
        if pid is not None:
            wait_for(lambda pid=pid: not psutil.pid_exists(pid) or is_gone(psutil.Process(pid)), 5)
        workers.append(Worker())
        assert ended(job).state == State.DONE
        assert_found_once(recording, truth=1)


def test_two_workers_never_run_one_job(recording_file: Path, tmp_path: Path, workers: list[Worker]) -> None:
    workers += [Worker(), Worker()]
    copies = [tmp_path / f"{number}.edf" for number in range(12)]
    for copy in copies:
        copy.write_bytes(recording_file.read_bytes())
    rows = [in_library(copy) for copy in copies]
    found = [ended(find(rows[0])), *(ended(job) for job in [find(row) for row in rows[1:]])]
    for job, row in zip(found, rows, strict=True):
        assert (job.state, job.attempt, len(lines(job, "attempt"))) == (State.DONE, 1, 1)
        assert_found_once(row, truth=0)


def test_a_worker_that_stood_still_loses_its_job_and_lets_go_of_it(endless: Recording, workers: list[Worker]) -> None:
    workers.append(Worker())
    job = find(endless)
    wait_for(lambda: runs(job))
    first = process_of(job)
    still = psutil.Process(workers[0].process.pid)
    still.suspend()
    workers.append(Worker())
    wait_for(lambda: now(job).attempt == 2, 30)
    assert is_gone(first)
    still.resume()
    assert ended(job).state == State.DONE
    assert_found_once(endless, truth=0)
    assert workers[0].process.poll() is None


def test_a_worker_ends_with_the_process_that_started_it(migrated: Path) -> None:
    code = (
        "import subprocess, sys, time\n"
        "print(subprocess.Popen([sys.executable, '-m', 'semeia.web.jobs.worker']).pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        worker = psutil.Process(int(starter.stdout.readline()))
        wait_for(worker.children)
        starter.kill()
    wait_for(lambda: is_gone(worker))
