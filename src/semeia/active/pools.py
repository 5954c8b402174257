"""A recipe's examples as a pool of embeddings, by models that never saw their patients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeia.active.embeddings import embedded
from semeia.active.simulation import Pool
from semeia.datasets import LabelledImage, LabelledRecording, class_names
from semeia.datasets.image_splits import image_unit, split_images
from semeia.datasets.splits import split, unit_of
from semeia.errors import DatasetError, ModelError, RecipeError
from semeia.model import ImageModel, Model, load_any
from semeia.recipe import AnyRecipe, ImageRecipe, Recipe
from semeia.report.evaluate import check_unseen, without_twins
from semeia.training.batches import can_apply
from semeia.training.image_parts import gathered_images
from semeia.training.parts import gathered_parts
from semeia.training.windows import Windows, prepare
from semeia.transforms.prepared import prepared_images

__all__ = ["pool_of"]

Report = Callable[[dict[str, Any]], None]
Held = Callable[[int], NDArray[np.bool_]]
_AT_ONCE = 64


def pool_of(recipe: AnyRecipe, models: Sequence[str], *, seeds: int, beside: Path, report: Report) -> Pool:
    """Return a recipe's examples as the networks of models see them, and who is held out for each seed.

    The networks are those that the models were trained with, on other patients or for something else; they stay as
    they are. Of the recipe its data, task, examples and split are used; how examples are prepared, and for recordings
    the window and the montage, are the model's.

    Parameters
    ----------
    recipe : Recipe or ImageRecipe
        ``split.validation`` is held out, drawn anew for each seed where it is a share.
    models : sequence of str
        Names or folders; those after the first are further members of a committee.
    seeds : int
    beside : Path
        Where relative paths are looked for first.
    report : callable
        Called with the events ``gather``, ``data``, ``note``, ``split``, ``prepare``.

    Raises
    ------
    ModelError
        If a model is none for such examples, or gives no embeddings.
    DatasetError
        If a model knows a patient of the recipe.
    RecipeError
        If the recipe's task or split is none for this.
    """
    if recipe.split.by == "random":
        raise RecipeError("split.by = 'random' leaks: what is held out must be other patients")
    if recipe.task.kind == "patterns":
        raise RecipeError("task.kind = 'patterns': an answer is about a whole example here, and not about each channel")
    loaded = [load_any(name) for name in models]
    kind = ImageModel if isinstance(recipe, ImageRecipe) else Model
    for model in loaded:
        if not isinstance(model, kind):
            is_for, task = ("recordings", "images") if kind is ImageModel else ("images", "recordings")
            raise ModelError(f"model {model.name} is for {is_for}, and the recipe is on {task}")
    if isinstance(recipe, ImageRecipe):
        return _of_images(recipe, [m for m in loaded if isinstance(m, ImageModel)], seeds, beside, report)
    return _of_recordings(recipe, [m for m in loaded if isinstance(m, Model)], seeds, beside, report)


def _of_images(recipe: ImageRecipe, models: Sequence[ImageModel], seeds: int, beside: Path, report: Report) -> Pool:
    images: Sequence[LabelledImage] = gathered_images(
        recipe, beside, report=report, gathered=_telling(report)
    ).everything
    for model in models:
        _check_new(model, images, report)
        images = without_twins(model, images)
    units = np.array([image_unit(image) for image in images])

    def held(seed: int) -> NDArray[np.bool_]:
        side = split_images(images, recipe.split.validation, seed)[1]
        return np.isin(units, sorted({image_unit(image) for image in side}))

    def seen(model: ImageModel) -> Iterator[NDArray[np.float32]]:
        places = [(image.path, image.frame, image.plane) for image in images]
        rows = prepared_images(places, model.transform, _preparing(report))
        for first in range(0, len(images), _AT_ONCE):
            yield model.transform.apply(rows.read_slice(first, min(first + _AT_ONCE, len(images))))

    label = np.array([recipe.task.classes.index(image.label) for image in images], np.int64)
    embeddings = tuple(embedded(model.module, seen(model)) for model in models)
    return Pool(embeddings, label, tuple(recipe.task.classes), _each(held, recipe, seeds))


def _of_recordings(recipe: Recipe, models: Sequence[Model], seeds: int, beside: Path, report: Report) -> Pool:
    pieces = gathered_parts(recipe, beside, report=report, gathered=_telling(report)).all
    by = recipe.split.by
    found: list[tuple[Windows, NDArray[np.float32]]] = []
    for model in models:
        _check_new(model, pieces, report)
        found.append(_windows(recipe, model, pieces, report))
    first = found[0][0]
    starts = [(windows.examples.recording.tolist(), windows.examples.start.tolist()) for windows, _ in found]
    if any(one != starts[0] for one in starts):
        raise ModelError("these models cut recordings into other windows: a committee must see the same ones")
    units = np.array([unit_of(piece, by) for piece in pieces])[first.examples.recording]

    def held(seed: int) -> NDArray[np.bool_]:
        side = split(pieces, recipe.split.validation, seed, by=by, task=recipe.task)[1]
        return np.isin(units, sorted({unit_of(piece, by) for piece in side}))

    label = first.examples.label.astype(np.int64)
    embeddings = tuple(vectors for _, vectors in found)
    return Pool(embeddings, label, tuple(class_names(recipe.task)), _each(held, recipe, seeds))


def _windows(
    recipe: Recipe, model: Model, pieces: Sequence[LabelledRecording], report: Report
) -> tuple[Windows, NDArray[np.float32]]:
    """Return the windows that a model is given, and its embeddings of them."""
    needs, transform = model.description.input, model.transform
    settings = recipe.examples.model_copy(
        update={
            "window": needs.window / transform.rate,
            "montage": needs.montage,
            "dropouts": needs.dropouts or recipe.examples.dropouts,
        }
    )
    told, applied = _preparing(report), can_apply(transform)
    windows = prepare(
        pieces, settings, transform, lambda done: told(done, len(pieces)), task=recipe.task, applied=applied
    )
    if needs.montage == "recorded" and not needs.any_channels and windows.channels != needs.channels:
        raise ModelError(f"model {model.name} takes {needs.channels} channels; these recordings have others")
    batches = windows.batches()
    vectors = embedded(model.module, batches if applied else (transform.apply(batch) for batch in batches))
    return windows, vectors


def _each(held: Held, recipe: AnyRecipe, seeds: int) -> NDArray[np.bool_]:
    """Return who is held out for each seed (seeds, examples), from the recipe's seed on."""
    if not isinstance(recipe.split.validation, float):
        return np.tile(held(recipe.seed), (seeds, 1))
    return np.stack([held(recipe.seed + number) for number in range(seeds)])


def _check_new(
    model: Model | ImageModel, examples: Sequence[LabelledRecording | LabelledImage], report: Report
) -> None:
    try:
        report({"event": "note", "text": f"{model.name}: {check_unseen(model, examples)}"})
    except DatasetError as error:
        known = str(error).partition(": ")[0]
        raise DatasetError(f"{known}: it has seen their labels; leave them out with split.exclude") from error


def _telling(report: Report) -> Callable[[str, int, int], None]:
    return lambda source, done, total: report({"event": "gather", "source": source, "done": done, "total": total})


def _preparing(report: Report) -> Callable[[int, int], None]:
    return lambda done, total: report({"event": "prepare", "done": done, "total": total})
