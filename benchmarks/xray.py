"""System C's network for chest X-rays with and without augmentation: by patient, as published it was not."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from figures import table
from image_studies import (
    Said,
    Training,
    difference,
    few,
    image_recipe,
    images_of,
    minutes,
    on,
    table_of,
    told_apart,
    train_all,
    worth,
)
from semeia.datasets import LabelledImage
from semeia.networks import build
from semeia.recipe import ImageRecipe
from semeia.training.checking import image_transform_of
from semeia.training.parts import Fold
from semeia.transforms.image_augmentation import augment_images

RECIPES = {"xray-pneumonia-cnn-plain": "without augmentation", "xray-pneumonia-cnn": "with rotation and zoom"}
PUBLISHED = {"xray-pneumonia-cnn-plain": (".996", ".944", ".758"), "xray-pneumonia-cnn": (".965", ".946", ".9375")}
"""Accuracy of training, validation and the official test folder."""
ORIGINAL_SIZE, ORIGINAL_BATCH, PARAMETERS = 600, 8, 2_179_841
FOLD = Fold(0, 5)
MEASURES = ("accuracy", "balanced accuracy", "AUC")


class Size(NamedTuple):
    """How large the study is: pixels, epochs, images of an epoch, seeds; images of each class, if not all."""

    pixels: int
    epochs: int
    drawn: int
    seeds: tuple[int, ...]
    images: int | None = None


FULL = Size(128, 12, 2304, (1, 2, 3))
QUICK = Size(96, 1, 64, (1, 2), images=60)


def run(workspace: Path, size: Size = FULL) -> str:
    """Train, judge and return the section; `QUICK` is to try things out."""
    images = images_of(image_recipe("xray-pneumonia-cnn"))
    kept = None if size.images is None else table_of(few(images, size.images), workspace)
    trainings = {name: [_training(name, seed, size, kept) for seed in size.seeds] for name in RECIPES}
    said = train_all([one for each in trainings.values() for one in each], workspace)
    count = len(size.seeds)
    found = {name: said[place * count : (place + 1) * count] for place, name in enumerate(RECIPES)}
    tests = {name: worth([one.parts["test"] for one in each]) for name, each in found.items()}
    plain, augmented = tests.values()
    above = {measure: augmented.above(plain, measure) for measure in MEASURES}
    rows = [[RECIPES[name], *(tests[name][measure] for measure in MEASURES)] for name in RECIPES]
    rows.append(["difference, on the same images", *map(difference, above.values())])
    sure = "an interval without 0" if told_apart(above["accuracy"]) else "whose interval holds 0"
    return f"""## System C: pneumonia on chest X-rays, by patient

The originals' network, `xray-cnn`, at {size.pixels} px instead of {ORIGINAL_SIZE}; {size.epochs} epochs of
{size.drawn:,} images at most, {size.drawn // 32} steps of 32, in bfloat16, otherwise as the recipes say (Adam, class
weights, the epoch with the best validation loss). The official test folder was left alone: tested is the first of
{FOLD.of} folds by patient of its `train` ({plain.images:,} images), validated a fifth of the rest, also by patient. The
more probable class counts. Seeds {_listed(size.seeds)}: mean, and ± the standard deviation over them; in brackets 95 %
intervals, a bootstrap over {plain.over}.

{table(_HEAD, [_row(name, found[name]) for name in RECIPES])}

Published: the accuracy of training, validation and the official test folder, which is not the test part here.

{table(["test", *MEASURES], rows)}

What augmentation adds in accuracy: {difference(above["accuracy"])}, {sure}. The published gain of .18 was on
the official test folder, and of one training each.

{_original(images)}
"""


_HEAD = ("", "training", "validation", "test", "published: training, validation, test", "a training, on one core")


def _training(name: str, seed: int, size: Size, kept: Path | None) -> Training:
    given = image_recipe(
        name,
        f"transform.size={size.pixels}",
        f"training.epochs={size.epochs}",
        f"training.examples_per_epoch={size.drawn}",
        "training.batch_size=32",
        "training.precision=mixed",
        f"seed={seed}",
    )
    return Training(given if kept is None else on(given, kept), FOLD, parts=("training", "validation", "test"))


def _row(name: str, said: Sequence[Said]) -> list[str]:
    accuracy = [worth([one.parts[part] for one in said]).spread("accuracy") for part in said[0].parts]
    return [RECIPES[name], *accuracy, ", ".join(PUBLISHED[name]), minutes(said)]


def _listed(seeds: Sequence[int]) -> str:
    return f"{', '.join(map(str, seeds[:-1]))} and {seeds[-1]}"


def _original(images: Sequence[LabelledImage]) -> str:
    """Say what the network is at its own size: shape, parameters, and a step on real images."""
    recipe = image_recipe("xray-pneumonia-cnn")
    torch.manual_seed(recipe.seed)
    module = build(recipe.network.name, (1, ORIGINAL_SIZE, ORIGINAL_SIZE), 2)
    parameters = sum(weight.numel() for weight in module.parameters())
    assert parameters == PARAMETERS, parameters
    chosen = images[:: len(images) // ORIGINAL_BATCH][:ORIGINAL_BATCH]
    losses, seconds = _steps(recipe, module, chosen)
    epoch = 4192 / ORIGINAL_BATCH * seconds / 60
    return f"""At {ORIGINAL_SIZE} px the network has {parameters:,} parameters, which is the published number. A step of
{ORIGINAL_BATCH} real images takes {seconds:.1f} s of one core, so that an epoch of 4,192 takes {epoch:.0f} minutes:
that is why pictures are smaller here. (The loss of one batch, before and after a step: {losses[0]:.3f},
{losses[1]:.3f}.)"""


def _steps(recipe: ImageRecipe, module: torch.nn.Module, chosen: Sequence[LabelledImage]) -> tuple[list[float], float]:
    """Return the losses of two steps on the same images, and how long the second took."""
    transform, rng = image_transform_of(recipe), np.random.default_rng(recipe.seed)
    prepared = np.stack([transform.prepare(image.open().shown(image.frame)) for image in chosen])
    transform = transform.fit([prepared])
    target = torch.tensor([recipe.task.classes.index(image.label) for image in chosen])
    optimiser = torch.optim.Adam(module.parameters(), recipe.training.learning_rate)
    losses, threads = [], torch.get_num_threads()
    torch.set_num_threads(1)
    began = 0.0
    for _ in range(2):
        began = time.process_time()
        batch = torch.from_numpy(transform.apply(augment_images(prepared, recipe.augmentation, rng)))
        loss = torch.nn.functional.cross_entropy(module(batch), target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    seconds = time.process_time() - began
    torch.set_num_threads(threads)
    return losses, seconds
