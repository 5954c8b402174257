"""A recipe becomes a model."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
import torch

import semeia
from semeia.datasets import LabelledRecording, class_names
from semeia.errors import DatasetError, TrainingError
from semeia.home import make_folder
from semeia.inference.files import FileScorer
from semeia.model import Component, Description, Input, Model, OperatingPoint, TrainedOn, load
from semeia.networks import build, takes_any_channels
from semeia.networks.weights import FirstWeights, Trained, first_weights
from semeia.recipe import Augmentation, Prediction, Recipe
from semeia.training.batches import TrainingBatches, can_apply
from semeia.training.card import card
from semeia.training.checking import channels_of, check_whole, transform_of
from semeia.training.fit import Interrupted, fit
from semeia.training.loss import loss_of
from semeia.training.parts import Fold, Parts, counted, fingerprint, gathered_parts
from semeia.training.state import TrainState
from semeia.training.validation import Validation
from semeia.training.windows import Windows, fitted, prepare, selected
from semeia.transforms import Transform

__all__ = ["train"]

Report = Callable[[dict[str, Any]], None]
STATE = "state.safetensors"


@dataclass(frozen=True)
class _Hooks:
    """What a training tells, asks and keeps."""

    beside: Path
    checkpoint: Path
    report: Report
    stop_asked: Callable[[], bool]

    def pause(self) -> None:
        """Stop here if that was asked for; what is prepared so far is kept in the cache."""
        if self.stop_asked():
            raise Interrupted(saved=self.checkpoint.is_file())

    def gathered(self, source: str, done: int, total: int) -> None:
        """Tell how many recordings of a source are made."""
        self.report({"event": "gather", "source": source, "done": done, "total": total})
        self.pause()


def train(
    recipe: Recipe,
    folder: str | Path,
    *,
    resume: bool = False,
    beside: Path = Path(),
    report: Report = lambda event: None,
    stop_asked: Callable[[], bool] = lambda: False,
    fold: Fold | None = None,
    split_seed: int | None = None,
) -> Model:
    """Train a model and write it to a folder, which appears when the model is whole.

    While training runs, its state is kept in ``FOLDER.training``. A GPU is used when there is one; the same bits again
    are promised on the processor only.

    Parameters
    ----------
    recipe : Recipe
    folder : str or Path
    resume : bool
        Go on with the state of an earlier training of the same recipe and data.
    beside : Path
        Where relative paths of the recipe are looked for first.
    report : callable
        Called with what happens, as dictionaries with the key ``event``: ``gather``, ``data``, ``note``, ``split``,
        ``prepare``, ``begin``, ``resumed``, ``step``, ``epoch``, ``done``.
    stop_asked : callable
        Asked before each recording is made or prepared and before each step; when true the state is saved, once there
        is one, and `Interrupted` raised.
    fold : Fold, optional
        Keep this part of the data for a test, which ``metrics.json`` then holds.
    split_seed : int, optional
        Seed of the split, where it is not the recipe's.

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
        hooks = _Hooks(beside, workplace / STATE, report, stop_asked)
        try:
            model = _trained(recipe, folder, hooks, fold, split_seed)
        finally:
            with suppress(OSError):
                workplace.rmdir()  # which leaves it alone once a state is in it
    shutil.rmtree(workplace)
    threshold = model.description.operating_point.threshold
    report({"event": "done", "folder": str(folder), "threshold": threshold})
    return model


