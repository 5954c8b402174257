"""Which images a recipe trains on, validates on and tests on: gathered from its sources and split, twins together."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from semeia.datasets import ImageSet, LabelledImage, gather_images, pooled
from semeia.datasets.image_splits import deal_images, split_images
from semeia.errors import DatasetError, RecipeError
from semeia.recipe import ImageRecipe, nearest
from semeia.training.parts import Fold, note_absent
from semeia.transforms.cache import content_hash
from semeia.transforms.prepared import Place

__all__ = ["ImageParts", "counted_images", "fingerprint_of_images", "gathered_images"]

Report = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class ImageParts:
    """Images by what they are for.

    Parameters
    ----------
    everything : list of LabelledImage
        All that the recipe asks for, in the order of its sources, whatever the split.
    training, validation, test : list of LabelledImage
    """

    everything: list[LabelledImage]
    training: list[LabelledImage]
    validation: list[LabelledImage]
    test: list[LabelledImage]

    @property
    def places(self) -> list[Place]:
        """Where everything is, as `semeia.transforms.prepared` takes it."""
        return [(image.path, image.frame, image.plane) for image in self.everything]


def gathered_images(
    recipe: ImageRecipe,
    beside: Path,
    *,
    report: Report,
    gathered: Callable[[str, int, int], None],
    fold: Fold | None = None,
    split_seed: int | None = None,
) -> ImageParts:
    """Gather all sources, split them, and say what there is; parameters as of `semeia.training.parts.gathered_parts`.

    Raises
    ------
    RecipeError, DatasetError
    """
    everything = _gathered(recipe, beside, report, gathered)
    settings, seed = recipe.split, recipe.seed if split_seed is None else split_seed
    rest = everything
    test: list[LabelledImage] = []
    if fold is not None:
        if settings.by == "random":
            raise RecipeError("split.by = 'random' leaks, and folds of it would say nothing: split by patient")
        rest, test = deal_images(everything, fold.of, seed, by=settings.by)[fold.number]
    training, validation = split_images(rest, settings.validation, seed, by=settings.by)
    _check_classes(recipe, {"training": training, "validation": validation})
    parts = ImageParts(everything, training, validation, test)
    sides = {"training": training, "validation": validation, "test": test}
    counts = {name: counted_images(side, recipe.task.classes) for name, side in sides.items() if side}
    report({"event": "split", **counts})
    return parts


def _gathered(
    recipe: ImageRecipe, beside: Path, report: Report, gathered: Callable[[str, int, int], None]
) -> list[LabelledImage]:
    sets: list[ImageSet] = []
    for data in recipe.data:
        for key in {"beside", "progress"} & data.parameters.keys():  # what `gather_images` calls its own
            raise RecipeError(f"data source {data.source!r} has no parameter {key!r}")
        found = gather_images(
            data.source,
            beside=beside,
            optional=data.optional,
            weight=data.weight,
            progress=partial(gathered, data.source),
            **data.parameters,
        )
        report({"event": "data", "source": data.source, "images": len(found.images)})
        sets.append(found)
    whole = pooled(sets, partial(gathered, "twins"))
    report({"event": "note", "text": f"{whole.summary()}: twins stay on one side of the split"})
    if left := whole.left_out:
        more = f"; and {len(left) - 3} more" if len(left) > 3 else ""
        report({"event": "note", "text": f"left out: {'; '.join(left[:3])}{more}"})
    known = {image.label for image in whole.images}
    for name in recipe.task.classes:
        if name not in known:
            raise DatasetError(f"task.classes: no image is called {name!r}: {nearest(name, known)}")
    if unasked := known - set(recipe.task.classes):
        report({"event": "note", "text": f"left out, for the task does not ask for them: {', '.join(sorted(unasked))}"})
    note_absent(recipe.split.exclude, {image.patient for image in whole.images}, report)
    excluded = {image.unit for image in whole.images if image.patient in recipe.split.exclude}
    return [image for image in whole.images if image.label in recipe.task.classes and image.unit not in excluded]


def _check_classes(recipe: ImageRecipe, parts: dict[str, Sequence[LabelledImage]]) -> None:
    for part, side in parts.items():
        there = {image.label for image in side}
        for name in recipe.task.classes:
            if name not in there:
                raise DatasetError(f"the {part} part has no image of {name!r}: there are too few, or split otherwise")


def counted_images(images: Sequence[LabelledImage], classes: Sequence[str]) -> dict[str, Any]:
    """Return how much there is: patients, if they are known, images, and images of each class."""
    found = Counter(image.label for image in images)
    patients = {"patients": len({image.patient for image in images})} if all(i.patient_known for i in images) else {}
    return {**patients, "images": len(images), **{f"{name} images": found[name] for name in classes}}


def fingerprint_of_images(recipe: ImageRecipe, parts: ImageParts) -> str:
    """Return a hash of the recipe and of each image's file, label and side."""
    table = [
        [(image.key, content_hash(image.path), image.unit, image.label) for image in side]
        for side in (parts.training, parts.validation, parts.test)
    ]
    said = json.dumps([recipe.model_dump(mode="json", exclude={"search"}), table], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()
