"""Trainings of one recipe with several seeds become one model, which asks all of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from semeia.errors import ModelError, RecipeError
from semeia.model import ImageDescription, ImageModel, TrainedOn, load_image_model
from semeia.networks.ensemble import Ensemble
from semeia.recipe import ImageRecipe, recipe_of
from semeia.training.card import card
from semeia.training.folds import PLAN, Folds
from semeia.training.image_material import images_material
from semeia.training.material import Hooks, Material
from semeia.training.train import anonymous, key_of

__all__ = ["ensemble"]


def ensemble(folder: str | Path, output: str | Path, *, beside: Path = Path()) -> ImageModel:
    """Write the model that averages the probabilities of all seeds of one training.

    They share their validation part; the threshold is chosen on it anew.

    Parameters
    ----------
    folder : str or Path
        What ``semeia train --seeds`` wrote.
    output : str or Path
        Folder of the new model.
    beside : Path
        Where relative paths of the recipe are looked for first.

    Raises
    ------
    ModelError
        If it is no such folder, or a model is missing.
    RecipeError
        If it is one of folds, or its models judge recordings.
    DatasetError
        If the data are not here, or have changed.
    """
    folder, output = Path(folder), Path(output)
    if output.exists():
        raise ModelError(f"{output}: is there already; choose another folder or remove it")
    recipe, seeds, fingerprint = _planned(folder)
    places = [Folds(recipe, folder).place(None, recipe.seed + number) for number in range(seeds)]
    models = [load_image_model(place) for place in places]
    hooks = Hooks(beside, output, lambda event: None, lambda: False)
    material = images_material(recipe, hooks, None, recipe.seed)
    if material.fingerprint != fingerprint:
        raise ModelError(f"{folder.name}: its data are not those that it was trained on: put them back, or train anew")
    module = Ensemble([model.module for model in models])
    threshold, measures = material.point(module)
    described = cast(ImageDescription, material.described(threshold))
    seen = TrainedOn.of(recipe.split.by, key_of(material.fingerprint), material.units)
    about = described.model_copy(update={"members": len(models), "trained_on": seen})
    metrics = _metrics(places, material, {"threshold": threshold} | measures)
    model = ImageModel(about, module, output)
    model.save(output, recipe=anonymous(recipe), metrics=metrics, card=card(about, metrics))
    return model


def _planned(folder: Path) -> tuple[ImageRecipe, int, str]:
    """Return the recipe of a folder of several seeds, how many there are, and the fingerprint of their data."""
    try:
        plan = json.loads((folder / PLAN).read_bytes())
        recipe, folds, fingerprint = recipe_of(plan["recipe"]), plan["folds"], str(plan["fingerprints"][0])
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise ModelError(f"{folder}: is no folder of several seeds, as semeia train --seeds 3 writes it") from error
    if not isinstance(recipe, ImageRecipe):
        raise RecipeError(f"{folder.name}: its models judge recordings; those of images are asked together")
    if folds:
        raise RecipeError(f"{folder.name}: models of folds were trained on what the others are tested on: use seeds")
    seeds = len(list(folder.glob("seed*/model.json")))
    if seeds < 2:
        raise ModelError(f"{folder.name}: holds {seeds} whole models; two and more are asked together")
    return recipe, seeds, fingerprint


def _metrics(places: list[Path], material: Material, measures: dict[str, Any]) -> dict[str, Any]:
    """Return the first member's record of its training, with what all score together."""
    first: dict[str, Any] = json.loads((places[0] / "metrics.json").read_bytes())
    return first | {"validation": material.counts["validation"] | measures}
