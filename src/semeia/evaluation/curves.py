"""Curves of scores for drawing: ROC, PR, DET, calibration, counts by threshold; thin enough for a page, ends exact."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from semeia.evaluation.ranking import Ranking

__all__ = ["by_threshold", "calibration", "calibration_bins", "det", "pr", "roc", "spread_thresholds"]

MOST = 300
"""Points of a curve."""
STEPS = 101
"""Thresholds of a slider."""
BINS = 10
"""Bins of calibration, with as many examples in each."""


def roc(ranking: Ranking) -> dict[str, list[float]] | None:
    """Return false positive rate ``x``, sensitivity ``y`` and ``threshold``, from (0, 0) to (1, 1).

    None, here and below, when a class is missing.
    """
    if _one_class(ranking):
        return None
    x, y = ranking.false / ranking.false[-1], ranking.true / ranking.true[-1]
    kept = _spread(_length(x, y), MOST)
    return {"x": _round(x[kept]), "y": _round(y[kept]), "threshold": ranking.threshold[kept].tolist()}


def pr(ranking: Ranking) -> dict[str, list[float]] | None:
    """Return sensitivity ``x``, precision ``y`` and ``threshold``, from (0, precision of the first) to (1, prevalence).

    The average precision is the area under its steps: each precision holds for the sensitivities up to its own.
    """
    if _one_class(ranking):
        return None
    x = ranking.true / ranking.true[-1]
    said = np.maximum(ranking.true + ranking.false, 1)
    y = ranking.true / said
    y[0] = y[1]
    kept = _spread(_length(x, y), MOST)
    return {"x": _round(x[kept]), "y": _round(y[kept]), "threshold": ranking.threshold[kept].tolist()}


def det(ranking: Ranking) -> dict[str, list[float]] | None:
    """Return false positive rate ``x``, miss rate ``y`` and ``threshold``, for axes of normal deviates.

    Source: Martin et al. 1997, The DET curve in assessment of detection task performance.
    """
    if _one_class(ranking):
        return None
    x, y = ranking.false / ranking.false[-1], 1 - ranking.true / ranking.true[-1]
    kept = _spread(_tails(ranking), MOST)
    return {"x": _round(x[kept]), "y": _round(y[kept]), "threshold": ranking.threshold[kept].tolist()}


def calibration_bins(score: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
    """Return the bin of each example (examples,): ten of as many examples each; equal scores share a bin."""
    inner = np.quantile(score, np.arange(1, BINS) / BINS, method="inverted_cdf")
    place = np.searchsorted(np.unique(inner), score, side="left")
    return np.unique(place, return_inverse=True)[1].astype(np.int64)


def calibration(positive: NDArray[np.bool_], score: NDArray[np.floating[Any]]) -> dict[str, list[float]]:
    """Return the mean probability ``predicted`` and the share of positives ``observed`` in each bin, and its ``count``.

    Bins of as many examples each: Nguyen & O'Connor 2015, Posterior calibration and exploratory analysis.
    """
    bins = calibration_bins(score)
    count = np.bincount(bins)
    return {
        "predicted": _round(np.bincount(bins, score) / count),
        "observed": _round(np.bincount(bins, positive) / count),
        "count": count.tolist(),
    }


def by_threshold(ranking: Ranking, threshold: float) -> dict[str, list[Any]]:
    """Return the confusion at up to 101 thresholds for a slider; the model's own is one of them.

    They lie evenly along the DET curve, so that the slider is as fine for rare alarms as for rare misses.
    """
    kept = ranking.threshold[_spread(_tails(ranking), STEPS - 1)]
    thresholds = np.unique([*kept, threshold])
    places = [ranking.place(value) for value in thresholds]
    true, false = ranking.true[places], ranking.false[places]
    return {
        "threshold": thresholds.tolist(),
        "true_positive": true.tolist(),
        "false_positive": false.tolist(),
        "false_negative": (ranking.true[-1] - true).tolist(),
        "true_negative": (ranking.false[-1] - false).tolist(),
    }


def spread_thresholds(scores: ArrayLike, threshold: float, count: int = 41) -> list[float]:
    """Return thresholds for a sweep, ascending, the model's own among them; most where few windows are flagged.

    Parameters
    ----------
    scores : array_like
        Of all windows; NaN where not scored.
    threshold : float
    count : int
        Thresholds, at most.
    """
    ordered = np.sort(np.asarray(scores, np.float64), axis=None)  # NaN comes last
    ordered = ordered[~np.isnan(ordered)]
    if not len(ordered):
        return [threshold]
    flagged = np.geomspace(1, len(ordered), max(count - 1, 2)).round().astype(int)
    return [float(value) for value in np.unique([*ordered[-flagged], threshold])]


def _one_class(ranking: Ranking) -> bool:
    return not (ranking.false[-1] and ranking.true[-1])


def _length(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])


def _tails(ranking: Ranking) -> NDArray[np.float64]:
    """Return the length along the DET curve, its axes taken as logits with half an example to spare at the ends."""
    sides = [np.log((part + 0.5) / (part[-1] - part + 0.5)) for part in (ranking.false, ranking.true)]
    return _length(*sides)


def _spread(length: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """Return which points to keep, evenly along the curve: the first, the last, and no more than `most`."""
    if len(length) <= most:
        return np.arange(len(length))
    wanted = np.linspace(0, length[-1], most)
    places = np.searchsorted(length, wanted).clip(0, len(length) - 1)
    places[0], places[-1] = 0, len(length) - 1
    return np.unique(places)


def _round(values: NDArray[np.floating[Any]]) -> list[float]:
    return [0.0 if math.isclose(v, 0, abs_tol=5e-8) else v for v in np.round(values, 7).tolist()]
