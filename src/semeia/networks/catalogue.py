"""The list of networks, free of torch: a new network is one file and one line here."""

from __future__ import annotations

import importlib
import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from semeia.errors import RecipeError
from semeia.recipe import Kind, check_parameters, look_up

if TYPE_CHECKING:
    from torch import nn

__all__ = ["NetworkEntry", "build", "check_fits", "entry_of", "names", "title"]


@dataclass(frozen=True, slots=True)
class NetworkEntry:
    """One line of the catalogue.

    Parameters
    ----------
    module, factory : str
        Where the network is made: ``factory(shape, classes, **parameters) -> nn.Module``, from the shape of one
        example (without the batch).
    description : str
        One line for lists.
    takes : tuple of str
        Kinds of example that it takes (`semeia.recipe.Kind`).
    any_channels : bool
        Whether it takes any number of channels in any order: the first number of the shape is of no account.
    original : tuple of int, optional
        Shape of the published network's examples; the same layers on others are a variant.
    extra : str
        The extra of Semeia that must be installed for it, as in ``pip install semeia[EXTRA]``.
    """

    module: str
    factory: str
    description: str
    takes: tuple[Kind, ...] = ("signal",)
    any_channels: bool = False
    original: tuple[int, ...] | None = None
    extra: str = ""


_CATALOGUE = {
    "convnet": NetworkEntry(
        "semeia.networks.convnet",
        "ConvNet",
        "two convolutions on raw channels; 3,137 parameters at 23 × 30 s",
        original=(23, 7680),
    ),
    "channelwise": NetworkEntry(
        "semeia.networks.channelwise",
        "Channelwise",
        "the same convolutions on every channel, pooled across them: any scalp channels",
        any_channels=True,
    ),
}


def names() -> list[str]:
    """Return the names of all networks."""
    return list(_CATALOGUE)


def entry_of(name: str) -> NetworkEntry:
    """Return the catalogue's line for a name.

    Raises
    ------
    RecipeError
        If there is no such network; the message names the nearest one.
    """
    return look_up("network", name, _CATALOGUE)


def title(name: str, shape: tuple[int, ...]) -> str:
    """Return a network's name, and that it is a variant where its examples are not those of the published one."""
    original = entry_of(name).original
    if original is None or original == tuple(shape):
        return name
    return f"{name}, a variant: the original takes examples of {' × '.join(map(str, original))}"


def check_fits(name: str, kind: Kind, transform: str) -> None:
    """Check that a network takes the kind of example that a transform gives.

    Raises
    ------
    RecipeError
        The message names the networks that would fit.
    """
    takes = entry_of(name).takes
    if kind not in takes:
        fitting = ", ".join(other for other, entry in _CATALOGUE.items() if kind in entry.takes)
        raise RecipeError(
            f"network {name!r} takes {' or '.join(takes)} examples, but transform {transform!r} gives "
            f"{kind} examples; networks that take these: {fitting}"
        )


def build(name: str, shape: tuple[int, ...], classes: int, /, **parameters: Any) -> nn.Module:
    """Build a network by name.

    Parameters
    ----------
    name : str
        As in `names`.
    shape : tuple of int
        One example, without the batch: (channels, samples), (channels, height, width) or (features,).
    classes : int
        Number of scores.
    **parameters
        The network's own.

    Raises
    ------
    RecipeError
        If the name or a parameter is unknown or not possible, or the window is too short.
    """
    entry = entry_of(name)
    factory = getattr(importlib.import_module(entry.module), entry.factory)
    own = dict(list(inspect.signature(factory).parameters.items())[2:])  # behind shape and classes
    check_parameters(f"network {name!r}", own, parameters)
    try:
        module: nn.Module = factory(tuple(shape), classes, **parameters)
    except (TypeError, ValueError, RuntimeError, MemoryError, OverflowError) as error:
        raise RecipeError(f"network {name!r}: {_reason(error)}") from error
    return module


def _reason(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else error.__class__.__name__
