"""How well alarms foretell seizures: sensitivity, time in warning, false alarms, and what chance would do."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semeia.errors import DatasetError

__all__ = ["Hour", "Tally", "Watched", "chance_tail", "merged", "tallies"]


@dataclass(frozen=True)
class Watched:
    """A recording with a clock: the alarms that were given in it, and the seizures that came.

    Parameters
    ----------
    patient, name : str
    duration : float
        Seconds.
    alarms, seizures : sequence of float
        Seconds from its start: when alarms were given, when seizures began.
    """

    patient: str
    name: str
    duration: float
    alarms: Sequence[float]
    seizures: Sequence[float]


@dataclass(frozen=True)
class Hour:
    """An hour of a contest's set, which has no clock: it is known only whether a seizure followed.

    Parameters
    ----------
    patient, group : str
        Whose, and its name.
    preictal : bool
        Whether a seizure followed; else it was far from any.
    alarms : sequence of float
        Seconds from its start; only whether there is one counts.
    duration : float
        Seconds that were recorded.
    """

    patient: str
    group: str
    preictal: bool
    alarms: Sequence[float]
    duration: float = 3600.0


class Tally(NamedTuple):
    """What was counted in one recording or hour.

    Attributes
    ----------
    seizures, foretold : int
        Seizures, or preictal hours, and how many had an alarm in time.
    warned, time : float
        Seconds in which a seizure would count as foretold, of how many; or interictal hours with an alarm, of how many.
    false_alarms : int
        Alarms that no seizure followed; or interictal hours with an alarm.
    hours : float
        In which they could come.
    left_out : int
        Seizures that began too early for any alarm.
    """

    seizures: int
    foretold: int
    warned: float
    time: float
    false_alarms: int
    hours: float
    left_out: int = 0


def tallies(watched: Sequence[Watched] | Sequence[Hour], horizon: float, gap: float) -> list[Tally]:
    """Return what was counted in each recording or hour.

    Parameters
    ----------
    watched : sequence of Watched or of Hour
    horizon, gap : float
        Seconds: the seizure occurrence period, and the seizure prediction horizon before it.

    Raises
    ------
    DatasetError
        If there is none, or a time lies outside its recording.
    ValueError
        If the horizon is not above 0, or the gap below 0.
    """
    if not (horizon > 0 and gap >= 0):
        raise ValueError(f"horizon {horizon} s, gap {gap} s")
    if not watched:
        raise DatasetError("there is nothing in which alarms could be given")
    return [_hour(one) if isinstance(one, Hour) else _recording(one, horizon, gap) for one in watched]


def _hour(hour: Hour) -> Tally:
    alarmed = len(hour.alarms) > 0
    if hour.preictal:
        return Tally(1, int(alarmed), 0.0, 0.0, 0, 0.0)
    return Tally(0, 0, float(alarmed), 1.0, int(alarmed), hour.duration / 3600)


def _recording(one: Watched, horizon: float, gap: float) -> Tally:
    alarms, seizures = (np.sort(np.asarray(times, np.float64)) for times in (one.alarms, one.seizures))
    for what, times in (("an alarm", alarms), ("a seizure", seizures)):
        for time in times:
            if not 0 <= time <= one.duration:
                raise DatasetError(f"{one.name}: {what} at {time:g} s lies outside its {one.duration:g} s")
    possible = seizures[seizures > gap]
    # what an alarm foretells begins `gap` after it and lasts for the horizon, its end included
    foretold = _any_within(alarms, possible - gap - horizon, possible - gap)
    true = _any_within(seizures, alarms + gap, alarms + gap + horizon)
    preictal = _length(seizures - gap - horizon, seizures - gap, one.duration)
    # an alarm between the gap's beginning and the seizure is too late, but no false one
    late = _any_within(seizures, alarms, alarms + gap)
    before = _length(seizures - gap - horizon, seizures, one.duration) if gap else preictal
    return Tally(
        seizures=len(possible),
        foretold=int(foretold.sum()),
        warned=_length(alarms + gap, alarms + gap + horizon, one.duration),
        time=one.duration,
        false_alarms=int((~true & ~late).sum()),
        hours=(one.duration - before) / 3600,
        left_out=len(seizures) - len(possible),
    )


def _any_within(times: NDArray[np.float64], first: NDArray[np.float64], last: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return for each interval whether one of the sorted times lies in it, its ends included."""
    found: NDArray[np.bool_] = np.searchsorted(times, last, "right") > np.searchsorted(times, first, "left")
    return found


def _length(first: NDArray[np.float64], last: NDArray[np.float64], duration: float) -> float:
    """Return how much of a recording sorted intervals, which may overlap, cover together."""
    return float(np.diff(merged(first, last).clip(0, duration), axis=1).sum())


def merged(first: NDArray[np.float64], last: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return intervals of which none overlap or touch.

    Parameters
    ----------
    first, last : ndarray (intervals,)
        Where each begins and ends, both in order.

    Returns
    -------
    ndarray (fewer intervals, 2)
    """
    if not len(first):
        return np.zeros((0, 2))
    apart = first[1:] > last[:-1]
    return np.stack([first[np.append(True, apart)], last[np.append(apart, True)]], axis=1)


def chance_tail(parts: Mapping[str, Sequence[Tally]], *, by_hour: bool) -> float:
    """Return how likely an unskilled warner, equal in each patient, foretells as many seizures or more.

    With a clock, each seizure falls by chance into the time in warning of its patient: a sum of binomials (Snyder et
    al. 2008). By the hour, the patient's hours with an alarm are any of the patient's hours: a sum of hypergeometric
    counts (Fisher's exact test, stratified).

    Parameters
    ----------
    parts : mapping of str to sequence of Tally
        Of each patient.
    by_hour : bool

    Returns
    -------
    float
        One-sided p; NaN without a seizure, or by the hour without both kinds.
    """
    from scipy.stats import binom, hypergeom

    spread, foretold = np.ones(1), 0
    for own in parts.values():
        seizures, hits = sum(one.seizures for one in own), sum(one.foretold for one in own)
        warned, time = sum(one.warned for one in own), sum(one.time for one in own)
        if not (seizures and time):
            continue
        counts = np.arange(seizures + 1)
        if by_hour:
            part = hypergeom.pmf(counts, seizures + int(time), seizures, hits + int(warned))
        else:
            part = binom.pmf(counts, seizures, min(1.0, warned / time))
        spread, foretold = np.convolve(spread, part), foretold + hits
    return float(min(1.0, spread[foretold:].sum())) if len(spread) > 1 else math.nan
