"""The event type: what it refuses, how events are ordered, what counts as a seizure."""

from __future__ import annotations

import math

import pytest

from semeia.errors import EventError
from semeia.events import Event, Events, is_seizure


@pytest.mark.parametrize(
    ("onset", "duration", "confidence", "words"),
    [
        (math.nan, 1, None, "not a time"),
        (0, math.inf, None, "not a time"),
        (3, -1, None, "negative"),
        (3, 1, 1.5, "not in 0..1"),
        (3, 1, math.nan, "not in 0..1"),
    ],
)
def test_impossible_event_is_refused(onset, duration, confidence, words):
    with pytest.raises(EventError, match=words):
        Event(onset, duration, confidence=confidence)


def test_events_are_in_order_of_onset_and_slices_keep_the_recording():
    events = Events([Event(5, 1), Event(1, 1), Event(3, 1)], duration=60.0)
    assert [event.onset for event in events] == [1, 3, 5]
    assert events[1:].duration == 60.0
    assert [event.onset for event in events[1:]] == [3, 5]


def test_ids_are_unique_and_do_not_make_events_differ():
    one, two = Event(1, 2), Event(1, 2)
    assert one.id != two.id
    assert one == two


@pytest.mark.parametrize("label", ["seizure", "Seizure", "sz", "SZ", "sz_foc_a", " seiz ", "ictal", "seizure 2"])
def test_names_of_seizures(label):
    assert is_seizure(label)


@pytest.mark.parametrize("label", ["", "bckg", "preictal", "no seizure", "szx", "artefact"])
def test_names_of_other_things(label):
    assert not is_seizure(label)


def test_rejected_and_other_events_are_no_seizures():
    events = Events([Event(1, 1), Event(2, 1, status="rejected"), Event(3, 1, "blink"), Event(4, 1, status="proposed")])
    assert [event.onset for event in events.seizures()] == [1, 4]
