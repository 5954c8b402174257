"""Trainings on images, two side by side, and what they are worth: what the sections on system C have in common.

Trained models, and what each says of its images, are kept as `studies.place_of` says: a second call goes on.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from semeia import cluster
from semeia.datasets import LabelledImage, gather_images
from semeia.evaluation import Interval, Predictions, bootstrap
from semeia.evaluation.ranking import areas, cumulative, rank_part
from semeia.home import make_folder, replacing, replacing_folder
from semeia.model import load_image_model
from semeia.recipe import ImageRecipe, read_recipe
from semeia.report.image_judge import judged_images
from semeia.training.folds import standing, train_recorded
from semeia.training.image_material import predictions_of
from semeia.training.image_parts import gathered_images
from semeia.training.parts import Fold
from semeia.training.shipped import recipe_path
from studies import place_of, text_of

SPLIT_SEED = 1
"""Of every split: seeds differ in first weights and in what is drawn."""
THUMBNAIL = 64
Part = Literal["training", "validation", "test"]
Draws = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Training:
    """One training, and what it is judged on.

    Parameters
    ----------
    recipe : ImageRecipe
        With the seed of this training.
    fold : Fold, optional
        Its test part is judged.
    held : Path, optional
        Without a fold, the image table (`table_of`) that is judged.
    parts : tuple of str
        Which parts are judged.
    """

    recipe: ImageRecipe
    fold: Fold | None = None
    held: Path | None = None
    parts: tuple[Part, ...] = ("test",)

    def place(self, workspace: Path) -> Path:
        """Return where the model is kept."""
        where = "" if self.held is None else f"-{self.held.stem}"
        part = "one" if self.fold is None else f"fold{self.fold.number + 1}of{self.fold.of}"
        return place_of(self.recipe, workspace, f"{part}{where}-seed{self.recipe.seed}")


class Said(NamedTuple):
    """What a model said of each part that was judged, its threshold, and how long its training took."""

    parts: dict[Part, Predictions]
    threshold: float
    seconds: float

    @property
    def at_half(self) -> Predictions:
        """What it said of the test part, with its own threshold at one half where there are two classes."""
        table = self.parts["test"]
        if len(table.classes) > 2:
            return table
        positive, at = (np.clip(value, 1e-6, 1 - 1e-6) for value in (table.score, self.threshold))
        odds = positive / (1 - positive) * (1 - at) / at
        half = odds / (1 + odds)
        return replace(table, probability=np.stack([1 - half, half], axis=1).astype(np.float32))


def image_recipe(name: str, *settings: str) -> ImageRecipe:
    """Return a shipped recipe for images, changed."""
    given = read_recipe(recipe_path(name), settings)
    assert isinstance(given, ImageRecipe)
    return given


def table_of(images: Sequence[LabelledImage], workspace: Path) -> Path:
    """Write images, each with its unit as patient, as a table for the source ``image-table``, unless it is there."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["path", "label", "patient"])
    writer.writerows(sorted((str(image.path), image.label, image.unit) for image in images))
    name = hashlib.sha256(text.getvalue().encode()).hexdigest()[:12]
    path = Path(os.environ.get("SEMEIA_BENCH_MODELS") or workspace / "studies") / "tables" / f"{name}.csv"
    if not path.is_file():
        make_folder(path.parent)
        with replacing(path) as part:
            part.write_text(text.getvalue(), encoding="utf-8")
    return path


def on(recipe: ImageRecipe, table: Path) -> ImageRecipe:
    """Return a recipe that is trained on the images of a table."""
    data = [{"source": "image-table", "path": str(table)}]
    return ImageRecipe.model_validate(recipe.model_dump() | {"data": data})


def images_of(recipe: ImageRecipe) -> list[LabelledImage]:
    """Return all images of a recipe, with their units."""
    return gathered_images(recipe, Path(), report=_silent, gathered=lambda *reached: None).everything


def few(images: Sequence[LabelledImage], count: int | None) -> list[LabelledImage]:
    """Return so many images of each class, from all of it, to try things out; all where no number is given."""
    if count is None:
        return list(images)
    own: dict[str, list[LabelledImage]] = {}
    for image in images:
        own.setdefault(image.label, []).append(image)
    return [some[k] for some in own.values() for k in np.linspace(0, len(some) - 1, count).astype(int)]


