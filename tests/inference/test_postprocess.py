"""From track to events."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from semeia.inference import Track, find_events
from semeia.inference.postprocess import smooth


def track(*probability: float, window: float = 8.0, hop: float = 1.0) -> Track:
    values = np.array(probability, np.float32)
    return Track(values, window, hop, duration=window + hop * (len(values) - 1))


def spans(events: list) -> list[tuple[float, float]]:
    return [(event.onset, event.stop) for event in events]


def test_an_event_is_where_the_track_reaches_the_threshold() -> None:
    found = find_events(track(0, 0, 0.5, 0.9, 0.5, 0, 0), threshold=0.5)
    assert spans(found) == [(5.5, 8.5)]
    assert found[0].confidence == np.float32(0.9)
    assert found[0].status == "proposed"


def test_the_first_and_last_window_stand_for_the_ends_of_the_recording() -> None:
    assert spans(find_events(track(0.9, 0.9, 0.9), threshold=0.5)) == [(0.0, 10.0)]
    assert spans(find_events(track(0.9), threshold=0.5)) == [(0.0, 8.0)]


def test_close_events_are_merged_before_short_ones_are_dropped() -> None:
    values = track(0, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0)
    assert spans(find_events(values, threshold=0.5, merge_gap=2, minimum_duration=3)) == [(4.5, 9.5)]


def test_an_event_never_bridges_what_was_not_scored() -> None:
    nan = float("nan")
    found = find_events(track(0, 1, 1, nan, 1, 1, 0), threshold=0.5, merge_gap=60, smoothing=3)
    assert len(found) == 2


def test_smoothing_is_a_moving_average_that_keeps_length_and_skips_gaps() -> None:
    nan = float("nan")
    np.testing.assert_allclose(smooth(np.array([0, 3, 0, 0], np.float32), 3), [1.5, 1, 1, 0])
    np.testing.assert_allclose(smooth(np.array([0, nan, 2, 4], np.float32), 3), [0, nan, 3, 3])


@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=80), st.floats(0.01, 0.99), st.integers(0, 9))
def test_events_are_ordered_apart_and_inside_the_recording(values: list[float], threshold: float, gap: int) -> None:
    made = track(*values)
    found = find_events(made, threshold=threshold, merge_gap=gap, smoothing=3, minimum_duration=2)
    borders = [border for span in spans(found) for border in span]
    assert borders == sorted(borders)
    assert not borders or (borders[0] >= 0 and borders[-1] <= made.duration)
    assert all(event.duration >= 2 for event in found)


def test_a_higher_threshold_never_finds_more_time() -> None:
    values = track(*np.random.default_rng(0).random(200))
    time = [sum(e.duration for e in find_events(values, threshold=t)) for t in (0.2, 0.5, 0.8)]
    assert time == sorted(time, reverse=True)
