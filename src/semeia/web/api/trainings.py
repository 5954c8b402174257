"""Trainings: begun from a recipe as a job, and their records, which those begun in a terminal leave too."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.errors import HttpError
from pydantic import Field, StringConstraints, ValidationError

from semeia.errors import FileError, RecipeError
from semeia.model import installed
from semeia.recipe import flat, recipe_of
from semeia.training.runs import Record, best_of, epochs_of, list_runs, read_run, remove_run
from semeia.training.summary import sentences, table_of
from semeia.web.api.access import user_of
from semeia.web.api.answers import Refusal
from semeia.web.api.jobs import JobRow, job_row
from semeia.web.api.recipes import LONGEST
from semeia.web.jobs import lifecycle
from semeia.web.jobs.commands import model_folder, study_folder
from semeia.web.jobs.progress import Progress
from semeia.web.models import Job
from semeia.web.permission import allowed, one, project_of

__all__ = ["router"]

router = Router(tags=["trainings"])

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")]


class NewTraining(Schema):
    """What to train, and what its model is called; several of `folds` and `seeds`, or a search of its ``[search]``."""

    toml: Annotated[str, StringConstraints(max_length=LONGEST)]
    name: Name
    kind: lifecycle.Training = "train"
    folds: Annotated[int, Field(ge=2, le=50)] | None = None
    seeds: Annotated[int, Field(ge=1, le=50)] | None = None


class RunRow(Schema):
    """A training's record; `job` runs it, or ran it, where the page began it."""

    id: str
    name: str
    state: str
    problem: str
    started: datetime
    ended: datetime | None
    network: str
    model: str
    """Name of the model's folder."""
    installed: bool
    epochs: int
    of: int
    """Epochs at most."""
    best: dict[str, float | None]
    """What validation gave at the best epoch."""
    job: str | None
    study: bool
    """Whether it is one of a search or of folds that the page began."""


class RunDetail(RunRow):
    """A record with the measures of every epoch, and the recipe."""

    history: list[dict[str, float | None]]
    recipe: dict[str, Any]
    data: dict[str, Any]
    command: list[str]
    device: str


class Trial(Schema):
    """One training of a search."""

    trial: int
    state: str
    value: float | None
    parameters: dict[str, Any]
    epochs: int
    problem: str


class Study(Schema):
    """A search, or folds and seeds, as far as it is."""

    objective: str
    trials: list[Trial]
    heads: list[str]
    rows: list[list[str]]
    """What the folds scored as a table, once all are done."""
    sentences: list[str]
    best: str
    """The best trial's recipe, TOML; empty until the search has ended."""


@router.get("/trainings/names", response=Name, operation_id="freeName")
def free_name(request: HttpRequest, like: str) -> str:
    """Return a name for a model that nothing has yet: this one, or with a number behind."""
    stem = re.sub(r"-\d+$", "", like) or "model"
    names = [like, *(f"{stem}-{number}" for number in range(2, 1000))]
    return next(name for name in names if _free(name))


@router.post("/trainings", response={200: JobRow, 409: Refusal, 422: Refusal}, operation_id="train")
def train(request: HttpRequest, wanted: NewTraining) -> JobRow:
    """Begin a training as a job."""
    user = user_of(request)
    project = project_of(user, "write")
    if not _free(wanted.name):
        raise HttpError(409, f"There is a model or training {wanted.name} already: choose another name.")
    parameters = {"recipe": wanted.toml, "name": wanted.name, "folds": wanted.folds, "seeds": wanted.seeds}
    parameters = {key: value for key, value in parameters.items() if value is not None}
    return job_row(lifecycle.queue(wanted.kind, project, user, parameters))


@router.get("/runs", response=list[RunRow], operation_id="runs")
def runs(request: HttpRequest) -> list[RunRow]:
    """Return the records of all trainings on this machine, the newest first."""
    jobs, models = _jobs(request), set(installed())
    return [_row(record, jobs, models) for record in reversed(list_runs())]


