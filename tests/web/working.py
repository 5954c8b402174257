"""A real worker in a process of its own, recordings in the Library, and jobs to run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import psutil
from serving import wait_for

from semeia.web.jobs import lifecycle
from semeia.web.jobs.progress import progress_file
from semeia.web.models import Job, Mark, Recording, Track

ENDED = (Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED)


class Worker:
    """The worker of the tests' home folder."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "semeia.web.jobs.worker"]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> int:
        """Ask it to end, as the server does; return its exit status."""
        self.process.terminate()
        _, said = self.process.communicate(timeout=30)
        assert "Traceback" not in said, said
        return self.process.returncode

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        self.process.communicate()


def in_library(path: Path) -> Recording:
    """Take a file into the owner's Library."""
    from semeia.web.entrance import owner
    from semeia.web.library import add_file
    from semeia.web.permission import project_of

    user = owner()
    return add_file(project_of(user), path, user=user)[0]


def find(recording: Recording, model: str = "eeg-starter") -> Job:
    """Queue a search for seizures."""
    return lifecycle.queue("find", recording, None, {"model": model})


def now(job: Job) -> Job:
    """Return a job as it is now."""
    return Job.objects.get(pk=job.pk)


def ended(job: Job, seconds: float = 60.0) -> Job:
    """Return a job when it has ended."""
    wait_for(lambda: now(job).state in ENDED, seconds)
    return now(job)


def lines(job: Job, event: str = "") -> list[dict[str, Any]]:
    """Return what a job has said so far: all whole lines, or those of an event."""
    said = []
    with suppress(FileNotFoundError):
        for line in progress_file(job.pk).read_bytes().splitlines():
            with suppress(ValueError):
                said.append(json.loads(line))
    return [line for line in said if event in {"", line["event"]}]


def process_of(job: Job, seconds: float = 30.0) -> psutil.Process:
    """Return the process of a job as soon as it runs."""
    pid = wait_for(lambda: now(job).process or now(job).state in ENDED, seconds)
    return psutil.Process(pid)


def runs(job: Job) -> bool:
    """Whether a job is at work, with values coming."""
    return bool(lines(job, "track")) and now(job).process is not None


def is_gone(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.status() == psutil.STATUS_ZOMBIE
    return True


def assert_found_once(recording: Recording, truth: int) -> None:
    """Check what a search leaves, however often it was killed: one whole track, and each proposal once."""
    (track,) = Track.objects.filter(recording=recording)
    folder = Path(os.environ["SEMEIA_HOME"]) / "tracks"
    values = np.load(folder / f"{track.pk}.npy")
    assert len(values) == int(recording.duration - track.window) + 1 and not np.isnan(values).any()
    proposed = Mark.objects.filter(recording=recording, source="eeg-starter", removed=False, replaced_by=None)
    assert len({mark.onset for mark in proposed}) == proposed.count() == truth
