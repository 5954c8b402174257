"""How well seizures are found in recordings: SzCORE events over a sweep of thresholds, latency, chance."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeia.errors import DatasetError, EventError
from semeia.evaluation.bootstrap import FEWEST, Units, averaged, draws_of, interval_of, measure, number, units_of
from semeia.evaluation.intervals import Interval, binomial_interval, poisson_interval
from semeia.evaluation.scoring import EVENT_RULES, Counts, score_events, scorer_name
from semeia.events import Event, Events

__all__ = ["RecordingEvents", "measured_events"]

Find = Callable[[float], Sequence[Iterable[Event]]]
RATES = (0.5, 1.0, 5.0, 10.0)
"""False alarms per 24 h at which sensitivity is told."""
SWEEP = tuple(k / 50 for k in range(1, 50))
"""Thresholds of a sweep, unless others suit the model's probabilities better (`spread_thresholds`)."""
_RATIOS = ("sensitivity", "precision", "f1", "false_alarms_per_24h")


@dataclass(frozen=True)
class RecordingEvents:
    """What is true of one recording.

    Parameters
    ----------
    patient, recording : str
    reference : Events
    duration : float
        Seconds.
    """

    patient: str
    recording: str
    reference: Events
    duration: float


def measured_events(
    recordings: Sequence[RecordingEvents],
    find: Find,
    *,
    threshold: float,
    thresholds: Sequence[float] = SWEEP,
    delay: float | None = None,
    baselines: Mapping[str, Sequence[Iterable[Event]]] | None = None,
) -> dict[str, Any]:
    """Return what found events are worth by the SzCORE rules, ready for JSON.

    Parameters
    ----------
    recordings : sequence of RecordingEvents
    find : callable
        Returns the events found at a threshold in each recording, in their order.
    threshold : float
        The model's own.
    thresholds : sequence of float
        Of the sweep; the model's own is one more.
    delay : float, optional
        Seconds from the onset of a found event until it could be known, such as half a window and half the smoothing.
        Otherwise latency runs to the onset itself.
    baselines : mapping of str to sequence of events, optional
        What others found in each recording, in their order.

    Returns
    -------
    dict
        See docs/evaluation.md; None where undefined.

    Raises
    ------
    DatasetError
        If there is no recording.
    EventError
        If an event lies outside its recording; the message names the recording.
    """
    if not recordings:
        raise DatasetError("there is no recording with marked events to judge with")
    score = _Scorer(recordings)
    found = [list(events) for events in find(threshold)]
    counts = score(found)
    total = _sum(counts)
    sweep = [(value, _sum(score(find(value)))) for value in sorted({*thresholds, threshold})]
    intervals, drawn = _intervals(recordings, counts)
    per_patient = _per_patient(recordings, counts)
    return {
        "scorer": scorer_name(),
        "threshold": threshold,
        "measures": {name: measure(interval) for name, interval in intervals.items()},
        "counts": {"reference": total.reference, "found": total.true_positives, "false_alarms": total.false_alarms},
        "interval": drawn,
        "latency": _latency(recordings, found, delay),
        "sweep": _sweep(sweep),
        "points": _points(sweep, threshold),
        "per_patient": per_patient,
        "patient_average": {
            name: averaged([math.nan if one[name] is None else one[name] for one in per_patient]) for name in _RATIOS
        },
        "per_recording": [
            {"recording": r.recording, "patient": r.patient} | _row(c) for r, c in zip(recordings, counts, strict=True)
        ],
        "baselines": {name: _row(_sum(score(events))) for name, events in (baselines or {}).items()},
        "chance": _chance(recordings, found, total),
    }


class _Scorer:
    """Scores events in all recordings; what it has scored before, as neighbours in a sweep often are, costs nothing."""

    def __init__(self, recordings: Sequence[RecordingEvents]) -> None:
        self.recordings = recordings
        self.known: list[dict[tuple[tuple[float, float], ...], Counts]] = [{} for _ in recordings]

    def __call__(self, found: Sequence[Iterable[Event]]) -> list[Counts]:
        return [
            self._one(recording, known, Events(events))
            for recording, known, events in zip(self.recordings, self.known, found, strict=True)
        ]

    def _one(
        self, recording: RecordingEvents, known: dict[tuple[tuple[float, float], ...], Counts], found: Events
    ) -> Counts:
        key = tuple((event.onset, event.stop) for event in found.seizures())
        if key not in known:
            try:
                known[key] = score_events(recording.reference, found, recording.duration)
            except EventError as error:
                raise EventError(f"{recording.recording}: {error}") from None
        return known[key]


def _sum(counts: Iterable[Counts]) -> Counts:
    return sum(counts, Counts())


def _ratios(counts: Counts) -> dict[str, float]:
    values = (counts.sensitivity, counts.precision, counts.f1, counts.false_alarms_per_day)
    return dict(zip(_RATIOS, values, strict=True))


def _row(counts: Counts) -> dict[str, Any]:
    ratios = {name: number(value) for name, value in _ratios(counts).items()}
    return {
        "hours": number(counts.seconds / 3600),
        "reference": counts.reference,
        "found": counts.true_positives,
        "false_alarms": counts.false_alarms,
    } | ratios


def _intervals(recordings: Sequence[RecordingEvents], counts: Sequence[Counts]) -> tuple[dict[str, Interval], str]:
    """Return the ratios of all recordings together, and what their intervals were drawn over."""
    total = _sum(counts)
    if len(recordings) < FEWEST:
        intervals = {
            "sensitivity": binomial_interval(total.true_positives, total.reference),
            "precision": binomial_interval(total.true_positives, total.true_positives + total.false_alarms),
            "f1": Interval(total.f1, math.nan, math.nan),
            "false_alarms_per_24h": poisson_interval(total.false_alarms, total.seconds / 86400),
        }
        return intervals, f"95 %, {len(recordings)} recordings are too few to draw: events as if independent"
    units = _units(recordings)
    sums = np.zeros((units.count, 4))
    rows = [(c.reference, c.true_positives, c.false_alarms, c.seconds) for c in counts]
    np.add.at(sums, units.number, np.array(rows, np.float64))
    draws = draws_of(_drawn_ratios, sums)
    return {name: interval_of(value, draws[name]) for name, value in _ratios(total).items()}, units.text


