"""A network for any scalp channels: the same convolutions on each, pooled across them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from semeia.errors import RecipeError
from semeia.networks.shapes import TimeLayer, output_length, shortest_input

__all__ = ["Channelwise", "PoolChannels"]


class SplitChannels(nn.Module):
    """(batch, channels, samples) to (batch, 1, channels, samples): channels become rows of a picture.

    In training, strides that say "channels last" (with one map, both orders are the same memory) make PyTorch keep that
    order in all that follows, which is about 1.3 times as fast.
    """

    pointwise_in_time = True

    def forward(self, x: Tensor) -> Tensor:
        """Add the axis of feature maps."""
        if not self.training:
            return x.unsqueeze(1)
        batch, channels, samples = x.shape
        strides = channels * samples, 1, samples, 1
        return x.contiguous().as_strided((batch, 1, channels, samples), strides)


class PoolChannels(nn.Module):
    """(batch, maps, channels, samples) to (batch, 2 maps, samples): what most channels show, and what a few do.

    The mean over the channels stands for the generalised, a mean weighted by ``softmax`` for the focal: it follows the
    strongest channels without being ruled by one bad electrode, as a maximum would be. Neither depends much on how many
    channels there are.
    """

    pointwise_in_time = True

    def forward(self, x: Tensor) -> Tensor:
        """Pool the third axis."""
        return torch.cat([x.mean(dim=2), (x * x.softmax(dim=2)).sum(dim=2)], dim=1)


class PoolTime(PoolChannels):
    """(batch, maps, samples) to (batch, 2 maps): the same over the window's time."""

    pointwise_in_time = False


class Channelwise(nn.Module):
    """Weights shared by all channels, so any montage of four or more will do.

    Unpadded, with a total stride of 50 samples (0.5 s at 100 Hz) that divides a hop of one second, and without any
    normalisation over time (batch statistics are constants once trained): sliding it shares all convolutions.

    Parameters
    ----------
    shape : (int, int)
        Channels and samples of one example; the channels are of no account.
    classes : int
        Number of logits.
    width : int
        Feature maps of the first layer.
    dropout : float
        Share of features dropped in training.

    Raises
    ------
    RecipeError
        If the window is too short.
    """

    def __init__(self, shape: tuple[int, int], classes: int = 2, *, width: int = 16, dropout: float = 0.3) -> None:
        super().__init__()
        samples = shape[1]
        plan = [
            (width, TimeLayer(11, 2)),
            (2 * width, TimeLayer(9, 5)),
            (2 * width, TimeLayer(7, 5)),
            (4 * width, TimeLayer(3, 1)),
        ]
        layers = [layer for _, layer in plan]
        if output_length(samples, layers) < 1:
            raise RecipeError(
                f"network 'channelwise': a window of {samples} samples is too short; "
                f"the shortest that fits is {shortest_input(layers)}"
            )
        features: list[nn.Module] = [SplitChannels()]
        maps = 1
        for wider, (kernel, stride, _) in plan:
            features += [
                nn.Conv2d(maps, wider, (1, kernel), (1, stride), bias=False),
                nn.BatchNorm2d(wider),
                nn.ReLU(),
            ]
            maps = wider
        self.features = nn.Sequential(*features, PoolChannels())
        self.embedding_width = 32
        self.head = nn.Sequential(
            PoolTime(), nn.Dropout(dropout), nn.Linear(4 * maps, 32), nn.ReLU(), nn.Linear(32, classes)
        )

    def embed(self, x: Tensor) -> Tensor:
        """Map (batch, channels, samples) to what the last layer sees (batch, 32)."""
        embedding: Tensor = self.head[:-1](self.features(x))
        return embedding

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channels, samples) to logits (batch, classes)."""
        logits: Tensor = self.head(self.features(x))
        return logits
