"""How well windows are told apart: accuracy, areas under curves, confusion; and the threshold that does it best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeia.evaluation.intervals import auroc, binomial_interval

__all__ = ["best_threshold", "classes", "patterns"]


def classes(
    probability: NDArray[np.floating[Any]],
    targets: NDArray[np.int64],
    names: Sequence[str],
    threshold: float | None = None,
) -> tuple[float, dict[str, Any]]:
    """Return a threshold and what the windows score with it.

    Two classes are told apart by the threshold; of more the most probable is taken.

    Parameters
    ----------
    probability : ndarray (windows, classes)
    targets : ndarray (windows,)
        Numbers of classes; 0 is the negative one.
    names : sequence of str
    threshold : float, optional
        Otherwise `best_threshold`, which flatters: it is chosen on these windows.

    Returns
    -------
    threshold : float
    measures : dict
        ``windows``, ``accuracy`` with its 95 % interval (as if windows were independent), ``chance`` (the accuracy of
        always saying the commonest class), ``balanced_accuracy``, ``auroc`` of all positive classes against the
        negative one, ``classes`` and ``confusion`` (rows true, columns said). None where undefined.
    """
    positive = 1 - probability[:, 0]
    chosen = best_threshold(targets > 0, positive) if threshold is None else threshold
    said = (positive >= chosen).astype(np.int64) if len(names) == 2 else probability.argmax(axis=1)
    confusion = np.zeros((len(names), len(names)), np.int64)
    np.add.at(confusion, (targets, said), 1)
    of_class = confusion.sum(axis=1)
    recalls = confusion.diagonal()[of_class > 0] / of_class[of_class > 0]
    accuracy = binomial_interval(int(confusion.trace()), len(targets))
    return chosen, {
        "windows": len(targets),
        "accuracy": round(accuracy.value, 4),
        "accuracy_interval": [round(accuracy.low, 4), round(accuracy.high, 4)],
        "chance": round(float(of_class.max() / len(targets)), 4),
        "balanced_accuracy": round(float(recalls.mean()), 4),
        "auroc": _known(auroc(targets > 0, positive)),
        "classes": list(names),
        "confusion": confusion.tolist(),
    }


def patterns(
    probability: NDArray[np.floating[Any]],
    targets: NDArray[np.floating[Any]],
    names: Sequence[str],
    threshold: float | None = None,
) -> tuple[float, dict[str, Any]]:
    """Return a threshold and how each pattern is found with it, channel by channel.

    Parameters
    ----------
    probability, targets : ndarray (windows, channels, patterns)
        Targets are 1 or 0; NaN where a window has no such channel.
    names : sequence of str
    threshold : float, optional
        Otherwise the mean of the patterns' `best_threshold`.

    Returns
    -------
    threshold : float
    measures : dict
        ``windows``, and for each pattern in ``patterns``: ``share`` of channels and windows that show it,
        ``auroc``, ``sensitivity`` and ``precision``. None where undefined.
    """
    known = ~np.isnan(targets[..., 0])
    flat = [(targets[known, k] == 1, probability[known, k]) for k in range(len(names))]
    chosen = float(np.mean([best_threshold(*pair) for pair in flat])) if threshold is None else threshold
    measures = {}
    for name, (there, value) in zip(names, flat, strict=True):
        said = value >= chosen
        hits, found, shown = int((said & there).sum()), int(said.sum()), int(there.sum())
        measures[name] = {
            "share": round(shown / len(there), 5),
            "auroc": _known(auroc(there, value)),
            "sensitivity": _known(hits / shown if shown else math.nan),
            "precision": _known(hits / found if found else math.nan),
        }
    return chosen, {"windows": len(targets), "patterns": measures}


def best_threshold(positive: NDArray[np.bool_], probability: NDArray[np.floating[Any]]) -> float:
    """Return the probability from which on a window counts so that sensitivity + specificity is largest.

    It lies in the middle between the two neighbouring probabilities (Youden's index; Youden 1950); 0.5 when a class is
    missing.
    """
    if positive.all() or not positive.any():
        return 0.5
    values, place = np.unique(probability, return_inverse=True)
    hits, alarms = (np.bincount(place[rows], minlength=len(values)) for rows in (positive, ~positive))
    above = np.cumsum((hits / hits.sum() - alarms / alarms.sum())[::-1])[::-1]  # said of this value and all above it
    best = int(above.argmax())
    return float(values[best] + values[best - 1]) / 2 if best else float(values[0])


def _known(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 4)
