"""Logistic regression with batch normalisation: the baseline beside every larger network (system B)."""

from __future__ import annotations

import math

from torch import Tensor, nn

__all__ = ["Logistic"]


class Logistic(nn.Module):
    """Every number of an example normalised, weighted and summed: ``BatchNorm1d(n) Linear(n, classes)``.

    Parameters
    ----------
    shape : tuple of int
        One example of any kind; it is flattened.
    classes : int
        Number of logits.
    """

    def __init__(self, shape: tuple[int, ...], classes: int = 2) -> None:
        super().__init__()
        self.embedding_width = math.prod(shape)
        self.features = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(self.embedding_width))
        self.head = nn.Linear(self.embedding_width, classes)

    def embed(self, x: Tensor) -> Tensor:
        """Map (batch, *shape) to the normalised numbers (batch, embedding_width)."""
        normalised: Tensor = self.features(x)
        return normalised

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, *shape) to logits (batch, classes)."""
        logits: Tensor = self.head(self.embed(x))
        return logits

    def stages(self) -> list[nn.Module]:
        """Return what may be frozen, from input to output."""
        return [self.features, self.head]
