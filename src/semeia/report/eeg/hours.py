"""How many seizures each hour had, with the hours in which nothing was recorded to be seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from semeia.events import Event
from semeia.events.intervals import Intervals, without

__all__ = ["Hour", "drawn", "hours_of"]

_HOUR = 3600.0
_LONGEST = 62 * 24  # hours
_LINE = 24  # hours of a row
_WIDTH, _LEFT, _BAR, _TOP, _BOTTOM = 720, 36, 44.0, 16, 18  # pixels


class Hour(NamedTuple):
    """An hour of the clock, or from the start where the clock is not known.

    Parameters
    ----------
    name : str
        What stands below its bar.
    day : str
        The date, where the row of hours is to say it.
    confirmed, open : int
        Seizures that began in it: confirmed, and proposed but not looked at.
    unrecorded : tuple of (float, float)
        Parts of it, as shares of the hour, in which nothing was recorded.
    """

    name: str
    day: str
    confirmed: int
    open: int
    unrecorded: tuple[tuple[float, float], ...]


def hours_of(
    confirmed: Sequence[Event],
    open: Sequence[Event],
    *,
    duration: float,
    gaps: Sequence[tuple[float, float]],
    started_at: datetime | None,
) -> list[Hour]:
    """Return the hours of a recording; none where it is longer than two months.

    Parameters
    ----------
    confirmed, open : sequence of Event
        Seizures, counted where they begin.
    duration : float
        Seconds.
    gaps : sequence of (start, stop)
        Seconds.
    started_at : datetime or None
        By the clock; without it hours are counted from the start.
    """
    into = 0.0 if started_at is None else started_at.minute * 60 + started_at.second + started_at.microsecond / 1e6
    count = int((into + max(duration, 1e-3) - 1e-6) // _HOUR) + 1
    if count > _LONGEST:
        return []
    recorded, hours = without([(0.0, duration)], gaps), []
    for number in range(count):
        start = number * _HOUR - into
        clock = None if started_at is None else started_at + timedelta(seconds=start)
        name, day = (f"{number}", "") if clock is None else (f"{clock:%H}", f"{clock:%Y-%m-%d}")
        hours.append(Hour(name, day, _begun(confirmed, start), _begun(open, start), _lacking(start, recorded)))
    return hours


def _begun(events: Sequence[Event], start: float) -> int:
    return sum(start <= event.onset < start + _HOUR for event in events)


def _lacking(start: float, recorded: Intervals) -> tuple[tuple[float, float], ...]:
    """Return which parts of an hour were not recorded, as shares of it."""
    lacking = without([(start, start + _HOUR)], recorded)
    return tuple((max(0.0, (a - start) / _HOUR), min(1.0, (b - start) / _HOUR)) for a, b in lacking)


def drawn(hours: Sequence[Hour]) -> list[tuple[str, str]]:
    """Return rows of up to 24 hours, each with its heading and its bars as one ``<svg>`` element."""
    highest = max([1, *(hour.confirmed + hour.open for hour in hours)])
    rows = [hours[first : first + _LINE] for first in range(0, len(hours), _LINE)]
    return [(_heading(row, number), _row(row, highest)) for number, row in enumerate(rows)]


def _heading(row: Sequence[Hour], number: int) -> str:
    if row[0].day:
        last = f" to {row[-1].day}" if row[-1].day != row[0].day else ""
        return f"{row[0].day}{last}, hour of the clock"
    first = number * _LINE
    return f"Hours from the start, {first} to {first + len(row)}" if number else "Hours from the start"


def _row(row: Sequence[Hour], highest: int) -> str:
    step = (_WIDTH - _LEFT) / _LINE
    ground, height = _TOP + _BAR, _TOP + _BAR + _BOTTOM
    said = ", ".join(f"{hour.name} h: {hour.confirmed}" for hour in row if hour.confirmed) or "no confirmed seizure"
    svg = [
        f'<svg class="hours" viewBox="0 0 {_WIDTH} {height:.0f}" width="{_WIDTH}" height="{height:.0f}" role="img" '
        f"aria-label={quoteattr(said)}>",
        f'<path class="ground" d="M{_LEFT} {ground}H{_LEFT + step * len(row):.1f}"/>',
    ]
    for place, hour in enumerate(row):
        svg += _bar(hour, _LEFT + place * step, step, ground, _BAR / highest)
    return "".join([*svg, "</svg>"])


def _bar(hour: Hour, x: float, step: float, ground: float, unit: float) -> list[str]:
    """Return an hour: hatched where nothing was recorded; a full bar is confirmed, an empty one not looked at."""
    left, right, drawn = x + 4, x + step - 4, []
    for start, stop in hour.unrecorded:
        first, last = x + start * step, x + stop * step
        drawn.append(
            f'<rect class="lacking" x="{first:.1f}" y="{_TOP}" width="{last - first:.1f}" height="{_BAR:.0f}"/>'
        )
    top = ground - unit * hour.confirmed
    if hour.confirmed:
        drawn.append(f'<path class="confirmed" d="M{left:.1f} {ground}V{top:.1f}H{right:.1f}V{ground}Z"/>')
    if hour.open:
        above = top - unit * hour.open
        drawn.append(f'<path class="open" d="M{left:.1f} {top:.1f}V{above:.1f}H{right:.1f}V{top:.1f}Z"/>')
        top = above
    if hour.confirmed or hour.open:
        count = f"{hour.confirmed}" if not hour.open else f"{hour.confirmed}+{hour.open}"
        drawn.append(f'<text x="{x + step / 2:.1f}" y="{top - 3:.1f}">{count}</text>')
    drawn.append(f'<text class="hour" x="{x + step / 2:.1f}" y="{ground + 13}">{hour.name}</text>')
    return drawn
