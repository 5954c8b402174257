"""Small models whose answers are known by construction, to be explained."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from semeia.model import Component, Description, Input, Model, OperatingPoint
from semeia.networks import build
from semeia.transforms import transform_named

RATE, CHANNELS, SAMPLES = 64.0, 5, 256


def model_of(
    module: nn.Module | None = None,
    *,
    network: str = "channelwise",
    transform: str = "raw",
    montage: str = "recorded",
    parameters: dict[str, Any] | None = None,
    samples: int = SAMPLES,
    classes: tuple[str, ...] = ("background", "seizure"),
) -> Model:
    """Return a model of a module, or of a network of the catalogue with weights drawn with a fixed seed."""
    given = {"scale": 50.0, "clip": 1000.0} if transform == "raw" else {}
    fitted = transform_named(transform, rate=RATE, **given)
    if hasattr(fitted, "mean") or hasattr(fitted, "weakest"):
        noise = 20 * np.random.default_rng(0).standard_normal((8, CHANNELS, samples)).astype(np.float32)
        fitted = fitted.fit([noise])
    if module is None:
        torch.manual_seed(0)
        module = build(network, fitted.shape(CHANNELS, samples), len(classes), **(parameters or {}))
    description = Description(
        name="known",
        classes=list(classes),
        input=Input(montage=montage, channels=CHANNELS, window=samples),
        transform=Component(name=transform, parameters=fitted.state()),
        network=Component(name=network, parameters=parameters or {}),
        operating_point=OperatingPoint(threshold=0.5),
    )
    return Model(description, module)


class Weighted(nn.Module):
    """Logits that are a weighted sum of what is seen: (0, sum)."""

    def __init__(self, weights: Tensor) -> None:
        super().__init__()
        self.weights = nn.Parameter(weights)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, *shape) to logits (batch, 2)."""
        one = (x * self.weights).flatten(1).sum(dim=1)
        return torch.stack([torch.zeros_like(one), one], dim=1)


class Energy(nn.Module):
    """What is loud on any channel: unpadded convolutions with strides, their squares, and the maximum of all places."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 2, (1, 9), (1, 2), bias=False)
        self.second = nn.Conv2d(2, 2, (1, 5), (1, 4), bias=False)
        self.act = nn.ReLU()
        with torch.no_grad():
            self.first.weight.zero_()
            self.first.weight[0, 0, 0, 4], self.first.weight[1, 0, 0, 4] = 1, -1
            self.second.weight.zero_()
            self.second.weight[[0, 1], [0, 1]] = 0.2

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channels, samples) to logits (batch, 2)."""
        maps = self.act(self.second(self.first(x.unsqueeze(1)).relu()))
        one = maps.flatten(1).amax(dim=1)
        return torch.stack([1 - one, one], dim=1)


def noise(seed: int = 0, channels: int = CHANNELS, samples: int = SAMPLES) -> np.ndarray:
    """Return a window of noise of 20 µV."""
    return 20 * np.random.default_rng(seed).standard_normal((channels, samples)).astype(np.float32)
