"""How much has been learnt from the answers so far, measured on answers that nothing learns from.

A share of the questions is drawn at random, and what people say to them is held back: `is_held` says which. Fitted on
the other answers, in the order in which they came, a head is measured on those. The same held answers say what random
questions would have taught: heads are fitted on some of them and measured on the others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from semeia.active.distances import Floats
from semeia.active.head import fit_head
from semeia.evaluation import auroc

__all__ = ["SHARE", "Point", "advice", "area", "at_random", "is_held", "skill"]

SHARE = 5
"""One question in so many is drawn at random, and its answer held back."""
_MOST_POINTS, _BATCH, _DRAWS, _REPEATS = 20, 5, 200, 20
_STILL = 20  # answers that must have changed nothing before one is advised to stop
_SMALL = 0.01


@dataclass(frozen=True)
class Point:
    """Skill after some answers.

    Parameters
    ----------
    labels : int
        Answers that were learnt from.
    value, low, high : float
        Area under the ROC curve on those held back (of several classes the mean of each against the rest), and its
        95 % interval over examples; NaN where they show one class only.
    """

    labels: int
    value: float
    low: float = math.nan
    high: float = math.nan


def is_held(count: int, seed: int) -> NDArray[np.bool_]:
    """Return which of so many examples are held back when somebody is asked about them (examples,)."""
    held = np.zeros(count, bool)
    held[np.random.default_rng([seed, 5]).permutation(count)[: -(-count // SHARE)]] = True
    return held


def area(truth: NDArray[np.int64], probability: Floats) -> float:
    """Return the mean area under the ROC curve over the classes that are there; NaN if there is only one.

    Parameters
    ----------
    truth : ndarray, int64 (examples,)
    probability : ndarray (examples, classes)
    """
    there = [k for k in range(probability.shape[1]) if 0 < np.count_nonzero(truth == k) < len(truth)]
    return float(np.mean([auroc(truth == k, probability[:, k]) for k in there])) if there else math.nan


def skill(
    learnt: Floats, said: NDArray[np.int64], held: Floats, truth: NDArray[np.int64], classes: int, *, seed: int = 0
) -> list[Point]:
    """Return the skill after more and more answers; nothing where those held back show one class only.

    Parameters
    ----------
    learnt : ndarray, float32 (answers, width)
        Embeddings, standardised, of what was answered, in that order.
    said : ndarray, int64 (answers,)
    held : ndarray, float32 (held, width)
    truth : ndarray, int64 (held,)
    classes : int
    seed : int
        Of the bootstrap.
    """
    if len(np.unique(truth)) < 2:
        return []
    rng = np.random.default_rng(seed)
    draws = [rng.integers(0, len(truth), len(truth)) for _ in range(_DRAWS)]
    return [
        _point(count, truth, fit_head(learnt[:count], said[:count], classes)(held), draws)
        for count in _counts(len(said))
        if len(np.unique(said[:count])) > 1
    ]


def at_random(held: Floats, truth: NDArray[np.int64], classes: int, seed: int = 0) -> list[Point]:
    """Return what as many answers to random questions teach, as far as those held back can tell; without intervals.

    Parameters
    ----------
    held, truth, classes, seed
        As of `skill`.
    """
    rng, found = np.random.default_rng([seed, 1]), list[Point]()
    for count in _counts(len(truth) // 2 // _BATCH * _BATCH):
        areas = []
        for _ in range(_REPEATS):
            order = rng.permutation(len(truth))
            some, rest = order[:count], order[count:]
            areas.append(area(truth[rest], fit_head(held[some], truth[some], classes)(held[rest])))
        known = [value for value in areas if not math.isnan(value)]
        if known:
            found.append(Point(count, float(np.mean(known))))
    return found


def advice(points: list[Point]) -> str:
    """Return a sentence that says that more answers teach little; empty while they do, or it is too early to tell."""
    if not points or points[-1].labels < 2 * _STILL:
        return ""
    last = points[-1]
    before = next((point for point in reversed(points) if point.labels <= last.labels - _STILL), None)
    if before is None or last.value - before.value > _SMALL or not before.low <= last.value <= before.high:
        return ""
    moved = f"{before.value:.2f} to {last.value:.2f}, interval {last.low:.2f} to {last.high:.2f}"
    return (
        f"The last {last.labels - before.labels} answers changed little ({moved}): "
        "train a network on them now, or ask about other data."
    )


def _counts(answers: int) -> list[int]:
    """Return after how many answers the skill is measured: the last among them."""
    counts = sorted({*range(_BATCH, answers + 1, _BATCH), *([answers] if answers else [])})
    if len(counts) <= _MOST_POINTS:
        return counts
    return [counts[k] for k in np.unique(np.linspace(0, len(counts) - 1, _MOST_POINTS).round().astype(int))]


def _point(count: int, truth: NDArray[np.int64], probability: Floats, draws: list[NDArray[np.int64]]) -> Point:
    drawn = np.array([area(truth[rows], probability[rows]) for rows in draws])
    drawn = drawn[~np.isnan(drawn)]
    low, high = np.quantile(drawn, [0.025, 0.975]) if len(drawn) else (math.nan, math.nan)
    return Point(count, area(truth, probability), float(low), float(high))
