"""Labels that nobody gave: of examples of which the network is so sure that people would nearly always agree.

From which confidence on that is so is learnt from answers that were held back. They are kept apart from people's
answers, as nothing but a threshold, so that they are taken back in one step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from semeia.active.distances import Floats
from semeia.evaluation.intervals import binomial_interval

__all__ = ["TARGET", "Calibrated", "automatic", "calibrated"]

TARGET = 0.9
_LEVEL = 0.9
"""Of the two-sided interval: its lower end is passed by chance once in twenty."""


@dataclass(frozen=True)
class Calibrated:
    """From which confidence on an example may be labelled without a person.

    Parameters
    ----------
    threshold : float
    right, judged : int
        Of the answers held back with that confidence or more, how many the network had right.
    low : float
        Lower end of the share that is right.
    """

    threshold: float
    right: int
    judged: int
    low: float


def calibrated(probability: Floats, truth: NDArray[np.int64], target: float = TARGET) -> Calibrated | int:
    """Return the lowest confidence from which on the share of right answers is surely the target or more.

    Confidences are tried from the highest downwards, in one fixed order, and the first that fails ends it: so trying
    many does not make chance look like skill.

    Parameters
    ----------
    probability : ndarray (held, classes)
        Of answers that were held back.
    truth : ndarray, int64 (held,)
    target : float

    Returns
    -------
    Calibrated or int
        The number of answers held back that are missing at least, if no confidence is enough.
    """
    confidence = probability.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    right = np.cumsum(probability.argmax(axis=1)[order] == truth[order])
    fewest = math.ceil(math.log((1 - _LEVEL) / 2) / math.log(target))  # all right: the lower end is the target
    found: Calibrated | None = None
    for count in range(fewest, len(order) + 1):
        if count < len(order) and confidence[order[count]] == confidence[order[count - 1]]:
            continue  # equal ones are in together
        low = binomial_interval(int(right[count - 1]), count, _LEVEL).low
        if low < target:
            break
        found = Calibrated(float(confidence[order[count - 1]]), int(right[count - 1]), count, low)
    return found if found is not None else max(1, fewest - len(order))


def automatic(probability: Floats, open_rows: NDArray[np.int64], threshold: float) -> NDArray[np.int64]:
    """Return those of the open rows that get the likeliest class as their label."""
    sure: NDArray[np.bool_] = probability[open_rows].max(axis=1) >= threshold
    return open_rows[sure]
