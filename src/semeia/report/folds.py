"""A cross-validation judged: each model on the part that it never saw, all parts pooled into one table."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from semeia.errors import DatasetError, ModelError
from semeia.evaluation import Predictions
from semeia.explanation import Picture
from semeia.inference import Track
from semeia.model import AnyDescription, ImageModel, Model, load_any
from semeia.recipe import AnyRecipe, ImageRecipe, Recipe, recipe_of
from semeia.report.image_judge import judged_images
from semeia.report.judge import Judged, Stretch, judged
from semeia.report.pictures import pictures_of, pictures_of_images
from semeia.training.folds import PLAN, Folds
from semeia.training.image_parts import fingerprint_of_images, gathered_images
from semeia.training.parts import Fold, fingerprint, gathered_parts

__all__ = ["JudgedFolds", "is_cross_validation", "judged_folds"]


class JudgedFolds(NamedTuple):
    """A cross-validation judged: all its test parts as one, and what the first fold's model says its examples show."""

    judged: Judged
    description: AnyDescription
    recipe: AnyRecipe
    pictures: list[Picture]


def is_cross_validation(folder: Path) -> bool:
    """Whether a folder is what ``semeia train --folds`` writes."""
    return (folder / PLAN).is_file()


def judged_folds(folder: Path, progress: Callable[[float], None], *, beside: Path = Path()) -> JudgedFolds:
    """Return what the models of a cross-validation say of their own test parts, those of its first seed.

    Each model has a threshold of its own, chosen on its own validation part. So that all can be pooled, probabilities
    are shifted on the scale of logits until that threshold is 0.5; the order within a model stays.

    Parameters
    ----------
    folder : Path
    progress : callable
        Called with the share done, 0..1.
    beside : Path
        Where relative paths of the recipe are looked for first.

    Raises
    ------
    ModelError
        If it is not whole, or has no folds.
    DatasetError
        If its data are not here, or are not what it was trained on.
    """
    try:
        plan = json.loads((folder / PLAN).read_bytes())
        recipe, count, prints = recipe_of(plan["recipe"]), plan["folds"], plan["fingerprints"]
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{folder.name}/{PLAN}: is damaged ({error.__class__.__name__}); train anew") from error
    if not count:
        raise ModelError(f"{folder.name}: has seeds but no folds: name one of its models, and data to judge it on")
    parts: list[Judged] = []
    pictures: list[Picture] = []
    for fold, _ in Folds(recipe, folder, count).jobs:
        place = Folds(recipe, folder, count).place(fold, recipe.seed)
        if not (place / "model.json").is_file():
            raise ModelError(f"{folder.name}: {place.name} is not there yet: go on with semeia train --resume")
        model = load_any(place)

        def reached(share: float, done: int = len(parts)) -> None:
            progress((done + share) / count)

        # Pictures are one model's, on what it never saw: averaged over models, a picture is of none of them.
        asked = _Asked(folder.name, beside, fold, prints[len(parts)], explain=not parts)
        part, shown = _judged_part(model, recipe, asked, reached)
        pictures += shown
        parts.append(_at_half(part, model.description))
    whole = _pooled(parts, count)
    if pictures:
        whole.notes.append("the pictures of why are of the first fold's model, on its own test part")
    return JudgedFolds(whole, _halved(model.description), recipe, pictures)


class _Asked(NamedTuple):
    """Which part of a cross-validation is judged, its fingerprint, and whether pictures of why are wanted."""

    folder: str
    beside: Path
    fold: Fold | None
    fingerprint: str
    explain: bool


def _judged_part(
    model: Model | ImageModel, recipe: AnyRecipe, asked: _Asked, progress: Callable[[float], None]
) -> tuple[Judged, list[Picture]]:
    """Return what a model says of its own test part, and pictures of why if they are wanted.

    Raises
    ------
    DatasetError
        If the data are not what it was trained on.
    """
    how: dict[str, Any] = {"report": _silent, "gathered": _unheard, "fold": asked.fold}
    changed = DatasetError(f"{asked.folder}: its data changed since it was trained: who was left out is not sure")
    if isinstance(recipe, ImageRecipe) and isinstance(model, ImageModel):
        images = gathered_images(recipe, asked.beside, **how)
        if fingerprint_of_images(recipe, images) != asked.fingerprint:
            raise changed
        found = judged_images(model, images.test, progress=progress)
        return found, pictures_of_images(model, found) if asked.explain else []
    assert isinstance(recipe, Recipe)
    assert isinstance(model, Model)
    own = gathered_parts(recipe, asked.beside, **how)
    if fingerprint(recipe, own) != asked.fingerprint:
        raise changed
    found = judged(model, own.test, recipe, progress=progress)
    return found, pictures_of(model, found, own.test) if asked.explain else []


def _silent(event: dict[str, object]) -> None:
    del event


def _unheard(source: str, done: int, total: int) -> None:
    del source, done, total


def _at_half(part: Judged, description: AnyDescription) -> Judged:
    """Return probabilities shifted so that the model's threshold is 0.5; of more than two classes they stay."""
    if len(next(iter(part.predictions.values())).classes) > 2:
        return part
    threshold = min(max(description.operating_point.threshold, 1e-6), 1 - 1e-6)

    def shifted(probability: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        p = np.clip(probability.astype(np.float64), 1e-9, 1 - 1e-9)
        odds = p / (1 - p) * (1 - threshold) / threshold
        return np.asarray(odds / (1 + odds), np.float32)

    tables = {}
    for key, table in part.predictions.items():
        positive = shifted(table.probability[:, 1])
        tables[key] = replace(table, probability=np.stack([1 - positive, positive], axis=1))
    stretches = [s._replace(track=_with(s.track, shifted(s.track.probability))) for s in part.stretches]
    vigils = [v._replace(probability=shifted(v.probability).astype(np.float64)) for v in part.vigils]
    return replace(part, predictions=tables, stretches=stretches, vigils=vigils)


def _with(track: Track, probability: NDArray[np.float32]) -> Track:
    return replace(track, probability=probability)


def _halved(description: AnyDescription) -> AnyDescription:
    point = description.operating_point.model_copy(update={"threshold": 0.5})
    return description.model_copy(update={"operating_point": point})


def _pooled(parts: list[Judged], count: int) -> Judged:
    tables = {key: Predictions.joined([part.predictions[key] for part in parts]) for key in parts[0].predictions}
    stretches: list[Stretch] = [stretch for part in parts for stretch in part.stretches]
    notes = [f"{count} models of a cross-validation, each judged on the part that it never saw"]
    notes += dict.fromkeys(note for part in parts for note in part.notes)
    files = {rule: Predictions.joined([part.files[rule] for part in parts]) for rule in parts[0].files}
    vigils = [vigil for part in parts for vigil in part.vigils]
    hours = None if any(part.hours is None for part in parts) else sum(part.hours or 0.0 for part in parts)
    known, images = all(part.patients_known for part in parts), [image for part in parts for image in part.images]
    return Judged(tables, stretches, files, vigils, hours, notes, known, images)
