"""Networks trained on small sets and judged on what they never saw: what networks.py and leak.py have in common.

Trained models are kept between runs in ``$SEMEIA_BENCH_MODELS``, when it is set, under a name that changes with the
recipe.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from semeia.datasets import LabelledRecording
from semeia.evaluation import Predictions, difference_interval, measured_windows
from semeia.model import Model, load
from semeia.recipe import AnyRecipe, Recipe, read_recipe
from semeia.report.baselines import in_favour
from semeia.report.folds import is_cross_validation, judged_folds
from semeia.report.judge import judged
from semeia.signals.simulator import VERSION
from semeia.training.folds import Folds, cross_validate, train_recorded

Table = dict[str, Any]


class Said(NamedTuple):
    """What models of a network said of examples, and its number of parameters."""

    table: Predictions
    parameters: int

    def __add__(self, other: tuple[Any, ...]) -> Said:
        """Return both parts as one."""
        return Said(Predictions.joined([self.table, other[0]]), self.parameters)


def recipe(**tables: Any) -> Recipe:
    """Return a recipe; the threshold is one half everywhere: on these few windows a chosen one would be luck."""
    return Recipe.model_validate({"seed": 1, "detection": {"threshold": 0.5}} | tables)


def place_of(given: AnyRecipe, workspace: Path, kind: str) -> Path:
    """Return where the models of a recipe are kept."""
    about = hashlib.sha256(f"{given.model_dump_json()} {VERSION} {kind}".encode()).hexdigest()[:12]
    root = Path(os.environ.get("SEMEIA_BENCH_MODELS") or workspace / "studies")
    return root / f"{given.name}-{kind}-{about}"


def trained(given: Recipe, workspace: Path) -> Model:
    """Train a model, or go on with it, or take what was kept."""
    folder = place_of(given, workspace, "one")
    begun = Path(f"{folder}.training").is_dir()
    return load(folder) if folder.is_dir() else train_recorded(given, folder, resume=begun)


def cross_validated(given: Recipe, workspace: Path, folds: int) -> Said:
    """Train a model for each fold, one after the other, and return what each says of its own test part.

    This is the table of ``semeia evaluate FOLDER``, without its page.
    """
    folder = place_of(given, workspace, f"{folds}-folds")
    plan = Folds(given, folder, folds)
    cross_validate(plan, workers=1, resume=is_cross_validation(folder))
    table = judged_folds(folder, lambda share: None)[0].predictions[""]
    return Said(table, _parameters(load(plan.place(*plan.jobs[0]))))


def said(model: Model, recordings: Sequence[LabelledRecording]) -> Said:
    """Return what a model says of recordings, at a threshold of one half."""
    assert model.folder is not None
    table = judged(model, recordings, read_recipe(model.folder / "recipe.toml")).predictions[""]
    threshold = model.description.operating_point.threshold
    positive = np.clip(table.score, 1e-9, 1 - 1e-9)
    odds = positive / (1 - positive) * (1 - threshold) / threshold
    half = (odds / (1 + odds)).astype(np.float32)
    return Said(replace(table, probability=np.stack([1 - half, half], axis=1)), _parameters(model))


def _parameters(model: Model) -> int:
    return sum(weight.numel() for weight in model.module.parameters())


@dataclass(frozen=True)
class Compared:
    """What networks, each by its name, said of the same examples; the first is what the others are compared with."""

    networks: Mapping[str, Said]

    @property
    def first(self) -> Predictions:
        """The table of the first network."""
        return next(iter(self.networks.values())).table

    @property
    def figures(self) -> dict[str, Table]:
        """What each is worth (`measured_windows`), with the baselines as they do best on these examples."""
        return {
            name: measured_windows(in_favour(table)[0], threshold=0.5) for name, (table, _) in self.networks.items()
        } | self._baselines()

    def _baselines(self) -> dict[str, Table]:
        """Return AUROCs of what needs no training."""
        measured = measured_windows(in_favour(self.first)[0], threshold=0.5)
        return {name: {"measures": one} for name, one in measured["baselines"].items()}

    def above_first(self, name: str) -> Table:
        """Return by how much a network, or a baseline, is above the first (`difference_interval`)."""
        there = name in self.networks
        table = self.networks[name].table if there else as_predictions(in_favour(self.first)[0], name)
        return difference_interval(table, self.first)

    def above_baseline(self, name: str) -> tuple[str, Table]:
        """Return the better baseline, and by how much a network is above it."""
        table = in_favour(self.networks[name].table)[0]
        measured = measured_windows(table, threshold=0.5)["baselines"]
        best = max(measured, key=lambda one: float(measured[one]["auroc"]["value"]))
        return best, difference_interval(self.networks[name].table, as_predictions(table, best))["auroc"]

    def rows(self) -> list[list[str]]:
        """Return the lines of a table: each network, each baseline, and chance."""
        found = []
        for number, (name, figures) in enumerate(self.figures.items()):
            measures, network = figures["measures"], name in self.networks
            differences = self.above_first(name) if number else {}
            found.append(
                [
                    name,
                    f"{self.networks[name].parameters:,}" if network else "",
                    text_of(measures["auroc"]),
                    text_of(measures["balanced_accuracy"]) if network else "",
                    text_of(differences["auroc"], sign=True) if number else "",
                    text_of(differences["balanced_accuracy"], sign=True) if number and network else "",
                ]
            )
        return [*found, ["chance", "", ".500", ".500", "", ""]]


HEAD = ("", "parameters", "AUROC", "balanced accuracy", "AUROC above A", "balanced accuracy above A")


def as_predictions(table: Predictions, baseline: str) -> Predictions:
    """Return a baseline as if it were probabilities: ranks, which have the same AUROC."""
    values = table.baselines[baseline]
    rank = np.searchsorted(np.sort(values), values) / len(values)
    return replace(table, probability=np.stack([1 - rank, rank], axis=1).astype(np.float32))


def text_of(measure: Mapping[str, float | None], *, sign: bool = False) -> str:
    """Return a measure and the ends of its interval: ``.941 (.812 to 1.000)``."""
    if measure["value"] is None:
        return "undefined"
    value, low, high = (
        "?" if number is None else re.sub(r"\b0\.", ".", f"{number:+.3f}" if sign else f"{number:.3f}")
        for number in (measure["value"], measure["low"], measure["high"])
    )
    return f"{value} ({low} to {high})"


def holds_zero(measure: Mapping[str, float | None]) -> bool:
    """Whether the interval of a difference holds 0: then these data do not tell the two apart."""
    return measure["low"] is None or measure["high"] is None or measure["low"] <= 0 <= measure["high"]
