"""From windows to files: one score for a file of ten minutes, out of what a network says of each of its windows.

Scores are log-odds of the positive classes (all but the first) against the first: probabilities near 0 and 1 are too
crowded to be averaged. What is learned is learned on validation files, and kept as ``files.json`` in a model's folder.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from semeia.errors import DatasetError, ModelError
from semeia.evaluation.predictions import Predictions
from semeia.home import replacing
from semeia.inference.calibration import Calibration, Names
from semeia.inference.logistic import Array, fit_logistic, sigmoid, weights_of

__all__ = ["RULES", "FileScorer", "Learned", "Rule", "class_probabilities", "file_score", "log_odds"]

Rule = Literal["mean", "std", "max", "learned"]
RULES: tuple[Rule, ...] = get_args(Rule)

_NEAREST = 1e-4  # to 0 and 1 that a window's probability counts: one window must not outweigh all others
_STILL = 1e-3  # log-odds: windows that differ by less do not differ
_FOLDS = 5
_NAME = "files.json"
_FEATURES = ("mean", "std", "low", "median", "high", "max", "rise")
_MEAN_ALONE = np.array([0.0, 1.0, *[0.0] * (len(_FEATURES) - 1)])  # with offset first: ranks as the mean does
_DEPARTURE = np.array([5.0, *[0.5] * len(_FEATURES)])  # standard deviations of the prior about it


def log_odds(probability: NDArray[np.floating[Any]]) -> Array:
    """Return the log-odds of the positive classes in windows (windows,); NaN where not scored.

    Parameters
    ----------
    probability : ndarray (windows, classes)
    """
    negative = np.clip(probability[:, 0].astype(np.float64), _NEAREST, 1 - _NEAREST)
    return np.log1p(-negative) - np.log(negative)


def file_score(probability: NDArray[np.floating[Any]], by: Rule = "mean", learned: Learned | None = None) -> float:
    """Return a file's score; higher speaks for the positive classes.

    ``mean`` and ``max`` of the windows' log-odds are log-odds themselves. ``std``, how much the windows differ, is told
    as a logarithm: its logistic function ``std / (1 + std)`` is from 0 to 1, but no probability until it is calibrated.

    Parameters
    ----------
    probability : ndarray (windows, classes)
    by : {"mean", "std", "max", "learned"}
    learned : Learned, optional
        Needed for ``learned``.

    Returns
    -------
    float
        NaN if no window was scored.
    """
    windows = log_odds(probability)
    windows = windows[~np.isnan(windows)]
    if not len(windows):
        return math.nan
    match by:
        case "mean":
            return float(windows.mean())
        case "std":
            return math.log(max(float(windows.std()), _STILL))
        case "max":
            return float(windows.max())
        case "learned":
            if learned is None:
                raise ModelError("nothing was learned about files: it takes labelled validation files")
            return learned.score(_summary(windows))


def class_probabilities(probability: NDArray[np.floating[Any]], positive: float) -> Array:
    """Return the probability of each class of a file (classes,), given that of all positive ones together.

    Positive classes share it as the geometric mean of the windows has it.

    Parameters
    ----------
    probability : ndarray (windows, classes)
    positive : float
        0..1; NaN where the file has no score.
    """
    rows = probability[~np.isnan(probability).any(axis=1), 1:].astype(np.float64)
    if not len(rows) or math.isnan(positive):
        return np.full(probability.shape[1], np.nan)
    share = np.exp(np.log(np.clip(rows, _NEAREST, 1)).mean(axis=0))
    return np.concatenate([[1 - positive], positive * share / share.sum()])


def _summary(windows: Array) -> Array:
    """Return what is learned from (features,): of log-odds of windows in order (windows,)."""
    low, median, high = np.quantile(windows, (0.1, 0.5, 0.9))
    half = len(windows) // 2
    rise = windows[half:].mean() - windows[:half].mean() if half else 0.0
    return np.array([windows.mean(), windows.std(), low, median, high, windows.max(), rise])


@dataclass(frozen=True)
class Learned:
    """Logistic regression on a summary of a file's windows, held near what the mean alone says.

    With few files it ranks as the mean does; the more there are, the further it may depart from it.

    Parameters
    ----------
    centre, scale : tuple of float
        Of each feature, in the files it was fitted on.
    weights : tuple of float
        Offset, then one for each feature.
    """

    centre: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]

    @classmethod
    def fit(cls, summaries: Array, positive: NDArray[np.bool_], weight: Array, patient: NDArray[np.str_]) -> Self:
        """Fit on validation files.

        What differs between patients is taken out before: it is of their calibration, and would hide what tells
        the files of each apart. So patients with one class have no say, unless all are such.

        Parameters
        ----------
        summaries : ndarray (files, features)
        positive : ndarray, bool (files,)
        weight : ndarray (files,)
            What each file counts for (`weights_of`).
        patient : ndarray of str (files,)
        """
        centre = np.average(summaries, axis=0, weights=weight)
        members = [patient == one for one in np.unique(patient)]
        both = [mine for mine in members if positive[mine].any() and not positive[mine].all()]
        inner = summaries - centre
        for mine in both:
            inner[mine] -= np.average(inner[mine], axis=0, weights=weight[mine])
        if both:
            kept = np.logical_or.reduce(both)
            inner, positive, weight = inner[kept], positive[kept], weight[kept]
        scale = np.sqrt(np.average(inner**2, axis=0, weights=weight))
        scale = np.where(scale > _STILL, scale, 1.0)
        inputs = np.concatenate([np.ones((1, len(inner))), (inner / scale).T])
        found = fit_logistic(
            lambda parameters: (parameters @ inputs, inputs), positive.astype(float), weight, _MEAN_ALONE, _DEPARTURE
        )
        return cls(tuple(centre.tolist()), tuple(scale.tolist()), tuple(found.tolist()))

    def score(self, summary: Array) -> float:
        """Return log-odds of a file by its summary (features,)."""
        return float(self.weights[0] + np.array(self.weights[1:]) @ ((summary - self.centre) / self.scale))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        rows = zip(_FEATURES, self.centre, self.scale, self.weights[1:], strict=True)
        features = {name: {"centre": c, "scale": s, "weight": w} for name, c, s, w in rows}
        return {"offset": self.weights[0], "features": features}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make it again from what `to_dict` gave.

        Raises
        ------
        ModelError
            If the values are not of that form.
        """
        try:
            rows = [values["features"][name] for name in _FEATURES]
            centre, scale, weight = (tuple(float(row[key]) for row in rows) for key in ("centre", "scale", "weight"))
            found = cls(centre, scale, (float(values["offset"]), *weight))
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"no learned file score ({error.__class__.__name__}: {error})") from error
        if not all(map(math.isfinite, (*centre, *scale, *found.weights))) or min(scale) <= 0:
            raise ModelError("no learned file score: a number is not finite, or a scale not above 0")
        return found


