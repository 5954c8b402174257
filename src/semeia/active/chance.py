"""Ask about any example: the arm that every strategy is compared with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from semeia.active.candidates import Candidates

__all__ = ["random"]


def random(candidates: Candidates, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return open rows, each as likely as any other."""
    return rng.permutation(candidates.open)[:count]
