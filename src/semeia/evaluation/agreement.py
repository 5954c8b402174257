"""How far readers agree on the seizures of a recording: Cohen's kappa by the second, and event by event.

Where readers differ, stretches say who marked what, for a third to settle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeia.events import Event, to_mask
from semeia.events.intervals import Intervals, overlapping, united

__all__ = ["Pair", "Stretch", "agreement", "kappa", "stretches"]


@dataclass(frozen=True)
class Pair:
    """Two readers of one recording.

    Parameters
    ----------
    first, second : str
    kappa : float or None
        Cohen's kappa of the seconds of the recording; None where chance alone would agree always, as when neither
        marked anything.
    found_of_first, found_of_second : (int, int)
        How many of one's events the other's overlap, and how many there are.
    """

    first: str
    second: str
    kappa: float | None
    found_of_first: tuple[int, int]
    found_of_second: tuple[int, int]


@dataclass(frozen=True)
class Stretch:
    """Where at least one reader marked a seizure; those that touch are one.

    Parameters
    ----------
    onset, duration : float
        Seconds. Where all agree that there is one: the medians of their onsets and ends. Else all that any marked.
    marked_by : tuple of str
    """

    onset: float
    duration: float
    marked_by: tuple[str, ...]


def agreement(readers: Mapping[str, Sequence[Event]], duration: float) -> list[Pair]:
    """Compare every two readers of a recording.

    Parameters
    ----------
    readers : mapping of str to sequence of Event
        What each takes for a seizure; the empty sequence of one who read it and found none.
    duration : float
        Length of the recording in seconds.
    """
    masks = {name: to_mask(events, duration) for name, events in readers.items()}
    return [
        Pair(a, b, kappa(masks[a], masks[b]), _found(readers[a], readers[b]), _found(readers[b], readers[a]))
        for a, b in combinations(readers, 2)
    ]


def kappa(first: NDArray[Any], second: NDArray[Any]) -> float | None:
    """Return Cohen's kappa (Cohen 1960, Educational and Psychological Measurement 20:37-46).

    Parameters
    ----------
    first, second : ndarray (examples,)
        What each says: yes or no, second by second, or one of several classes.

    Returns
    -------
    float or None
        (observed - chance) / (1 - chance) agreement; None where chance is 1.
    """
    if not len(first):
        return None
    said = np.union1d(first, second)
    chance = sum(float((first == each).mean()) * float((second == each).mean()) for each in said)
    return None if chance >= 1 else (float((first == second).mean()) - chance) / (1 - chance)


def _found(events: Sequence[Event], others: Sequence[Event]) -> tuple[int, int]:
    theirs = united((other.onset, _end(other)) for other in others)
    return sum(len(overlapping(theirs, event.onset, _end(event))) > 0 for event in events), len(events)


def _end(event: Event) -> float:
    """Return an end that lies behind the onset: a moment overlaps what it lies in."""
    return max(event.stop, event.onset + 1e-6)


def stretches(readers: Mapping[str, Sequence[Event]]) -> list[Stretch]:
    """Return where anybody marked a seizure, in order."""
    marked = [(name, event) for name, events in readers.items() for event in events]
    covered: Intervals = united((event.onset, _end(event)) for _, event in marked)
    here: list[list[tuple[str, Event]]] = [[] for _ in covered]
    for name, event in marked:
        here[overlapping(covered, event.onset, _end(event))[0]].append((name, event))
    found = []
    for (start, stop), pairs in zip(covered, here, strict=True):
        who = {name for name, _ in pairs}
        onset, end = (start, stop) if len(who) < len(readers) else _medians([event for _, event in pairs])
        found.append(Stretch(onset, end - onset, tuple(name for name in readers if name in who)))
    return found


def _medians(events: Sequence[Event]) -> tuple[float, float]:
    onset, end = (float(np.median(times)) for times in ([e.onset for e in events], [_end(e) for e in events]))
    return onset, max(onset, end)
