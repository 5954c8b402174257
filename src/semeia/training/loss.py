"""What training makes small: cross-entropy of classes, or of every pattern by itself."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from semeia.recipe import Patterns, Task, Training
from semeia.training.fit import Loss

__all__ = ["loss_of"]

STRONGEST = 100.0
"""Balanced weights are kept to this: of a pattern in one of ten thousand channels they would make noise."""


def loss_of(task: Task, settings: Training, classes: Sequence[str], shares: NDArray[np.float64]) -> Loss:
    """Return the loss of a task, its classes weighted as the settings say.

    Parameters
    ----------
    task : semeia.recipe.Task
    settings : semeia.recipe.Training
    classes : sequence of str
    shares : ndarray (classes,)
        How often each class is drawn, or each pattern is shown.

    Returns
    -------
    callable
        Of logits and targets, as `semeia.training.batches.TrainingBatches.batch` gives them.
    """
    patterns = isinstance(task, Patterns)
    given = settings.class_weights
    if given == "none":
        return F.binary_cross_entropy_with_logits if patterns else F.cross_entropy
    if given == "balanced":
        shares = np.clip(shares, 1e-9, 1)
        weights = (1 - shares) / shares if patterns else 1 / (len(shares) * shares)
        weights = np.clip(weights, 1 / STRONGEST, STRONGEST)
    else:
        weights = np.array([given.get(name, 1.0) for name in classes])
    tensor = torch.tensor(weights, dtype=torch.float32)
    return partial(_weighted, weights=tensor, patterns=patterns)


def _weighted(logits: Tensor, targets: Tensor, *, weights: Tensor, patterns: bool) -> Tensor:
    weights = weights.to(logits.device)
    if patterns:
        return F.binary_cross_entropy_with_logits(logits, targets, pos_weight=weights)
    return F.cross_entropy(logits, targets, weights)
