"""Scores of files become probabilities that mean the same in every patient, so that they can be pooled in one AUC.

Platt scaling: a probability is the logistic function of a slope times the score and an offset, fitted on validation
files (Platt 1999, with his targets, which are never certain). One pair holds for all patients together. A patient who
has both classes in validation also has an offset of their own: their scores are moved by how far the middle between
their classes lies from where patients have it, as far as that can be believed. How different patients are is
estimated as in a meta-analysis (DerSimonian & Laird 1986, https://doi.org/10.1016/0197-2456(86)90046-2), and each
one's middle is shrunk by it towards the common one (parametric empirical Bayes: Morris 1983,
https://doi.org/10.2307/2287098).
"""

from __future__ import annotations

import hashlib
import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeia.errors import DatasetError, ModelError
from semeia.inference.logistic import Array, fit_logistic, sigmoid, weights_of

__all__ = ["Calibration"]

_NOTHING_DONE = np.zeros(2)  # log-slope 0 and offset 0: log-odds stay what they are
_ANYTHING = np.array([2.0, 5.0])  # standard deviations of the prior: a nudge that keeps the fit finite
_STEEPEST = 10.0  # of log-slopes

Names = Sequence[str] | NDArray[np.str_]


@dataclass(frozen=True)
class Calibration:
    """What scores mean, for all patients together and for those that are known.

    Parameters
    ----------
    everyone : (float, float)
        Slope, above 0, and offset: of log-odds by score.
    patients : mapping of str to (float, float)
        The same, for patients by the hash of their names.
    key : str
        Of the hash. It keeps names out of the file; who has the file can still try whether a name is in it.
    """

    everyone: tuple[float, float]
    patients: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    key: str = ""

    @classmethod
    def fit(
        cls,
        score: Array,
        positive: NDArray[np.bool_],
        patient: Names,
        group: Names | None = None,
        *,
        key: str | None = None,
    ) -> Calibration:
        """Fit on validation files: never on those that the network was trained on, nor on those it is judged by.

        Parameters
        ----------
        score : ndarray (files,)
            Log-odds, or any score that is higher for positives; files with NaN are left out.
        positive : ndarray, bool (files,)
        patient : sequence of str (files,)
        group : sequence of str (files,), optional
            What belongs together within a patient and counts as one example, such as an hour; otherwise each file.
        key : str, optional
            Otherwise a random one.

        Raises
        ------
        DatasetError
            If no file of one of the classes has a score.
        """
        names = np.asarray(patient, np.str_)
        groups = np.arange(len(names)).astype(np.str_) if group is None else np.asarray(group, np.str_)
        scored = ~np.isnan(score)
        score, positive, names, groups = score[scored], positive[scored], names[scored], groups[scored]
        if not (positive.any() and not positive.all()):
            raise DatasetError(f"{len(score)} scored validation files are not of both classes: calibration needs both")
        key = secrets.token_hex(8) if key is None else key
        weight = weights_of(positive, names, groups)
        shift = _shifts(score, positive, names, groups)
        own = np.array([shift.get(name, 0.0) for name in names.tolist()])
        slope, offset = _platt(score - own, positive, weight)
        patients = {_hash(name, key): (slope, offset - slope * by) for name, by in shift.items()}
        return cls(_platt(score, positive, weight), patients, key)

    def log_odds(self, score: Array, patient: Names) -> Array:
        """Return calibrated log-odds (files,) of scores (files,); unknown patients take what holds for everyone."""
        pairs = [self.patients.get(_hash(str(one), self.key), self.everyone) for one in patient]
        slope, offset = np.array(pairs, np.float64).reshape(-1, 2).T
        return np.asarray(slope * score + offset, np.float64)

    def __call__(self, score: Array, patient: Names) -> Array:
        """Return probabilities (files,) of scores (files,); NaN stays NaN."""
        return sigmoid(self.log_odds(score, patient))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; `from_dict` makes the calibration again."""
        patients = {name: list(pair) for name, pair in sorted(self.patients.items())}
        return {"everyone": list(self.everyone), "patients": patients, "key": self.key}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Calibration:
        """Make a calibration from what `to_dict` gave.

        Raises
        ------
        ModelError
            If the values are not of that form.
        """
        try:
            patients = {str(name): _checked(pair) for name, pair in values["patients"].items()}
            return cls(_checked(values["everyone"]), patients, str(values["key"]))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ModelError(f"no calibration ({error.__class__.__name__}: {error})") from error


def _platt(score: Array, positive: NDArray[np.bool_], weight: Array) -> tuple[float, float]:
    """Return slope and offset; a slope above 0 never turns the order of files round."""
    high, low = (float(weight[which].sum()) for which in (positive, ~positive))
    target = np.where(positive, (high + 1) / (high + 2), 1 / (low + 2))  # as if one more file of each had been seen
    centre = float(weight @ score / weight.sum())

    def log_odds(parameters: Array) -> tuple[Array, Array]:
        steep = np.exp(np.clip(parameters[0], -_STEEPEST, _STEEPEST)) * (score - centre)
        return steep + parameters[1], np.stack([steep, np.ones_like(steep)])

    steepness, offset = fit_logistic(log_odds, target, weight, _NOTHING_DONE, _ANYTHING)
    slope = float(np.exp(np.clip(steepness, -_STEEPEST, _STEEPEST)))
    return slope, float(offset) - slope * centre


def _shifts(
    score: Array, positive: NDArray[np.bool_], names: NDArray[np.str_], groups: NDArray[np.str_]
) -> dict[str, float]:
    """Return how far each patient's scores lie from where patients have them; of those with both classes."""
    of: dict[str, tuple[Array, Array]] = {}
    for name in np.unique(names).tolist():
        mine = names == name
        means = [_means(score[mine & kind], groups[mine & kind]) for kind in (positive, ~positive)]
        if all(len(one) for one in means):
            of[name] = means[0], means[1]
    if len(of) < 2:
        return {}
    middle = np.array([(high.mean() + low.mean()) / 2 for high, low in of.values()])
    unsure = _variance(list(of.values())) * np.array([1 / len(high) + 1 / len(low) for high, low in of.values()]) / 4
    between = _between(middle, unsure)
    trust = between / (between + unsure)
    common = np.average(middle, weights=1 / (between + unsure))
    return dict(zip(of, (trust * (middle - common)).tolist(), strict=True))


