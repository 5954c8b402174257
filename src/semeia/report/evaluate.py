"""``semeia evaluate``: a model judged, its figures written, and the page that shows them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from semeia.datasets import LabelledRecording, know_neighbours
from semeia.errors import DatasetError, ModelError
from semeia.explanation import Picture
from semeia.home import make_folder, replacing
from semeia.model import Model
from semeia.recipe import Prediction, read_recipe
from semeia.report.figures import figures_of
from semeia.report.folds import judged_folds
from semeia.report.judge import Judged, judged
from semeia.report.page import write_report
from semeia.report.pictures import pictures_of

__all__ = ["check_unseen", "evaluated", "evaluated_folds"]

_SPLITS = {
    "patient": "split by patient: each is judged by a model that never saw them",
    "seizure": "split by seizure within patients: says nothing of other patients",
    "hour": "split by the hour within patients: says nothing of other patients",
    "recording": "split by recording within patients: says nothing of other patients",
}


def evaluated(
    model: Model,
    recordings: Sequence[LabelledRecording],
    folder: Path,
    *,
    source: str,
    progress: Callable[[float], None] = lambda share: None,
) -> dict[str, Any]:
    """Judge a model on recordings, write metrics, predictions and the report into a folder, and return the metrics.

    Raises
    ------
    DatasetError
        If a patient was in the model's training, or the recordings do not fit it or say too little.
    ModelError
        If the model does not say how it was trained.
    StorageError
    """
    if model.folder is None:
        raise ModelError(f"model {model.name}: save it first; its recipe says how recordings are cut into windows")
    recipe = read_recipe(model.folder / "recipe.toml")
    unseen = check_unseen(model, recordings)
    given = know_neighbours(recordings) if isinstance(recipe.task, Prediction) else recordings
    found = judged(model, given, recipe, progress=progress)
    metrics = figures_of(found, model.description, recipe.task, source=source, split=unseen)
    _write(folder, metrics, found, pictures_of(model, found, given))
    return metrics


def evaluated_folds(
    folder: Path, output: Path, *, beside: Path = Path(), progress: Callable[[float], None] = lambda share: None
) -> dict[str, Any]:
    """Judge a cross-validation on its own test parts, whose relative paths are looked for beside a folder first.

    Raises
    ------
    DatasetError, ModelError, StorageError
    """
    found, description, recipe = judged_folds(folder, progress, beside=beside)
    sources = ", ".join(dict.fromkeys(data.source for data in recipe.data))
    metrics = figures_of(found, description, recipe.task, source=sources, split=_SPLITS[recipe.split.by])
    _write(output, metrics, found)
    return metrics


def check_unseen(model: Model, recordings: Sequence[LabelledRecording]) -> str:
    """Return in words that a model never saw these recordings.

    Raises
    ------
    DatasetError
        If it was trained on some of these patients, or, when it was trained within patients, on these hours or
        recordings; the message names them.
    """
    trained = model.description.trained_on
    if trained is None:
        return "the model does not say whom it was trained on: that these patients are new to it is not checked"
    within = trained.by != "patient"
    known = [recording for recording in recordings if trained.knows(recording.patient, recording.group)]
    seen = sorted({f"{r.patient} ({r.group})" if within else r.patient for r in known})
    if seen:
        names = ", ".join(seen[:5]) + (f" and {len(seen) - 5} more" if len(seen) > 5 else "")
        raise DatasetError(
            f"model {model.name} was trained on {names}: figures on what it has seen mean nothing; leave out what it "
            "knows with --exclude PATIENT"
        )
    return "other recordings than in the training, of the same patients" if within else "no patient was in the training"


def _write(folder: Path, metrics: dict[str, Any], found: Judged, pictures: Sequence[Picture] = ()) -> None:
    make_folder(folder)
    for key, table in found.predictions.items():
        table.write(folder / (f"predictions-{key}.csv" if key else "predictions.csv"))
    with replacing(folder / "metrics.json") as part:
        part.write_text(json.dumps(metrics, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    write_report(folder / "report.html", metrics, pictures)
