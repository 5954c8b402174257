"""How well seizures are foretold: files under every aggregation, alarms against chance, each with its interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeia.errors import DatasetError
from semeia.evaluation.bootstrap import averaged, draws_of, interval_of, measure, number, units_of
from semeia.evaluation.predictions import Predictions
from semeia.evaluation.ranking import ranked
from semeia.evaluation.warning import Hour, Tally, Watched, chance_tail, tallies
from semeia.evaluation.windows import area_of, check

__all__ = ["measured_forecast"]

Watch = Callable[[float], Sequence[Watched] | Sequence[Hour]]
SWEEP = tuple(k / 20 for k in range(1, 20))
"""Thresholds of a sweep, unless others suit the model's probabilities better (`spread_thresholds`)."""
_RATIOS = ("sensitivity", "time_in_warning", "false_alarms_per_hour", "chance_sensitivity", "improvement_over_chance")


def measured_forecast(
    files: Mapping[str, Predictions],
    watch: Watch | None = None,
    *,
    threshold: float = 0.5,
    thresholds: Sequence[float] = SWEEP,
    rule: str = "",
    refractory: float = 0.0,
    horizon: float = 3600.0,
    gap: float = 300.0,
) -> dict[str, Any]:
    """Return what predictions of files and the alarms from them are worth, ready for JSON.

    Parameters
    ----------
    files : mapping of str to Predictions
        For each aggregation, such as ``mean``, one example a file.
    watch : callable, optional
        Returns the recordings or hours with the alarms that are given at a threshold.
    threshold : float
        The model's own.
    thresholds : sequence of float
        Of the sweep; the model's own is one more.
    rule : str
        When an alarm is given, in words: ``8 of 10``.
    refractory, horizon, gap : float
        Seconds: without another alarm after one; the seizure occurrence period; the seizure prediction horizon before
        it. The last two mean nothing for hours without a clock.

    Returns
    -------
    dict
        See docs/evaluation.md; None where undefined.

    Raises
    ------
    DatasetError
        If files cannot be judged (see `measured_windows`) or are all of one class, or alarms contradict themselves.
    """
    table = {name: _file_areas(name, predictions) for name, predictions in files.items()}
    prevalence = [float(one.positive[one.scored].mean()) for one in files.values()][:1]
    result: dict[str, Any] = {
        "files": table,
        "chance": {"auroc": 0.5, "average_precision": number(prevalence[0]) if prevalence else None},
        "alarms": None,
        "per_patient": [],
        "sweep": None,
    }
    if watch is None:
        return result
    watched = watch(threshold)
    alarms, per_patient = _alarms(watched, tallies(watched, horizon, gap))
    by_hour = alarms["by"] == "hour"
    result["alarms"] = {
        "rule": rule,
        "threshold": threshold,
        "refractory_min": refractory / 60,
        "horizon_min": None if by_hour else horizon / 60,
        "gap_min": None if by_hour else gap / 60,
    } | alarms
    columns: dict[str, list[float | None]] = {"threshold": [], **{name: [] for name in _RATIOS}}
    for value in sorted({*thresholds, threshold}):
        watched = watch(value)
        ratios = _ratios(_sums(watched, tallies(watched, horizon, gap)).sum(axis=0)[None])
        columns["threshold"].append(value)
        for name in _RATIOS:
            columns[name].append(number(float(ratios[name][0])))
    return result | {"per_patient": per_patient, "sweep": columns}


def _file_areas(name: str, predictions: Predictions) -> dict[str, Any]:
    scored = check(predictions)
    positive, score = scored.positive, scored.score
    if positive.all() or not positive.any():
        raise DatasetError(
            f"{name}: all {len(scored)} scored files are {'' if positive.any() else 'not '}before a seizure: "
            "judging needs both"
        )
    units = units_of(scored.patient, scored.group, groups="hours", examples="files")
    own = [scored.patient == patient for patient in np.unique(scored.patient)]
    return {
        **area_of(positive, score, units),
        "count": len(scored),
        "unscored": len(predictions) - len(scored),
        "interval": units.text,
        "patient_average": {"auroc": averaged([ranked(positive[rows], score[rows]).auroc for rows in own])},
    }


