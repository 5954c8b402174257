"""Events as masks and back: one truth value for each sample of a recording."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from semeia.events.event import Event, Events

__all__ = ["from_mask", "to_mask"]


def to_mask(events: Iterable[Event], duration: float, rate: float = 1.0) -> NDArray[np.bool_]:
    """Return which samples lie in an event, of any label.

    Sample k stands for the interval from k/rate to (k+1)/rate. Onsets and ends are rounded to the nearest
    border between samples, halves upwards. An event that would vanish so, and a moment, take the one sample
    that their middle lies in; what lies outside the recording is cut off.

    Parameters
    ----------
    events : iterable of Event
    duration : float
        Length of the recording in seconds; rounded in the same way.
    rate : float
        Samples in a second.

    Returns
    -------
    ndarray, bool (samples,)
    """
    mask = np.zeros(max(0, _nearest(duration * rate)), bool)
    before, behind = -1 / rate, duration + 1 / rate  # far enough out to be cut off, and never infinite
    for event in events:
        onset, end = (min(max(time, before), behind) for time in (event.onset, event.stop))
        first, stop = _nearest(onset * rate), _nearest(end * rate)
        if stop <= first:
            first = math.floor((onset + end) / 2 * rate)
            stop = first + 1
        mask[max(first, 0) : max(stop, 0)] = True
    return mask


def from_mask(mask: ArrayLike, rate: float = 1.0, *, label: str = "seizure") -> Events:
    """Return the runs of true samples as events; `to_mask` makes the same mask of them.

    Parameters
    ----------
    mask : array_like, bool (samples,)
    rate : float
        Samples in a second.
    label : str
        Of the events.

    Raises
    ------
    ValueError
        If the mask has more than one dimension.
    """
    values = np.asarray(mask, bool)
    if values.ndim != 1:
        raise ValueError(f"a mask of shape {values.shape} where one dimension is needed")
    borders = np.flatnonzero(np.diff(values, prepend=False, append=False)).reshape(-1, 2).tolist()
    runs = (Event(first / rate, (stop - first) / rate, label) for first, stop in borders)
    return Events(runs, duration=len(values) / rate)


def _nearest(value: float) -> int:
    return math.floor(value + 0.5)
