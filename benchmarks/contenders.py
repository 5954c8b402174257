"""The networks that are compared on real clips, with what they are trained on: recipes and what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import clips
from real_data import real
from semeia.datasets import gather
from semeia.model import Model
from semeia.recipe import Recipe
from studies import Compared, cross_validated, recipe, said, trained

A, A_LONGER = "network A", "network A, trained four times as long"
RESNET18 = "ResNet-18 on spectrograms"
STARTER = "`channelwise`, beginning with `eeg-starter`'s weights ¹"
Variants = dict[str, dict[str, Any]]
SEIZURE = r"chb[0-9]+_[0-9]+\+?"
"""Beginning of the names of the clips of one seizure."""
SIMULATED = {"source": "simulated", "hours": 0.25, "seizures_per_hour": 8.0, "seed": 2001, "montage": "chbmit"}
TRAINING, VALIDATION = 28, 2
"""Simulated patients."""
SHORT = {"epochs": 30, "examples_per_epoch": 256, "batch_size": 32, "patience": 8}
LONG = {"epochs": 6, "examples_per_epoch": 2048, "batch_size": 64}
REGULAR = {"learning_rate": 2e-3, "weight_decay": 1e-2, "clip": 1.0}


def variants(native: float, slow: float, *, high: float, any_channels: bool = True, pictures: bool = True) -> Variants:
    """Return the transform and network of each: network A at a set's own rate, the others filtered and slower.

    Pictures are for small sets: the ResNet-18 takes longer than all others together.
    """
    raw = {"name": "raw", "rate": slow, "high_pass": 0.5, "scale": 100.0, "clip": 8.0}
    spectrogram = {"name": "spectrogram", "rate": slow, "high_pass": 0.5, "step": 0.25, "lowest": 1.0, "highest": high}
    features = {"name": "features", "rate": slow, "high_pass": 0.5}
    augmentation = {"amplitude": 1.3, "invert": True}
    channels = augmentation | ({"channels": True} if any_channels else {})
    found: Variants = {
        A: {"transform": {"name": "raw", "rate": native, "scale": 100.0, "clip": 8.0}, "network": {"name": "convnet"}},
        "logistic regression on features": {"transform": features, "network": {"name": "logistic"}},
        "`resnet1d`, 5 blocks of 16": {
            "transform": raw,
            "network": {"name": "resnet1d", "depth": 5, "width": 16, "dropout": 0.3},
            "augmentation": augmentation,
        },
        RESNET18: {
            "transform": spectrogram | {"window": 1.0},
            "network": {"name": "resnet18"},
            "training": {"epochs": 8, "learning_rate": 1e-3},
        },
    }
    if not pictures:
        del found[RESNET18]
    if any_channels:
        found["`electrodes`"] = {
            "transform": raw,
            "network": {"name": "electrodes", "width": 8, "dropout": 0.3},
            "augmentation": channels,
        }
        found["`channelwise`"] = {
            "transform": raw | {"scale": 50.0},
            "network": {"name": "channelwise"},
            "augmentation": channels,
        }
    return found


def from_starter(starter: Model) -> dict[str, Any]:
    """Return the starter's network and transform, to begin with its weights."""
    return {
        "transform": {"name": "raw", "rate": 100.0, "high_pass": 0.5, "scale": 50.0, "clip": 8.0},
        "network": {"name": "channelwise"},
        "weights": {"init": str(starter.folder)},
        "augmentation": {"channels": True, "amplitude": 1.3, "invert": True},
        "training": {"learning_rate": 5e-4},
    }


def named(name: str, given: Variants, training: Mapping[str, Any], **tables: Any) -> dict[str, Recipe]:
    """Return a recipe for each variant; network A, which is small, gets a longer training, too."""
    longer = {"training": {"epochs": 4 * training["epochs"], "patience": 32}}
    given = {A: given[A], A_LONGER: given[A] | longer, **given}
    return {
        label: recipe(
            name=f"{name}-{one['network']['name']}",
            **tables,
            **one | {"training": {**training, **REGULAR, **one.get("training", {})}},
        )
        for label, one in given.items()
    }


def compared(recipes: Mapping[str, Recipe], workspace: Path, folds: int) -> Compared:
    """Cross-validate every recipe on the same folds."""
    return Compared({label: cross_validated(one, workspace, folds) for label, one in recipes.items()})