def _alarms(
    watched: Sequence[Watched] | Sequence[Hour], counted: Sequence[Tally]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return what alarms are worth for all patients together, and for each."""
    by_hour = isinstance(watched[0], Hour)
    patients = [one.patient for one in watched]
    units = units_of(
        patients,
        np.arange(len(watched)),
        groups="hours" if by_hour else "recordings",
        examples="hours" if by_hour else "recordings",
    )
    sums = _sums(watched, counted)
    together = np.zeros((units.count, *sums.shape[1:]))
    np.add.at(together, units.number, sums)

    def figures(drawn: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        return _ratios(drawn.reshape(len(drawn), *sums.shape[1:]))

    total = sums.sum(axis=0)
    draws = draws_of(figures, together.reshape(units.count, -1))
    values = {name: float(value[0]) for name, value in _ratios(total[None]).items()}
    intervals = {name: measure(interval_of(value, draws[name])) for name, value in values.items()}
    parts: dict[str, list[Tally]] = {}
    for patient, one in zip(patients, counted, strict=True):
        parts.setdefault(patient, []).append(one)
    seizures, foretold, _, _, false_alarms, hours = total.sum(axis=0).tolist()
    return {
        "by": "hour" if by_hour else "clock",
        "sensitivity": intervals["sensitivity"],
        "time_in_warning": intervals["time_in_warning"],
        "false_alarms_per_hour": number(values["false_alarms_per_hour"]),
        "chance_sensitivity": number(values["chance_sensitivity"]),
        "improvement_over_chance": intervals["improvement_over_chance"],
        "p_value": number(chance_tail(parts, by_hour=by_hour)),
        "interval": units.text,
        "counts": {
            "preictal_hours" if by_hour else "seizures": int(seizures),
            "foretold": int(foretold),
            "false_alarms": int(false_alarms),
            "hours": number(hours),
            "left_out": sum(one.left_out for one in counted),
        },
    }, [_patient(name, own, by_hour) for name, own in sorted(parts.items())]


def _sums(watched: Sequence[Watched] | Sequence[Hour], counted: Sequence[Tally]) -> NDArray[np.float64]:
    """Return the counts of each recording or hour, in its patient's place (recordings, patients, counts)."""
    names, place = np.unique([one.patient for one in watched], return_inverse=True)
    sums = np.zeros((len(watched), len(names), 6))
    sums[np.arange(len(watched)), place] = [one[:6] for one in counted]
    return sums


def _ratios(sums: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Return ratios from the sums of each draw (draws, patients, counts).

    Chance foretells, in each patient, the share of seizures that its time in warning is: a warner who is silent in one
    patient and loud in another is compared with one who is just so.
    """
    seizures, foretold, warned, time, false_alarms, hours = np.moveaxis(sums, 2, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        overall = warned.sum(axis=1) / time.sum(axis=1)
        shares = np.where(time > 0, warned / time, overall[:, None])  # of a patient without interictal hours: as others
        lucky = np.where(seizures > 0, seizures * shares, 0.0).sum(axis=1) / seizures.sum(axis=1)
        sensitivity = foretold.sum(axis=1) / seizures.sum(axis=1)
        return {
            "sensitivity": sensitivity,
            "time_in_warning": overall,
            "false_alarms_per_hour": false_alarms.sum(axis=1) / hours.sum(axis=1),
            "chance_sensitivity": lucky,
            "improvement_over_chance": sensitivity - lucky,
        }


def _patient(name: str, own: Sequence[Tally], by_hour: bool) -> dict[str, Any]:
    sums = np.array([one[:6] for one in own], np.float64).sum(axis=0)
    ratios = {key: number(float(value[0])) for key, value in _ratios(sums[None, None]).items()}
    return {
        "patient": name,
        "seizures": int(sums[0]),
        "foretold": int(sums[1]),
        **ratios,
        "p_value": number(chance_tail({name: own}, by_hour=by_hour)),
    }
