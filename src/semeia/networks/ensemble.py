"""Several trainings of one network asked together."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

__all__ = ["Ensemble"]


class Ensemble(nn.ModuleList):
    """Networks whose probabilities are averaged (Lakshminarayanan et al. 2017, arXiv:1612.01474).

    Parameters
    ----------
    members : sequence of nn.Module
        Each maps a batch to logits (batch, classes).
    """

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__(members)

    def forward(self, x: Tensor) -> Tensor:
        """Map a batch to the logarithms of the mean probabilities (batch, classes), which are logits of these."""
        each = torch.stack([member(x).log_softmax(dim=1) for member in self])
        return torch.logsumexp(each, dim=0) - torch.tensor(float(len(self))).log()
