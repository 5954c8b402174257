"""The worker as a process: it finds; its children are stopped and killed, and nothing is lost or done twice."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
from serving import wait_for
from working import Worker, assert_found_once, ended, find, in_library, is_gone, lines, now, process_of, runs

from semeia.web import library
from semeia.web.findings import read_track
from semeia.web.jobs import lifecycle
from semeia.web.jobs.progress import progress_file, read_progress
from semeia.web.jobs.supervisor import tidy
from semeia.web.models import Job, Mark, Recording, Track

State = Job.State


def test_find_leaves_a_track_and_proposals(worker: Worker, recording: Recording) -> None:
    job = ended(find(recording))
    assert (job.state, job.message, job.attempt) == (State.DONE, "", 1)
    assert_found_once(recording, truth=1)
    (track,) = Track.objects.all()
    (proposal,) = Mark.objects.filter(source="eeg-starter")
    (truth,) = Mark.objects.filter(author="file")
    assert track.job == job and track.model == "eeg-starter"
    assert (proposal.author, proposal.status, proposal.user) == ("eeg-starter", "proposed", None)
    assert abs(proposal.onset - truth.onset) < 15
    progress = read_progress(job.pk)
    assert (progress.share, progress.window, progress.hop) == (1.0, track.window, track.hop)
    np.testing.assert_allclose(progress.values, read_track(track).probability, atol=1e-4)
    assert lines(job)[-1] == {"event": "done", "events": 1}


def test_a_job_that_cannot_be_done_says_why_in_one_line(worker: Worker, tmp_path: Path) -> None:
    from serving import write_recording

    few = in_library(write_recording(tmp_path / "few.edf", seconds=30, labels=["C3", "C4"], events=()))
    job = ended(find(few))
    assert job.state == State.FAILED and job.attempt == 1
    assert job.message == "few.edf: at least 4 scalp channels are needed; there are 2: C3, C4"
    Path(few.path).unlink()
    job = ended(find(few))
    assert job.message == "few.edf: the file is not where it was when it was imported"
    assert not Track.objects.exists()


def test_a_job_is_stopped_while_it_runs_and_run_again_later(worker: Worker, endless: Recording) -> None:
    job = find(endless)
    wait_for(lambda: runs(job))
    process = process_of(job)
    assert lifecycle.stop(job)
    assert ended(job, 10).state == State.CANCELLED
    assert is_gone(process)
    assert not Track.objects.exists() and not Mark.objects.exists()
    assert lifecycle.retry(job)
    assert ended(job).state == State.DONE
    assert_found_once(endless, truth=0)


def test_a_job_whose_recording_is_removed_ends(worker: Worker, endless: Recording) -> None:
    job = find(endless)
    wait_for(lambda: runs(job))
    process = process_of(job)
    library.remove(endless)
    wait_for(lambda: is_gone(process))
    assert not Track.objects.exists() and not Job.objects.exists()


def test_a_child_killed_at_any_moment_is_run_once_more(
    worker: Worker, recording: Recording, count: Callable[[int], int]
) -> None:
    rng = np.random.default_rng(1)
    for number in range(count(40)):
        job = find(recording)
        process = process_of(job)
        if number % 2:  # while its findings are written
            wait_for(lambda job=job: any(line["share"] == 1 for line in lines(job, "progress")), 30)
            time.sleep(rng.uniform(0, 0.2))
        else:
            time.sleep(rng.uniform(0, 0.8))
        with suppress(psutil.NoSuchProcess):
            process.kill()
        row = ended(job)
        assert row.state == State.DONE and row.attempt in {1, 2}
        assert len(lines(job, "attempt")) == row.attempt
        assert_found_once(recording, truth=1)


def test_a_child_killed_twice_fails_and_says_so(worker: Worker, endless: Recording) -> None:
    job = find(endless)
    first = process_of(job)
    first.kill()
    wait_for(lambda: now(job).attempt == 2 and now(job).process not in {None, first.pid})
    assert now(job).message == "It was killed by SIGKILL, and is run again."
    process_of(job).kill()
    row = ended(job)
    assert row.state == State.FAILED
    assert row.message == "It was killed by SIGKILL, and not for the first time. Is there enough memory?"
    assert not Track.objects.exists()


def test_the_fork_server_may_be_killed(worker: Worker, recording: Recording) -> None:
    assert ended(find(recording)).state == State.DONE
    for process in psutil.Process(worker.process.pid).children():
        if "forkserver" in " ".join(process.cmdline()):
            process.kill()
    job = ended(find(recording))
    assert job.state == State.DONE
    assert_found_once(recording, truth=1)


def test_leftovers_go_and_what_is_in_use_stays(recording: Recording, home: Path) -> None:
    job = find(recording)
    used, young, old = progress_file(job.pk), progress_file("0" * 16), home / "tracks" / ("1" * 16 + ".npy")
    old.parent.mkdir(exist_ok=True)
    part = old.with_name(f".{old.name}.abcd.part")
    for file in (used, young, old, part):
        file.touch()
    long_ago = time.time() - 86400
    for file in (used, old, part):
        os.utime(file, (long_ago, long_ago))
    tidy()
    assert [file.exists() for file in (used, young, old, part)] == [True, True, False, False]
    young.unlink()
