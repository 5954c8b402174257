"""System C's wish: weights learnt on X-rays begin a network for MRI, and back, where many labels are there, or few."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from figures import table
from image_studies import (
    SPLIT_SEED,
    Said,
    Training,
    Worth,
    difference,
    few,
    images_of,
    minutes,
    table_of,
    told_apart,
    train_all,
    worth,
)
from semeia.datasets import LabelledImage
from semeia.datasets.image_splits import deal_images
from semeia.networks import build
from semeia.recipe import ImageRecipe

FOLDS, SERIES = 5, 25
SHARES = (0.05, 0.2, 1.0)
TASKS: dict[str, dict[str, Any]] = {
    "X-rays": {
        "classes": ["healthy", "pneumonia"],
        "data": {"source": "kermany", "path": "chest_xray", "parts": ["train"]},
    },
    "X-rays, three classes": {
        "classes": ["healthy", "bacterial", "viral"],
        "data": {"source": "kermany", "path": "chest_xray", "parts": ["train"], "classes": "three"},
    },
    "MRI": {
        "classes": ["none", "glioma", "meningioma", "pituitary"],
        "data": {"source": "brain-mri", "path": "brain_mri", "parts": ["Training"]},
    },
}
BEGUN_BY = {"MRI": "X-rays", "X-rays": "MRI", "X-rays, three classes": "X-rays"}
"""For each task, whose weights are tried beside random ones."""


class Size(NamedTuple):
    """How large the study is: pixels, epochs, images of an epoch, seeds; images of each class, if not all."""

    pixels: int
    epochs: int
    drawn: int
    seeds: tuple[int, ...]
    shares: tuple[float, ...] = SHARES
    images: int | None = None


FULL = Size(96, 8, 1280, (1, 2))
QUICK = Size(48, 1, 32, (1,), shares=(0.2, 1.0), images=40)
_Key = tuple[str, str, float, int]  # task, whose weights, share of the labels, seed


def run(workspace: Path, size: Size = FULL) -> str:
    """Train, judge and return the section; `QUICK` is to try things out."""
    dealt = {task: _dealt(task, size) for task in TASKS}
    held = {task: table_of(test, workspace) for task, (_, test) in dealt.items()}
    said: dict[_Key, Said] = {}
    trainings: dict[_Key, Training] = {}
    for begun in (False, True):  # whose weights are taken is trained first
        wanted: dict[_Key, Training] = {}
        for seed in size.seeds:
            for task, share in ((task, share) for share in reversed(size.shares) for task in TASKS):
                source = BEGUN_BY[task] if begun else ""
                init = trainings[source, "", 1.0, seed].place(workspace) if begun else "random"
                labelled = table_of(subset(dealt[task][0], share, seed), workspace)
                recipe = _recipe(task, labelled, str(init), seed, size)
                wanted[task, source, share, seed] = Training(recipe, held=held[task])
        trainings |= wanted
        said |= zip(wanted, train_all(list(wanted.values()), workspace), strict=True)
    tests: dict[tuple[str, str, float], Worth] = {}
    for task, source, share, _ in said:
        tests[task, source, share] = worth([said[task, source, share, seed].parts["test"] for seed in size.seeds])
    counts = {task: [_counted(dealt[task][0], share, size.seeds) for share in size.shares] for task in TASKS}
    return f"""## System C: reusing weights

`small-resnet` ({_parameters(size):,} parameters) at {size.pixels} px, grey, {size.epochs} epochs of {size.drawn:,}
images with slight rotation, zoom and shift, classes drawn equally often, AdamW at 1e-3: all the same, whatever the
weights begin as, and however many labels there are. The first of {FOLDS} folds is tested: X-rays by patient; MRI by
twins and by runs of {SERIES} file numbers, which stand for patients. Of the others {_shares(size)} of the patients (of
MRI: of the images with their twins) are labelled, of each class alike, the smaller sets within the larger; a fifth of
them chooses the
epoch. Each seed ({", ".join(map(str, size.seeds))}) has subsets, weights and a model to begin with of its own. That
model was trained from scratch with all labels of the other set, and never on a tested image; for three classes it is
that of two on the same X-rays, which has seen whether each is ill. A training takes {minutes(list(said.values()))} on
one core. Balanced accuracy, mean over seeds; in brackets 95 % intervals, a bootstrap over {_over(tests)}.

{table(_HEAD, [row for task in TASKS for row in _rows(task, tests, counts[task], size)])}

{_verdict(tests, size)}

AUC, of more than two classes the mean of each against the rest:

{table(_HEAD, [row for task in TASKS for row in _rows(task, tests, counts[task], size, "AUC")])}

