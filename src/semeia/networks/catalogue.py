"""The list of networks, free of torch: a new network is one file and one line here."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from semeia.errors import RecipeError
from semeia.networks.braindecode_names import LISTED, PREFIX, is_installed
from semeia.recipe import Kind, check_parameters, look_up

if TYPE_CHECKING:
    from torch import nn

__all__ = [
    "NetworkEntry",
    "build",
    "check_fits",
    "entry_of",
    "names",
    "names_with_embed",
    "takes_any_channels",
    "title",
]


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
    per_channel : bool
        Whether it gives logits (batch, channels, classes), several classes at once, instead of (batch, classes).
    """

    module: str
    factory: str
    description: str
    takes: tuple[Kind, ...] = ("signal",)
    any_channels: bool = False
    original: tuple[int, ...] | None = None
    extra: str = ""
    per_channel: bool = False


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
    "layers": NetworkEntry(
        "semeia.networks.builder",
        "Layers",
        "your own, layer by layer: a list of convolutions, poolings, linear layers ...",
        takes=("signal", "picture", "features"),
    ),
    "cnn2d": NetworkEntry(
        "semeia.networks.pictures",
        "Cnn2d",
        "a plain CNN on pictures such as spectrograms, one channel per electrode: the baseline",
        takes=("picture",),
    ),
    "resnet18": NetworkEntry(
        "semeia.networks.timm_networks",
        "resnet18",
        "ResNet-18 on pictures, with ImageNet weights to begin with; 11 million parameters",
        takes=("picture",),
    ),
    "resnet34": NetworkEntry(
        "semeia.networks.timm_networks",
        "resnet34",
        "ResNet-34 on pictures, with ImageNet weights to begin with; 21 million parameters",
        takes=("picture",),
    ),
    "resnet50": NetworkEntry(
        "semeia.networks.timm_networks",
        "resnet50",
        "ResNet-50 on pictures, with ImageNet weights to begin with; 24 million parameters",
        takes=("picture",),
    ),
    "inception-resnet-v2": NetworkEntry(
        "semeia.networks.timm_networks",
        "inception_resnet_v2",
        "Inception-ResNet-V2 on pictures from 75 × 75 on, with ImageNet weights to begin with; 54 million parameters",
        takes=("picture",),
    ),
    "efficientnet-b0": NetworkEntry(
        "semeia.networks.timm_networks",
        "efficientnet_b0",
        "EfficientNet-B0 on pictures, with ImageNet weights to begin with; 4 million parameters",
        takes=("picture",),
    ),
    "timm": NetworkEntry(
        "semeia.networks.timm_networks",
        "timm_network",
        "any of timm's networks for pictures, by the name that it has there, with ImageNet weights where timm has them",
        takes=("picture",),
    ),
    "small-resnet": NetworkEntry(
        "semeia.networks.small_resnet",
        "SmallResNet",
        "a small residual network for X-rays and MRI; 0.7 million parameters",
        takes=("picture",),
    ),
    "xray-cnn": NetworkEntry(
        "semeia.networks.xray_cnn",
        "XrayCnn",
        "five convolutions and three dense layers for chest X-rays; 2,179,841 parameters at 1 × 600 × 600",
        takes=("picture",),
        original=(1, 600, 600),
    ),
    "mri-cnn": NetworkEntry(
        "semeia.networks.mri_cnn",
        "MriCnn",
        "a plain CNN for brain MRI, with batch normalisation and dropout; 422,308 parameters",
        takes=("picture",),
    ),
    "alexnet": NetworkEntry(
        "semeia.networks.alexnet",
        "AlexNet",
        "AlexNet with batch normalisation, on pictures from 63 × 63 on; 61 million parameters, fewer by width",
        takes=("picture",),
    ),
    "logistic": NetworkEntry(
        "semeia.networks.logistic",
        "Logistic",
        "logistic regression with batch normalisation: the baseline",
        takes=("signal", "picture", "features"),
    ),
    "resnet1d": NetworkEntry(
        "semeia.networks.resnet1d",
        "ResNet1d",
        "dilated residual blocks on raw channels, of any depth and width (after iEDeaL)",
    ),
    "electrodes": NetworkEntry(
        "semeia.networks.electrodes",
        "Electrodes",
        "one encoder for every electrode's series or spectrogram, and attention across them: any electrodes",
        takes=("signal", "picture"),
        any_channels=True,
    ),
    "pattern-detector": NetworkEntry(
        "semeia.networks.patterns",
        "PatternDetector",
        "which patterns each channel shows, several at once: any channels, windows of 0.2 to 10 s",
        any_channels=True,
        per_channel=True,
    ),
    "sequence": NetworkEntry(
        "semeia.networks.sequence",
        "Sequence",
        "a GRU or a transformer on the embeddings that another network makes of pieces: judges whole files",
        takes=("signal", "picture"),
    ),
}


def names() -> list[str]:
    """Return the names of all networks, those of braindecode where it is installed."""
    return [*_CATALOGUE, *(PREFIX + name for name in LISTED if is_installed())]


def entry_of(name: str) -> NetworkEntry:
    """Return the catalogue's line for a name.

    Raises
    ------
    RecipeError
        If there is no such network; the message names the nearest one.
    """
    if name.startswith(PREFIX):
        published = f"{name.removeprefix(PREFIX)} as braindecode publishes it"
        return NetworkEntry("semeia.networks.braindecode_networks", name, published, extra="braindecode")
    return look_up("network", name, _CATALOGUE)


def takes_any_channels(name: str, parameters: Mapping[str, Any]) -> bool:
    """Return whether a network takes any number of channels; the second level does where its encoder does."""
    if name == "sequence":
        return takes_any_channels(parameters.get("encoder", "electrodes"), parameters.get("encoder_parameters") or {})
    return entry_of(name).any_channels


def names_with_embed() -> list[str]:
    """Return the networks of our own that give embeddings, on which a sequence network can stand."""
    made = {name: _factory(entry) for name, entry in _CATALOGUE.items()}
    return [
        name
        for name, factory in made.items()
        if hasattr(factory, "embed") or hasattr(inspect.signature(factory, eval_str=True).return_annotation, "embed")
    ]


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
    factory = _factory(entry_of(name))
    own = dict(list(inspect.signature(factory).parameters.items())[2:])  # behind shape and classes
    check_parameters(f"network {name!r}", own, parameters)
    try:
        module: nn.Module = factory(tuple(shape), classes, **parameters)
    except (TypeError, ValueError, RuntimeError, MemoryError, OverflowError) as error:
        raise RecipeError(f"network {name!r}: {_reason(error)}") from error
    return module


def _factory(entry: NetworkEntry) -> Callable[..., nn.Module]:
    factory: Callable[..., nn.Module] = getattr(importlib.import_module(entry.module), entry.factory)
    return factory


def _reason(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else error.__class__.__name__
