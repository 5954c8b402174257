"""How well windows, files or images are told apart: every measure with its interval, chance and baselines beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeia.errors import DatasetError
from semeia.evaluation import curves
from semeia.evaluation.bootstrap import (
    Part,
    Units,
    averaged,
    draws_of,
    interval_of,
    measure,
    number,
    table,
    units_of,
)
from semeia.evaluation.intervals import Interval
from semeia.evaluation.points import drawn_goals, operating_points
from semeia.evaluation.predictions import Predictions
from semeia.evaluation.ranking import Ranking, areas, average_precisions, cumulative, rank_part, ranked

__all__ = ["MEASURES", "area_of", "check", "difference_interval", "measured_patterns", "measured_windows"]

MEASURES = (
    "auroc",
    "average_precision",
    "balanced_accuracy",
    "accuracy",
    "sensitivity",
    "specificity",
    "precision",
    "f1",
    "brier",
    "calibration_error",
)
_Draws = dict[str, NDArray[np.float64]]


def measured_windows(
    predictions: Predictions, *, threshold: float, patients: str = "patients", examples: str = "examples"
) -> dict[str, Any]:
    """Return what predictions of windows, files or images are worth, ready for JSON.

    Two classes are told apart by the threshold; of more the most probable is taken for ``accuracy``,
    ``balanced_accuracy`` and ``confusion``, and all else is any positive class against the first.

    Parameters
    ----------
    predictions : Predictions
    threshold : float
        Probability of the positive classes from which on an example counts.
    patients, examples : str
        What those whom intervals are drawn over, and the rows, are called.

    Returns
    -------
    dict
        See docs/evaluation.md; None where undefined.

    Raises
    ------
    DatasetError
        If there is no example, none was scored, one has no label or no probability, or all are of one class.
    """
    scored = check(predictions)
    if len(there := np.unique(scored.label)) == 1 or scored.positive.all():
        names = " or ".join(predictions.classes[k] for k in there)
        raise DatasetError(
            f"all {len(scored)} scored examples are {names!r}: judging needs both {predictions.classes[0]!r} "
            f"and {' or '.join(map(repr, predictions.classes[1:]))}"
        )
    return _measured(predictions, scored, threshold, patients=patients, examples=examples)


def measured_patterns(patterns: Mapping[str, Predictions], *, threshold: float) -> dict[str, dict[str, Any]]:
    """Return what each pattern's predictions are worth, as `measured_windows` does.

    Parameters
    ----------
    patterns : mapping of str to Predictions
        For each pattern the windows of all channels, in two classes.
    threshold : float

    Raises
    ------
    DatasetError
        As `measured_windows`; one class only is refused when it is so for all patterns.
    """
    scored = {name: check(predictions) for name, predictions in patterns.items()}
    if not any(0 < one.positive.sum() < len(one) for one in scored.values()):
        raise DatasetError("no pattern is both there and absent in what was scored: nothing to judge")
    return {name: _measured(patterns[name], scored[name], threshold) for name in patterns}


def difference_interval(
    first: Predictions, second: Predictions, *, thresholds: tuple[float, float] = (0.5, 0.5)
) -> dict[str, Any]:
    """Return by how much the first is above the second on the same examples, and how sure that is.

    Both are drawn together (a paired bootstrap): what makes an example hard for both cancels out. Examples that one of
    the two did not score are left out.

    Parameters
    ----------
    first, second : Predictions
    thresholds : tuple of float
        Of the first and the second.

    Returns
    -------
    dict
        A measure for each of `MEASURES`, ``count``, and ``interval``, which says what was drawn.

    Raises
    ------
    DatasetError
        If one of the two cannot be judged, or they are not of the same examples.
    """
    same = first.classes == second.classes and len(first) == len(second)
    columns = ("label", "patient", "group", "recording", "start")
    if not same or not all(np.array_equal(getattr(first, name), getattr(second, name)) for name in columns):
        raise DatasetError("two predictions are compared that are not of the same examples in the same order")
    rows = first.scored & second.scored
    sides = check(first[rows]), check(second[rows])
    units = units_of(sides[0].patient, sides[0].group)
    values, draws = zip(*(_drawn(*pair, units) for pair in zip(sides, thresholds, strict=True)), strict=True)
    differences = {
        name: measure(interval_of(values[0][name] - values[1][name], draws[0][name] - draws[1][name]))
        for name in MEASURES
    }
    return {**differences, "count": int(rows.sum()), "interval": units.text}


def check(predictions: Predictions) -> Predictions:
    """Return the examples that were scored.

    Raises
    ------
    DatasetError
        If there is no example, none was scored, or one has no label or no probability.
    """
    count, classes = len(predictions), len(predictions.classes)
    if not count:
        raise DatasetError("there is no labelled example to judge with")
    unlabelled = int(((predictions.label < 0) | (predictions.label >= classes)).sum())
    if unlabelled:
        raise DatasetError(f"{unlabelled} of {count} examples have no label: label them or leave them out")
    scored = predictions[predictions.scored]
    if not len(scored):
        raise DatasetError(f"none of the {count} examples was scored: the model gave NaN for all of them")
    odd = ~((scored.probability >= -1e-6) & (scored.probability <= 1 + 1e-6)).all(axis=1)
    if odd.any():
        row = int(odd.argmax())
        said = ", ".join(f"{value:g}" for value in scored.probability[row])
        raise DatasetError(
            f"{scored.recording[row]} at {scored.start[row]:g} s: {said} are no probabilities: each must be in 0..1"
        )
    return scored


def area_of(positive: NDArray[np.bool_], score: NDArray[np.floating[Any]], units: Units) -> dict[str, Any]:
    """Return ``auroc`` and ``average_precision`` as measures: for a score that needs no threshold."""
    values, draws = _ranks(positive, score, units)
    return {name: measure(interval_of(values[name], draws[name])) for name in values}


def _measured(predictions: Predictions, scored: Predictions, threshold: float, **called: str) -> dict[str, Any]:
    units = units_of(scored.patient, scored.group, **called)
    values, draws = _drawn(scored, threshold, units)
    ranking = ranked(scored.positive, scored.score)
    count = np.bincount(scored.label, minlength=len(scored.classes))
    intervals = {name: interval_of(value, draws[name]) for name, value in values.items()}
    per_patient = _per_patient(scored, threshold)
    shares = ("auroc", "sensitivity", "specificity", "precision")
    return {
        "count": len(scored),
        "unscored": len(predictions) - len(scored),
        "hours": number(len(scored) * scored.step / 3600),
        "patients": len(per_patient),
        "classes": list(scored.classes),
        "counts": dict(zip(scored.classes, count.tolist(), strict=True)),
        "threshold": threshold,
        "interval": units.text,
        "measures": {name: measure(intervals[name]) for name in MEASURES},
        "chance": _chance(count, intervals),
        "baselines": _baselines(scored, units, values, draws),
        "confusion": _confusion(scored, threshold).tolist(),
        "one_against_rest": {
            name: {"auroc": measure(intervals[f"auroc of {name}"])} for name in scored.classes if len(count) > 2
        },
        "per_patient": per_patient,
        "patient_average": {
            name: averaged([math.nan if one[name] is None else one[name] for one in per_patient]) for name in shares
        },
        "curves": _curves(scored, ranking),
        "by_threshold": curves.by_threshold(ranking, threshold),
        "points": operating_points(ranking, scored.step, threshold, draws),
    }


def _drawn(scored: Predictions, threshold: float, units: Units) -> tuple[dict[str, float], _Draws]:
    """Return every measure of all examples, and of each draw of units."""
    parts = _parts(scored, threshold)
    sums = table(units, list(parts.values()))
    figures = partial(_figures, {name: part.width for name, part in parts.items()}, scored)
    values = {name: float(value[0]) for name, value in figures(np.asarray(sums.sum(axis=0), np.float64)[None]).items()}
    exact = ranked(scored.positive, scored.score)
    values |= {"auroc": exact.auroc, "average_precision": exact.average_precision}
    return values, draws_of(figures, sums)


def _said(scored: Predictions, threshold: float) -> NDArray[np.int64]:
    """Return the class that each example is said to be of (examples,)."""
    if len(scored.classes) == 2:
        return (scored.score >= threshold).astype(np.int64)
    most_probable: NDArray[np.int64] = scored.probability.argmax(axis=1)
    return most_probable


def _confusion(scored: Predictions, threshold: float) -> NDArray[np.int64]:
    classes = len(scored.classes)
    cell = scored.label.astype(np.int64) * classes + _said(scored, threshold)
    return np.bincount(cell, minlength=classes**2).reshape(classes, classes)


def _parts(scored: Predictions, threshold: float) -> dict[str, Part]:
    """Return what each example adds to the sums that all measures are made from."""
    classes, positive, score = len(scored.classes), scored.positive, scored.score
    bins = curves.calibration_bins(score)
    cell = scored.label.astype(np.int64) * classes + _said(scored, threshold)
    against = {
        f"auroc of {name}": rank_part(scored.label == number, scored.probability[:, number])
        for number, name in enumerate(scored.classes)
        if classes > 2
    }
    return {
        "confusion": Part(cell, 1.0, classes**2),
        "flagged": Part(2 * positive + (score >= threshold), 1.0, 4),
        "squares": Part(np.zeros(len(scored), np.int64), (score - positive) ** 2, 1),
        "excess": Part(bins, score - positive, int(bins.max()) + 1),
        "rank": rank_part(positive, score),
    } | against


def _figures(widths: Mapping[str, int], scored: Predictions, sums: NDArray[np.float64]) -> _Draws:
    """Return every measure from sums (draws, columns) over the examples drawn."""
    parts = np.split(sums, np.cumsum(list(widths.values()))[:-1], axis=1)
    of = dict(zip(widths, parts, strict=True))
    classes = len(scored.classes)
    confusion = of["confusion"].reshape(-1, classes, classes)
    true_negative, false_positive, false_negative, true_positive = of["flagged"].T
    false, true = cumulative(of["rank"])
    count = of["flagged"].sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        recalls = np.diagonal(confusion, axis1=1, axis2=2) / confusion.sum(axis=2)
        figures = {
            "auroc": areas(false, true),
            "average_precision": average_precisions(false, true),
            "balanced_accuracy": _mean_of_defined(recalls),
            "accuracy": np.trace(confusion, axis1=1, axis2=2) / count,
            "sensitivity": true_positive / (true_positive + false_negative),
            "specificity": true_negative / (true_negative + false_positive),
            "precision": true_positive / (true_positive + false_positive),
            "f1": 2 * true_positive / (2 * true_positive + false_positive + false_negative),
            "brier": of["squares"][:, 0] / count,
            "calibration_error": np.abs(of["excess"]).sum(axis=1) / count,
        }
    against = {name: areas(*cumulative(part)) for name, part in of.items() if name.startswith("auroc of ")}
    return figures | against | drawn_goals(false, true, scored.step)


def _mean_of_defined(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of each row's defined values (draws, classes) -> (draws,)."""
    defined = ~np.isnan(values)
    mean: NDArray[np.float64] = np.where(defined, values, 0).sum(axis=1) / defined.sum(axis=1)
    return mean


