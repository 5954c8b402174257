"""From probabilities to alarms and warnings, as a device that cannot see the future would give them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeia.evaluation.warning import merged

__all__ = ["alarms", "warnings"]


def alarms(
    probability: NDArray[np.floating[Any]],
    end: NDArray[np.float64],
    *,
    threshold: float,
    votes: int = 8,
    of: int = 10,
    refractory: float,
) -> NDArray[np.float64]:
    """Return when alarms are given: at the end of the window with which `votes` of the last `of` are for it.

    A window votes when its probability reaches the threshold; one that was not scored does not, and ends nothing.
    After an alarm there is none for the refractory time; where the rule still holds then, there is another.

    Parameters
    ----------
    probability : ndarray (windows,)
        Of a seizure to come, in order of time; NaN where not scored.
    end : ndarray (windows,)
        Seconds at which each window ends.
    threshold : float
    votes, of : int
        8 of 10 is common.
    refractory : float
        Seconds, 0 or more.

    Returns
    -------
    ndarray (alarms,)
        Seconds.

    Raises
    ------
    ValueError
        If a parameter is out of range, the shapes differ, or the windows are not in order.
    """
    if not (1 <= votes <= of and refractory >= 0):
        raise ValueError(f"{votes} of {of} votes, refractory time {refractory} s")
    if probability.shape != end.shape or probability.ndim != 1 or (np.diff(end) <= 0).any():
        raise ValueError(f"probabilities {probability.shape} of windows that end at {end.shape} times in order")
    with np.errstate(invalid="ignore"):
        counted = np.concatenate([[0], np.cumsum(probability >= threshold)])
    first = np.maximum(np.arange(len(end)) + 1 - of, 0)
    possible = end[counted[1:] - counted[first] >= votes]
    given = []
    place = 0
    while place < len(possible):  # one step an alarm, however many windows there are
        given.append(possible[place])
        place = max(place + 1, int(np.searchsorted(possible, given[-1] + refractory)))
    return np.array(given, np.float64)


def warnings(alarm: NDArray[np.float64], horizon: float, gap: float = 0.0) -> NDArray[np.float64]:
    """Return the intervals in which a seizure is expected: overlapping ones are one.

    An alarm says that a seizure comes after `gap` (the seizure prediction horizon, SPH: time to act) and then within
    `horizon` (the seizure occurrence period, SOP); Winterhalder et al. 2003, https://doi.org/10.1016/S1525-5050(03)00105-7.

    Parameters
    ----------
    alarm : ndarray (alarms,)
        Seconds, in order.
    horizon, gap : float
        Seconds.

    Returns
    -------
    ndarray (intervals, 2)
        Start and end in seconds. Their lengths over the recorded time are the time in warning (Snyder et al. 2008,
        https://doi.org/10.1088/1741-2560/5/4/004).

    Raises
    ------
    ValueError
        If the horizon is not above 0, the gap below 0, or the alarms are not in order.
    """
    if not (horizon > 0 and gap >= 0):
        raise ValueError(f"horizon {horizon} s, gap {gap} s")
    if (np.diff(alarm) < 0).any():
        raise ValueError("alarms that are not in order")
    return merged(alarm + gap, alarm + gap + horizon)
