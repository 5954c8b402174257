"""The command line of every job: built here and nowhere else, and parsed by the command line in the tests."""

from __future__ import annotations

from semeia.web.jobs.progress import progress_file
from semeia.web.models import Job

__all__ = ["arguments"]


def arguments(job: Job) -> list[str]:
    """Return what stands behind ``semeia`` when a job is run."""
    return _KINDS[job.kind](job)


def _find(job: Job) -> list[str]:
    assert job.recording is not None
    options = ["--job", job.pk, "--model", job.parameters["model"], "--progress", str(progress_file(job.pk))]
    return ["detect", job.recording.path, "--save", *options]


_KINDS = {"find": _find}
