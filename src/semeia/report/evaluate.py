"""``semeia evaluate``: a model judged, its figures written, and the page that shows them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from semeia.datasets import LabelledImage, LabelledRecording, know_neighbours
from semeia.errors import DatasetError, FileError, ModelError, RecipeError
from semeia.explanation import Picture
from semeia.home import check_own, replacing_folder
from semeia.model import ImageModel, Model
from semeia.recipe import ImageRecipe, Prediction, Recipe, read_recipe
from semeia.report.figures import figures_of
from semeia.report.folds import judged_folds
from semeia.report.image_judge import judged_images
from semeia.report.judge import Judged, judged, some
from semeia.report.page import write_report
from semeia.report.pictures import pictures_of, pictures_of_images
from semeia.report.sheets import sheets_of
from semeia.report.words import counted

__all__ = ["check_place", "check_unseen", "evaluated", "evaluated_folds", "evaluated_images"]

_WRITTEN = re.compile(r"report\.html|metrics\.json|predictions(-.*)?\.csv")
_UNKNOWN = "patients unknown, may leak: one person may be on both sides, and figures flatter"
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
        Also if the folder holds anything but an earlier report.
    """
    check_place(folder)
    recipe = _recipe_of(model)
    unseen = check_unseen(model, recordings)
    given = know_neighbours(recordings) if isinstance(recipe.task, Prediction) else recordings
    found = judged(model, given, recipe, progress=progress)
    metrics = figures_of(found, model.description, recipe.task, source=source, split=unseen)
    metrics["model"]["parameters"] = sum(weights.numel() for weights in model.module.parameters())
    _write(folder, metrics, found, pictures_of(model, found, given))
    return metrics


def evaluated_images(
    model: ImageModel,
    images: Sequence[LabelledImage],
    folder: Path,
    *,
    source: str,
    left_out: Sequence[str] = (),
    progress: Callable[[float], None] = lambda share: None,
) -> dict[str, Any]:
    """Judge a model on images, as `evaluated` does on recordings; `left_out` says what could not be read.

    Raises
    ------
    DatasetError, StorageError
    """
    check_place(folder)
    unseen = check_unseen(model, images)  # before twins are left out: patients are better told by name
    new = without_twins(model, images)
    found = judged_images(model, new, progress=progress)
    if len(new) < len(images):
        twins = f"{len(images) - len(new)} of {len(images)} images left out"
        found.notes.append(f"{twins}: they are exact twins of images that the model was trained on")
    if left_out:
        found.notes.append(f"{counted(len(left_out), 'file')} left out: {some(left_out, 3)}")
    metrics = figures_of(found, model.description, source=source, split=unseen)
    metrics["model"]["parameters"] = sum(weights.numel() for weights in model.module.parameters())
    _write(folder, metrics, found, pictures_of_images(model, found))
    return metrics


def without_twins(model: ImageModel, images: Sequence[LabelledImage]) -> list[LabelledImage]:
    """Return the images without exact twins of those that a model was trained on.

    Raises
    ------
    DatasetError
        If none is left.
    """
    trained = model.description.trained_on
    new = [image for image in images if trained is None or not trained.knows(image.digest, "")]
    if images and not new:
        raise DatasetError(f"model {model.name} was trained on every one of these images: there is nothing to judge")
    return new


def _recipe_of(model: Model) -> Recipe:
    if model.folder is None:
        raise ModelError(f"model {model.name}: save it first; its recipe says how recordings are cut into windows")
    try:
        recipe = read_recipe(model.folder / "recipe.toml")
    except (FileError, RecipeError) as error:
        raise ModelError(f"model {model.name}: how it cuts recordings is not known: {error}") from error
    if isinstance(recipe, ImageRecipe):
        raise ModelError(f"model {model.name}: its recipe is one for images: how it cuts recordings is not known")
    return recipe


def check_place(folder: Path) -> None:
    """Check, before the work, that a report may be written into a folder: a new or empty one, or an earlier report's.

    Raises
    ------
    StorageError
        A model's folder has a ``metrics.json`` of its own, and recordings are no place for a report.
    """

    def is_ours(name: str) -> bool:
        of_a_model = name == "metrics.json" and not (folder / "report.html").exists()
        return bool(_WRITTEN.fullmatch(name)) and not of_a_model

    check_own(folder, is_ours, "the report")


def evaluated_folds(
    folder: Path, output: Path, *, beside: Path = Path(), progress: Callable[[float], None] = lambda share: None
) -> dict[str, Any]:
    """Judge a cross-validation on its own test parts, whose relative paths are looked for beside a folder first.

    Raises
    ------
    DatasetError, ModelError, StorageError
    """
    check_place(output)
    found, description, recipe, pictures = judged_folds(folder, progress, beside=beside)
    sources = ", ".join(dict.fromkeys(data.source for data in recipe.data))
    split = _SPLITS[recipe.split.by]
    if not found.patients_known:
        split = f"split by {'image, twins on one side' if found.images else 'recording'}; {_UNKNOWN}"
    metrics = figures_of(found, description, recipe.task, source=sources, split=split)
    _write(output, metrics, found, pictures)
    return metrics


def check_unseen(model: Model | ImageModel, examples: Sequence[LabelledRecording | LabelledImage]) -> str:
    """Return in words that a model never saw these recordings or images.

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
    known = [example for example in examples if trained.knows(example.patient, _group_of(example))]
    if seen := sorted({_called(example) if within else example.patient for example in known}):
        folds = ", or judge a cross-validation (semeia train --folds)" if within else ""
        raise DatasetError(
            f"model {model.name} was trained on {some(seen)}: figures on what it has seen mean nothing; "
            f"leave out what it knows with --exclude PATIENT{folds}"
        )
    kind = "image" if isinstance(model, ImageModel) else "recording"
    if not all(example.patient_known for example in examples):
        if isinstance(model, ImageModel):
            near = "near twins are not looked for (semeia leaks TRAINING-FOLDER THIS-FOLDER does)"
            return f"no exact twin of these images was in the training; {near}; {_UNKNOWN}"
        return f"no recording of these names was in the training; {_UNKNOWN}"
    if within:
        return f"none of these {kind}s was in the training; whether others of these patients were is not known"
    return "no patient was in the training"


def _group_of(example: LabelledRecording | LabelledImage) -> str:
    """Return what an example belongs to within its patient, as training hashes it."""
    return example.unit if isinstance(example, LabelledImage) else example.group


def _called(example: LabelledRecording | LabelledImage) -> str:
    within = _group_of(example).removeprefix(example.patient).strip()
    return f"{example.patient} ({within})" if within else example.patient


def _write(folder: Path, metrics: dict[str, Any], found: Judged, pictures: Sequence[Picture] = ()) -> None:
    with replacing_folder(folder) as part:
        for key, table in found.predictions.items():
            table.write(part / (f"predictions-{key}.csv" if key else "predictions.csv"))
        text = json.dumps(metrics, indent=1, allow_nan=False)
        (part / "metrics.json").write_text(f"{text}\n", encoding="utf-8")
        write_report(part / "report.html", metrics, pictures, sheets_of(found, metrics) if found.images else [])
