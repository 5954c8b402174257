"""Ask about what the network is least sure of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from semeia.active.candidates import Candidates

__all__ = ["entropies", "entropy", "margin", "margins"]

_TINY = np.float32(1e-12)


def entropy(candidates: Candidates, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the open rows of the highest entropy (Settles 2009, Active Learning Literature Survey, 3.1)."""
    return candidates.highest(entropies(candidates.probability), count, rng)


def margin(candidates: Candidates, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the open rows with the smallest margin (Scheffer, Decomain & Wrobel 2001)."""
    return candidates.highest(-margins(candidates.probability), count, rng)


def entropies(probability: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the entropy in nats of probabilities (..., classes)."""
    spread: NDArray[np.float32] = -(probability * np.log(np.maximum(probability, _TINY))).sum(axis=-1)
    return spread


def margins(probability: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return by how much the likeliest of (examples, classes) is above the second."""
    two = np.partition(probability, -2, axis=1)[:, -2:]
    return two[:, 1] - two[:, 0]
