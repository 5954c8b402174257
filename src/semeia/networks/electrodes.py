"""A network for any number of electrodes: one encoder for each, pooled across them."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from semeia.errors import RecipeError
from semeia.networks.residual import AttentionPool, Encoder, trainable

__all__ = ["Electrodes"]


class Mean(nn.Module):
    """(batch, electrodes, width) to (batch, width): what most electrodes show."""

    def forward(self, x: Tensor) -> Tensor:
        """Pool the second axis."""
        return x.mean(dim=1)


class Maximum(nn.Module):
    """(batch, electrodes, width) to (batch, width): the strongest electrode for each feature."""

    def forward(self, x: Tensor) -> Tensor:
        """Pool the second axis."""
        return x.amax(dim=1)


class Electrodes(nn.Module):
    """Every electrode's series or spectrogram goes through the same encoder; a pooling makes one vector of all.

    The answer does not depend on the order of the electrodes, and their number may change from batch to batch.

    Parameters
    ----------
    shape : tuple of int
        (electrodes, samples) or (electrodes, height, width), one picture for each; the electrodes are of no account.
    classes : int
        Number of logits.
    pooling : "attention", "mean" or "max"
        Attention learns which electrodes count (`semeia.networks.residual.AttentionPool`): for what may be focal.
    width : int
        Feature maps after the first convolution.
    depth : int, optional
        Number of residual blocks, each of which halves the sides; by default as many as suit the example, at most 6.
    dropout : float
        Share of features dropped in training.

    Raises
    ------
    RecipeError
        If the example is too small for the depth.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        classes: int = 2,
        *,
        pooling: Literal["attention", "mean", "max"] = "attention",
        width: int = 16,
        depth: int | None = None,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        self.encoder = Encoder(shape[1:], network="electrodes", width=width, depth=depth)
        self.embedding_width = self.encoder.outputs
        self.pool = _pool(pooling, self.embedding_width)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(self.embedding_width, classes))

    def embed(self, x: Tensor) -> Tensor:
        """Map (batch, electrodes, ...) to (batch, embedding_width)."""
        each = self.encoder(x.flatten(0, 1).unsqueeze(1))
        embedding: Tensor = self.pool(each.reshape(*x.shape[:2], -1))
        return embedding

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, electrodes, ...) to logits (batch, classes)."""
        logits: Tensor = self.head(self.embed(x))
        return logits

    def stages(self) -> list[nn.Module]:
        """Return what may be frozen, from input to output."""
        return trainable([*self.encoder, self.pool, self.head])


def _pool(pooling: str, width: int) -> nn.Module:
    if pooling == "attention":
        return AttentionPool(width)
    if pooling not in {"mean", "max"}:
        raise RecipeError(f"network 'electrodes': pooling = {pooling!r}: choose attention, mean or max")
    return Mean() if pooling == "mean" else Maximum()
