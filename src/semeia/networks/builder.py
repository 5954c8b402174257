"""The network that a list of layers describes; what the list may say is in `semeia.networks.layers`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from semeia.networks import time_major
from semeia.networks.layer_kinds import Shape
from semeia.networks.layers import LayerShape, plan
from semeia.networks.residual import ResidualBlock

__all__ = ["LastState", "Layers", "module_of"]


class LastState(nn.Module):
    """A recurrent layer that reads a signal and remembers: (batch, channels, samples) to (batch, units).

    Parameters
    ----------
    recurrent : nn.GRU or nn.LSTM
        Of one layer, ``batch_first``.
    """

    def __init__(self, recurrent: nn.RNNBase) -> None:
        super().__init__()
        self.recurrent = recurrent

    def forward(self, x: Tensor) -> Tensor:
        """Return the state after the last sample."""
        states: Tensor = self.recurrent(x.transpose(1, 2))[0]
        return states[:, -1]


class Layers(nn.Module):
    """A network built layer by layer.

    ``features`` are the layers that keep the examples' axes, ``head`` those from the first that does not.

    Parameters
    ----------
    shape : tuple of int
        One example of any kind.
    classes : int
        Number of logits.
    layers : list of mapping
        As `semeia.networks.layers.plan` checks them.

    Raises
    ------
    RecipeError
        If a layer cannot be: the message names it, the size that it gets, and what would fit.
    """

    def __init__(self, shape: Shape, classes: int = 2, *, layers: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        planned = plan(layers, shape, classes)
        flat = next(number for number, layer in enumerate(planned) if len(layer.shape) == 1)
        modules = [module_of(layer) for layer in planned]
        self.features = nn.Sequential(*modules[:flat])
        self.head = nn.Sequential(*modules[flat:])
        self.embedding_width = planned[-1].takes[0]

    def embed(self, x: Tensor) -> Tensor:
        """Map (batch, *shape) to what the last layer sees (batch, embedding_width)."""
        embedding: Tensor = self.head[:-1](self.features(x))
        return embedding

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, *shape) to logits (batch, classes)."""
        logits: Tensor = self.head(self.features(x))
        return logits


def module_of(layer: LayerShape) -> nn.Module:
    """Return the module of one planned layer."""
    settings, maps, axes = layer.settings, layer.takes[0], len(layer.takes)
    window = [settings[key] for key in ("kernel", "stride", "padding") if key in settings]
    module: nn.Module
    match layer.kind:
        case "conv1d":
            module = time_major.Conv1d(maps, settings["maps"], *window)
        case "conv2d":
            module = nn.Conv2d(maps, settings["maps"], *window)
        case "residual":
            module = ResidualBlock(maps, settings["maps"], stride=settings["stride"], dimensions=axes - 1)
        case "batchnorm":
            module = nn.BatchNorm2d(maps) if axes == 3 else nn.BatchNorm1d(maps)
        case "dropout":
            module = nn.Dropout(settings["p"])
        case "gru" | "lstm":
            recurrent = nn.GRU if layer.kind == "gru" else nn.LSTM
            module = LastState(recurrent(maps, settings["units"], batch_first=True))
        case "linear":
            module = nn.Linear(maps, settings["units"])
        case "adaptivemaxpool" | "adaptiveavgpool":
            module = _ADAPTIVE[layer.kind, axes](settings["size"])
        case _:
            module = _PLAIN[layer.kind](*window)
    return module


_ADAPTIVE: dict[tuple[str, int], Callable[[int], nn.Module]] = {
    ("adaptivemaxpool", 2): nn.AdaptiveMaxPool1d,
    ("adaptivemaxpool", 3): nn.AdaptiveMaxPool2d,
    ("adaptiveavgpool", 2): nn.AdaptiveAvgPool1d,
    ("adaptiveavgpool", 3): nn.AdaptiveAvgPool2d,
}

_PLAIN: dict[str, Callable[..., nn.Module]] = {
    "maxpool1d": time_major.MaxPool1d,
    "maxpool2d": nn.MaxPool2d,
    "avgpool1d": nn.AvgPool1d,
    "avgpool2d": nn.AvgPool2d,
    "relu": nn.ReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "leakyrelu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "flatten": nn.Flatten,
}