{_viral(tests)}
"""


_HEAD = ("", "begun with", "labels", "images labelled", "from scratch", "with those weights", "difference")


def subset(images: Sequence[LabelledImage], share: float, seed: int) -> list[LabelledImage]:
    """Return whole units with that share of the images of each class; with the same seed less lies within more."""
    units: dict[str, dict[str, list[LabelledImage]]] = defaultdict(lambda: defaultdict(list))
    classes = {image.unit: image.label for image in reversed(images)}  # of a unit in several the first counts
    for image in images:
        units[classes[image.unit]][image.unit].append(image)
    chosen: list[LabelledImage] = []
    for number, (_, own) in enumerate(sorted(units.items())):
        names = sorted(own)
        wanted, have = share * sum(map(len, own.values())), 0
        for place in np.random.default_rng([seed, number]).permutation(len(names)):
            if have >= wanted:
                break
            chosen += own[names[place]]
            have += len(own[names[place]])
    return chosen


def _dealt(task: str, size: Size) -> tuple[list[LabelledImage], list[LabelledImage]]:
    """Return what may be labelled, and what is tested: the same X-rays for two classes and for three."""
    other, parameters = ("MRI", {"series": SERIES}) if task == "MRI" else ("X-rays, three classes", {})
    dealing = few(images_of(_recipe(other, None, "random", SPLIT_SEED, size, **parameters)), size.images)
    unit = {image.path: image.unit for image in dealing}
    tested = {image.path for image in deal_images(dealing, FOLDS, SPLIT_SEED)[0][1]}
    images = [image for image in images_of(_recipe(task, None, "random", SPLIT_SEED, size)) if image.path in unit]
    # What is tested keeps the larger units, over which intervals are drawn.
    test = [replace(image, unit=unit[image.path]) for image in images if image.path in tested]
    return [image for image in images if image.path not in tested], test


def _recipe(task: str, labelled: Path | None, init: str, seed: int, size: Size, **parameters: Any) -> ImageRecipe:
    given = {"source": "image-table", "path": str(labelled)} if labelled else TASKS[task]["data"] | parameters
    return ImageRecipe.model_validate(
        {
            "name": f"reuse-{task.lower().replace(',', '').replace(' ', '-')}",
            "seed": seed,
            "task": {"kind": "images", "classes": TASKS[task]["classes"]},
            "data": [given],
            "transform": {"name": "image", "size": size.pixels},
            "network": {"name": "small-resnet"},
            "weights": {"init": init},
            "augmentation": {"rotation": 5.0, "zoom": [1.0, 1.15], "shift": 0.03},
            "training": {
                "optimiser": "adamw",
                "schedule": "cosine",
                "learning_rate": 1e-3,
                "weight_decay": 0.01,
                "batch_size": 32,
                "epochs": size.epochs,
                "examples_per_epoch": size.drawn,
                "patience": size.epochs,
            },
        }
    )


def _parameters(size: Size) -> int:
    module = build("small-resnet", (1, size.pixels, size.pixels), len(TASKS["X-rays"]["classes"]))
    return sum(weight.numel() for weight in module.parameters())


def _counted(rest: Sequence[LabelledImage], share: float, seeds: Sequence[int]) -> int:
    return round(np.mean([len(subset(rest, share, seed)) for seed in seeds]))


def _rows(
    task: str,
    tests: Mapping[tuple[str, str, float], Worth],
    counts: Sequence[int],
    size: Size,
    measure: str = "balanced accuracy",
) -> list[list[str]]:
    rows, source = [], BEGUN_BY[task]
    for share, count in zip(size.shares, counts, strict=True):
        scratch, begun = tests[task, "", share], tests[task, source, share]
        above = difference(begun.above(scratch, measure))
        rows.append([task, source, f"{share:.0%}", f"{count:,}", scratch[measure], begun[measure], above])
    return rows


def _verdict(tests: Mapping[tuple[str, str, float], Worth], size: Size) -> str:
    """Say where the weights help, where they harm, and where that is not shown."""
    said: dict[str, list[str]] = {"They help": [], "They harm": [], "Not shown either way": []}
    for task, source in BEGUN_BY.items():
        for share in size.shares:
            above = tests[task, source, share].above(tests[task, "", share], "balanced accuracy")
            how = ("They help" if above.value > 0 else "They harm") if told_apart(above) else "Not shown either way"
            said[how].append(f"{source} → {task} at {share:.0%}")
    return ". ".join(f"{how}: {'; '.join(where)}" for how, where in said.items() if where) + "."


def _viral(tests: Mapping[tuple[str, str, float], Worth]) -> str:
    """Return what of three classes is found with all labels."""
    task = "X-rays, three classes"
    found = {"from scratch": tests[task, "", 1.0], "begun with two classes": tests[task, BEGUN_BY[task], 1.0]}
    each = "; ".join(
        f"{how}: " + ", ".join(f"{name} {one[f'recall of {name}']}" for name in TASKS[task]["classes"])
        for how, one in found.items()
    )
    return f"Healthy, bacterial or viral, with all labels, the share of each class that is found: {each}."


def _over(tests: Mapping[tuple[str, str, float], Worth]) -> str:
    xrays, slices = (tests[task, "", 1.0].over.removesuffix(" patients") for task in ("X-rays", "MRI"))
    return f"{xrays} patients of X-rays and {slices} runs of MRI (without a tumour: images)"


def _shares(size: Size) -> str:
    *some, last = (f"{share:.0%}" for share in size.shares)
    return f"{', '.join(some)} and {last}"
