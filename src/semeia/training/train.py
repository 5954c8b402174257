"""A recipe becomes a model."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import tomli_w
import torch

from semeia.datasets import class_names
from semeia.errors import DatasetError, TrainingError
from semeia.home import make_folder
from semeia.inference.files import FileScorer
from semeia.model import ImageModel, Model, TrainedOn, load_any, model_of
from semeia.networks import build
from semeia.networks.ensemble import Ensemble
from semeia.networks.picture_memory import lay_out
from semeia.networks.weights import FirstWeights, Trained, first_weights
from semeia.recipe import AnyRecipe, ImageRecipe, Prediction
from semeia.training.card import card
from semeia.training.checking import check_whole
from semeia.training.fit import fit
from semeia.training.image_material import images_material
from semeia.training.loss import loss_of
from semeia.training.material import Hooks, Material, Report
from semeia.training.parts import Fold
from semeia.training.recordings import recordings_material
from semeia.training.state import TrainState

__all__ = ["anonymous", "key_of", "train"]

STATE = "state.safetensors"


def train(
    recipe: AnyRecipe,
    folder: str | Path,
    *,
    resume: bool = False,
    beside: Path = Path(),
    report: Report = lambda event: None,
    stop_asked: Callable[[], bool] = lambda: False,
    fold: Fold | None = None,
    split_seed: int | None = None,
) -> Model | ImageModel:
    """Train a model and write it to a folder, which appears when the model is whole.

    While training runs, its state is kept in ``FOLDER.training``. A GPU is used when there is one; the same bits again
    are promised on the processor only.

    Parameters
    ----------
    recipe : Recipe or ImageRecipe
    folder : str or Path
    resume : bool
        Go on with the state of an earlier training of the same recipe and data; a model that is whole is left as it is.
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
    if folder.exists():  # killed when the model was whole
        model = load_any(folder)
    else:
        make_folder(workplace)
        hooks = Hooks(beside, workplace / STATE, report, stop_asked)
        try:
            model = _trained(recipe, folder, hooks, fold, split_seed)
        finally:
            with suppress(OSError):
                workplace.rmdir()  # which leaves it alone once a state is in it
    shutil.rmtree(workplace, ignore_errors=True)
    threshold = model.description.operating_point.threshold
    report({"event": "done", "folder": str(folder), "threshold": threshold})
    return model


def _trained(
    recipe: AnyRecipe, folder: Path, hooks: Hooks, fold: Fold | None, split_seed: int | None
) -> Model | ImageModel:
    """Gather, prepare, fit, and write the model."""
    check_whole(recipe, hooks.beside)
    material = _material(recipe, hooks, fold, split_seed)
    state, first = _begun(recipe, material, hooks)
    fit(
        state,
        material.batches,
        material.judge,
        recipe.training,
        recipe.seed,
        checkpoint=hooks.checkpoint,
        report=hooks.report,
        stop_asked=hooks.stop_asked,
        loss=loss_of(recipe.task, recipe.training, class_names(recipe.task), material.batches.shares),
        weights=recipe.weights,
    )
    best, guessing = min(epoch["validation_loss"] for epoch in state.history), material.judge.guessing
    if best >= guessing:
        text = f"the best validation loss, {best:.4g}, is no better than guessing, {guessing:.4g}"
        hooks.report({"event": "note", "text": f"{text}: is training.learning_rate too high, or the labels wrong?"})
    state.module.load_state_dict(state.best)
    state.module.cpu().eval()
    threshold, measures = material.point(state.module)
    metrics = _metrics(recipe, material, state, first, {"threshold": threshold} | measures)
    if material.test is not None:
        metrics["test"] = material.counts["test"] | material.test(state.module, threshold)
    seen = TrainedOn.of(recipe.split.by, key_of(state.fingerprint), material.units)
    model = model_of(material.described(threshold).model_copy(update={"trained_on": seen}), state.module, folder)
    files = _file_scorer(material, state, hooks) if isinstance(recipe.task, Prediction) else None
    model.save(folder, recipe=anonymous(recipe), metrics=metrics, card=card(model.description, metrics), files=files)
    return model


