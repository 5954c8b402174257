"""Scores in order: areas, and what each threshold flags; ties are one step, and weights may stand for counts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeia.evaluation.bootstrap import Part

__all__ = [
    "Ranking",
    "areas",
    "average_precisions",
    "cumulative",
    "flagged_at",
    "rank_part",
    "ranked",
    "sensitivity_at",
]

_FINEST = 2000  # steps to each class that a bootstrap tells apart
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Ranking:
    """How many examples of each class have each score.

    Parameters
    ----------
    score : ndarray (levels,)
        Distinct, highest first.
    negative, positive : ndarray, int64 (levels,)
    """

    score: NDArray[np.float64]
    negative: NDArray[np.int64]
    positive: NDArray[np.int64]

    @cached_property
    def false(self) -> NDArray[np.int64]:
        """Negatives flagged: none, then down to each score (levels + 1,)."""
        return np.concatenate([[0], np.cumsum(self.negative)])

    @cached_property
    def true(self) -> NDArray[np.int64]:
        """Positives flagged, likewise (levels + 1,)."""
        return np.concatenate([[0], np.cumsum(self.positive)])

    @cached_property
    def threshold(self) -> NDArray[np.float64]:
        """Score from which on so many are flagged: in the middle between neighbours (levels + 1,).

        The first lies a hair above the highest score, the last is the lowest score.
        """
        above, below = self.score[:-1], self.score[1:]
        middle = (above + below) / 2
        between = np.where(middle > below, middle, above)  # of neighbouring floats the middle may be the lower one
        return np.concatenate([[np.nextafter(self.score[0], np.inf)], between, self.score[-1:]])

    def place(self, threshold: float) -> int:
        """Return which step of `false` and `true` a threshold makes."""
        return int(np.searchsorted(-self.score, -threshold, side="right"))

    @property
    def auroc(self) -> float:
        """Area under the ROC curve; NaN when a class is missing."""
        return float(areas(self.false[None], self.true[None])[0])

    @property
    def average_precision(self) -> float:
        """Average precision; NaN without a positive."""
        return float(average_precisions(self.false[None], self.true[None])[0])


def ranked(positive: NDArray[np.bool_], score: NDArray[np.floating[Any]]) -> Ranking:
    """Return the ranking of scores (examples,), of which there must be one.

    Raises
    ------
    ValueError
        If a score is NaN or infinite.
    """
    if not np.isfinite(score).all():
        raise ValueError("a score is not a number: leave out what was not scored")
    values, place = np.unique(score, return_inverse=True)
    by_class = [np.bincount(place[rows], minlength=len(values))[::-1] for rows in (~positive, positive)]
    return Ranking(values[::-1].astype(np.float64), *by_class)


def rank_part(positive: NDArray[np.bool_], score: NDArray[np.floating[Any]]) -> Part:
    """Return what examples add to the counts of negatives, then of positives, by score from high to low.

    Where scores have more than some thousand values, neighbours count as ties: within a step lie at most a 2000th of
    the positives and a 2000th of the negatives, or examples of the very same score.
    """
    cuts = np.unique(score)
    if len(cuts) > 2 * _FINEST:
        cuts = np.unique(np.concatenate([_some(score[rows]) for rows in (positive, ~positive) if rows.any()]))
    level = len(cuts) - np.searchsorted(cuts, score, side="right")
    return Part(level + len(cuts) * positive, 1.0, 2 * len(cuts))


def cumulative(counts: NDArray[np.floating[Any]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the negatives and positives flagged (draws, levels + 1) from counts as `rank_part` lays them out."""
    sides = counts.reshape(len(counts), 2, -1)
    flagged = np.concatenate([np.zeros((*sides.shape[:2], 1)), np.cumsum(sides, axis=2)], axis=2)
    return flagged[:, 0], flagged[:, 1]


def areas(false: NDArray[Any], true: NDArray[Any]) -> NDArray[np.float64]:
    """Return the area under the ROC curve for each row; ties count half (Hanley & McNeil 1982).

    Parameters
    ----------
    false, true : ndarray (draws, levels + 1)
        Negatives and positives flagged: none, then down to each score.

    Returns
    -------
    ndarray (draws,)
        NaN where a class is missing.
    """
    doubled = (np.diff(false) * (true[:, 1:] + true[:, :-1])).sum(axis=1)
    return _ratio(doubled, 2 * false[:, -1] * true[:, -1])


def average_precisions(false: NDArray[Any], true: NDArray[Any]) -> NDArray[np.float64]:
    """Return the precision at each positive's score, averaged, for each row: the area under the steps of PR.

    Parameters and result are those of `areas`; NaN where there is no positive.
    """
    flagged = true[:, 1:] + false[:, 1:]
    precision = true[:, 1:] / np.where(flagged > 0, flagged, 1)
    return _ratio((np.diff(true) * precision).sum(axis=1), true[:, -1])


def flagged_at(false: NDArray[Any], true: NDArray[Any], sensitivity: float) -> NDArray[np.float64]:
    """Return, for each row, the share of negatives flagged by the highest threshold that catches so many positives."""
    place = (true >= sensitivity * true[:, -1:] - _ROUNDING).argmax(axis=1)
    shares = _ratio(false[np.arange(len(false)), place], false[:, -1])
    defined: NDArray[np.float64] = np.where(true[:, -1] > 0, shares, math.nan)
    return defined


def sensitivity_at(false: NDArray[Any], true: NDArray[Any], flagged: float) -> NDArray[np.float64]:
    """Return, for each row, the share of positives caught while at most this share of negatives is flagged."""
    place = (false <= flagged * false[:, -1:] + _ROUNDING).sum(axis=1) - 1
    shares = _ratio(true[np.arange(len(true)), place], true[:, -1])
    defined: NDArray[np.float64] = np.where(false[:, -1] > 0, shares, math.nan)
    return defined


def _ratio(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    """Return a quotient that is NaN where it has no meaning."""
    quotient = np.full(np.shape(whole), math.nan)
    np.divide(part, whole, out=quotient, where=np.asarray(whole) > 0)
    return quotient


def _some(score: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Return scores of one class that share it evenly, and the highest more finely: rare false alarms lie there."""
    ordered, count = np.sort(score), len(score)
    evenly = np.linspace(0, count - 1, min(count, _FINEST)).astype(int)
    highest = count - np.geomspace(1, count, _FINEST // 2).astype(int)
    kept: NDArray[np.floating[Any]] = ordered[np.union1d(evenly, highest)]
    return kept
