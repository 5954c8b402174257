"""What was learnt so far, measured on answers that nothing learnt from; when to stop; what needs no person."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from semeia.active.automatic import Calibrated, automatic, calibrated
from semeia.active.head import fit_head, standardised
from semeia.active.skill import SHARE, Point, advice, area, at_random, is_held, skill


def blobs(count: int, apart: float, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, count)
    x = rng.normal(size=(count, 8)) + apart * label[:, None] * np.eye(8)[0]
    return standardised(x.astype(np.float32), np.ones(count, bool)), label


def test_a_fifth_of_all_examples_is_held_back_the_same_ones_each_time() -> None:
    held = is_held(101, 3)
    assert held.sum() == 21 and (held == is_held(101, 3)).all() and (held != is_held(101, 4)).any()
    assert SHARE == 5


def test_skill_grows_with_answers_and_says_how_sure_it_is() -> None:
    x, label = blobs(400, 2.0)
    points = skill(x[:200], label[:200], x[200:], label[200:], 2)
    assert [point.labels for point in points][-1] == 200 and len(points) <= 20
    assert points[-1].value > points[0].value and points[-1].value > 0.8
    assert all(point.low <= point.value <= point.high for point in points)
    assert points[-1].high - points[-1].low < 0.15
    assert skill(x[:20], label[:20], x[label == 1], label[label == 1], 2) == []


def test_random_questions_are_expected_to_teach_what_they_do() -> None:
    x, label = blobs(2000, 2.0)
    expected = at_random(x[:100], label[:100], 2)
    assert [point.labels for point in expected] == list(range(5, 51, 5))
    rng = np.random.default_rng(0)
    measured = []
    for point in expected:
        drawn = [rng.choice(np.arange(100, 1000), point.labels, replace=False) for _ in range(20)]
        measured += [area(label[1000:], fit_head(x[rows], label[rows], 2)(x[1000:])) for rows in drawn]
    assert np.mean([point.value for point in expected]) == pytest.approx(np.mean(measured), abs=0.06)


def test_one_is_advised_to_stop_only_when_answers_change_nothing() -> None:
    flat = [Point(20, 0.90, 0.85, 0.95), Point(40, 0.905, 0.86, 0.95)]
    assert advice(flat).startswith("The last 20 answers changed little (0.90 to 0.91")
    assert advice([Point(20, 0.80, 0.7, 0.95), Point(40, 0.9, 0.86, 0.95)]) == ""
    assert advice([Point(5, 0.9, 0.8, 1), Point(25, 0.9, 0.8, 1)]) == advice([]) == ""


def test_labels_without_a_person_are_right_as_often_as_promised() -> None:
    wrong = []
    for seed in range(40):
        x, label = blobs(1200, 2.5, seed)
        head = fit_head(x[:200], label[:200], 2)
        found = calibrated(head(x[200:400]), label[200:400], 0.9)
        if isinstance(found, Calibrated):
            rows = automatic(head(x), np.arange(400, 1200), found.threshold)
            wrong.append(float((head(x[rows]).argmax(axis=1) != label[rows]).mean()))
    assert len(wrong) > 20
    assert np.mean(np.array(wrong) > 0.1) <= 0.1  # promised: no more than once in twenty


def test_it_is_said_how_many_answers_are_missing() -> None:
    sure = np.tile(np.array([[0.99, 0.01]], np.float32), (20, 1))
    assert calibrated(sure, np.zeros(20, np.int64), 0.9) == 29 - 20
    assert isinstance(calibrated(np.tile(sure[:1], (29, 1)), np.zeros(29, np.int64), 0.9), Calibrated)
    assert calibrated(np.tile(sure[:1], (60, 1)), np.arange(60) % 2, 0.9) == 1


def test_a_head_learns_from_what_readers_say_between_them() -> None:
    x, label = blobs(300, 3.0)
    hard, soft = fit_head(x, label, 2), fit_head(x, np.eye(2)[label], 2)
    np.testing.assert_allclose(soft(x), hard(x), atol=1e-3)
    unsure = fit_head(x, np.full((300, 2), 0.5), 2)(x)
    assert np.abs(unsure - 0.5).max() < 0.01
    flipped = np.concatenate([label, 1 - label])
    heavy = fit_head(np.concatenate([x, x]), flipped, 2, np.repeat([1.0, 0.01], 300).astype(np.float32))
    assert (heavy(x).argmax(axis=1) == hard(x).argmax(axis=1)).mean() > 0.97
    assert math.isnan(area(np.zeros(3, np.int64), np.full((3, 2), 0.5, np.float32)))
