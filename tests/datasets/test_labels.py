"""What a task makes of events: equal to asking of every second by itself, and refused where events contradict."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeia.datasets import LabelledRecording, class_names, intervals_of, know_neighbours
from semeia.errors import DatasetError
from semeia.events import Event, Events
from semeia.recipe import Classification, Patterns, Prediction, SeizureDetection

MINUTE = 60.0


def recording(minutes: float, *events: Event, **more) -> LabelledRecording:
    return LabelledRecording(Path("one.edf"), "p", Events(events), minutes * MINUTE, "one", **more)


def seizure(minute: float, minutes: float = 1) -> Event:
    return Event(minute * MINUTE, minutes * MINUTE)


def in_minutes(classes: Sequence[Sequence[tuple[float, float]]]) -> list[list[tuple[float, float]]]:
    return [[(start / MINUTE, stop / MINUTE) for start, stop in own] for own in classes]


def prediction(**settings) -> Prediction:
    return Prediction(kind="prediction", **{"horizons": [10], "gap": 1, "clear": 30, "after": 5} | settings)


def test_classes_are_named_after_the_task() -> None:
    assert class_names(SeizureDetection()) == ["background", "seizure"]
    assert class_names(prediction()) == ["interictal", "preictal"]
    names = ["interictal", "preictal 10 min", "preictal 62.5 min"]
    assert class_names(prediction(horizons=[10, 62.5])) == names
    assert class_names(Classification(kind="classification", classes=["healthy", "ictal"])) == ["healthy", "ictal"]
    assert class_names(Patterns(kind="patterns", patterns=["spike"])) == ["spike"]


def test_background_is_what_seizures_leave() -> None:
    marked = recording(10, seizure(2, 2), seizure(3, 2), Event(0, 60, "blink"), Event(0, 60, status="rejected"))
    assert in_minutes(intervals_of(marked, SeizureDetection())) == [[(0, 2), (5, 10)], [(2, 5)]]


def test_preictal_is_before_the_gap_and_interictal_far_from_any_seizure() -> None:
    found = intervals_of(recording(120, seizure(60, 2)), prediction())
    assert in_minutes(found) == [[(0, 30), (92, 120)], [(49, 59)]]


def test_each_of_several_horizons_begins_where_the_nearer_one_ends() -> None:
    found = intervals_of(recording(120, seizure(60, 2)), prediction(horizons=[10, 25]))
    assert in_minutes(found) == [[(0, 30), (92, 120)], [(49, 59)], [(34, 49)]]


def test_what_follows_a_seizure_is_not_preictal_to_the_next() -> None:
    found = intervals_of(recording(60, seizure(20, 2), seizure(32, 1)), prediction(after=6))
    assert in_minutes(found)[1] == [(9, 19), (28, 31)]


def test_what_may_be_preictal_is_never_interictal() -> None:
    found = intervals_of(recording(120, seizure(60, 2)), prediction(clear=5, horizons=[40]))
    assert in_minutes(found) == [[(0, 19), (67, 120)], [(19, 59)]]


def test_seizures_of_other_recordings_count_by_the_clock() -> None:
    ten = datetime(2024, 5, 1, 10)
    calm = recording(60, started_at=ten)
    before = recording(60, seizure(40), started_at=ten - timedelta(hours=1))
    after = recording(60, seizure(3), started_at=ten + timedelta(hours=1))
    other = LabelledRecording(Path("two.edf"), "q", Events([seizure(1)]), 600.0, "two", started_at=ten)
    clockless = recording(60, seizure(1))
    known = know_neighbours([calm, before, other, after, clockless])
    assert [[round(onset / MINUTE) for onset in r.around] for r in known] == [[-20, 63], [123], [], [-80], []]
    assert in_minutes(intervals_of(known[0], prediction())) == [[(10, 33)], [(52, 60)]]
    assert know_neighbours(known) == known


def test_a_contest_file_is_of_its_class_as_a_whole() -> None:
    def file(label: str, **more) -> LabelledRecording:
        return recording(10, Event(0, 10 * MINUTE, label), **more)

    assert in_minutes(intervals_of(file("interictal"), prediction())) == [[(0, 10)], []]
    assert in_minutes(intervals_of(file("Preictal "), prediction())) == [[], [(0, 10)]]
    assert in_minutes(intervals_of(file("interictal"), prediction(horizons=[10, 30]))) == [[(0, 10)], [], []]
    two = prediction(horizons=[10, 30])
    with pytest.raises(DatasetError, match=r"one.edf: is called preictal without its time to the seizure, which sev"):
        intervals_of(file("preictal"), two)
    near = file("preictal", around=(15 * MINUTE,))
    assert in_minutes(intervals_of(near, two)) == [[], [(4, 10)], [(0, 4)]]


def test_classes_that_overlap_are_refused_and_those_that_touch_are_not() -> None:
    task = Classification(kind="classification", classes=["wake", "sleep"])
    touching = recording(10, Event(0, 60, "wake"), Event(60, 60, "Sleep"), Event(30, 10, "sleep", status="rejected"))
    assert intervals_of(touching, task) == [[(0, 60)], [(60, 120)]]
    with pytest.raises(DatasetError, match=r"one.edf: wake from 0 s and sleep from 59 s overlap"):
        intervals_of(recording(10, Event(0, 60, "wake"), Event(59, 60, "sleep")), task)
    both = Patterns(kind="patterns", patterns=["wake", "sleep"])
    assert intervals_of(recording(10, Event(0, 60, "wake"), Event(59, 60, "sleep")), both) == [[(0, 60)], [(59, 119)]]


@settings(deadline=None, max_examples=150)
@given(
    st.integers(1, 90),
    st.lists(st.tuples(st.integers(0, 90), st.integers(0, 6)), max_size=3),
    st.lists(st.integers(-60, 150), max_size=3),
    st.lists(st.integers(1, 40), min_size=1, max_size=3, unique=True).map(sorted),
    st.tuples(st.integers(0, 8), st.integers(0, 50), st.integers(0, 20)),
)
def test_prediction_is_what_every_moment_says_by_itself(minutes, own, others, horizons, rules) -> None:
    gap, clear, after = rules
    task = prediction(horizons=horizons, gap=gap, clear=clear, after=after)
    given = recording(minutes, *(seizure(*s) for s in own), around=tuple(onset * MINUTE for onset in others))
    found = in_minutes(intervals_of(given, task))
    ended = [(onset, onset + length) for onset, length in own] + [(onset, onset) for onset in others]
    # A seizure that goes on where another ends, or within it, is one with it.
    merged: list[list[int]] = []
    for onset, stop in sorted(ended[: len(own)]):
        if merged and onset <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], stop)
        else:
            merged.append([onset, stop])
    seizures = [*map(tuple, merged), *ended[len(own) :]]
    for moment in np.arange(0.25, minutes, 0.5):
        before = [onset - moment - gap for onset, _ in seizures]
        reach = [number for number, far in enumerate(horizons, 1) if any(0 < left < far for left in before)]
        never = any(onset - gap < moment < stop + after for onset, stop in seizures)
        close = any(onset - clear < moment < stop + clear for onset, stop in seizures)
        told = {number for number, intervals in enumerate(found) for a, b in intervals if a < moment < b}
        wanted = {reach[0]} if reach and not never else set()
        within = any(onset - gap < moment < stop for onset, stop in seizures)
        if not close and not reach and not within:
            wanted.add(0)
        assert told == wanted, (moment, told, wanted)