def _means(score: Array, groups: NDArray[np.str_]) -> Array:
    """Return the mean score of each group."""
    _, place = np.unique(groups, return_inverse=True)
    return np.asarray(np.bincount(place, score) / np.bincount(place), np.float64)


def _variance(patients: Sequence[tuple[Array, Array]]) -> float:
    """Return the variance of groups of one patient and class; where none has two, that of groups of one class."""
    classes = [one for pair in patients for one in pair]
    if all(len(one) < 2 for one in classes):  # as if patients were alike: little is believed of differences then
        classes = [np.concatenate([pair[kind] for pair in patients]) for kind in (0, 1)]
    squares = sum(float(((one - one.mean()) ** 2).sum()) for one in classes)
    return max(squares / sum(len(one) - 1 for one in classes), 1e-12)


def _between(middle: Array, unsure: Array) -> float:
    """Return the variance between patients beyond what their own uncertainty explains (DerSimonian & Laird 1986)."""
    weight = 1 / unsure
    surplus = weight @ (middle - np.average(middle, weights=weight)) ** 2 - (len(middle) - 1)
    return max(0.0, float(surplus / (weight.sum() - (weight**2).sum() / weight.sum())))


def _checked(pair: Any) -> tuple[float, float]:
    slope, offset = map(float, pair)
    if not (math.isfinite(slope) and slope > 0 and math.isfinite(offset)):
        raise ValueError(f"slope {slope}, offset {offset}")
    return slope, offset


def _hash(name: str, key: str) -> str:
    return hashlib.blake2b(name.encode(), key=key.encode()[:64], digest_size=8).hexdigest()
