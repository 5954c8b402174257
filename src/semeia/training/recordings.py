"""Recordings as what a training works on: gathered, split, prepared, cut into windows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from torch import nn

from semeia.datasets import LabelledRecording, class_names
from semeia.errors import DatasetError
from semeia.model import Component, Description, Input, OperatingPoint
from semeia.networks import takes_any_channels
from semeia.recipe import Augmentation, Recipe
from semeia.training.batches import TrainingBatches, can_apply
from semeia.training.checking import channels_of, transform_of
from semeia.training.environment import made_with
from semeia.training.material import Hooks, Material
from semeia.training.parts import Fold, Parts, counted, fingerprint, gathered_parts
from semeia.training.validation import Validation
from semeia.training.windows import Windows, fitted, prepare, selected
from semeia.transforms import Transform

__all__ = ["recordings_material"]


def recordings_material(recipe: Recipe, hooks: Hooks, fold: Fold | None, split_seed: int | None) -> Material:
    """Return what a recipe trains on; parameters as of `semeia.training.train.train`.

    Raises
    ------
    RecipeError, DatasetError, StorageError
    """
    channels, transform = channels_of(recipe), transform_of(recipe)
    parts = gathered_parts(
        recipe, hooks.beside, report=hooks.report, gathered=hooks.gathered, fold=fold, split_seed=split_seed
    )
    training, validation, test = _prepared(recipe, parts, transform, hooks, split_seed)
    transform = fitted(training, transform, recipe.seed, balance=recipe.training.balance)
    channels = channels or _recorded_channels(recipe, [training, validation, *([test] if test else [])])
    batches = TrainingBatches(
        training,
        transform,
        recipe.augmentation,
        batch_size=recipe.training.batch_size,
        examples_per_epoch=recipe.training.examples_per_epoch,
        seed=recipe.seed,
        balance=recipe.training.balance,
    )
    judge = Validation(validation, transform, by_events=recipe.split.by != "random")
    examiner = None if test is None else Validation(test, transform, part="test")  # no window: said before the work

    def examined(examiner: Validation, module: nn.Module, threshold: float) -> dict[str, Any]:
        settings = recipe.detection.model_copy(update={"threshold": threshold})
        return examiner.operating_point(module, settings)[1]

    sides = {"training": parts.training, "validation": parts.validation, "test": parts.test}
    return Material(
        transform.shape(channels, training.window),
        batches,
        judge,
        partial(judge.operating_point, settings=recipe.detection),
        partial(examined, examiner) if examiner is not None else None,
        {name: counted(side, recipe.task) for name, side in sides.items() if side or name != "test"},
        sorted({recording.source for recording in parts.all}),
        fingerprint(recipe, parts),
        [(recording.patient, recording.group) for recording in (*parts.training, *parts.validation)],
        partial(_description, recipe, transform, channels, training.window),
    )


def _prepared(
    recipe: Recipe, parts: Parts, transform: Transform, hooks: Hooks, split_seed: int | None
) -> tuple[Windows, Windows, Windows | None]:
    """Return the windows of each part."""
    total, done = len(parts.all), 0

    def prepared(part: str, side: Sequence[LabelledRecording], augmentation: Augmentation | None = None) -> Windows:
        nonlocal done
        before = done

        def progress(number: int) -> None:
            hooks.report({"event": "prepare", "done": before + number, "total": total})
            hooks.pause()

        done += len(side)
        applied = can_apply(transform, augmentation)
        windows = prepare(side, recipe.examples, transform, progress, task=recipe.task, applied=applied)
        if text := windows.note(part):
            hooks.report({"event": "note", "text": text})
        return windows

    if recipe.split.by == "random":
        seed = recipe.seed if split_seed is None else split_seed
        return *_drawn_apart(recipe, prepared("", parts.training, recipe.augmentation), seed), None
    training = prepared("training", parts.training, recipe.augmentation)
    test = prepared("test", parts.test) if parts.test else None
    return training, prepared("validation", parts.validation), test


def _drawn_apart(recipe: Recipe, windows: Windows, seed: int) -> tuple[Windows, Windows]:
    """Return training and validation windows drawn at random: neighbours, which overlap, on both sides."""
    share = recipe.split.validation
    if not isinstance(share, float):
        raise DatasetError("split.by = 'random' draws windows: give split.validation as a share")
    held = np.random.default_rng([seed, 0]).random(len(windows.examples)) < share
    return selected(windows, ~held), selected(windows, held)


def _recorded_channels(recipe: Recipe, parts: Sequence[Windows]) -> int:
    """Return the number of channels of all recordings; the least, where the network takes any."""
    counts = {
        len(signal.labels): recording.path.name
        for windows in parts
        for signal, recording in zip(windows.signals, windows.examples.recordings, strict=True)
    }
    if len(counts) > 1 and not takes_any_channels(recipe.network.name, recipe.network.parameters):
        listed = ", ".join(f"{name} has {count}" for count, name in sorted(counts.items()))
        raise DatasetError(
            f"network {recipe.network.name!r} takes one number of channels: {listed}; "
            "name a montage, leave some patients out, or take a network for any channels"
        )
    return min(counts)


def _description(recipe: Recipe, transform: Transform, channels: int, window: int, threshold: float) -> Description:
    point = recipe.detection.model_dump(exclude={"threshold"}) if recipe.task.kind == "detection" else {}
    return Description(
        name=recipe.name,
        description=recipe.description,
        task=recipe.task.kind,
        classes=class_names(recipe.task),
        input=Input(
            montage=recipe.examples.montage,
            channels=channels,
            any_channels=takes_any_channels(recipe.network.name, recipe.network.parameters),
            window=window,
            minimum_rate=transform.rate,
            dropouts=recipe.examples.dropouts,
        ),
        transform=Component(name=recipe.transform.name, parameters=transform.state()),
        network=Component(name=recipe.network.name, parameters=recipe.network.parameters),
        operating_point=OperatingPoint(threshold=threshold, **point),
        made_with=made_with(),
    )
