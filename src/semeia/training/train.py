"""A recipe becomes a model."""

from __future__ import annotations

import hashlib
import json
import math
import platform
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import tomli_w
import torch

import semeia
from semeia.datasets import LabelledRecording, gather, split
from semeia.errors import DatasetError, MontageError, RecipeError, TrainingError
from semeia.home import make_folder
from semeia.model import Component, Description, Input, Model, OperatingPoint, load
from semeia.networks import build, entry_of
from semeia.recipe import Recipe
from semeia.signals.montage import montage_named
from semeia.training.card import card
from semeia.training.fit import Interrupted, fit
from semeia.training.state import TrainState
from semeia.training.validation import Validation
from semeia.training.windows import TrainingBatches, Windows, prepare
from semeia.transforms import transform_named
from semeia.transforms.augmentation import FEWEST_CHANNELS

__all__ = ["train"]

Report = Callable[[dict[str, Any]], None]
STATE = "state.safetensors"


def train(
    recipe: Recipe,
    folder: str | Path,
    *,
    resume: bool = False,
    beside: Path = Path(),
    report: Report = lambda event: None,
    stop_asked: Callable[[], bool] = lambda: False,
) -> Model:
    """Train a model and write it to a folder, which appears when the model is whole.

    While training runs, its state is kept in ``FOLDER.training``.

    Parameters
    ----------
    recipe : Recipe
    folder : str or Path
    resume : bool
        Go on with the state of an earlier training of the same recipe and data.
    beside : Path
        Where relative paths of the recipe are looked for first.
    report : callable
        Called with what happens, as dictionaries with the key ``event``: ``gather``, ``data``, ``split``,
        ``prepare``, ``step``, ``epoch``, ``done``.
    stop_asked : callable
        Asked before each recording is made or prepared and before each step; when true the state is saved, once there
        is one, and `Interrupted` raised.

    Raises
    ------
    RecipeError, DatasetError, TrainingError, StorageError
    """
    folder = Path(folder)
    workplace = _workplace(folder, resume)
    if folder.exists():  # killed when only its workplace was left to remove
        model = load(folder)
    else:
        make_folder(workplace)
        try:
            model = _trained(recipe, folder, workplace / STATE, beside=beside, report=report, stop_asked=stop_asked)
        finally:
            with suppress(OSError):
                workplace.rmdir()  # which leaves it alone once a state is in it
    shutil.rmtree(workplace)
    threshold = model.description.operating_point.threshold
    report({"event": "done", "folder": str(folder), "threshold": threshold})
    return model


def _trained(
    recipe: Recipe,
    folder: Path,
    checkpoint: Path,
    *,
    beside: Path,
    report: Report,
    stop_asked: Callable[[], bool],
) -> Model:
    """Gather, prepare, fit, and write the model."""

    def gathered(source: str, done: int, total: int) -> None:
        report({"event": "gather", "source": source, "done": done, "total": total})
        if stop_asked():
            raise Interrupted(saved=checkpoint.is_file())

    channels = _channels(recipe)
    training, validation = _recordings(recipe, beside, report, gathered)
    transform = transform_named(recipe.transform.name, **recipe.transform.parameters).fit([])
    window = round(recipe.examples.window * transform.rate)
    shape = transform.shape(channels, window)
    state = _state(recipe, _network(recipe, shape), _fingerprint(recipe, training, validation))
    if checkpoint.is_file():
        state.restore(checkpoint)

    def prepared(part: Sequence[LabelledRecording], before: int) -> Windows:
        def progress(done: int) -> None:
            report({"event": "prepare", "done": before + done, "total": len(training) + len(validation)})
            if stop_asked():
                state.save(checkpoint)
                raise Interrupted

        return prepare(part, recipe.examples, transform, progress)

    batches = TrainingBatches(
        prepared(training, 0),
        transform,
        recipe.augmentation,
        batch_size=recipe.training.batch_size,
        examples_per_epoch=recipe.training.examples_per_epoch,
        seed=recipe.seed,
    )
    judge = Validation(prepared(validation, len(training)), transform)
    fit(
        state, batches, judge, recipe.training, recipe.seed, checkpoint=checkpoint, report=report, stop_asked=stop_asked
    )
    counts = {
        "sources": sorted({r.source for r in (*training, *validation)}),
        "training": _counted(training),
        "validation": _counted(validation),
    }
    description_at = partial(_description, recipe, transform, channels, window)
    return _written(recipe, folder, state, judge, description_at=description_at, counts=counts)


def _written(
    recipe: Recipe,
    folder: Path,
    state: TrainState,
    judge: Validation,
    *,
    description_at: Callable[[float], Description],
    counts: dict[str, Any],
) -> Model:
    """Take the best weights, choose the threshold, and write the model with its card."""
    state.module.load_state_dict(state.best)
    state.module.eval()
    threshold, scored = judge.operating_point(state.module, recipe.detection)
    model = Model(description_at(threshold), state.module, folder)
    metrics = {
        **counts,
        "validation": counts["validation"] | {"threshold": threshold, "score": scored.as_dict()},
        "history": state.history,
        "best_epoch": state.best_epoch,
    }
    model.save(folder, recipe=_anonymous(recipe), metrics=metrics, card=card(model.description, metrics))
    return model


