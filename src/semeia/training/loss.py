"""What training makes small: cross-entropy of classes, or of every pattern by itself."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from semeia.recipe import AnyTask, Patterns, Training
from semeia.training.fit import Loss

__all__ = ["loss_of"]

STRONGEST = 100.0
"""Balanced weights are kept to this: of a pattern in one of ten thousand channels they would make noise."""


def loss_of(task: AnyTask, settings: Training, classes: Sequence[str], shares: NDArray[np.float64]) -> Loss:
    """Return the loss of a task, its classes weighted and its labels smoothed as the settings say.

    Smoothing after Szegedy et al. (2016, https://doi.org/10.1109/CVPR.2016.308): of a pattern, which is there or not,
    half of the share goes to either.

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
    patterns, smoothing = isinstance(task, Patterns), settings.label_smoothing
    given = settings.class_weights
    if given == "none":
        return partial(_of_patterns if patterns else F.cross_entropy, label_smoothing=smoothing)
    if given == "balanced":
        shares = np.clip(shares, 1e-9, 1)
        weights = (1 - shares) / shares if patterns else 1 / (len(shares) * shares)
        weights = np.clip(weights, 1 / STRONGEST, STRONGEST)
    else:
        weights = np.array([given.get(name, 1.0) for name in classes])
    tensor = torch.tensor(weights, dtype=torch.float32)
    return partial(_weighted, weights=tensor, patterns=patterns, label_smoothing=smoothing)


def _weighted(logits: Tensor, targets: Tensor, *, weights: Tensor, patterns: bool, label_smoothing: float) -> Tensor:
    weights = weights.to(logits.device)
    if patterns:
        return _of_patterns(logits, targets, weights, label_smoothing=label_smoothing)
    return F.cross_entropy(logits, targets, weights, label_smoothing=label_smoothing)


def _of_patterns(
    logits: Tensor, targets: Tensor, weights: Tensor | None = None, *, label_smoothing: float = 0.0
) -> Tensor:
    if label_smoothing:
        targets = targets * (1 - label_smoothing) + label_smoothing / 2
    return F.binary_cross_entropy_with_logits(logits, targets, pos_weight=weights)