def kramer(workspace: Path, starter: Model) -> Compared:
    """Leave one of one patient's three seizures out: 10 s before each against its first 10 s."""
    data = {
        "source": "folder",
        "path": str(real("kramer_ieeg")),
        "rate": 400.0,
        "labels": {"*_ict_*": "ictal", "*_pre_*": "preictal"},
        "patient_from": "root",
        "group": "sz[0-9]+",
    }
    given = variants(400.0, 200.0, high=90.0) | {STARTER: from_starter(starter)}
    recipes = named(
        "kramer",
        given,
        SHORT,
        data=[data],
        task={"kind": "classification", "classes": ["preictal", "ictal"]},
        examples={"window": 5.0, "step": 0.5, "montage": "recorded"},
        split={"by": "hour", "validation": 0.5},
    )
    return compared(recipes, workspace, folds=3)


def within_recipes(more: Variants | None = None) -> dict[str, Recipe]:
    """Return recipes for the CHB-MIT clips of both patients together, split by seizure."""
    return named(
        "chbmit-within",
        variants(256.0, 100.0, high=40.0) | (more or {}),
        SHORT,
        data=[chbmit_clips()],
        examples={"window": 8.0, "step": 1.0, "montage": "chbmit"},
        split={"by": "hour", "validation": 0.2},
    )


def within(workspace: Path, starter: Model) -> Compared:
    """Leave out every fifth of ten seizures of two CHB-MIT patients; the others of both are trained on."""
    return compared(within_recipes({STARTER: from_starter(starter)}), workspace, folds=5)


def across(workspace: Path) -> Compared:
    """Train on simulated patients and the clips of one CHB-MIT patient, and judge the clips of the other."""
    first = int(SIMULATED["seed"])
    sets = [SIMULATED | {"patients": TRAINING + VALIDATION}, chbmit_clips() | {"weight": 8.0}]
    named_for_validation = [f"sim{first + TRAINING + number:05d}" for number in range(VALIDATION)]

    def of(given: Variants, without: str) -> dict[str, Recipe]:
        return named(
            f"chbmit-without-{without}",
            given,
            LONG,
            data=sets,
            examples={"window": 8.0, "step": 1.0, "montage": "chbmit"},
            split={"by": "patient", "validation": named_for_validation, "exclude": [without]},
        )

    found = {}
    parts = {p: [r for r in gather(**chbmit_clips()) if r.patient == p] for p in clips.PATIENTS}
    given = variants(256.0, 100.0, high=40.0, pictures=False)
    for label in of(given, clips.PATIENTS[0]):
        one, two = (said(trained(of(given, p)[label], workspace), parts[p]) for p in clips.PATIENTS)
        found[label] = one + two
    one, two = (said(clips.trained(workspace, [p], ()), parts[p]) for p in clips.PATIENTS)
    found["`eeg-starter`'s recipe without the patient's clips ²"] = one + two
    starter = clips.trained(workspace, clips.PATIENTS, ())
    one, two = (said(starter, parts[p]) for p in clips.PATIENTS)
    found["`eeg-starter`'s recipe, simulated patients only ²"] = one + two
    return Compared(found)


def bonn_recipes() -> dict[str, Recipe]:
    """Return recipes that tell seizures (E) from the time between them (C), both intracranial."""
    return named(
        "bonn",
        variants(173.61, 173.61, high=80.0, any_channels=False, pictures=False),
        SHORT,
        data=[{"source": "bonn", "path": str(real("bonn")), "sets": ["C", "E"]}],
        task={"kind": "classification", "classes": ["interictal", "ictal"]},
        examples={"window": 2048 / 173.61, "step": 1024 / 173.61, "montage": "recorded"},
        split={"by": "patient", "validation": 0.2},
    )


def bonn(workspace: Path) -> Compared:
    """Leave a fifth of the segments out: whose they are nobody knows."""
    return compared(bonn_recipes(), workspace, folds=5)


def chbmit_clips() -> dict[str, Any]:
    """Return the CHB-MIT clips as a source; those of one seizure belong together."""
    return {"source": "folder", "path": str(real("chbmit_clips")), "patient_from": "folder", "group": SEIZURE}
