"""Ask about the most typical example of each group that nobody was asked about: what to begin with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from semeia.active.candidates import OPEN, Candidates
from semeia.active.clusters import clustered
from semeia.active.distances import Floats, squared

__all__ = ["typiclust"]

MOST_CLUSTERS, SMALLEST, NEIGHBOURS = 500, 5, 20
"""As in the paper: clusters at most; one of so few rows is passed over; neighbours that a row is typical by."""
MEASURED = 1000
"""Rows of a larger cluster among which the most typical is looked for, drawn at random."""


def typiclust(candidates: Candidates, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the most typical open row of the largest clusters without an answer, then of those with the fewest.

    TypiClust (Hacohen, Dekel & Weinshall 2022, arXiv:2202.02794) with k-means: as many clusters as rows were and will
    be asked about.
    """
    x, is_open = candidates.embedding, candidates.label == OPEN
    count = min(count, int(is_open.sum()))
    if not count:
        return np.zeros(0, np.int64)
    number = min(len(x) - int(is_open.sum()) + count, MOST_CLUSTERS, len(x))
    cluster = clustered(x, number, rng)
    size, asked = np.bincount(cluster, minlength=number), np.bincount(cluster[~is_open], minlength=number)
    order = [one for one in np.lexsort([-size, asked]).tolist() if size[one] > asked[one]]
    order = [one for one in order if size[one] > SMALLEST] or order
    chosen: list[int] = []
    while len(chosen) < count:
        left = [one for one in order if (is_open & (cluster == one)).any()]
        for one in (left or np.unique(cluster[is_open]).tolist())[: count - len(chosen)]:
            rows = np.flatnonzero(is_open & (cluster == one))
            chosen.append(int(_most_typical(x, rows, rng)))
            is_open[chosen[-1]] = False
    return np.array(chosen, np.int64)


def _most_typical(x: Floats, rows: NDArray[np.int64], rng: np.random.Generator) -> int:
    """Return the row whose nearest neighbours among these are the nearest on average."""
    if len(rows) > MEASURED:
        rows = rng.choice(rows, MEASURED, replace=False)
    near = max(1, min(NEIGHBOURS, len(rows) // 2))
    among = squared(x[rows], x[rows])
    np.fill_diagonal(among, 0)
    nearest = np.sqrt(np.partition(among, min(near, len(rows) - 1), axis=1)[:, : near + 1])
    return int(rows[nearest.mean(axis=1).argmin()])