def _chance(count: NDArray[np.int64], intervals: Mapping[str, Interval]) -> dict[str, float | None]:
    """Return what one gets who flags as many without looking; for the Brier score, who always says the prevalence."""
    prevalence = float(1 - count[0] / count.sum())
    missed, quiet = (intervals[name].value for name in ("sensitivity", "specificity"))
    flagged = prevalence * missed + (1 - prevalence) * (1 - quiet) if 0 < prevalence < 1 else math.nan
    f1 = 2 * prevalence * flagged / (prevalence + flagged) if prevalence else math.nan
    chance = {
        "auroc": 0.5,
        "average_precision": prevalence,
        "balanced_accuracy": 1 / int((count > 0).sum()),
        "accuracy": float(count.max() / count.sum()),
        "sensitivity": flagged,
        "specificity": 1 - flagged,
        "precision": prevalence,
        "f1": f1,
        "brier": prevalence * (1 - prevalence),
    }
    return {name: number(value) for name, value in chance.items()}


def _ranks(
    positive: NDArray[np.bool_], score: NDArray[np.floating[Any]], units: Units
) -> tuple[dict[str, float], _Draws]:
    sums, exact = table(units, [rank_part(positive, score)]), ranked(positive, score)

    def figures(drawn: NDArray[np.float64]) -> _Draws:
        sides = cumulative(drawn)
        return {"auroc": areas(*sides), "average_precision": average_precisions(*sides)}

    return {"auroc": exact.auroc, "average_precision": exact.average_precision}, draws_of(figures, sums)


