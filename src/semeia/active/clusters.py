"""k-means for large pools: centres from a part of the rows, then each row to its nearest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from semeia.active.distances import Floats, from_rows, nearest_centre, norms

__all__ = ["clustered"]

MOST_ROWS = 10_000
FIRST_ROWS = 2000
"""Rows, or four a cluster, among which the first centres are drawn."""
ROUNDS = 20


def clustered(x: Floats, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return a cluster for each row (n,), from 0 to count - 1; one may stay empty.

    Lloyd's rounds from k-means++ (Arthur & Vassilvitskii 2007, the better of several draws each time) on at most 10,000
    rows, or twenty a cluster.

    Parameters
    ----------
    x : ndarray, float32 (n, width)
    count : int
        From 1 to n.
    rng : Generator
    """
    some = _part(x, max(MOST_ROWS, 20 * count), rng)
    centres, before = _spread(_part(some, max(FIRST_ROWS, 4 * count), rng), count, rng), np.full(len(some), -1)
    for _ in range(ROUNDS):
        which, _ = nearest_centre(some, centres)
        if (which == before).all():
            break
        centres, before = _means(some, which, centres), which
    return nearest_centre(x, centres)[0]


def _part(x: Floats, most: int, rng: np.random.Generator) -> Floats:
    return x if len(x) <= most else x[np.sort(rng.choice(len(x), most, replace=False))]


def _spread(x: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Return first centres: each drawn by its squared distance from those before, the best of a few draws."""
    draws = 3
    chosen = [int(rng.integers(len(x)))]
    length = norms(x)
    distance = from_rows(x, length, chosen)[:, 0]
    while len(chosen) < count:
        reach = np.cumsum(distance, dtype=np.float64)
        tried = np.searchsorted(reach, rng.random(draws) * reach[-1], side="right").clip(max=len(x) - 1)
        closer = np.minimum(distance[:, None], from_rows(x, length, tried))
        best = int(closer.sum(axis=0).argmin())
        chosen.append(int(tried[best]))
        distance = closer[:, best]
    return x[chosen]


def _means(x: Floats, which: NDArray[np.int64], centres: Floats) -> Floats:
    """Return the mean of each cluster; an empty one keeps its centre."""
    order = np.argsort(which, kind="stable")
    there, first = np.unique(which[order], return_index=True)
    means = centres.copy()
    means[there] = np.add.reduceat(x[order], first, axis=0) / np.diff([*first, len(x)])[:, None].astype(np.float32)
    return means
