"""Events as masks and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeia.events import Event, Events, from_mask, to_mask

RATES = st.sampled_from([0.2, 1.0, 3.0, 10.0, 256.0, 173.61])


@settings(deadline=None)
@given(st.lists(st.booleans(), max_size=80), RATES)
def test_a_mask_comes_back_from_its_events(mask, rate):
    events = from_mask(mask, rate)
    assert events.duration is not None
    assert to_mask(events, events.duration, rate).tolist() == mask


@settings(deadline=None)
@given(st.floats(0, 900), st.floats(0, 90), RATES)
def test_no_event_within_the_recording_vanishes_and_borders_are_near(onset, duration, rate):
    mask = to_mask([Event(onset, duration)], 1000, rate)
    (run,) = from_mask(mask, rate)
    assert abs(run.onset - onset) <= (1 + 1e-9) / rate
    assert abs(run.stop - (onset + duration)) <= (1 + 1e-9) / rate


def test_borders_are_rounded_to_the_nearest():
    assert to_mask([Event(1.4, 2.2)], 6).tolist() == [False, True, True, True, False, False]
    assert to_mask([Event(1.5, 1.0)], 6).tolist() == [False, False, True, False, False, False]


def test_moment_takes_the_sample_it_lies_in():
    assert np.flatnonzero(to_mask([Event(2.9, 0)], 6)).tolist() == [2]


def test_what_lies_outside_is_cut_off():
    mask = to_mask([Event(-5, 6), Event(4, 100), Event(-9, 1), Event(50, 1), Event(1e308, 1e308)], 6)
    assert mask.tolist() == [True, False, False, False, True, True]


def test_overlapping_events_become_one():
    events = Events([Event(1, 3), Event(2, 1), Event(3, 3)])
    assert [(e.onset, e.duration) for e in from_mask(to_mask(events, 10))] == [(1, 5)]


def test_labels_are_given_and_no_label_is_left_out():
    assert to_mask([Event(0, 1, "blink")], 2).tolist() == [True, False]
    assert from_mask([True], label="blink")[0].label == "blink"


def test_mask_of_more_dimensions_is_refused():
    with pytest.raises(ValueError, match="one dimension"):
        from_mask(np.zeros((2, 2)))
