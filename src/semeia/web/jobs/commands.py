"""The command line of every job: built here and nowhere else, and parsed by the command line in the tests."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from semeia.home import make_folder, replacing
from semeia.web.jobs.progress import progress_file
from semeia.web.models import Job, Picture, Queue

__all__ = ["arguments", "model_folder", "recipe_file", "results_file", "study_folder"]


def arguments(job: Job) -> list[str]:
    """Return what stands behind ``semeia`` when a job is run."""
    return _KINDS[job.kind](job)


def results_file(job: str, ending: str = ".csv") -> Path:
    """Return the file into which a job writes what it found, where it does: a table, JSON or a picture (PNG)."""
    return progress_file(job).with_suffix(ending)


def recipe_file(job: str) -> Path:
    """Return the file of a job's recipe."""
    return progress_file(job).with_suffix(".toml")


def model_folder(name: str) -> Path:
    """Return where a training of the page writes its model."""
    return make_folder(settings.HOME / "models") / name


def study_folder(name: str) -> Path:
    """Return where the page's folds and searches are kept."""
    return make_folder(settings.HOME / "studies") / name


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


def _embed(job: Job) -> list[str]:
    from semeia.web.queues import pool_file

    queue = Queue.objects.get(pk=job.parameters["queue"])
    recordings = queue.recordings.order_by("name").values_list("path", flat=True)
    paths = [queue.images.path] if queue.images else list(recordings)
    options = ["--model", queue.model, "--progress", str(progress_file(job.pk))]
    return ["active", "embed", *paths, *options, "--output", str(pool_file(queue.pk))]


def _train(job: Job) -> list[str]:
    folder = model_folder(job.parameters["name"])
    state = Path(f"{folder}.training") / "state.safetensors"
    begun = ["--resume"] if folder.exists() or state.is_file() else []
    return ["train", *_written(job), "--output", str(folder), *begun]


def _folds(job: Job) -> list[str]:
    folder = study_folder(job.parameters["name"])
    begun = ["--resume"] if (folder / "plan.json").is_file() else []
    many = [part for key in ("folds", "seeds") if (n := job.parameters.get(key)) for part in (f"--{key}", str(n))]
    return ["train", *_written(job), "--output", str(folder), *many, *begun]


def _search(job: Job) -> list[str]:
    return ["search", *_written(job), "--output", str(study_folder(job.parameters["name"]))]


def _check(job: Job) -> list[str]:
    return ["recipe", "check", *_written(job, "--json", str(results_file(job.pk, ".json")))]


def _preview(job: Job) -> list[str]:
    return ["preview", *_written(job, "--output", str(results_file(job.pk, ".png")))]


def _written(job: Job, *options: str) -> list[str]:
    """Return a job's recipe, written into its file, and options; otherwise that of progress."""
    file = recipe_file(job.pk)
    with replacing(file) as part:
        part.write_text(job.parameters["recipe"], encoding="utf-8")
    return [str(file), *(options or ("--progress", str(progress_file(job.pk))))]


def _asked(job: Job) -> tuple[str, str]:
    return job.parameters["model"], job.parameters["target"]


_KINDS = {
    "find": _find,
    "classify": _classify,
    "twins": _twins,
    "explain": _explain,
    "embed": _embed,
    "train": _train,
    "folds": _folds,
    "search": _search,
    "check": _check,
    "preview": _preview,
}
