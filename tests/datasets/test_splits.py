"""Splits by patient, seizure, hour or recording: nothing on both sides, the same draw every time, clear refusals."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeia.datasets import LabelledRecording, check_leak, cut, deal, split
from semeia.datasets.splits import pieces, unit_of
from semeia.errors import DatasetError, RecipeError
from semeia.events import Event, Events
from semeia.recipe import Prediction


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


# --- within patients


HOURS = st.floats(0.05, 5).map(lambda hours: 3600 * hours)


@st.composite
def many(draw, least: int = 1) -> list[LabelledRecording]:
    """Draw recordings of a few patients and sources, with seizures in some of them."""
    found = []
    for number in range(draw(st.integers(least, 8))):
        duration = draw(HOURS)
        share = st.floats(0, 0.99)
        seizures = [Event(onset * duration, 30.0) for onset in draw(st.lists(share, max_size=4))]
        patient = draw(st.sampled_from("abc"))
        group = draw(st.sampled_from(["day", f"r{number}"]))  # files of one hour share theirs
        found.append(
            LabelledRecording(
                Path(f"{number}.edf"), patient, Events(seizures), duration, group, source=patient.replace("c", "a")
            )
        )
    return found


def span_of(piece: LabelledRecording) -> tuple[float, float]:
    return piece.span or (0.0, piece.duration)


@settings(deadline=None)
@given(many(), st.sampled_from(["hour", "seizure", "recording", "patient"]))
def test_pieces_are_all_of_a_recording_and_their_windows_never_straddle_a_cut(recordings, by):
    cut_up = pieces(recordings, by)
    for recording in recordings:
        mine = [piece for piece in cut_up if piece.path == recording.path]
        spans = [span_of(piece) for piece in mine]
        assert (spans[0][0], spans[-1][1]) == (0, recording.duration)
        assert all(before[1] == after[0] for before, after in pairwise(spans))
        assert len({unit_of(piece, "recording") for piece in mine}) == len(mine)
        assert [piece.group for piece in mine] == [recording.group] or len(mine) > 1
        if by in {"recording", "patient"}:
            assert mine == [recording]
        if by == "hour":
            assert all(stop - start <= 3600 * 1.0101 for start, stop in spans)
            assert all(start % 3600 == 0 for start, _ in spans)
        if by == "seizure":
            begun = [sum(a <= e.onset < b for e in recording.events) for a, b in spans]
            assert begun[0] >= (len(recording.events) > 0) and all(begun[1:])
    examples = cut(cut_up, 30, 30)
    assert sum(examples.label) <= sum(cut(recordings, 30, 30).label)
    for number, start in zip(examples.recording, examples.start, strict=True):
        first, stop = span_of(cut_up[number])
        assert first - 1e-3 <= start and start + 30 <= stop + 1e-3
    assert pieces(cut_up, by) == cut_up


@settings(deadline=None)
@given(many(), st.sampled_from(["hour", "seizure", "recording", "patient"]), st.floats(0.05, 0.95), st.integers(0, 9))
def test_no_unit_is_on_both_sides_and_nothing_is_lost(recordings, by, share, seed):
    try:
        sides = split(recordings, share, seed, by=by)
    except DatasetError as error:  # no source has two patients, or no patient two units of one sort
        assert "is left for validation" in str(error)
        assert by != "patient" or not {"a", "c"} <= {r.patient for r in recordings}
        return
    units = [{unit_of(r, by) for r in side} for side in sides]
    assert not units[0] & units[1]
    length = sum(stop - start for side in sides for start, stop in map(span_of, side))
    assert length == pytest.approx(sum(r.duration for r in recordings))


@settings(deadline=None)
@given(
    many(least=3), st.sampled_from(["hour", "seizure", "recording", "patient"]), st.integers(2, 4), st.integers(0, 9)
)
def test_every_unit_is_tested_once_and_folds_are_alike(recordings, by, count, seed):
    cut_up = pieces(recordings, by)
    units = {unit_of(r, by) for r in cut_up}
    if len(units) < count:
        with pytest.raises(RecipeError, match=f"{count} folds: choose at least 2, and no more than the"):
            deal(recordings, count, seed, by=by)
        return
    folds = deal(recordings, count, seed, by=by)
    assert len(folds) == count
    tested = [{unit_of(r, by) for r in test} for _, test in folds]
    assert sum(map(len, tested)) == len(units) and set().union(*tested) == units
    assert max(map(len, tested)) - min(map(len, tested)) <= 1
    for (rest, test), mine in zip(folds, tested, strict=True):
        assert {unit_of(r, by) for r in rest} == units - mine
        assert len(rest) + len(test) == len(cut_up)
    positive = {
        unit_of(r, by) for r in cut_up if any(a < e.stop and e.onset < b for e in r.events for a, b in [span_of(r)])
    }
    source = {
        unit_of(r, by): (r.source, "" if by == "patient" else (r.patient, unit_of(r, by) in positive)) for r in cut_up
    }
    for sort in set(source.values()):
        dealt = [sum(source[unit] == sort for unit in mine) for mine in tested]
        assert max(dealt) - min(dealt) <= 1
    again = deal(recordings[::-1], count, seed, by=by)
    assert [{unit_of(r, by) for r in test} for _, test in again] == tested


def test_hours_with_and_without_a_positive_class_are_shared_out_by_themselves():
    seizures = Events([Event(3600.0 * hour + 1800, 60) for hour in (3, 13)])
    day = LabelledRecording(Path("day.edf"), "p", seizures, 20 * 3600.0, "day")
    task = Prediction(kind="prediction", horizons=[30], gap=5, clear=60, after=5)
    training, validation = split([day], 0.5, by="hour", task=task)
    ends = [[stop / 3600 for _, stop in map(span_of, side)] for side in (training, validation)]
    assert sorted(ends[0] + ends[1]) == list(range(1, 21))
    preictal = {3, 4, 13, 14}  # from 35 to 5 minutes before half past: the end of one hour, and the next
    assert len(preictal & set(ends[0])) == len(preictal & set(ends[1])) == 2


def test_units_can_be_named():
    day = LabelledRecording(Path("day.edf"), "p", Events(), 3 * 3600.0, "day")
    _, validation = split([day], ["p/day/hour 2"], by="hour")
    assert [r.span for r in validation] == [(3600, 7200)]
    with pytest.raises(DatasetError, match="validation patient or hour 'p/day/hour 4' is not there; there are p/day/h"):
        split([day], ["p/day/hour 4"], by="hour")


def test_files_of_one_hour_stay_together():
    files = [LabelledRecording(Path(f"{k}.mat"), "p", Events(), 600.0, f"hour {k // 6}") for k in range(24)]
    for seed in range(5):
        sides = split(files, 0.3, seed, by="hour")
        assert [len(side) for side in sides] == [18, 6]
        assert len({r.group for r in sides[1]}) == 1


def test_folds_that_cannot_be_are_refused():
    for count in (0, 1, 4):
        with pytest.raises(RecipeError, match=f"{count} folds: choose .* than the 3 patients"):
            deal(recordings_of(["a", "b", "c"]), count)