@dataclass(frozen=True)
class FileScorer:
    """How files are scored: what was learned of them, and what each rule's scores mean in each patient.

    Parameters
    ----------
    learned : Learned, optional
    calibration : mapping of rule to Calibration
        A rule without one gives its score as it is.
    """

    learned: Learned | None = None
    calibration: Mapping[Rule, Calibration] = field(default_factory=dict)

    @classmethod
    def fit(cls, predictions: Predictions, *, key: str | None = None) -> Self:
        """Learn from windows of validation files: neither those that the network learned from, nor a test's.

        A file is positive when a window of it is. What the learned score means is told by files that it was not
        learned from: of five parts each is scored by what the others teach, groups kept together.

        Parameters
        ----------
        predictions : Predictions
        key : str, optional
            Of the hash of patients' names; otherwise a random one.

        Raises
        ------
        DatasetError
            If no file of one of the classes has a score.
        """
        table = [predictions[rows] for rows in _files_of(predictions)]
        table = [file for file in table if file.scored.any()]
        positive = np.array([file.positive.any() for file in table], bool)
        if not (positive.any() and not positive.all()):
            raise DatasetError(
                f"{len(table)} scored validation files are not of both classes: there is nothing to learn"
            )
        patient, group = (
            np.array([column[0] for column in columns], np.str_)
            for columns in ([file.patient for file in table], [file.group for file in table])
        )
        windows = [log_odds(file.probability[file.scored]) for file in table]
        summaries = np.stack([_summary(one) for one in windows])
        weight = weights_of(positive, patient, group)
        scores: dict[Rule, Array] = {
            by: np.array([file_score(file.probability, by) for file in table]) for by in RULES if by != "learned"
        }
        scores["learned"] = _by_others(summaries, positive, weight, patient, group)
        calibration = {by: Calibration.fit(score, positive, patient, group, key=key) for by, score in scores.items()}
        return cls(Learned.fit(summaries, positive, weight, patient), calibration)

    def probability(self, score: Array, patient: Names, by: Rule) -> Array:
        """Return what scores (files,) of patients (files,) mean: 0..1; NaN stays NaN."""
        return self.calibration[by](score, patient) if by in self.calibration else sigmoid(score)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        learned = None if self.learned is None else self.learned.to_dict()
        return {"format": 1, "learned": learned, "calibration": {by: c.to_dict() for by, c in self.calibration.items()}}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make it again from what `to_dict` gave.

        Raises
        ------
        ModelError
            If the values are not of that form.
        """
        if not isinstance(values, dict) or values.get("format") != 1:
            raise ModelError("no file scores of format 1; a newer Semeia may read them")
        learned, each = values.get("learned"), values.get("calibration")
        if not isinstance(each, dict) or not set(each) <= set(RULES):
            raise ModelError(f"no file scores: calibration is of some of {', '.join(RULES)}")
        return cls(
            None if learned is None else Learned.from_dict(learned),
            {by: Calibration.from_dict(each[by]) for by in RULES if by in each},
        )

    def write(self, folder: Path) -> None:
        """Write ``files.json`` into a model's folder.

        Raises
        ------
        StorageError
        """
        with replacing(folder / _NAME) as part:
            part.write_text(json.dumps(self.to_dict(), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read ``files.json`` of a model's folder; where there is none, nothing was learned.

        Raises
        ------
        ModelError
            If it is damaged.
        """
        path = folder / _NAME
        if not path.exists():
            return cls()
        try:
            return cls.from_dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise ModelError(f"{folder.name}/{_NAME}: cannot be read ({error.__class__.__name__})") from error
        except ModelError as error:
            raise ModelError(f"{folder.name}/{_NAME}: {error}") from error