@router.get("/runs/{name}", response=RunDetail, operation_id="run")
def run(request: HttpRequest, name: str) -> RunDetail:
    """Return a record."""
    record = _record(name)
    return RunDetail(
        **_row(record, _jobs(request), set(installed())).model_dump(),
        history=[_numbers(entry) for entry in epochs_of(name)],
        recipe=_as_written(record.recipe),
        data=record.data,
        command=record.command,
        device=str(flat(record.environment).get("device", "")),
    )


@router.delete("/runs/{name}", response={204: None, 409: Refusal}, operation_id="removeRun")
def forget(request: HttpRequest, name: str) -> HttpResponse:
    """Forget a training; its model stays."""
    project_of(user_of(request), "write")
    if _record(name).standing == "running":
        raise HttpError(409, "It runs: stop it first.")
    remove_run(name)
    return HttpResponse(status=204)


@router.get("/studies/{job}", response=Study, operation_id="study")
def study(request: HttpRequest, job: str) -> Study:
    """Return what the trials of a search, or the folds of a cross-validation, have given so far."""
    row = one(user_of(request), "read", Job.objects.filter(kind__in=("folds", "search")), job)
    folder = study_folder(row.parameters["name"])
    trials: dict[int, Trial] = {}
    for entry in Progress(row.pk).entries():
        if entry.get("event") == "trial":
            trials[entry["trial"]] = Trial(**{key: entry[key] for key in Trial.model_fields})
    best, summary = folder / "best.toml", folder / "summary.json"
    objective = re.search(r'objective\s*=\s*"(\w+)"', row.parameters["recipe"])
    scored = json.loads(summary.read_bytes()) if summary.is_file() else None
    heads, rows = table_of(scored) if scored else ([], [])
    return Study(
        objective=objective[1] if objective else "validation_auroc",
        trials=[trials[number] for number in sorted(trials)],
        heads=heads,
        rows=rows,
        sentences=sentences(scored) if scored else [],
        best=best.read_text(encoding="utf-8") if best.is_file() else "",
    )


def _free(name: str) -> bool:
    at_work = Job.objects.filter(
        kind__in=lifecycle.TRAININGS, state__in=lifecycle.ACTIVE, parameters__name=name
    ).exists()
    taken = [model_folder(name), model_folder(f"{name}.training"), study_folder(name)]
    return not at_work and name not in installed() and not any(place.exists() for place in taken)


def _jobs(request: HttpRequest) -> dict[str, str]:
    """Return the latest job of each model's name."""
    rows = allowed(user_of(request), "read", Job.objects.filter(kind="train").order_by("created_at"))
    return {parameters["name"]: id for id, parameters in rows.values_list("pk", "parameters")}


def _record(name: str) -> Record:
    try:
        return read_run(name)
    except RecipeError:
        raise HttpError(404, f"There is no record of a training {name} (any more).") from None
    except FileError as error:
        raise HttpError(422, str(error)) from None


def _row(record: Record, jobs: dict[str, str], models: set[str]) -> RunRow:
    folder = record.folder.rstrip("/")
    model, epochs = folder.rpartition("/")[2], epochs_of(record.id)
    ours = folder == str(model_folder(model))
    return RunRow(
        **{name: getattr(record, name) for name in ("id", "name", "problem", "started", "ended")},
        state=record.standing,
        network=record.recipe.get("network", {}).get("name", ""),
        model=model,
        installed=ours and model in models,
        epochs=len(epochs),
        of=record.recipe.get("training", {}).get("epochs", 0),
        best={key: value for key, value in _numbers(best_of(epochs)).items() if key.startswith("validation")},
        job=jobs.get(model) if ours else None,
        study=folder.startswith(f"{study_folder('')}/"),
    )


def _numbers(entry: dict[str, Any]) -> dict[str, float | None]:
    return {key: value for key, value in entry.items() if value is None or isinstance(value, int | float)}


def _as_written(table: dict[str, Any]) -> dict[str, Any]:
    """Return a recipe's table without the keys that say what holds without them."""
    try:
        return recipe_of(table).model_dump(mode="json", exclude_defaults=True)
    except ValidationError:  # of another version, it may have keys that there are no more
        return {key: value for key, value in table.items() if value is not None}
