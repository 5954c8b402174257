"""A residual network for raw series whose depth and width are parameters (system E)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from torch import Tensor, nn

from semeia.errors import RecipeError
from semeia.networks.residual import ResidualBlock, group_norm, trainable

__all__ = ["ResNet1d"]


class ResNet1d(nn.Module):
    """Dilated residual blocks at full length, the maximum over time, one linear layer.

    After the detector of interictal discharges iEDeaL (Wang, Whitmarsh, Navarro & Palpanas, PVLDB 16(3), 2022;
    github.com/qtwang/iEDeaL): 5 channels of 768 samples, 7 blocks with dilations 1, 2, 4 ... 64 and 256 maps, each
    normalised over time with a weight for every sample (``width=256, norm="time"``). The default is narrower, 64 times
    as fast, and its normalisation depends neither on the window's length nor on the batch. The original is trained
    for one output with a surrogate of F1; this one returns a logit for each class.

    Parameters
    ----------
    shape : (int, int)
        Channels and samples of one example.
    classes : int
        Number of logits.
    depth : int
        Number of residual blocks; each doubles the dilation.
    width : int
        Feature maps.
    dropout : float
        Share of features dropped in training.
    norm : "group" or "time"
        Normalisation over time and groups of maps, or over time with a weight for every sample.

    Raises
    ------
    RecipeError
        If the window is shorter than 2^(depth + 1) - 1 samples.
    """

    def __init__(
        self,
        shape: tuple[int, int] = (5, 768),
        classes: int = 2,
        *,
        depth: int = 7,
        width: int = 32,
        dropout: float = 0.5,
        norm: Literal["group", "time"] = "group",
    ) -> None:
        super().__init__()
        channels, samples = shape
        _check(samples, depth, norm)
        make_norm: Callable[[int], nn.Module] = group_norm if norm == "group" else lambda maps: nn.LayerNorm(samples)
        # Without a first convolution, the first ReLU would cut off the negative half of the signal.
        first = nn.Conv1d(channels, width, 3, padding=1, bias=False)
        blocks = [ResidualBlock(width, width, dilation=2**number, norm=make_norm) for number in range(depth)]
        self.embedding_width = width
        self.features = nn.Sequential(first, *blocks, nn.AdaptiveMaxPool1d(1), nn.Flatten())
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(width, classes))

    def embed(self, x: Tensor) -> Tensor:
        """Map (batch, channels, samples) to (batch, embedding_width)."""
        embedding: Tensor = self.features(x)
        return embedding

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channels, samples) to logits (batch, classes)."""
        logits: Tensor = self.head(self.embed(x))
        return logits

    def stages(self) -> list[nn.Module]:
        """Return what may be frozen, from input to output."""
        return trainable([*self.features, self.head])


def _check(samples: int, depth: int, norm: str) -> None:
    """Refuse what the published code refuses too: dilations that reach beyond the window."""
    if norm not in {"group", "time"}:
        raise RecipeError(f"network 'resnet1d': norm = {norm!r}: choose group or time")
    if depth < 1:
        raise RecipeError(f"network 'resnet1d': depth = {depth}: at least 1 residual block")
    shortest = 2 ** (depth + 1) - 1
    if samples < shortest:
        fitting = (samples + 1).bit_length() - 2
        raise RecipeError(
            f"network 'resnet1d': a window of {samples} samples is too short for depth = {depth}; "
            f"the shortest that fits is {shortest}" + (f", and depth = {fitting} fits this one" if fitting > 0 else "")
        )
