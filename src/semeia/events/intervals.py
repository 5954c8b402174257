"""Intervals of time as plain pairs (start, stop) in seconds: what they cover together, have in common, or leave."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

__all__ = ["Intervals", "elapsed", "overlapping", "shared", "united", "without"]

Intervals = list[tuple[float, float]]
"""Seconds from the recording's start; in order, disjoint."""


def elapsed(seconds: float) -> str:
    """Return seconds as 0:09:56, rounded to the nearest and halves up, as the page does."""
    minutes, second = divmod(math.floor(seconds + 0.5), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02d}:{second:02d}"


def united(intervals: Iterable[Sequence[float]]) -> Intervals:
    """Return intervals in order; those that touch or overlap become one."""
    found: Intervals = []
    for start, stop in sorted((float(start), float(stop)) for start, stop in intervals):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], stop)
        else:
            found.append((start, stop))
    return found


def without(intervals: Intervals, others: Iterable[tuple[float, float]]) -> Intervals:
    """Return what the others, in any order, leave of intervals."""
    left = intervals
    for start, stop in united((start, stop) for start, stop in others if start < stop):
        left = [
            part
            for first, end in left
            for part in ((first, min(end, start)), (max(first, stop), end))
            if part[0] < part[1]
        ]
    return left


def overlapping(intervals: Intervals, start: float, stop: float) -> range:
    """Return the places of those intervals, in order and disjoint, that have something in common with another one."""
    first = bisect_right(intervals, start, key=lambda interval: interval[1])
    return range(first, max(first, bisect_left(intervals, stop, key=lambda interval: interval[0])))


def shared(intervals: Intervals, others: Intervals) -> Intervals:
    """Return what intervals have in common with others."""
    common = ((max(a, c), min(b, d)) for a, b in intervals for c, d in others)
    return sorted((start, stop) for start, stop in common if start < stop)
