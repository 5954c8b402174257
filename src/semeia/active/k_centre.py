"""Ask about what is unlike all that was asked about: cover the pool with the fewest balls."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from semeia.active.candidates import OPEN, Candidates
from semeia.active.distances import from_rows, nearest_centre, norms

__all__ = ["k_centre"]


def k_centre(candidates: Candidates, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return, one after another, the open row farthest from every row that was asked about before.

    The greedy solution of k-centre (Sener & Savarese 2018, arXiv:1708.00489); the first of a fresh pool is drawn.
    """
    x, asked = candidates.embedding, candidates.label != OPEN
    chosen: list[int] = []
    if not asked.any() and len(x):
        chosen.append(int(rng.integers(len(x))))
        asked[chosen] = True
    distance = nearest_centre(x, x[asked])[1]
    distance[asked] = -1
    length = norms(x)
    while len(chosen) < count and (distance >= 0).any():
        chosen.append(int(distance.argmax()))
        np.minimum(distance, from_rows(x, length, chosen[-1:])[:, 0], out=distance)
        distance[chosen[-1]] = -1
    return np.array(chosen[:count], np.int64)
