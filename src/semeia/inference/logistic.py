"""Logistic regression on few examples, held by a Gaussian prior: what files and patients are fitted with."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["fit_logistic", "sigmoid", "weights_of"]

Array = NDArray[np.float64]
LogOdds = Callable[[Array], tuple[Array, Array]]

_ROUNDS = 100
_SETTLED = 1e-9  # of the objective


def sigmoid(log_odds: Array) -> Array:
    """Return probabilities for log-odds of any size."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * log_odds)), np.float64)


def fit_logistic(log_odds: LogOdds, target: Array, weight: Array, mean: Array, spread: Array) -> Array:
    """Return the most probable parameters (k,).

    Fisher scoring with halved steps; the prior keeps it finite also where the classes are separable.

    Parameters
    ----------
    log_odds : callable
        Parameters (k,) to the examples' log-odds (n,) and their derivatives (k, n).
    target, weight : ndarray (n,)
        Probability that is aimed at, 0..1; how many examples each counts for.
    mean, spread : ndarray (k,)
        Of the independent normal priors.
    """

    def objective(parameters: Array) -> float:
        z = log_odds(parameters)[0]
        distance = (parameters - mean) / spread
        return float(weight @ (np.logaddexp(0, z) - target * z) + 0.5 * distance @ distance)

    parameters = mean.astype(np.float64)
    reached = objective(parameters)
    for _ in range(_ROUNDS):
        z, slopes = log_odds(parameters)
        said = sigmoid(z)
        information = (slopes * (weight * said * (1 - said))) @ slopes.T + np.diag(spread**-2.0)
        step = np.linalg.solve(information, slopes @ (weight * (target - said)) - (parameters - mean) / spread**2)
        size = min(1.0, 2.0 / float(np.abs(step).max() + 1e-12))  # a first step may be far too long
        while size > 1e-6 and not objective(parameters + size * step) <= reached:
            size /= 2
        now = objective(parameters + size * step)
        if not now < reached:
            break
        parameters, before, reached = parameters + size * step, reached, now
        if before - reached < _SETTLED:
            break
    return parameters


def weights_of(positive: NDArray[np.bool_], patient: NDArray[np.str_], group: NDArray[np.str_]) -> Array:
    """Return what each file counts for: a group as one example, and all patients with the same share of positives.

    How many of a patient's files are preictal was decided by who cut the set, and is another in the next: a patient's
    level must not say it. Files of one hour are alike, and six of them tell little more than one.

    Parameters
    ----------
    positive : ndarray, bool (files,)
    patient, group : ndarray of str (files,)
        Whose; what belongs together within a patient, such as an hour.

    Returns
    -------
    ndarray (files,)
        They sum, within a patient, to the number of groups that as uneven weights are worth (Kish 1965).
    """
    _, place, counts = np.unique(
        np.char.add(np.char.add(patient, "\0"), group), return_inverse=True, return_counts=True
    )
    weight = 1 / counts[place]
    share = float(weight[positive].sum() / weight.sum())
    for one in np.unique(patient):
        mine = patient == one
        first, second = mine & positive, mine & ~positive
        if not (first.any() and second.any()):
            continue
        worth = weight[mine].sum()
        factors = share * worth / weight[first].sum(), (1 - share) * worth / weight[second].sum()
        weight[first], weight[second] = weight[first] * factors[0], weight[second] * factors[1]
        uneven = share * factors[0] + (1 - share) * factors[1]  # sum of squares over sum, of the groups' weights
        weight[mine] /= uneven
    return np.asarray(weight, np.float64)