def _units(recordings: Sequence[RecordingEvents]) -> Units:
    # each recording by itself, though another might have its name
    return units_of([one.patient for one in recordings], np.arange(len(recordings)))


def _drawn_ratios(sums: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    reference, found, alarms, seconds = sums.T
    with np.errstate(invalid="ignore", divide="ignore"):
        values = (found / reference, found / (found + alarms), 2 * found / (reference + found + alarms))
        return dict(zip(_RATIOS, (*values, alarms * 86400 / seconds), strict=True))


def _per_patient(recordings: Sequence[RecordingEvents], counts: Sequence[Counts]) -> list[dict[str, Any]]:
    own: dict[str, list[Counts]] = {}
    for recording, count in zip(recordings, counts, strict=True):
        own.setdefault(recording.patient, []).append(count)
    return [{"patient": name, "recordings": len(some)} | _row(_sum(some)) for name, some in sorted(own.items())]


def _sweep(sweep: Sequence[tuple[float, Counts]]) -> dict[str, list[float | None]]:
    columns = {name: [number(_ratios(counts)[name]) for _, counts in sweep] for name in _RATIOS}
    return {"threshold": [value for value, _ in sweep], **columns}


def _points(sweep: Sequence[tuple[float, Counts]], threshold: float) -> list[dict[str, Any]]:
    """Return the best of the sweep for each goal; without a threshold where none of the sweep reaches it."""
    points = []
    for rate in RATES:
        quiet = [pair for pair in sweep if pair[1].false_alarms_per_day <= rate]
        best = max(quiet, key=lambda pair: (pair[1].true_positives, -pair[1].false_alarms), default=None)
        points.append((f"{rate:g} false alarm{'' if rate == 1 else 's'} per 24 h", best))
    defined = [pair for pair in sweep if not math.isnan(pair[1].f1)]
    points.append(("best F1 (flatters: chosen here)", max(defined, key=lambda pair: pair[1].f1, default=None)))
    points.append(("the model's own", next(pair for pair in sweep if pair[0] == threshold)))
    nothing = dict.fromkeys(_RATIOS)
    return [
        {"goal": goal, "threshold": None, **nothing}
        if best is None
        else {"goal": goal, "threshold": best[0]} | {key: number(value) for key, value in _ratios(best[1]).items()}
        for goal, best in points
    ]


def _latency(
    recordings: Sequence[RecordingEvents], found: Sequence[Sequence[Event]], delay: float | None
) -> dict[str, Any]:
    """Return seconds from each found seizure's marked onset to the first event that finds it."""
    before, after = EVENT_RULES["toleranceStart"], EVENT_RULES["toleranceEnd"]
    each = []
    for recording, events in zip(recordings, found, strict=True):
        told = [(event.onset, event.stop) for event in Events(events).seizures()]
        for onset, stop in _joined(recording.reference):
            hits = [start for start, end in told if end > onset - before and start < stop + after]
            if hits:
                each.append(max(min(hits) - onset, -before) + (delay or 0.0))
    quartiles = np.quantile(each, [0.25, 0.5, 0.75]).tolist() if each else [math.nan] * 3
    return {
        **{name: number(value) for name, value in zip(("low", "median", "high"), quartiles, strict=True)},
        "count": len(each),
        "each": [number(value) for value in sorted(each)],
        "to": "the found event's onset, which a reader sees afterwards"
        if delay is None
        else f"the moment the event could be known, {delay:g} s after its onset",
    }


def _joined(reference: Events) -> list[tuple[float, float]]:
    """Return the seizures as the scorer joins them, not split."""
    joined: list[tuple[float, float]] = []
    for event in reference.seizures():
        if joined and event.onset - joined[-1][1] < EVENT_RULES["minDurationBetweenEvents"]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], event.stop))
        else:
            joined.append((event.onset, event.stop))
    return joined


def _chance(
    recordings: Sequence[RecordingEvents], found: Sequence[Sequence[Event]], total: Counts
) -> dict[str, float | None]:
    """Return what as many alarms, as long, would be expected to find at random times of all recordings together.

    Alarms of durations d come as a Poisson process in the time T; a seizure whose tolerated interval lasts z is missed
    by all of them with the probability exp(-sum of (z + d) / T). Precision and F1 are ratios of expected counts.
    """
    margin = EVENT_RULES["toleranceStart"] + EVENT_RULES["toleranceEnd"]
    lengths = np.array([event.duration for events in found for event in Events(events).seizures()])
    zones = np.array([stop - onset + margin for one in recordings for onset, stop in _joined(one.reference)])
    time = sum(one.duration for one in recordings)
    if not len(zones):
        return dict.fromkeys(("sensitivity", "precision", "f1"))
    sensitivity = float(np.mean(1 - np.exp(-(zones * len(lengths) + lengths.sum()) / time)))
    covered = 1 - np.exp(-(zones.sum() + len(zones) * lengths) / time)  # of each alarm: that it meets a seizure
    hits, alarms = sensitivity * total.reference, float((1 - covered).sum())
    return {
        "sensitivity": number(sensitivity),
        "precision": number(hits / (hits + alarms) if hits + alarms else math.nan),
        "f1": number(2 * hits / (total.reference + hits + alarms)),
    }
