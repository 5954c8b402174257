"""How sure a figure is: area under the ROC curve, bootstrap and binomial intervals, in plain numpy."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Interval", "auroc", "binomial_interval", "bootstrap_interval", "poisson_interval"]


class Interval(NamedTuple):
    """A figure and the ends of its confidence interval; NaN where undefined."""

    value: float
    low: float
    high: float


def auroc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Return the area under the ROC curve; ties count half, NaN when one class is missing.

    It is the share of pairs (positive, negative) in which the positive scores higher: the Mann-Whitney
    statistic (Hanley & McNeil 1982).

    Parameters
    ----------
    labels : array_like, bool (examples,)
    scores : array_like (examples,)

    Raises
    ------
    ValueError
        If the shapes differ, or a score is NaN: leave out what was not scored.
    """
    positive, values = np.asarray(labels, bool), np.asarray(scores, float)
    if positive.shape != values.shape or values.ndim != 1:
        raise ValueError(f"labels of shape {positive.shape} and scores of shape {values.shape}")
    if np.isnan(values).any():
        raise ValueError("a score is NaN: leave out what was not scored")
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if not (positives and negatives):
        return math.nan
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle_rank = np.cumsum(counts) - (counts - 1) / 2
    ranks = float(middle_rank[place][positive].sum())
    return (ranks - positives * (positives + 1) / 2) / (positives * negatives)


def bootstrap_interval(
    statistic: Callable[..., float],
    *arrays: ArrayLike,
    groups: ArrayLike | None = None,
    repeats: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Return a statistic and its percentile bootstrap interval (Efron & Tibshirani 1993, chapter 13).

    Parameters
    ----------
    statistic : callable
        Called with the arrays, or with the same rows of each; NaN where it is undefined.
    *arrays : array_like (examples, ...)
    groups : array_like (examples,), optional
        What is drawn together, such as the patient or the pair; else each row for itself.
    repeats : int
        Draws with replacement, of as many groups as there are.
    seed : int
    level : float
        Confidence, 0..1.

    Returns
    -------
    Interval
        Draws in which the statistic is undefined are left out; NaN when it is so in all.

    Raises
    ------
    ValueError
        If the arrays are of different lengths.
    """
    columns: list[NDArray[Any]] = [np.asarray(array) for array in arrays]
    names = np.arange(len(columns[0])) if groups is None else np.asarray(groups)
    if len({len(column) for column in [*columns, names]}) > 1:
        raise ValueError(f"arrays of lengths {[len(column) for column in [*columns, names]]}")
    value = float(statistic(*columns))
    _, group = np.unique(names, return_inverse=True)
    members = np.split(np.argsort(group, kind="stable"), np.cumsum(np.bincount(group))[:-1])
    rng = np.random.default_rng(seed)
    draws = np.full(repeats, np.nan)
    if len(names):
        for number in range(repeats):
            rows = np.concatenate([members[k] for k in rng.integers(len(members), size=len(members))])
            draws[number] = statistic(*(column[rows] for column in columns))
    draws = draws[~np.isnan(draws)]
    if not len(draws):
        return Interval(value, math.nan, math.nan)
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high))


def binomial_interval(successes: int, trials: int, level: float = 0.95) -> Interval:
    """Return a share and its Wilson score interval (Wilson 1927); 0 to 1 when there was no trial.

    Raises
    ------
    ValueError
        Unless 0 <= successes <= trials.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes in {trials} trials")
    if not trials:
        return Interval(math.nan, 0.0, 1.0)
    share, z = successes / trials, NormalDist().inv_cdf((1 + level) / 2)
    shrink = 1 + z**2 / trials
    centre = (share + z**2 / (2 * trials)) / shrink
    half = z / shrink * math.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    # at the ends the formula gives 0 and 1 but for rounding
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == trials else min(1.0, centre + half)
    return Interval(share, low, high)


def poisson_interval(count: int, exposure: float, level: float = 0.95) -> Interval:
    """Return a rate and its exact Poisson interval (Garwood 1936); NaN without exposure.

    Parameters
    ----------
    count : int
        Events, as if each came by itself.
    exposure : float
        Time in which they came.

    Raises
    ------
    ValueError
        If one of them is negative.
    """
    from scipy.special import gammaincinv

    if count < 0 or exposure < 0:
        raise ValueError(f"{count} events in {exposure:g}")
    if not exposure:
        return Interval(math.nan, math.nan, math.nan)
    low = float(gammaincinv(count, (1 - level) / 2)) if count else 0.0
    return Interval(count / exposure, low / exposure, float(gammaincinv(count + 1, (1 + level) / 2)) / exposure)
