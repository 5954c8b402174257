"""Pools of made embeddings: groups of points, and a head that was told of some."""

from __future__ import annotations

import numpy as np

from semeia.active import OPEN, Candidates


def grouped(groups: int = 6, each: int = 40, width: int = 5, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return points in groups that lie far apart, the later the fewer, and the group of each."""
    rng = np.random.default_rng(seed)
    centres = 40 * rng.standard_normal((groups, width))
    group = np.repeat(np.arange(groups), [each - 4 * number for number in range(groups)])
    return (centres[group] + rng.standard_normal((len(group), width))).astype(np.float32), group


def candidates(count: int = 60, classes: int = 3, members: int = 4, labelled: int = 6, seed: int = 0) -> Candidates:
    """Return candidates of whom the first few are labelled, in turn."""
    rng = np.random.default_rng(seed)
    label = np.full(count, OPEN)
    label[:labelled] = np.arange(labelled) % classes
    return Candidates(
        rng.standard_normal((count, 4)).astype(np.float32),
        rng.dirichlet(np.ones(classes), count).astype(np.float32),
        label,
        rng.dirichlet(np.ones(classes), (members, count)).astype(np.float32),
    )
