"""Splits by patient: nobody on both sides, the same draw every time, clear refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeia.datasets import LabelledRecording, check_leak, split
from semeia.errors import DatasetError
from semeia.events import Events


def recordings_of(patients: list[str], source: str = "") -> list[LabelledRecording]:
    return [LabelledRecording(Path(f"{p}.edf"), p, Events(), 20.0, p, source=source) for p in patients]


PATIENTS = st.lists(st.sampled_from([f"p{k}" for k in range(12)]), min_size=2, max_size=30)


@settings(deadline=None)
@given(PATIENTS, st.floats(0.01, 0.99), st.integers(0, 100))
def test_no_patient_is_on_both_sides_and_none_is_lost(patients, share, seed):
    if len(set(patients)) < 2:
        return
    recordings = recordings_of(patients)
    training, validation = split(recordings, share, seed)
    sides = [{r.patient for r in side} for side in (training, validation)]
    assert not sides[0] & sides[1]
    assert sides[0] | sides[1] == set(patients)
    assert len(training) + len(validation) == len(recordings)


@settings(deadline=None)
@given(PATIENTS, st.integers(0, 100), st.randoms())
def test_order_of_recordings_does_not_change_the_draw(patients, seed, random):
    if len(set(patients)) < 2:
        return
    recordings = recordings_of(patients)
    shuffled = random.sample(recordings, len(recordings))
    first, second = (split(side, 0.3, seed)[1] for side in (recordings, shuffled))
    assert {r.patient for r in first} == {r.patient for r in second}


def test_share_is_taken_from_each_source():
    recordings = recordings_of([f"a{k}" for k in range(10)], "a") + recordings_of(["b0", "b1"], "b")
    recordings += recordings_of(["c0"], "c")
    _, validation = split(recordings, 0.2)
    assert sorted(r.source for r in validation) == ["a", "a", "b"]


def test_patients_can_be_named():
    training, validation = split(recordings_of(["a", "b", "c", "b"]), ["b"])
    assert [r.patient for r in training] == ["a", "c"]
    assert [r.patient for r in validation] == ["b", "b"]


@pytest.mark.parametrize(
    ("patients", "validation", "words"),
    [
        (["a", "b"], ["z"], "validation patient 'z' is not there; there are a, b"),
        (["a"], 0.2, r"no patient is left for validation: there are 1 \(a\)"),
        (["a"], ["a"], r"no patient is left for training: there are 1 \(a\)"),
        ([], 0.2, r"there are 0 \(none\)"),
        (["a", "b"], 1.5, "is no share"),
    ],
)
def test_impossible_split_is_refused(patients, validation, words):
    with pytest.raises(DatasetError, match=words):
        split(recordings_of(patients), validation)


def test_leak_names_the_patients():
    with pytest.raises(DatasetError, match=r"leak: a, c in both training and test"):
        check_leak(training=["a", "b", "c"], validation=["d"], test=["c", "a"])
