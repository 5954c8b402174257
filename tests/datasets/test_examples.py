"""Windows of recordings: which are cut, what they are, and how often each is drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeia.datasets import LabelledRecording, balanced_weights, cut
from semeia.events import Event, Events, to_mask


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
