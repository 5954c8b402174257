"""Windows of recordings: which are cut, what they are, and how often each is drawn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeia.datasets import LabelledRecording, balanced_weights, cut, pattern_targets
from semeia.errors import DatasetError
from semeia.events import Event, Events, to_mask
from semeia.recipe import Classification, Patterns, Prediction


def recording(duration: float, *seizures: tuple[float, float], patient: str = "p1") -> LabelledRecording:
    events = Events((Event(onset, length) for onset, length in seizures), duration=duration)
    return LabelledRecording(Path(f"{patient}.edf"), patient, events, duration, group="a")


def test_windows_lie_on_the_grid_and_those_in_between_are_left_out():
    examples = cut([recording(60, (30, 10))], 10, 5)
    assert dict(zip(examples.start, examples.label, strict=True)) == {
        0: 0, 5: 0, 10: 0, 15: 0, 20: 0, 25: 1, 30: 1, 35: 1, 40: 0, 45: 0, 50: 0,
    }  # fmt: skip
    strict = cut([recording(60, (30, 10))], 10, 5, minimum_overlap=1)
    assert strict.start[strict.label == 1].tolist() == [30]
    assert 25 not in strict.start and 35 not in strict.start


def test_overlapping_seizures_are_not_counted_twice():
    examples = cut([recording(10, (0, 3), (1, 2), (2, 2))], 10, 10)
    assert len(examples) == 0  # 4 of 10 s: neither


@settings(deadline=None)
@given(
    st.integers(1, 200),
    st.lists(st.tuples(st.integers(0, 200), st.integers(1, 60)), max_size=4),
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from([0.1, 0.5, 1.0]),
)
def test_labels_are_what_a_mask_says(duration, seizures, window, step, overlap):
    one = recording(duration / 10, *((onset / 10, length / 10) for onset, length in seizures))
    examples = cut([one], window / 10, step / 10, minimum_overlap=overlap)
    mask = to_mask(one.events, duration / 10, rate=10)
    shares = {k * step: mask[k * step :][:window].mean() for k in range(max(0, (duration - window) // step + 1))}
    wanted = {start: int(share > 0) for start, share in shares.items() if share == 0 or share >= overlap}
    found = dict(zip(np.rint(examples.start * 10).astype(int).tolist(), examples.label.tolist(), strict=True))
    assert found == wanted


def test_steps_that_are_no_binary_fractions_lose_no_window():
    assert len(cut([recording(1.0)], 0.1, 0.1)) == 10
    assert len(cut([recording(3600.0)], 30, 0.37)) == 9649  # floor(3570 / 0.37) + 1


def test_rejected_and_other_events_are_background():
    events = Events([Event(0, 10, "blink"), Event(0, 10, status="rejected")])
    examples = cut([LabelledRecording(Path("a"), "p", events, 10, "a")], 10, 10)
    assert examples.label.tolist() == [0]


def test_table_knows_patients_and_can_be_chosen_from():
    examples = cut([recording(20, patient="p1"), recording(30, (0, 30), patient="p2")], 10, 10)
    assert examples.patient.tolist() == ["p1"] * 2 + ["p2"] * 3
    chosen = examples[examples.label == 1]
    assert (len(chosen), chosen.window_seconds, set(chosen.patient)) == (3, 10, {"p2"})


def test_no_recordings_and_short_recordings_give_no_examples():
    assert len(cut([], 10, 10)) == 0
    assert len(cut([recording(5)], 10, 10)) == 0
    assert len(balanced_weights(cut([], 10, 10))) == 0


@pytest.mark.parametrize(("window", "step", "overlap"), [(0, 1, 0.5), (1, 0, 0.5), (1, 1, 0), (1, 1, 1.1)])
def test_impossible_windows_are_refused(window, step, overlap):
    with pytest.raises(ValueError, match="windows of"):
        cut([recording(10)], window, step, minimum_overlap=overlap)


def test_weights_balance_patients_and_the_classes_of_each():
    examples = cut(
        [
            recording(1000, (0, 20), patient="a"),
            recording(100, (0, 50), patient="b"),
            recording(300, patient="c"),
        ],
        10,
        10,
    )
    weights = balanced_weights(examples)
    cells = {
        (patient, label): weights[(examples.patient == patient) & (examples.label == label)].sum()
        for patient in "abc"
        for label in (0, 1)
    }
    assert cells == pytest.approx(
        {("a", 0): 1 / 6, ("a", 1): 1 / 6, ("b", 0): 1 / 6, ("b", 1): 1 / 6, ("c", 0): 1 / 3, ("c", 1): 0}
    )


# --- spans and room


TENTHS = st.integers(0, 300)


@settings(deadline=None)
@given(
    TENTHS,
    TENTHS,
    st.lists(st.tuples(TENTHS, st.integers(1, 80)), max_size=3),
    st.integers(1, 40),
    st.integers(1, 40),
)
def test_windows_of_a_span_are_those_of_the_whole_that_lie_in_it(first, stop, seizures, window, step):
    one = recording(30.0, *((onset / 10, length / 10) for onset, length in seizures))
    whole = cut([one], window / 10, step / 10)
    part = cut([replace(one, span=(first / 10, stop / 10))], window / 10, step / 10)
    starts = np.rint(whole.start * 10)
    inside = (starts >= first) & (starts + window <= stop)
    np.testing.assert_array_equal(part.start, whole.start[inside])
    np.testing.assert_array_equal(part.label, whole.label[inside])


@settings(deadline=None)
@given(
    st.lists(st.tuples(TENTHS, st.integers(1, 80)), max_size=3),
    st.integers(1, 40),
    st.tuples(TENTHS, TENTHS),
    st.sampled_from([0.1, 0.5, 1.0]),
)
def test_a_window_moved_within_its_room_keeps_its_label(seizures, window, span, overlap):
    one = recording(30.0, *((onset / 10, length / 10) for onset, length in seizures))
    one = replace(one, span=(min(span) / 10, max(span) / 10))
    examples = cut([one], window / 10, 0.7, minimum_overlap=overlap)
    assert (examples.room >= 0).all()
    mask = to_mask(one.events, 30.0, rate=10)
    for start, label, (left, right) in zip(examples.start, examples.label, examples.room, strict=True):
        begin, end = round(10 * (start - left)), round(10 * (start + right)) + window
        assert min(span) <= begin and end <= max(span)
        if left or right:
            assert (mask[begin:end] == label).all()
        if label == 0 and begin > min(span):
            assert mask[begin - 1]  # all there is


# --- other tasks


def events_of(*events: Event, seconds: float = 60) -> LabelledRecording:
    return LabelledRecording(Path("a.edf"), "p", Events(events), seconds, "a")


def test_windows_of_no_class_are_left_out():
    marked = events_of(Event(0, 20, "wake"), Event(30, 20, "sleep"), seconds=60)
    examples = cut([marked], 10, 5, task=Classification(kind="classification", classes=["sleep", "wake"]))
    assert dict(zip(examples.start, examples.label, strict=True)) == {
        0: 1,
        5: 1,
        10: 1,
        15: 1,
        25: 0,
        30: 0,
        35: 0,
        40: 0,
        45: 0,
    }
    assert examples.room[examples.start == 5].tolist() == [[5, 5]]
    assert examples.room[examples.start == 15].tolist() == [[0, 0]]


def test_a_window_between_two_classes_is_of_neither():
    marked = events_of(Event(0, 20, "wake"), Event(20, 20, "sleep"))
    examples = cut([marked], 10, 5, task=Classification(kind="classification", classes=["sleep", "wake"]))
    assert examples.start.tolist() == [0, 5, 10, 20, 25, 30, 35]
    with pytest.raises(DatasetError, match="wake from 0 s and sleep from 19 s overlap"):
        cut(
            [events_of(Event(0, 20, "wake"), Event(19, 20, "sleep"))],
            10,
            5,
            task=Classification(kind="classification", classes=["sleep", "wake"]),
        )


def test_preictal_and_interictal_windows_are_cut_and_all_others_are_not():
    task = Prediction(kind="prediction", horizons=[1, 2], gap=1, clear=5, after=1)
    examples = cut([recording(1200, (900, 60))], 30, 30, task=task)
    wanted = dict.fromkeys(range(0, 600, 30), 0) | dict.fromkeys(range(720, 780, 30), 2)
    assert dict(zip(examples.start, examples.label, strict=True)) == wanted | {780: 1, 810: 1}


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 60),
            st.integers(0, 20),
            st.sampled_from(["spike", "Sharp", "wave"]),
            st.sampled_from([(), ("C3",), ("C3", "C4"), ("Pz",)]),
            st.booleans(),
        ),
        max_size=5,
    ),
    st.integers(1, 20),
    st.integers(1, 20),
    st.sampled_from([0.2, 0.5, 1.0]),
)
def test_patterns_are_those_that_each_window_has_enough_of(marks, window, step, overlap):
    events = [
        Event(onset, length, label, channels, status="accepted" if kept else "rejected")
        for onset, length, label, channels, kept in marks
    ]
    one, patterns, channels = events_of(*events), ["spike", "sharp"], ["C4", "C3", "O1"]
    examples = cut([one], window, step, minimum_overlap=overlap, task=Patterns(kind="patterns", patterns=patterns))
    wanted, numbers = {}, {}
    for start in range(0, 60 - window + 1, step):
        shown, in_part = np.zeros((3, 2), int), False
        for event in events:
            if event.label.lower() not in patterns or event.status == "rejected":
                continue
            common = min(start + window, event.stop) - max(start, event.onset)
            if event.duration == 0:
                meets, enough = start <= event.onset < start + window, True
            else:
                meets, enough = common > 0, common >= overlap * min(event.duration, window) - 1e-9
            in_part |= meets and not enough
            if meets and enough:
                mine = [k for k, name in enumerate(channels) if not event.channels or name in event.channels]
                shown[mine, patterns.index(event.label.lower())] = 1
                numbers.setdefault(start, set()).add(event.label.lower())
        if not in_part:
            wanted[start] = shown
    assert examples.start.tolist() == sorted(wanted)
    targets = pattern_targets(one, examples.start, window, channels, patterns, minimum_overlap=overlap)
    assert targets.shape == (len(examples), 3, 2) and targets.dtype == np.uint8
    for start, label, target in zip(examples.start.tolist(), examples.label, targets, strict=True):
        np.testing.assert_array_equal(target, wanted[start])
        assert label == sum(1 << patterns.index(name) for name in numbers.get(start, ()))