def train_all(trainings: Sequence[Training], workspace: Path) -> list[Said]:
    """Train what is not there yet, two side by side with a thread each, and return what the models say."""
    places = [training.place(workspace) for training in trainings]
    done: list[int] = []

    def told(number: int, _: None) -> None:
        done.append(number)
        print(f"  {places[number].name}: {len(done)} of {len(places)}", file=sys.stderr, flush=True)

    names, jobs = [place.name for place in places], list(zip(trainings, places, strict=True))
    cluster.run_all(_trained_and_judged, jobs, names=names, workers=2, on_done=told)
    return [_read(training, place) for training, place in zip(trainings, places, strict=True)]


def _trained_and_judged(training: Training, place: Path) -> None:
    """Train a model, or go on with it, and write what it says, in a process of its own."""
    said, stands = _said_beside(place), standing(place)
    clock = place.with_name(f"{place.name}.seconds")
    if stands == "absent":
        clock.unlink(missing_ok=True)
        make_folder(place.parent)
    if stands != "whole":
        train_recorded(
            training.recipe,
            place,
            resume=stands == "begun",
            report=_timed(clock),
            stop_asked=cluster.stop_asked,
            fold=training.fold,
            split_seed=SPLIT_SEED,
        )
    if said.is_dir():
        return
    model = load_image_model(place)
    with replacing_folder(said) as beside:
        for part, images in _parts(training).items():
            judged_images(model, images).predictions[""].write(beside / f"{part}.csv")


def _timed(clock: Path) -> Callable[[dict[str, Any]], None]:
    """Return a report that writes down how long each epoch keeps this process, which has one thread, busy."""
    began = time.process_time()

    def report(event: dict[str, Any]) -> None:
        nonlocal began
        if event["event"] == "epoch":
            with clock.open("a", encoding="utf-8") as file:
                file.write(f"{time.process_time() - began:.3f}\n")
        if event["event"] in {"begin", "resumed", "epoch"}:
            began = time.process_time()

    return report


def _parts(training: Training) -> dict[Part, list[LabelledImage]]:
    recipe, wanted = training.recipe, training.parts
    split = gathered_images(
        recipe,
        Path(),
        report=_silent,
        gathered=lambda *reached: None,
        fold=training.fold,
        split_seed=SPLIT_SEED,
    )
    test = split.test if training.held is None else list(gather_images("image-table", path=training.held).images)
    sides: dict[Part, list[LabelledImage]] = {"training": split.training, "validation": split.validation, "test": test}
    return {part: images for part, images in sides.items() if part in wanted}


def _read(training: Training, place: Path) -> Said:
    said = _said_beside(place)
    tables = {part: Predictions.read(said / f"{part}.csv", window=1.0, step=1.0) for part in training.parts}
    spent = place.with_name(f"{place.name}.seconds").read_text(encoding="utf-8").split()
    metrics = json.loads((place / "metrics.json").read_bytes())
    return Said(tables, float(metrics["validation"]["threshold"]), sum(map(float, spent)))


def _said_beside(place: Path) -> Path:
    return place.with_name(f"{place.name}.said")


def _silent(event: dict[str, Any]) -> None:
    del event


@dataclass(frozen=True)
class Worth:
    """What several models are worth on the same images, on average.

    Parameters
    ----------
    values : mapping of str to float
        ``accuracy``, ``balanced accuracy``, ``AUC`` (of more than two classes, the mean of each against the rest), and
        with ``recall of`` or ``AUC of`` before it, of each class.
    draws : mapping of str to ndarray (draws,)
        The same of units drawn with replacement, averaged over the models.
    each : list of dict
        The values of each model.
    images : int
    over : str
        What the units are, in words.
    """

    values: dict[str, float]
    draws: Draws
    each: list[dict[str, float]]
    images: int
    over: str

    def __getitem__(self, name: str) -> str:
        """Return a figure with its 95 % interval, as text."""
        return text_of(bootstrap.measure(bootstrap.interval_of(self.values[name], self.draws[name])))

    def spread(self, name: str) -> str:
        """Return mean and standard deviation over the models, as text."""
        values = [one[name] for one in self.each]
        return _short(float(np.mean(values))) + (f" ± {_short(float(np.std(values, ddof=1)))}" if values[1:] else "")

    def above(self, other: Worth, name: str) -> Interval:
        """Return by how much it is above another, paired where both were drawn with the same seed from one set."""
        difference = self.values[name] - other.values[name]
        return bootstrap.interval_of(difference, self.draws[name] - other.draws[name])


