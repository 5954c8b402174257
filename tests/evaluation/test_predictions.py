"""The table of predictions: written, read back, joined, and refused with its line when it is wrong."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeia.errors import FileError
from semeia.evaluation import Predictions

COLUMNS = ("label", "patient", "group", "recording", "start")
NAMES = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=0, max_size=8)


def small(count: int = 4, classes: tuple[str, ...] = ("background", "seizure")) -> Predictions:
    rng = np.random.default_rng(count)
    raw = rng.random((count, len(classes))).astype(np.float32)
    probability = raw / raw.sum(axis=1, keepdims=True)
    probability[0] = math.nan
    names = np.array([f"p{k % 2}" for k in range(count)])
    label = rng.integers(0, len(classes), count).astype(np.int16)
    line = rng.random(count)
    line[-1] = math.nan
    return Predictions(
        classes, probability, label, names, names, names, np.arange(count) * 0.5, 1.0, 0.5, {"line length": line}
    )


def same(one: Predictions, other: Predictions) -> bool:
    return (
        all(np.array_equal(getattr(one, name), getattr(other, name)) for name in COLUMNS)
        and np.allclose(one.probability, other.probability, atol=1e-6, equal_nan=True)
        and list(one.baselines) == list(other.baselines)
        and all(np.allclose(one.baselines[k], other.baselines[k], equal_nan=True) for k in one.baselines)
        and one.classes == other.classes
    )


@pytest.mark.parametrize("classes", [("background", "seizure"), ("none", "a, b", 'say "x"')])
def test_what_is_written_is_read_back(tmp_path: Path, classes: tuple[str, ...]) -> None:
    one = small(20, classes)
    one.write(tmp_path / "predictions.csv")
    assert same(Predictions.read(tmp_path / "predictions.csv", window=1.0, step=0.5), one)
    head = (tmp_path / "predictions.csv").read_text(encoding="utf-8").splitlines()[0]
    assert head.startswith("patient,group,recording,start,label,") and head.endswith(",line length")


@settings(deadline=None, max_examples=40)
@given(patient=NAMES, group=NAMES, recording=NAMES)
def test_names_of_any_kind_survive(tmp_path_factory, patient: str, group: str, recording: str) -> None:
    names = [np.array([name]) for name in (patient, group, recording)]
    one = Predictions(
        ("no", "yes"), np.array([[0.25, 0.75]], np.float32), np.array([1], np.int16), *names, np.zeros(1), 1.0, 1.0
    )
    path = tmp_path_factory.mktemp("names") / "predictions.csv"
    one.write(path)
    assert same(Predictions.read(path, window=1.0, step=1.0), one)


def test_score_is_that_of_all_positive_classes_and_gaps_have_none() -> None:
    one = small(6, ("none", "spike", "seizure"))
    assert one.scored.tolist() == [False] + [True] * 5
    assert one.score[1:] == pytest.approx(one.probability[1:, 1:].sum(axis=1), abs=1e-6)
    assert one.positive.tolist() == (one.label > 0).tolist()


def test_rows_are_chosen_by_mask_or_number_in_every_column() -> None:
    one = small(6)
    for rows in (np.array([1, 3]), np.arange(6) % 2 == 1):
        part = one[rows]
        assert len(part) == len(part.baselines["line length"]) == len(one.start[rows])
        assert part.start.tolist() == one.start[rows].tolist() and part.window == 1.0


def test_parts_are_joined_in_order_when_they_are_alike() -> None:
    one, other = small(4), small(5)
    joined = Predictions.joined([one, other])
    assert len(joined) == 9 and same(joined[np.arange(4)], one) and same(joined[np.arange(4, 9)], other)
    for odd in ([], [one, small(4, ("a", "b", "c"))]):
        with pytest.raises(ValueError, match="different classes, windows or baselines"):
            Predictions.joined(odd)


def test_columns_of_different_lengths_are_refused() -> None:
    one = small(4)
    with pytest.raises(ValueError, match="of 3 examples"):
        Predictions(one.classes, one.probability, one.label[:3], *[one.patient] * 3, one.start, 1.0, 1.0)


HEAD = "patient,group,recording,start,label,p(no),p(yes)\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "needs the columns patient,group,recording,start,label"),
        (HEAD, "needs the columns"),
        ("a,b,c\n1,2,3\n", "needs the columns"),
        ("patient,group,recording,start,label,p(no)\np,g,r,0,no,1\n", "needs the columns"),
        (HEAD + "p,g,r,0,no,1,0\np,g,r,x,no,1,0\n", "line 3: could not convert string to float"),
        (HEAD + "p,g,r,0,maybe,1,0\n", "line 2"),
        (HEAD + "p,g,r,0,no,1\n", "line 2: 6 values in 7 columns"),
        (HEAD + "p,g,r,0,no,1,0,1\n", "line 2: 8 values in 7 columns"),
        (HEAD + "p,g\n", "line 2: 2 values in 7 columns"),
    ],
)
def test_a_wrong_table_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "odd.csv"
    path.write_text(text)
    with pytest.raises(FileError, match=said) as error:
        Predictions.read(path, window=1.0, step=1.0)
    assert str(error.value).startswith("odd.csv: ") and "\n" not in str(error.value)


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read as predictions"):
        Predictions.read(tmp_path / "missing.csv", window=1.0, step=1.0)
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x01" * 9)
    with pytest.raises(FileError, match="cannot be read as predictions"):
        Predictions.read(tmp_path / "binary.csv", window=1.0, step=1.0)
