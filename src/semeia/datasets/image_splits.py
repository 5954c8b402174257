"""Splits of image sets: patients and twins on one side, classes in every part alike."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from semeia.datasets.labelled_image import LabelledImage
from semeia.datasets.splits import check_leak
from semeia.errors import DatasetError, RecipeError

__all__ = ["deal_images", "image_unit", "split_images"]

_Stratum = tuple[str, str]  # source and class


def image_unit(image: LabelledImage, by: str = "patient") -> str:
    """Return the name of what an image belongs to and what lies on one side only.

    Parameters
    ----------
    image : LabelledImage
    by : {"patient", "random"}
        Its patient with all twins; or the image by itself, which leaks.

    Raises
    ------
    RecipeError
        If `by` is none of these.
    """
    if by == "random":
        return f"{image.path} #{image.frame}"
    if by != "patient":
        raise RecipeError(f"split.by = {by!r}: images are split by patient, or random")
    return image.unit or image.patient


def split_images(
    images: Sequence[LabelledImage], validation: float | Collection[str], seed: int = 0, by: str = "patient"
) -> tuple[list[LabelledImage], list[LabelledImage]]:
    """Return the images to train on and those to validate on; no unit is on both sides.

    Parameters
    ----------
    images : sequence of LabelledImage
    validation : float or collection of str
        A share of the images of each source and class, as near as units allow; or patients (or units) by name.
    seed : int
        Of the draw; the same images give the same split in whatever order they come.
    by : {"patient", "random"}
        See `image_unit`.

    Raises
    ------
    DatasetError
        If a named patient is absent, or a side would be empty.
    RecipeError
        If `by` is none of these.
    """
    units = _units(images, by)
    if isinstance(validation, int | float):
        if not 0 < validation < 1:
            raise DatasetError(f"validation = {validation:g} is no share: it must be between 0 and 1")
        chosen = _drawn(units, float(validation), seed)
    else:
        chosen = _named(units, validation)
    training, held = _sides(images, chosen, by)
    for name, side in (("training", training), ("validation", held)):
        if not side:
            raise DatasetError(f"no image is left for {name}: there are {len(images)} of {_counted(units, by)}")
    return training, held


def deal_images(
    images: Sequence[LabelledImage], count: int, seed: int = 0, by: str = "patient"
) -> list[tuple[list[LabelledImage], list[LabelledImage]]]:
    """Return the folds of a cross-validation: (rest, test part) for each; every image is tested once.

    Parameters
    ----------
    images, seed, by
        As for `split_images`.
    count : int
        Number of folds, at least 2.

    Raises
    ------
    RecipeError
        If there are fewer units than folds, or `by` is unknown.
    """
    units = _units(images, by)
    if not 2 <= count <= len(units):
        raise RecipeError(f"{count} folds: choose at least 2, and no more than there are: {_counted(units, by)}")
    folds: list[set[str]] = [set() for _ in range(count)]
    whole = [0] * count
    for number, names in enumerate(_by_stratum(units).values()):
        # The largest go first, each to where least of its class is: so folds become as alike as units allow.
        order = [names[k] for k in np.random.default_rng([seed, number]).permutation(len(names))]
        here = [0] * count
        for name in sorted(order, key=lambda name: -len(units[name])):
            fold = min(range(count), key=lambda k: (here[k], whole[k]))
            folds[fold].add(name)
            here[fold] += len(units[name])
            whole[fold] += len(units[name])
    return [_sides(images, fold, by) for fold in folds]


def _units(images: Sequence[LabelledImage], by: str) -> dict[str, list[LabelledImage]]:
    units: dict[str, list[LabelledImage]] = defaultdict(list)
    for image in images:
        units[image_unit(image, by)].append(image)
    return dict(sorted(units.items()))


def _by_stratum(units: Mapping[str, Sequence[LabelledImage]]) -> dict[_Stratum, list[str]]:
    """Return the units of each source and class, in order; one with several goes with the rarest of them."""
    sizes = Counter((image.source, image.label) for members in units.values() for image in members)
    found: dict[_Stratum, list[str]] = defaultdict(list)
    for name, members in units.items():
        own = {(image.source, image.label) for image in members}
        found[min(own, key=lambda stratum: (sizes[stratum], stratum))].append(name)
    return dict(sorted(found.items()))


def _drawn(units: Mapping[str, Sequence[LabelledImage]], share: float, seed: int) -> set[str]:
    """Return units with that share of the images of each class; one at least of every two units."""
    chosen: set[str] = set()
    for number, names in enumerate(_by_stratum(units).values()):
        wanted = share * sum(len(units[name]) for name in names)
        order = [names[k] for k in np.random.default_rng([seed, number]).permutation(len(names))]
        have, mine = 0, []
        for name in order:
            size = len(units[name])
            if abs(have + size - wanted) < abs(have - wanted):
                mine.append(name)
                have += size
        if len(names) > 1:
            smallest = min(order, key=lambda name: len(units[name]))
            mine = mine or [smallest]
            mine = mine if len(mine) < len(names) else [name for name in mine if name != smallest]
            chosen.update(mine)
    return chosen


def _named(units: Mapping[str, Sequence[LabelledImage]], names: Collection[str]) -> set[str]:
    """Return the units that have these names, or one of whose patients has."""
    of: dict[str, set[str]] = defaultdict(set)
    for unit, members in units.items():
        of[unit].add(unit)
        for image in members:
            of[image.patient].add(unit)
    for name in names:
        if name not in of:
            some = ", ".join(list(units)[:8]) + (" ..." if len(units) > 8 else "")
            raise DatasetError(f"validation patient {name!r} is not there; there are {some}")
    return {unit for name in names for unit in of[name]}


def _sides(
    images: Iterable[LabelledImage], held: Collection[str], by: str
) -> tuple[list[LabelledImage], list[LabelledImage]]:
    sides: tuple[list[LabelledImage], list[LabelledImage]] = [], []
    for image in images:
        sides[image_unit(image, by) in held].append(image)
    rest, test = ({image_unit(image, by) for image in side} for side in sides)
    check_leak(training=rest, test=test)
    return sides


def _counted(units: Collection[str], by: str) -> str:
    return f"{len(units)} {'images' if by == 'random' else 'patients (twins joined)'}"
