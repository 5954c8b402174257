"""What a strategy sees: the examples that a person could be asked about, and what the network says of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ASKED", "OPEN", "Candidates", "Strategy"]

OPEN, ASKED = -1, -2
"""In place of a class: not asked about; asked about in this round, and not yet answered."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """A pool of examples, labelled and not.

    Parameters
    ----------
    embedding : ndarray, float32 (examples, width)
        What the network makes of each before its last layer; distances between examples are taken here.
    probability : ndarray, float32 (examples, classes)
        What it says of each; rows sum to 1.
    label : ndarray, int64 (examples,)
        The class of those that were answered; otherwise `OPEN` or `ASKED`.
    committee : ndarray, float32 (members, examples, classes), optional
        What each of several networks says.
    """

    embedding: NDArray[np.float32]
    probability: NDArray[np.float32]
    label: NDArray[np.int64]
    committee: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.label)

    @property
    def open(self) -> NDArray[np.int64]:
        """Rows that can be asked about."""
        return np.flatnonzero(self.label == OPEN)

    @property
    def informed(self) -> bool:
        """Whether anything was answered: before that a network has nothing to be unsure about.

        One class will do: what is unlike that is then the least sure, and where the other one may be found.
        """
        return bool((self.label >= 0).any())

    def asked(self, rows: NDArray[np.int64]) -> Candidates:
        """Return the same pool after these rows were asked about."""
        label = self.label.copy()
        label[rows] = ASKED
        return replace(self, label=label)

    def taken(self, rows: NDArray[np.int64]) -> Candidates:
        """Return the pool of some rows."""
        committee = None if self.committee is None else self.committee[:, rows]
        return Candidates(self.embedding[rows], self.probability[rows], self.label[rows], committee)

    def highest(self, score: NDArray[np.floating[Any]], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Return the open rows with the highest scores (examples,), best first; which of equal ones is drawn."""
        rows = rng.permutation(self.open)
        return rows[np.argsort(-score[rows], kind="stable")[:count]]


Strategy = Callable[[Candidates, int, np.random.Generator], NDArray[np.int64]]
"""Takes candidates and how many to ask about; returns that many open rows, or all that are left, the first first."""
