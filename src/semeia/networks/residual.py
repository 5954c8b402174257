"""Residual blocks, and the encoder of one series or picture that the networks of single electrodes share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from semeia.errors import RecipeError

__all__ = ["AttentionPool", "Encoder", "ResidualBlock", "group_norm", "trainable"]


def group_norm(maps: int) -> nn.Module:
    """Normalise over time and up to 8 groups of maps: the same in training and use, whatever else is in the batch."""
    return nn.GroupNorm(math.gcd(maps, 8), maps)


def trainable(modules: Iterable[nn.Module]) -> list[nn.Module]:
    """Return the modules that have weights: the stages of a network."""
    return [module for module in modules if any(True for _ in module.parameters())]


class ResidualBlock(nn.Module):
    """Twice (norm, ReLU, convolution of 3), added to the input: He et al. 2016 (arXiv:1603.05027), full pre-activation.

    Parameters
    ----------
    maps, wider : int
        Feature maps of input and output.
    stride, dilation : int
        Stride of the first, dilation of both convolutions.
    dimensions : int
        1 for (batch, maps, samples), 2 for (batch, maps, height, width).
    norm : callable
        Makes a normalisation from a number of maps.
    """

    def __init__(
        self,
        maps: int,
        wider: int,
        *,
        stride: int = 1,
        dilation: int = 1,
        dimensions: int = 1,
        norm: Callable[[int], nn.Module] = group_norm,
    ) -> None:
        super().__init__()
        convolution = nn.Conv1d if dimensions == 1 else nn.Conv2d
        self.residual = nn.Sequential(
            norm(maps),
            nn.ReLU(),
            convolution(maps, wider, 3, stride, padding=dilation, dilation=dilation, bias=False),
            norm(wider),
            nn.ReLU(),
            convolution(wider, wider, 3, padding=dilation, dilation=dilation, bias=False),
        )
        same = stride == 1 and maps == wider
        self.identity = nn.Identity() if same else convolution(maps, wider, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, maps, ...) to (batch, wider, ...)."""
        added: Tensor = self.identity(x) + self.residual(x)
        return added


class PoolPlaces(nn.Module):
    """(batch, maps, ...) to (batch, 2 maps): what most places show, and what stands out at one."""

    def forward(self, x: Tensor) -> Tensor:
        """Take mean and maximum over all but the first two axes."""
        places = x.flatten(2)
        return torch.cat([places.mean(dim=2), places.amax(dim=2)], dim=1)


class Encoder(nn.Sequential):
    """One series or picture becomes a vector: a convolution, residual blocks that halve, mean and maximum.

    Amplitude is not normalised away: it passes along the identities.

    Parameters
    ----------
    sizes : tuple of int
        (samples,) or (height, width).
    network : str
        Whose part this is, for messages.
    maps : int
        Feature maps of the input.
    width : int
        Feature maps after the first convolution; they double at the third and the fifth block.
    depth : int, optional
        Number of residual blocks; by default what leaves at least 4 places of the shortest side, from 1 to 6.

    Attributes
    ----------
    outputs : int
        Length of the vector.

    Raises
    ------
    RecipeError
        If a side is shorter than 2^(depth + 1): nothing would be left to pool.
    """

    def __init__(
        self, sizes: tuple[int, ...], *, network: str, maps: int = 1, width: int = 16, depth: int | None = None
    ) -> None:
        shortest = min(sizes)
        if depth is None:
            depth = min(6, max(1, int(math.log2(max(shortest, 1))) - 3))
        if shortest < 2 ** (depth + 1):
            what = f"a window of {sizes[0]} samples" if len(sizes) == 1 else f"a picture of {sizes[0]} × {sizes[1]}"
            fitting = max(shortest, 1).bit_length() - 2
            raise RecipeError(
                f"network {network!r}: {what} is too small for depth = {depth}, which needs {2 ** (depth + 1)}"
                + (f"; depth = {fitting} fits" if fitting > 0 else "")
            )
        dimensions = len(sizes)
        convolution = nn.Conv1d if dimensions == 1 else nn.Conv2d
        layers: list[nn.Module] = [convolution(maps, width, 7, stride=2, padding=3, bias=False)]
        maps = width
        for number in range(depth):
            wider = width * 2 ** min(number // 2, 2)
            layers.append(ResidualBlock(maps, wider, stride=2, dimensions=dimensions))
            maps = wider
        super().__init__(*layers, PoolPlaces())
        self.outputs = 2 * maps


class AttentionPool(nn.Module):
    """(batch, items, width) to (batch, width): a mean whose weights are learned, for any number of items in any order.

    Gated attention as in Ilse, Tomczak & Welling 2018 (arXiv:1802.04712), equation 9.

    Parameters
    ----------
    width : int
    hidden : int
    """

    def __init__(self, width: int, hidden: int = 32) -> None:
        super().__init__()
        self.content, self.gate = nn.Linear(width, hidden), nn.Linear(width, hidden)
        self.score = nn.Linear(hidden, 1, bias=False)

    def weights(self, x: Tensor) -> Tensor:
        """Return how much each item counts: (batch, items), which sum to 1."""
        scores: Tensor = self.score(self.content(x).tanh() * self.gate(x).sigmoid())
        return scores.squeeze(-1).softmax(dim=1)

    def forward(self, x: Tensor) -> Tensor:
        """Pool the second axis."""
        return (x * self.weights(x).unsqueeze(-1)).sum(dim=1)
