"""Simulated dogs for the studies of system B: trained fold by fold, and judged on hours that no model of a fold saw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from forecast import simulated
from semeia.evaluation import Predictions
from semeia.model import Model, load
from semeia.recipe import Recipe
from semeia.training.folds import train_recorded
from semeia.training.parts import Fold, gathered_parts
from semeia.training.validation import Validation
from semeia.training.windows import prepare
from studies import place_of

__all__ = ["ABOUT", "FOLDS", "dogs", "judged", "network"]

FIRST_SEED = 51001
PATIENTS, HOURS, STRENGTH = 8, 8, 2.0
FOLDS = 4
ABOUT = f"""{PATIENTS} simulated dogs (seeds {FIRST_SEED} to {FIRST_SEED + PATIENTS - 1}) in the layout of AES 2014,
{HOURS // 2} preictal and {HOURS // 2} interictal hours each of six files of ten minutes, a planted change of strength
{STRENGTH:g} as above; {FOLDS} folds split by the hour. The network is a plain CNN on the electrodes' spectrograms
(`cnn2d`): ResNet-18, which system B has, is twenty times as slow on a processor."""


def dogs(workspace: Path) -> Path:
    """Return the set, made if it is absent."""
    plan = {"patients": PATIENTS, "hours": HOURS}
    return simulated(workspace, strength=STRENGTH, seed=FIRST_SEED, file_seconds=600.0, **plan)


def network(folder: Path, **tables: Any) -> Recipe:
    """Return a recipe on the set: a network of system B's kind, small enough for a processor."""
    common = {
        "name": "dogs-cnn2d",
        "seed": 1,
        "task": {"kind": "prediction", "horizons": [60.0], "gap": 5.0, "clear": 240.0},
        "data": [{"source": "aes2014", "path": str(folder)}],
        "split": {"by": "hour", "validation": 0.2},
        "transform": {"name": "spectrogram", "rate": 200.0, "window": 1.0, "step": 1.0, "lowest": 1.0, "highest": 64.0},
        "network": {"name": "cnn2d", "width": 8, "dropout": 0.0},
        "detection": {"threshold": 0.5},
    }
    return Recipe.model_validate(common | tables)


Read = Callable[[Predictions, Model], Predictions]


def judged(
    given: Recipe, workspace: Path, seeds: Sequence[int], read: Read = lambda table, model: table
) -> Predictions:
    """Train a model for each fold and seed, one after the other; return what each says of its own test part.

    `read` makes of the windows of a fold what is judged, such as files.
    """
    parts = []
    for number in range(FOLDS):
        fold = Fold(number, FOLDS)
        test = gathered_parts(given, Path(), report=_silent, gathered=_unheard, fold=fold).test
        windows = None
        for seed in seeds:
            model = _trained(given.model_copy(update={"seed": seed}), workspace, fold, given.seed)
            windows = windows or prepare(test, given.examples, model.transform, task=given.task)
            parts.append(read(Validation(windows, model.transform, part="test").predictions(model.module), model))
    return Predictions.joined(parts)


def _trained(given: Recipe, workspace: Path, fold: Fold, split_seed: int) -> Model:
    folder = place_of(given, workspace, f"fold{fold.number + 1}-of-{fold.of}")
    if folder.is_dir():
        return load(folder)
    begun = Path(f"{folder}.training").is_dir()
    return train_recorded(given, folder, resume=begun, fold=fold, split_seed=split_seed)


def _silent(event: dict[str, Any]) -> None:
    del event


def _unheard(source: str, done: int, total: int) -> None:
    del source, done, total