def _workplace(folder: Path, resume: bool) -> Path:
    """Return the folder of the training's state, if there is something to begin or to go on with."""
    workplace = Path(f"{folder.absolute()}.training")
    begun = (workplace / STATE).is_file()
    if folder.exists() and not (resume and begun):
        raise TrainingError(f"{folder.name or folder}: is there already; choose another folder or remove it")
    if resume and not begun:
        raise TrainingError(f"{folder.name}: no training to go on with; start it without --resume")
    if begun and not resume:
        raise TrainingError(f"{folder.name}: a training was begun here; go on with --resume, or remove {workplace}")
    return workplace


def _state(recipe: Recipe, module: torch.nn.Module, fingerprint: str) -> TrainState:
    settings = recipe.training
    optimiser = torch.optim.AdamW(module.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    return TrainState(module, optimiser, fingerprint)


def _channels(recipe: Recipe) -> int:
    """Return the number of channels that the network is given; the least for any."""
    any_channels = entry_of(recipe.network.name).any_channels
    if recipe.examples.montage == "any" and not any_channels:
        raise RecipeError(
            f"network {recipe.network.name!r} needs its channels in order: name a montage in [examples], "
            "for example montage = 'chbmit'"
        )
    if recipe.augmentation.channels and not any_channels:
        raise RecipeError(f"augmentation.channels: network {recipe.network.name!r} needs its channels in order")
    if recipe.examples.montage == "any":
        return FEWEST_CHANNELS
    try:
        return len(montage_named(recipe.examples.montage).labels)
    except MontageError as error:
        raise RecipeError(f"examples.montage: {error}, and any") from error


def _recordings(
    recipe: Recipe, beside: Path, report: Report, gathered: Callable[[str, int, int], None]
) -> tuple[list[LabelledRecording], list[LabelledRecording]]:
    """Gather all sources, split by patient, and say what there is."""
    recordings: list[LabelledRecording] = []
    for data in recipe.data:
        for key in {"beside", "progress"} & data.parameters.keys():  # what `gather` calls its own
            raise RecipeError(f"data source {data.source!r} has no parameter {key!r}")
        found = gather(
            data.source,
            beside=beside,
            optional=data.optional,
            weight=data.weight,
            progress=partial(gathered, data.source),
            **data.parameters,
        )
        report({"event": "data", "source": data.source, "recordings": len(found)})
        recordings += [r for r in found if r.patient not in recipe.split.exclude]
    training, validation = split(recordings, recipe.split.validation, recipe.seed)
    if recipe.detection.threshold == "validation" and not any(len(r.events.seizures()) for r in validation):
        raise DatasetError(
            "the validation patients have no seizure to choose the threshold by: "
            "name others in split.validation, or give detection.threshold"
        )
    report({"event": "split", "training": _counted(training), "validation": _counted(validation)})
    return training, validation


def _network(recipe: Recipe, shape: tuple[int, ...]) -> torch.nn.Module:
    torch.manual_seed(recipe.seed)
    return build(recipe.network.name, shape, 2, **recipe.network.parameters)


def _fingerprint(recipe: Recipe, *parts: Sequence[LabelledRecording]) -> str:
    """Return a hash of the recipe and of each recording's file and labels."""
    table = [
        [
            (
                r.path.name,
                r.path.stat().st_size,
                r.patient,
                [(e.onset, e.duration, e.label) for e in r.events],
            )
            for r in part
        ]
        for part in parts
    ]
    return hashlib.sha256(json.dumps([recipe.model_dump(mode="json"), table]).encode()).hexdigest()


def _counted(recordings: Sequence[LabelledRecording]) -> dict[str, Any]:
    return {
        "patients": len({r.patient for r in recordings}),
        "recordings": len(recordings),
        "hours": round(math.fsum(r.duration for r in recordings) / 3600, 3),
        "seizures": sum(len(r.events.seizures()) for r in recordings),
    }


def _description(recipe: Recipe, transform: Any, channels: int, window: int, threshold: float) -> Description:
    point = recipe.detection.model_dump(exclude={"threshold"})
    return Description(
        name=recipe.name,
        description=recipe.description,
        input=Input(montage=recipe.examples.montage, channels=channels, window=window, minimum_rate=transform.rate),
        transform=Component(name=recipe.transform.name, parameters=transform.state()),
        network=Component(name=recipe.network.name, parameters=recipe.network.parameters),
        operating_point=OperatingPoint(threshold=threshold, **point),
        made_with={
            "semeia": semeia.__version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
    )


def _anonymous(recipe: Recipe) -> str:
    """Return the recipe as TOML without the names of patients and the paths of files."""
    table = recipe.model_dump(mode="json", exclude_none=True)
    for data in table["data"]:
        for key in [key for key, value in data.items() if key in {"path", "patients"} and not isinstance(value, int)]:
            del data[key]
    if isinstance(table["split"]["validation"], list):
        del table["split"]["validation"]
    table["split"].pop("exclude", None)
    return tomli_w.dumps(table)