def _trained(recipe: Recipe, folder: Path, hooks: _Hooks, fold: Fold | None, split_seed: int | None) -> Model:
    """Gather, prepare, fit, and write the model."""
    check_whole(recipe, hooks.beside)
    channels, transform = channels_of(recipe), transform_of(recipe)
    parts = gathered_parts(
        recipe, hooks.beside, report=hooks.report, gathered=hooks.gathered, fold=fold, split_seed=split_seed
    )
    training, validation, test = _prepared(recipe, parts, transform, hooks, split_seed)
    transform = fitted(training, transform, recipe.seed, balance=recipe.training.balance)
    channels = channels or _recorded_channels(recipe, [training, validation, *([test] if test else [])])
    state, first = _begun(recipe, parts, transform.shape(channels, training.window), hooks)
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
    fit(
        state,
        batches,
        judge,
        recipe.training,
        recipe.seed,
        checkpoint=hooks.checkpoint,
        report=hooks.report,
        stop_asked=hooks.stop_asked,
        loss=loss_of(recipe.task, recipe.training, class_names(recipe.task), batches.shares),
        weights=recipe.weights,
    )
    best = min(epoch["validation_loss"] for epoch in state.history)
    if best >= judge.guessing:
        text = f"the best validation loss, {best:.4g}, is no better than guessing, {judge.guessing:.4g}"
        hooks.report({"event": "note", "text": f"{text}: is training.learning_rate too high, or the labels wrong?"})
    state.module.load_state_dict(state.best)
    state.module.cpu().eval()
    threshold, measures = judge.operating_point(state.module, recipe.detection)
    metrics = _metrics(recipe, parts, state, first, {"threshold": threshold} | measures)
    if examiner is not None:
        with_it = recipe.detection.model_copy(update={"threshold": threshold})
        metrics["test"] = counted(parts.test, recipe.task) | examiner.operating_point(state.module, with_it)[1]
    description = _description(recipe, transform, channels, training.window, threshold)
    units = ((recording.patient, recording.group) for recording in (*parts.training, *parts.validation))
    seen = TrainedOn.of(recipe.split.by, _key(state), units)
    model = Model(description.model_copy(update={"trained_on": seen}), state.module, folder)
    files = _file_scorer(judge, state, hooks) if isinstance(recipe.task, Prediction) else None
    model.save(folder, recipe=_anonymous(recipe), metrics=metrics, card=card(model.description, metrics), files=files)
    return model


def _file_scorer(judge: Validation, state: TrainState, hooks: _Hooks) -> FileScorer | None:
    """Return how whole files are scored, learned from the validation part; None if that says too little."""
    try:
        return FileScorer.fit(judge.predictions(state.module), key=_key(state))
    except DatasetError as error:
        hooks.report({"event": "note", "text": f"whole files are scored without calibration: {error}"})
        return None


def _key(state: TrainState) -> str:
    """Return the key under which a model keeps names: of its data and recipe, so the same for the same training."""
    return state.fingerprint[:32]


def _begun(recipe: Recipe, parts: Parts, shape: tuple[int, ...], hooks: _Hooks) -> tuple[TrainState, FirstWeights]:
    """Return where the training stands: a new network with its first weights, or what was saved."""
    classes = class_names(recipe.task)
    torch.manual_seed(recipe.seed)
    module = build(recipe.network.name, shape, len(classes), **recipe.network.parameters)
    first = first_weights(
        module,
        recipe.weights,
        network=recipe.network.name,
        beside=hooks.beside,
        of_model=partial(_weights_of, classes),
        progress=lambda done, size: hooks.gathered("weights", done, size or done),
    )
    module.to("cuda" if torch.cuda.is_available() else "cpu")
    plain = recipe.model_dump(mode="json", exclude={"search"})
    state = TrainState(module, _optimiser(recipe, module), fingerprint(recipe, parts), plain)
    count = sum(weight.numel() for weight in module.parameters())
    hooks.report({"event": "begin", "fingerprint": state.fingerprint, "shape": list(shape), "parameters": count})
    if hooks.checkpoint.is_file():
        state.restore(hooks.checkpoint)
        hooks.report({"event": "resumed", "history": state.history})
    return state, first


def _prepared(
    recipe: Recipe, parts: Parts, transform: Transform, hooks: _Hooks, split_seed: int | None
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


def _weights_of(classes: Sequence[str], name: str) -> Trained:
    model = load(name)
    return Trained(model.module.state_dict(), model.description.classes == list(classes))


def _optimiser(recipe: Recipe, module: torch.nn.Module) -> torch.optim.Optimizer:
    settings = recipe.training
    if settings.optimiser == "sgd":
        return torch.optim.SGD(
            module.parameters(), settings.learning_rate, momentum=0.9, weight_decay=settings.weight_decay
        )
    kind = torch.optim.AdamW if settings.optimiser == "adamw" else torch.optim.Adam
    return kind(module.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)


def _metrics(
    recipe: Recipe, parts: Parts, state: TrainState, first: FirstWeights, measures: dict[str, Any]
) -> dict[str, Any]:
    return {
        "sources": sorted({r.source for r in parts.all}),
        "split": recipe.split.by,
        "training": counted(parts.training, recipe.task),
        "validation": counted(parts.validation, recipe.task) | measures,
        "weights": str(first),
        "history": state.history,
        "best_epoch": state.best_epoch,
    }


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
    if Path(table["weights"]["init"]).name != table["weights"]["init"]:
        table["weights"]["init"] = Path(table["weights"]["init"]).name
    return tomli_w.dumps(table)
