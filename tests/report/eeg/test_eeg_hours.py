"""Seizures by hour: of the clock or from the start, with what was not recorded."""

from __future__ import annotations

from datetime import datetime

from semeia.events import Event
from semeia.report.eeg.hours import drawn, hours_of


def test_hours_are_of_the_clock_and_know_what_was_not_recorded() -> None:
    start = datetime(2021, 3, 4, 22, 30)
    found = hours_of(
        [Event(60, 5), Event(1900, 5), Event(2000, 5)],
        [Event(5500, 5)],
        duration=7200,
        gaps=[(1800, 1860), (5400, 5400 + 900)],
        started_at=start,
    )
    assert [(hour.name, hour.confirmed, hour.open) for hour in found] == [("22", 1, 0), ("23", 2, 0), ("00", 0, 1)]
    assert [hour.day for hour in found] == ["2021-03-04", "2021-03-04", "2021-03-05"]
    assert found[0].unrecorded == ((0.0, 0.5),)
    assert found[1].unrecorded == ((0.0, 1 / 60),)
    assert found[2].unrecorded == ((0.0, 0.25), (0.5, 1.0))
    ((heading, svg),) = drawn(found)
    assert heading == "2021-03-04 to 2021-03-05, hour of the clock"
    assert svg.count('class="lacking"') == 4 and svg.count('class="confirmed"') == 2 and svg.count('class="open"') == 1


def test_without_a_clock_hours_count_from_the_start_in_rows_of_a_day() -> None:
    found = hours_of([Event(3600.0, 5)], [], duration=30 * 3600, gaps=[], started_at=None)
    assert [hour.name for hour in found] == [str(hour) for hour in range(30)]
    assert found[1].confirmed == 1
    assert [heading for heading, _ in drawn(found)] == ["Hours from the start", "Hours from the start, 24 to 30"]
    assert hours_of([], [], duration=1e9, gaps=[], started_at=None) == []
