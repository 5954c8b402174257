"""The command line of every job: built here and nowhere else, and parsed by the command line in the tests."""

from __future__ import annotations

from pathlib import Path

from semeia.web.jobs.progress import progress_file
from semeia.web.models import Job, Picture

__all__ = ["arguments", "results_file"]


def arguments(job: Job) -> list[str]:
    """Return what stands behind ``semeia`` when a job is run."""
    return _KINDS[job.kind](job)


def results_file(job: str) -> Path:
    """Return the file into which a job writes what it found, where it does."""
    return progress_file(job).with_suffix(".csv")


def _find(job: Job) -> list[str]:
    assert job.recording is not None
    options = ["--job", job.pk, "--model", job.parameters["model"], "--progress", str(progress_file(job.pk))]
    if (threshold := job.parameters.get("threshold")) is not None:
        options += ["--threshold", str(threshold)]
    return ["detect", job.recording.path, "--save", *options]


def _classify(job: Job) -> list[str]:
    assert job.images is not None
    options = ["--model", job.parameters["model"], "--progress", str(progress_file(job.pk))]
    return ["predict", job.images.path, *options, "--output", str(results_file(job.pk))]


def _twins(job: Job) -> list[str]:
    assert job.images is not None
    return ["leaks", job.images.path, "--save", "--job", job.pk, "--progress", str(progress_file(job.pk))]


def _explain(job: Job) -> list[str]:
    from semeia.web.overlays import map_file

    picture, model, target = Picture.objects.get(pk=job.parameters["picture"]), *_asked(job)
    options = ["--method", "gradcam", "--target", target, "--map", str(map_file(picture, model, target))]
    return ["explain", model, picture.path, *options]


def _asked(job: Job) -> tuple[str, str]:
    return job.parameters["model"], job.parameters["target"]


_KINDS = {"find": _find, "classify": _classify, "twins": _twins, "explain": _explain}
