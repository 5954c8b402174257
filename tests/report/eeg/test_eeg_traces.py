"""Traces as SVG: negative up, gaps open, a long seizure in two stretches."""

from __future__ import annotations

import re

import numpy as np

from semeia.events import Event
from semeia.report.eeg.reading import Reading
from semeia.report.eeg.traces import drawn, stretches
from semeia.report.eeg.view import View
from semeia.signals import ArrayRecording

RATE = 100


def paths(data: np.ndarray, event: Event, gaps: list[tuple[float, float]] | None = None) -> list[str]:
    recording = ArrayRecording(data, RATE, ["C3", "C4"], gaps=gaps or [])
    svg = drawn(
        View(recording, Reading([], montage="recorded")), event, names=["C3", "<C4>"], rows=[0, 1], first={0}, fine=True
    )
    assert svg.count('class="channel first"') == 1 and "&lt;C4&gt;" in svg
    return re.findall(r'<path class="(?:left|right)" d="([^"]*)"', svg)


def heights(path: str) -> list[int]:
    """Return the heights of a path's points, in half pixels from the top."""
    begin, steps = path.removeprefix("M").split("l")
    down = [int(number) for number in re.findall(r"-?\d+", steps)][1::2]
    return np.cumsum([int(begin.split()[1]), *down]).tolist()


def test_a_negative_wave_goes_up() -> None:
    data = np.zeros((2, 60 * RATE), np.float32)
    data[0, 2000:2050] = -80  # at 20 s
    first, second = paths(data, Event(20, 5))
    assert min(heights(first)) < heights(first)[0]
    assert max(heights(first)) == heights(first)[0]
    assert len(set(heights(second))) == 1


def test_a_gap_stays_open_and_what_was_not_recorded_is_not_drawn() -> None:
    data = np.random.default_rng(1).normal(0, 10, (2, 30 * RATE)).astype(np.float32)
    first, _ = paths(data, Event(15, 5), gaps=[(10.0, 12.0)])
    assert first.count("M") == 2
    all_gone, _ = paths(data, Event(15, 5), gaps=[(0.0, 30.0)])
    assert all_gone == ""
    assert paths(data, Event(29.5, 0.5))  # at the very end


def test_a_long_seizure_is_drawn_at_its_onset_and_its_end_a_short_one_whole() -> None:
    (whole,) = stretches(Event(100, 15))
    assert (whole.start, whole.stop) == (90, 120)
    onset, end = stretches(Event(100, 16))
    assert (onset.start, onset.stop, end.start, end.stop) == (90, 110, 111, 121)
    assert onset.x(110) < end.x(111)
