"""Squared distances between embeddings, in blocks, so that a pool of any size needs little more than itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["Floats", "from_rows", "nearest_centre", "norms", "squared"]

Floats = NDArray[np.float32]

BLOCK = 8192  # rows at once
CENTRES = 512  # and columns


def norms(x: Floats) -> Floats:
    """Return the squared length of each row."""
    return np.asarray(np.einsum("ij,ij->i", x, x), np.float32)


def squared(x: Floats, y: Floats) -> Floats:
    """Return the squared distances of rows (n, width) and (m, width), as (n, m); never below 0."""
    return _squared(x, y, norms(x), norms(y))


def from_rows(x: Floats, length: Floats, rows: Sequence[int] | NDArray[np.int64]) -> Floats:
    """Return the squared distance of every row from some of them (n, rows), given their squared lengths (n,)."""
    return _squared(x, x[rows], length, length[rows])


def _squared(x: Floats, y: Floats, of_x: Floats, of_y: Floats) -> Floats:
    """Return squared distances, given squared lengths."""
    found: Floats = x @ y.T
    found *= -2
    found += of_x[:, None]
    found += of_y
    np.maximum(found, 0, out=found)
    return found


def nearest_centre(x: Floats, centres: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Return the nearest of some centres (m, width) to each row (n,), and the squared distance to it (n,)."""
    which, distance = np.zeros(len(x), np.int64), np.full(len(x), np.inf, np.float32)
    for begin in range(0, len(x), BLOCK):
        rows = slice(begin, begin + BLOCK)
        for first in range(0, len(centres), CENTRES):
            found = squared(x[rows], centres[first : first + CENTRES])
            here = found.argmin(axis=1)
            value = found[np.arange(len(here)), here]
            closer = value < distance[rows]
            which[rows][closer] = here[closer] + first
            distance[rows][closer] = value[closer]
    return which, distance