def _material(recipe: AnyRecipe, hooks: Hooks, fold: Fold | None, split_seed: int | None) -> Material:
    if isinstance(recipe, ImageRecipe):
        return images_material(recipe, hooks, fold, split_seed)
    return recordings_material(recipe, hooks, fold, split_seed)


def _file_scorer(material: Material, state: TrainState, hooks: Hooks) -> FileScorer | None:
    """Return how whole files are scored, learned from the validation part; None if that says too little."""
    try:
        return FileScorer.fit(material.judge.predictions(state.module), key=key_of(state.fingerprint))
    except DatasetError as error:
        hooks.report({"event": "note", "text": f"whole files are scored without calibration: {error}"})
        return None


def key_of(fingerprint: str) -> str:
    """Return the key under which a model keeps names: of its data and recipe, so the same for the same training."""
    return fingerprint[:32]


def _begun(recipe: AnyRecipe, material: Material, hooks: Hooks) -> tuple[TrainState, FirstWeights]:
    """Return where the training stands: a new network with its first weights, or what was saved."""
    classes = class_names(recipe.task)
    torch.manual_seed(recipe.seed)
    module = build(recipe.network.name, material.shape, len(classes), **recipe.network.parameters)
    first = first_weights(
        module,
        recipe.weights,
        network=recipe.network.name,
        beside=hooks.beside,
        of_model=partial(_weights_of, classes),
        progress=lambda done, size: hooks.gathered("weights", done, size or done),
    )
    lay_out(module)
    module.to("cuda" if torch.cuda.is_available() else "cpu")
    plain = recipe.model_dump(mode="json", exclude={"search"})
    state = TrainState(module, _optimiser(recipe, module), material.fingerprint, plain)
    count = sum(weight.numel() for weight in module.parameters())
    begin = {"event": "begin", "fingerprint": state.fingerprint, "shape": list(material.shape), "parameters": count}
    hooks.report(begin | {"epochs": recipe.training.epochs})
    if hooks.checkpoint.is_file():
        state.restore(hooks.checkpoint)
        hooks.report({"event": "resumed", "history": state.history})
    return state, first


def _weights_of(classes: Sequence[str], name: str) -> Trained:
    model = load_any(name)
    network = model.module[0] if isinstance(model.module, Ensemble) else model.module  # of several asked together one
    return Trained(network.state_dict(), model.description.classes == list(classes))


def _optimiser(recipe: AnyRecipe, module: torch.nn.Module) -> torch.optim.Optimizer:
    settings = recipe.training
    if settings.optimiser == "sgd":
        return torch.optim.SGD(
            module.parameters(), settings.learning_rate, momentum=0.9, weight_decay=settings.weight_decay
        )
    kind = torch.optim.AdamW if settings.optimiser == "adamw" else torch.optim.Adam
    return kind(module.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)


def _metrics(
    recipe: AnyRecipe, material: Material, state: TrainState, first: FirstWeights, measures: dict[str, Any]
) -> dict[str, Any]:
    return {
        "sources": material.sources,
        "split": recipe.split.by,
        "training": material.counts["training"],
        "validation": material.counts["validation"] | measures,
        "weights": str(first),
        "history": state.history,
        "best_epoch": state.best_epoch,
    }


def _workplace(folder: Path, resume: bool) -> Path:
    """Return the folder of the training's state, if there is something to begin or to go on with."""
    workplace = Path(f"{folder.absolute()}.training")
    begun = (workplace / STATE).is_file()
    if folder.exists() and not resume:
        raise TrainingError(f"{folder.name or folder}: is there already; choose another folder or remove it")
    if resume and not begun and not folder.exists():
        raise TrainingError(f"{folder.name}: no training to go on with; start it without --resume")
    if begun and not resume:
        raise TrainingError(f"{folder.name}: a training was begun here; go on with --resume, or remove {workplace}")
    return workplace


def anonymous(recipe: AnyRecipe) -> str:
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