def _baselines(scored: Predictions, units: Units, values: dict[str, float], draws: _Draws) -> dict[str, Any]:
    """Return the areas of each baseline, and how far the model is above it on the same examples."""
    found = {}
    for name, score in scored.baselines.items():
        rows = np.isfinite(score)
        if not rows.any():
            continue
        theirs = _ranks(scored.positive[rows], score[rows], units[rows])
        whole = rows.all()
        ours = (values, draws) if whole else _ranks(scored.positive[rows], scored.score[rows], units[rows])
        found[name] = {key: measure(interval_of(theirs[0][key], theirs[1][key])) for key in theirs[0]} | {
            "difference": {
                key: measure(interval_of(ours[0][key] - theirs[0][key], ours[1][key] - theirs[1][key]))
                for key in theirs[0]
            }
        }
    return found


def _curves(scored: Predictions, ranking: Ranking) -> dict[str, Any]:
    known = {name: np.isfinite(score) for name, score in scored.baselines.items()}
    of_baselines = {
        name: {"roc": curves.roc(ranked(scored.positive[rows], scored.baselines[name][rows]))}
        for name, rows in known.items()
        if rows.any()
    }
    return {
        "roc": curves.roc(ranking),
        "pr": curves.pr(ranking),
        "det": curves.det(ranking),
        "calibration": curves.calibration(scored.positive, scored.score),
        "baselines": of_baselines,
        "one_against_rest": {
            name: curves.roc(ranked(scored.label == number, scored.probability[:, number]))
            for number, name in enumerate(scored.classes)
            if len(scored.classes) > 2
        },
    }


def _per_patient(scored: Predictions, threshold: float) -> list[dict[str, Any]]:
    names, place = np.unique(scored.patient, return_inverse=True)
    order = np.argsort(place, kind="stable")
    rows = []
    for name, own in zip(names.tolist(), np.split(order, np.cumsum(np.bincount(place))[:-1]), strict=True):
        positive, score = scored.positive[own], scored.score[own]
        said = score >= threshold
        hits, alarms, there = (int(mask.sum()) for mask in (said & positive, said & ~positive, positive))
        absent = len(own) - there
        rows.append(
            {
                "patient": name,
                "windows": len(own),
                "positive": there,
                "auroc": number(ranked(positive, score).auroc),
                "sensitivity": number(hits / there if there else math.nan),
                "specificity": number(1 - alarms / absent if absent else math.nan),
                "precision": number(hits / (hits + alarms) if hits + alarms else math.nan),
            }
        )
    return rows
