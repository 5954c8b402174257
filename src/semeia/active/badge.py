"""Ask about what would change the network most, and in different ways: uncertain and unlike each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from semeia.active.candidates import OPEN, Candidates
from semeia.active.distances import Floats, norms

__all__ = ["badge"]


def badge(candidates: Candidates, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return open rows drawn by k-means++ from the gradients of the last layer (Ash et al. 2020, arXiv:1906.03671).

    A row's gradient, were the likeliest class the true one, is the outer product of its embedding and of its
    probabilities less 1 at that class. It is never written out: ⟨a⊗b, c⊗d⟩ = ⟨a, c⟩⟨b, d⟩.
    """
    x, slope = candidates.embedding, candidates.probability.copy()
    slope[np.arange(len(x)), slope.argmax(axis=1)] -= 1
    length = norms(x) * norms(slope)
    is_open = candidates.label == OPEN
    count = min(count, int(is_open.sum()))
    distance, chosen = np.where(is_open, length, 0), list[int]()
    while len(chosen) < count:
        reach = np.cumsum(distance, dtype=np.float64)
        if not chosen:
            row = int(distance.argmax())
        elif reach[-1] > 0:
            row = min(int(np.searchsorted(reach, rng.random() * reach[-1], side="right")), len(x) - 1)
        else:  # what is left is as those that were chosen, or of no doubt
            row = int(rng.choice(np.flatnonzero(is_open)))
        if not is_open[row]:
            row = int(np.flatnonzero(is_open)[0])
        chosen.append(row)
        is_open[row] = False
        away = _away(x, slope, length, row)
        distance = np.where(is_open, away if len(chosen) == 1 else np.minimum(distance, away), 0)
    return np.array(chosen, np.int64)


def _away(x: Floats, slope: Floats, length: Floats, row: int) -> Floats:
    """Return the squared distance of every gradient from that of a row (n,)."""
    found: Floats = length + length[row] - 2 * (x @ x[row]) * (slope @ slope[row])
    return np.maximum(found, 0)