def worth(tables: Sequence[Predictions], seed: int = 0) -> Worth:
    """Return what models, a table each, are worth on average; the most probable class counts.

    Another seed draws other units: for differences of what was not judged on the same images.
    """
    units = bootstrap.units_of(tables[0].patient, tables[0].group)
    found = [_figures(table, units, seed) for table in tables]
    each, draws = [values for values, _ in found], [drawn for _, drawn in found]
    mean = {name: float(np.mean([values[name] for values in each])) for name in each[0]}
    drawn = {name: np.mean([one[name] for one in draws], axis=0) for name in draws[0]}
    return Worth(mean, drawn, each, len(tables[0]), units.over)


def _figures(said: Predictions, units: bootstrap.Units, seed: int) -> tuple[dict[str, float], Draws]:
    classes = len(said.classes)
    cell = said.label.astype(np.int64) * classes + said.probability.argmax(axis=1)
    ranks = {
        name: rank_part(said.label == number, said.probability[:, number])
        for number, name in enumerate(said.classes)
        if classes > 2 or number
    }
    parts = [bootstrap.Part(cell, 1.0, classes**2), *ranks.values()]
    ends = np.cumsum([part.width for part in parts])[:-1]

    def figures(sums: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        counts, *each = np.split(sums, ends, axis=1)
        confusion = counts.reshape(-1, classes, classes)
        with np.errstate(invalid="ignore"):
            recall = np.diagonal(confusion, axis1=1, axis2=2) / confusion.sum(axis=2)
        area = {name: areas(*cumulative(part)) for name, part in zip(ranks, each, strict=True)}
        return {
            "accuracy": np.trace(confusion, axis1=1, axis2=2) / counts.sum(axis=1),
            "balanced accuracy": recall.mean(axis=1),
            "AUC": np.mean(list(area.values()), axis=0),
            **{f"recall of {name}": recall[:, number] for number, name in enumerate(said.classes)},
            **{f"AUC of {name}": found for name, found in area.items()},
        }

    sums = bootstrap.table(units, parts)
    values = figures(np.asarray(sums.sum(axis=0), np.float64)[None])
    return {name: float(value[0]) for name, value in values.items()}, bootstrap.draws_of(figures, sums, seed=seed)


def nearest(rest: Sequence[LabelledImage], test: Sequence[LabelledImage], classes: Sequence[str]) -> Predictions:
    """Return what the nearest image by the correlation of thumbnails says, which has learnt nothing."""
    known = np.array([classes.index(image.label) for image in rest])
    found = known[(_thumbnails(test) @ _thumbnails(rest).T).argmax(axis=1)]
    return predictions_of(test, classes, np.eye(len(classes), dtype=np.float32)[found])


def _thumbnails(images: Sequence[LabelledImage]) -> NDArray[np.float32]:
    """Return images in grey, (images, pixels), each with mean 0 and length 1."""
    rows = []
    for image in images:
        with PIL.Image.open(image.path) as picture:
            rows.append(np.asarray(picture.convert("L").resize((THUMBNAIL, THUMBNAIL)), np.float32).ravel())
    found = np.stack(rows)
    found -= found.mean(axis=1, keepdims=True)
    lengths: NDArray[np.float32] = np.linalg.norm(found, axis=1, keepdims=True)
    return found / np.maximum(lengths, 1e-6)


def difference(interval: Interval) -> str:
    """Return a difference with its interval, as text."""
    return text_of(bootstrap.measure(interval), sign=True)


def told_apart(interval: Interval) -> bool:
    """Whether the interval of a difference does not hold 0."""
    return interval.low > 0 or interval.high < 0


def minutes(said: Sequence[Said]) -> str:
    """Return how long a training took on one core, on average."""
    return f"{np.mean([one.seconds for one in said]) / 60:.1f} min"


def _short(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")
