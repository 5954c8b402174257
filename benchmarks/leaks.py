"""Twins planted among real images: how many are found, what is found beside them, and how long it takes."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image

from figures import share, table
from real_data import real
from semeia.datasets.leaks import Leaks, SortedImage, crossing, find_leaks, sorted_images
from semeia.evaluation import binomial_interval

SETS = {"brain MRI": "brain_mri/Training", "chest X-rays": "chest_xray/train"}
PLANTED = 600
SEED = 6
MOST_CUT = 0.05
"""Share of a side that is cut off at most, at each of the four edges."""
Random = np.random.Generator
Picture = PIL.Image.Image


def resized(picture: Picture, random: Random) -> Picture:
    """Both sides by one factor, 0.4 to 1.6."""
    factor = random.uniform(0.4, 1.6)
    size = round(picture.width * factor), round(picture.height * factor)
    return picture.resize(size, PIL.Image.Resampling.BICUBIC)


def cut(picture: Picture, random: Random) -> Picture:
    """Up to 5 % of each edge cut off, each by itself."""
    left, top, right, bottom = random.uniform(0, MOST_CUT, 4)
    width, height = picture.size
    return picture.crop(
        (round(left * width), round(top * height), round((1 - right) * width), round((1 - bottom) * height))
    )


CHANGES: dict[str, tuple[Callable[[Picture, Random], Picture], bool]] = {
    "re-encoded as JPEG, quality 30 to 90": (lambda picture, random: picture, True),
    "resized, 0.4 to 1.6": (resized, False),
    "grey for RGB, re-encoded": (lambda picture, random: picture.convert("L"), True),
    "cut by up to 5 % at each edge": (cut, False),
    "cut, resized, re-encoded": (lambda picture, random: resized(cut(picture, random), random), True),
}
"""What is done, and whether it is then stored as JPEG; otherwise as PNG."""


@dataclass(frozen=True)
class Found:
    """What was found of one set with planted twins.

    Parameters
    ----------
    name : str
    images, seconds : int, float
        Of the set with what was planted.
    before, after : Leaks
        Without and with what was planted.
    planted : dict of Path to (Path, str)
        What each was made of, and how.
    """

    name: str
    images: int
    seconds: float
    before: Leaks
    after: Leaks
    planted: dict[Path, tuple[Path, str]]


def plant(images: list[SortedImage], folder: Path) -> dict[Path, tuple[Path, str]]:
    """Write a changed copy of some images; return what each was made of, and how."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    random = np.random.default_rng(SEED)
    planted: dict[Path, tuple[Path, str]] = {}
    for number, place in enumerate(random.choice(len(images), PLANTED, replace=False)):
        source, how = images[place].path, list(CHANGES)[number % len(CHANGES)]
        change, lossy = CHANGES[how]
        target = folder / f"{number}{'.jpg' if lossy else '.png'}"
        with PIL.Image.open(source) as picture:
            change(picture, random).save(target, quality=int(random.integers(30, 91)))
        planted[target] = source, how
    return planted


def found_in(name: str, workspace: Path) -> Found:
    """Look for twins in a set as it is, and with planted ones."""
    images = sorted_images([real(SETS[name])])
    planted = plant(images, workspace / "leaks" / name.replace(" ", "-"))
    before = find_leaks(images)
    whole = [*images, *(SortedImage(path, "planted") for path in planted)]
    started = time.perf_counter()
    after = find_leaks(whole)
    return Found(name, len(whole), time.perf_counter() - started, before, after, planted)


def recall_rows(found: Found) -> list[list[str]]:
    """Return how many planted images share a group with what they were made of."""
    units = found.after.units()
    hits = {path: units[path] == units[source] for path, (source, _) in found.planted.items()}
    rows = []
    for how in [*CHANGES, "all"]:
        some = [hit for path, hit in hits.items() if how in {"all", found.planted[path][1]}]
        rows.append([found.name, how, share(sum(some), len(some), binomial_interval(sum(some), len(some)))])
    return rows


def precision_row(found: Found) -> list[str]:
    """Return how many pairs of a planted image and another are true, strictly and with the set's own twins."""
    own, own_units = found.before.units(), set(found.planted)
    same = {image.path: number for number, group in enumerate(found.before.exact) for image in group.images}
    right = with_own = count = 0
    for group in found.after.groups:
        members = [image.path for image in group.images]
        for path in (member for member in members if member in own_units):
            source = found.planted[path][0]
            for other in (member for member in members if member != path):
                of = found.planted[other][0] if other in own_units else other
                count += 1
                right += of == source or (of in same and same[of] == same.get(source))
                with_own += own[of] == own[source]
    largest = len(found.after.groups[0].images)
    return [
        found.name,
        share(right, count, binomial_interval(right, count)),
        share(with_own, count, binomial_interval(with_own, count)),
        f"{largest} of {found.images} ({largest / found.images:.2%})",
        str(len(found.after.apart)),
        f"{found.seconds:.0f} s",
    ]


def before_row(found: Found) -> list[str]:
    """Return what is in the set as it is."""
    exact, near = crossing(found.before.exact), crossing(found.before.near)
    largest = len(found.before.groups[0].images)
    images = len(found.before.images)
    return [
        found.name,
        str(images),
        f"{exact.surplus} in {exact.groups} groups",
        f"{near.groups} groups of {near.groups + near.surplus} images",
        str(exact.across_classes + near.across_classes),
        f"{largest} ({largest / images:.2%})",
    ]


def run(workspace: Path) -> str:
    """Plant, look, and return the section."""
    each = [found_in(name, workspace) for name in SETS]
    return f"""## Twins in image sets

`semeia leaks` on the sets as they are:

{
        table(
            ["", "images", "surplus exact twins", "with near twins", "across classes", "largest group"],
            map(before_row, each),
        )
    }

With {PLANTED} changed copies of images drawn at random, {PLANTED // len(CHANGES)} of each sort, in one folder with the
set. Found: the copy is in one group with what it was made of. In brackets: 95 %, Wilson.

{table(["", "planted", "found"], [row for found in each for row in recall_rows(found)])}

{
        table(
            [
                "",
                "true pairs ¹",
                "with the set's own twins ²",
                "largest group",
                "near pairs not grouped ³",
                "time",
            ],
            map(precision_row, each),
        )
    }

¹ Of all pairs of a planted image and another of its group, those with its source, or with an exact copy of that.
² Those with an image that was a near twin of its source before anything was planted count as true, too. ³ Near twins
whose groups' leaders are none: a split may part them.

Images are compared at 64 × 64 pixels: by a fingerprint the ten nearest are found, then laid upon each other, and near
twins if the correlation of their fine structure is 0.975 or more. That figure was chosen on these two sets with other
planted copies, in the gap between those and neighbouring slices. The near twins that the MRI set has of its own, 95
pairs, were looked at one by one: 93 are the same picture, two (.975 and .976) are neighbouring slices.
"""
