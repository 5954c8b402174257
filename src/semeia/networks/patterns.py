"""The pattern detector: which patterns each channel shows in a window of 0.2 to 10 s, several at once (system E)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from semeia.networks.residual import Encoder, trainable

__all__ = ["PatternDetector"]


class PatternDetector(nn.Module):
    """One encoder for all channels, and a logit for each pattern on each channel: for a sigmoid, not a softmax.

    Parameters
    ----------
    shape : (int, int)
        Channels and samples of one example; the channels are of no account.
    classes : int
        Number of patterns.
    others : bool
        Show each channel beside the mean of all others: what stands in all of them at once is no local pattern.
    differences : bool
        Show each channel beside its second difference, ten times as large: fast oscillations have a thousandth of the
        power of what is slow, and without this a network takes long to learn a filter for them.
    width : int
        Feature maps after the first convolution.
    depth : int, optional
        Number of residual blocks, each of which halves the window; by default as many as suit it, at most 6.
    dropout : float
        Share of features dropped in training.

    Raises
    ------
    RecipeError
        If the window is too short for the depth.
    """

    def __init__(
        self,
        shape: tuple[int, int] = (5, 768),
        classes: int = 1,
        *,
        others: bool = False,
        differences: bool = False,
        width: int = 16,
        depth: int | None = None,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        self.others, self.differences = others, differences
        maps = 1 + others + differences
        self.encoder = Encoder((shape[1],), network="pattern-detector", maps=maps, width=width, depth=depth)
        self.embedding_width = self.encoder.outputs
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(self.embedding_width, classes))

    def embed_channels(self, x: Tensor) -> Tensor:
        """Map (batch, channels, samples) to (batch, channels, embedding_width)."""
        shown = [x]
        if self.others:
            shown.append((x.sum(dim=1, keepdim=True) - x) / max(1, x.shape[1] - 1))
        if self.differences:
            shown.append(10 * nn.functional.pad(x[..., 2:] - 2 * x[..., 1:-1] + x[..., :-2], (1, 1)))
        maps = torch.stack(shown, dim=2)
        each: Tensor = self.encoder(maps.flatten(0, 1))
        return each.reshape(*x.shape[:2], -1)

    def embed(self, x: Tensor) -> Tensor:
        """Map (batch, channels, samples) to (batch, embedding_width): what stands out on any channel."""
        return self.embed_channels(x).amax(dim=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channels, samples) to logits (batch, channels, patterns)."""
        logits: Tensor = self.head(self.embed_channels(x))
        return logits

    def stages(self) -> list[nn.Module]:
        """Return what may be frozen, from input to output."""
        return trainable([*self.encoder, self.head])
