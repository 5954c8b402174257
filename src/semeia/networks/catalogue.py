"""The list of networks, free of torch: a new network is one file and one line here."""

from __future__ import annotations

import importlib
import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from semeia.errors import RecipeError
from semeia.recipe import check_parameters, look_up

if TYPE_CHECKING:
    from torch import nn

__all__ = ["NetworkEntry", "build", "entry_of", "names", "title"]


@dataclass(frozen=True, slots=True)
class NetworkEntry:
    """One line of the catalogue.

    Parameters
    ----------
    module, factory : str
        Where the network is made: ``factory(channels, samples, classes, **parameters) -> nn.Module``.
    description : str
        One line for lists.
    any_channels : bool
        Whether it takes any number of channels in any order.
    original : (int, int), optional
        Channels and samples of the published network; the same layers on other examples are a variant.
    """

    module: str
    factory: str
    description: str
    any_channels: bool = False
    original: tuple[int, int] | None = None


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


def title(name: str, channels: int, samples: int) -> str:
    """Return a network's name, and that it is a variant where its examples are not those of the published one."""
    original = entry_of(name).original
    if original is None or original == (channels, samples):
        return name
    return f"{name}, a variant: the original takes {original[0]} channels of {original[1]} samples"


def build(name: str, channels: int, samples: int, classes: int, /, **parameters: Any) -> nn.Module:
    """Build a network by name.

    Parameters
    ----------
    name : str
        As in `names`.
    channels, samples, classes : int
        Shape of one example (channels, samples) and number of scores.
    **parameters
        The network's own.

    Raises
    ------
    RecipeError
        If the name or a parameter is unknown or not possible, or the window is too short.
    """
    entry = entry_of(name)
    factory = getattr(importlib.import_module(entry.module), entry.factory)
    own = dict(list(inspect.signature(factory).parameters.items())[3:])  # behind channels, samples, classes
    check_parameters(f"network {name!r}", own, parameters)
    try:
        module: nn.Module = factory(channels, samples, classes, **parameters)
    except (TypeError, ValueError, RuntimeError, MemoryError, OverflowError) as error:
        raise RecipeError(f"network {name!r}: {_reason(error)}") from error
    return module


def _reason(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else error.__class__.__name__