def _files_of(predictions: Predictions) -> list[NDArray[np.intp]]:
    """Return the rows of each file, in order of time."""
    names = np.char.add(np.char.add(predictions.patient, "\0"), predictions.recording)
    _, place, counts = np.unique(names, return_inverse=True, return_counts=True)
    rows = np.lexsort([predictions.start, place])
    return np.split(rows, np.cumsum(counts)[:-1])


def _by_others(
    summaries: Array,
    positive: NDArray[np.bool_],
    weight: Array,
    patient: NDArray[np.str_],
    group: NDArray[np.str_],
) -> Array:
    """Return each file's learned score (files,) as those of other groups teach it; NaN where they cannot."""
    whole = np.char.add(np.char.add(patient, "\0"), group)
    order = sorted({(bool(positive[whole == one].any()), one) for one in np.unique(whole).tolist()})
    fold = {one: number % _FOLDS for number, (_, one) in enumerate(order)}
    part = np.array([fold[one] for one in whole.tolist()])
    score = np.full(len(positive), np.nan)
    for number in np.unique(part):
        own = part == number
        if positive[~own].any() and not positive[~own].all():
            taught = Learned.fit(summaries[~own], positive[~own], weight[~own], patient[~own])
            score[own] = [taught.score(one) for one in summaries[own]]
    return score
