"""Whether a recipe can be trained, found out before anything is read or trained: all faults at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from semeia.datasets.catalogue import Gives
from semeia.datasets.catalogue import check as check_source
from semeia.datasets.known import KNOWN
from semeia.datasets.labels import class_names
from semeia.errors import MontageError, RecipeError, SemeiaError
from semeia.model import installed
from semeia.networks import build, check_fits, entry_of, takes_any_channels
from semeia.recipe import AnyRecipe, ImageRecipe, Recipe, Weights, nearest
from semeia.signals.montage import montage_named
from semeia.transforms import ImageTransform, Transform, image_transform_named, transform_named
from semeia.transforms.augmentation import FEWEST_CHANNELS

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Checked", "channels_of", "check", "check_whole", "image_transform_of", "transform_of"]


@dataclass
class Checked:
    """What was found.

    Parameters
    ----------
    faults : list of str
        What must be changed before the recipe can be trained, one line each.
    notes : list of str
        What is well to know.
    transform : Transform, optional
    channels, window : int, optional
        Of one example before the transform, in samples at its rate.
    shape : tuple of int, optional
        Of one example after it.
    module : nn.Module, optional
        The network, without values in its weights (on torch's meta device).
    """

    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    transform: Transform | None = None
    channels: int | None = None
    window: int | None = None
    shape: tuple[int, ...] | None = None
    module: nn.Module | None = None

    @contextmanager
    def finding(self) -> Iterator[None]:
        """Take down what the block says is wrong, and go on."""
        try:
            yield
        except SemeiaError as error:
            if str(error) not in self.faults:
                self.faults.append(str(error))


def check(recipe: AnyRecipe, beside: Path = Path()) -> Checked:
    """Check names, parameters, combinations, and that the network fits what the transform makes of an example.

    Parameters
    ----------
    recipe : Recipe or ImageRecipe
    beside : Path
        Where relative paths of the recipe are looked for first.
    """
    found = Checked()
    for data in recipe.data:
        with found.finding():
            gives: Gives = "images" if isinstance(recipe, ImageRecipe) else "recordings"
            if not check_source(data.source, data.parameters, beside, gives=gives):
                found.notes.append(_absent(data.source, str(data.parameters["path"]), data.optional))
    with found.finding():
        _check_network(recipe)
        found.channels = None if isinstance(recipe, ImageRecipe) else _channels(recipe, found)
    if isinstance(recipe, Recipe):
        with found.finding():
            found.transform = transform_of(recipe)
    with found.finding():
        _check_freezing(recipe.weights)
    with found.finding():
        _check_class_weights(recipe)
    found.notes += _missing_weights(recipe.weights.init, beside)
    if isinstance(recipe, ImageRecipe):
        _check_images(recipe, found)
    else:
        _check_windows(recipe, found)
    return found


def _channels(recipe: Recipe, found: Checked) -> int:
    """Return how many channels the network is given, or as many as it may well be."""
    channels = channels_of(recipe)
    if channels is None:
        channels = (entry_of(recipe.network.name).original or (16,))[0]
        found.notes.append(f"how many channels there are is known from the recordings; checked with {channels}")
    return channels


def _check_windows(recipe: Recipe, found: Checked) -> None:
    if found.transform is not None:
        found.window = round(recipe.examples.window * found.transform.rate)
        with found.finding():
            check_fits(recipe.network.name, found.transform.gives, recipe.transform.name)
            if found.channels is not None:
                _build(recipe, found, found.transform.shape(found.channels, found.window))


def _check_images(recipe: ImageRecipe, found: Checked) -> None:
    with found.finding():
        transform = image_transform_of(recipe)
        check_fits(recipe.network.name, transform.gives, recipe.transform.name)
        _build(recipe, found, transform.shape())


def check_whole(recipe: AnyRecipe, beside: Path = Path()) -> None:
    """Check what can be checked before anything is read; the first weights must be here.

    Raises
    ------
    RecipeError
        With the first fault.
    """
    faults = check(recipe, beside).faults or _missing_weights(recipe.weights.init, beside)
    if faults:
        raise RecipeError(faults[0])


def _absent(source: str, path: str, optional: bool) -> str:
    known = KNOWN.get(source)
    get = "beside the recipe, under $SEMEIA_DATA or in the working folder" if not Path(path).is_absolute() else ""
    if known and path == known.folder:  # where a download puts it
        get = f"semeia datasets {'download' if known.fetchable else 'describe'} {source}"
    left_out = ", and will be left out" if optional else ""
    return f"data source {source!r}: {path} is not here{left_out}" + (f"; {get}" if get else "")


def transform_of(recipe: Recipe) -> Transform:
    """Return a recipe's transform, not fitted yet, if it suits the task.

    Raises
    ------
    RecipeError
    """
    transform = transform_named(recipe.transform.name, **recipe.transform.parameters)
    if recipe.task.kind == "prediction" and not transform.causal:
        raise RecipeError(
            f"transform {recipe.transform.name!r} sees the future, and prediction must not: "
            "set transform.causal_filter = true"
        )
    return transform


def image_transform_of(recipe: ImageRecipe) -> ImageTransform:
    """Return a recipe's transform, not fitted yet.

    Raises
    ------
    RecipeError
    """
    return image_transform_named(recipe.transform.name, **recipe.transform.parameters)


def _check_network(recipe: AnyRecipe) -> None:
    """Check that a recipe's network judges what its task asks for."""
    if entry_of(recipe.network.name).per_channel != (recipe.task.kind == "patterns"):
        kind = "whole windows" if recipe.task.kind == "patterns" else "each channel by itself"
        raise RecipeError(f"network {recipe.network.name!r} judges {kind}: it does not fit task {recipe.task.kind!r}")


def channels_of(recipe: Recipe) -> int | None:
    """Return how many channels the network is given: the least number for any, None where recordings say it.

    Raises
    ------
    RecipeError
        If the network needs channels in an order that the recipe does not give.
    """
    montage, name = recipe.examples.montage, recipe.network.name
    any_channels = takes_any_channels(name, recipe.network.parameters)
    if montage == "any" and not any_channels:
        raise RecipeError(
            f"network {name!r} needs its channels in order: name a montage in [examples], "
            "for example montage = 'chbmit'"
        )
    if recipe.augmentation.channels and not any_channels:
        raise RecipeError(f"augmentation.channels: network {name!r} needs its channels in order")
    if montage == "any":
        return FEWEST_CHANNELS
    if montage == "recorded":
        return None
    try:
        return len(montage_named(montage).labels)
    except MontageError as error:
        raise RecipeError(f"examples.montage: {error}, any, recorded") from error


def _check_freezing(weights: Weights) -> None:
    if weights.init == "random" and weights.freeze != "none" and not weights.random_frozen:
        raise RecipeError(
            f"weights.freeze = {weights.freeze!r} would keep random weights for good: "
            "name trained ones in weights.init, or set weights.random_frozen = true"
        )


def _missing_weights(init: str, beside: Path) -> list[str]:
    """Return what is to be said when the weights that a training begins with are not here."""
    places = beside / init, Path(init)
    if init in {"random", "imagenet"} or any(place.is_file() for place in places):
        return []
    if init in installed() or any((place / "model.json").is_file() for place in places):
        return []
    return [f"weights.init: {init!r} is no model that is installed, and no file here"]


def _check_class_weights(recipe: AnyRecipe) -> None:
    given, classes = recipe.training.class_weights, class_names(recipe.task)
    for name in given if isinstance(given, dict) else ():
        if name not in classes:
            raise RecipeError(f"training.class_weights: {name!r} is no class: {nearest(name, classes)}")


def _build(recipe: AnyRecipe, found: Checked, shape: tuple[int, ...]) -> None:
    """Build the network and let an example through it, both without values where it can be told so."""
    found.shape = shape
    name, classes = recipe.network.name, len(class_names(recipe.task))
    entry = entry_of(name)
    try:
        try:
            module, given = _passed(recipe, found.shape, classes, "meta")
        except Exception as error:
            if not isinstance(error, NotImplementedError) and "meta tensor" not in str(error):
                raise
            module, given = _passed(recipe, found.shape, classes, "cpu")
    except ImportError as error:
        if not entry.extra:
            raise
        raise RecipeError(f"network {name!r} needs pip install 'semeia[{entry.extra}]'") from error
    except (RuntimeError, ValueError, IndexError, TypeError, MemoryError, OverflowError) as error:
        said = str(error).splitlines() or [type(error).__name__]
        sizes = " × ".join(map(str, found.shape))
        raise RecipeError(f"network {name!r} does not fit examples of {sizes}: {said[0]}") from error
    wanted = (found.shape[0], classes) if entry.per_channel else (classes,)
    if given != wanted:
        raise RecipeError(f"network {name!r} gives {given} for an example; {wanted} is wanted")
    if recipe.weights.init == "imagenet":
        from semeia.networks.weights import check_imagenet

        check_imagenet(module, name)
    found.module = module


def _passed(recipe: AnyRecipe, shape: tuple[int, ...], classes: int, device: str) -> tuple[nn.Module, tuple[int, ...]]:
    """Return the network on a device, and the shape that it gives for one example."""
    import torch

    with torch.device(device), torch.random.fork_rng(devices=[]), torch.inference_mode():
        module = build(recipe.network.name, shape, classes, **recipe.network.parameters).eval()
        return module, tuple(module(torch.zeros(2, *shape)).shape[1:])
