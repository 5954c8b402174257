"""Curves for drawing: ends exact, few points, the area kept; calibration and thresholds of a slider."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from semeia.evaluation import curves
from semeia.evaluation.ranking import ranked


def example(count: int, prevalence: float = 0.1, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    positive = rng.random(count) < prevalence
    return positive, 1 / (1 + np.exp(-rng.standard_normal(count) - 2 * positive + 2))


@pytest.mark.parametrize("prevalence", [0.003, 0.1, 0.5, 0.95])
def test_thin_curves_have_exact_ends_and_the_same_area(prevalence: float) -> None:
    positive, score = example(30_000, prevalence)
    ranking = ranked(positive, score)
    roc, pr, det = curves.roc(ranking), curves.pr(ranking), curves.det(ranking)
    assert all(len(one["x"]) == len(one["y"]) == len(one["threshold"]) <= 300 for one in (roc, pr, det))
    assert (roc["x"][0], roc["y"][0], roc["x"][-1], roc["y"][-1]) == (0, 0, 1, 1)
    assert (det["x"][0], det["y"][0], det["x"][-1], det["y"][-1]) == (0, 1, 1, 0)
    first = positive[score.argmax()]
    assert (pr["x"][0], pr["y"][0], pr["x"][-1]) == (0, first, 1)
    assert pr["y"][-1] == pytest.approx(positive.mean(), abs=1e-7)
    assert np.trapezoid(roc["y"], roc["x"]) == pytest.approx(ranking.auroc, abs=0.002)
    steps = float(np.sum(np.diff(pr["x"]) * np.array(pr["y"][1:])))
    assert steps == pytest.approx(ranking.average_precision, abs=0.01)
    for curve in (roc, pr):  # points that were kept are right
        for x, y, at in list(zip(curve["x"], curve["y"], curve["threshold"], strict=True))[1::40]:
            said = score >= at
            wanted = {"roc": (said[~positive].mean(), said[positive].mean())}
            wanted["pr"] = (said[positive].mean(), positive[said].mean())
            assert (x, y) == pytest.approx(wanted["roc" if curve is roc else "pr"], abs=1e-6)


def test_short_curves_are_whole_and_those_of_scikit_learn() -> None:
    positive, score = example(200)
    score = score.round(2)
    roc = curves.roc(ranked(positive, score))
    false, true, _ = metrics.roc_curve(positive, score, drop_intermediate=False)
    assert roc["x"] == pytest.approx(false, abs=1e-7) and roc["y"] == pytest.approx(true, abs=1e-7)
    det = curves.det(ranked(positive, score))
    assert [1 - y for y in det["y"]] == pytest.approx(roc["y"], abs=1e-6)


def test_a_det_curve_keeps_its_tails() -> None:
    positive, score = example(200_000, 0.1)
    x, y = (np.array(curves.det(ranked(positive, score))[side]) for side in "xy")
    for side in (x, y):
        assert ((side > 0) & (side < 1e-3)).sum() >= 15


def test_without_one_class_there_is_no_curve() -> None:
    ranking = ranked(np.zeros(5, bool), np.arange(5.0))
    assert curves.roc(ranking) is curves.pr(ranking) is curves.det(ranking) is None


@pytest.mark.parametrize("digits", [1, 9])
def test_calibration_bins_hold_as_many_each_and_never_part_equal_scores(digits: int) -> None:
    positive, score = example(5000)
    score = score.round(digits)
    bins = curves.calibration_bins(score)
    for value in np.unique(score):
        assert len(np.unique(bins[score == value])) == 1
    assert (np.diff(bins[np.argsort(score, kind="stable")]) >= 0).all()
    found = curves.calibration(positive, score)
    assert sum(found["count"]) == 5000 and min(found["count"]) > 0
    if digits == 9:
        assert found["count"] == [500] * 10
        observed, predicted = _reliability(positive, score)
        assert found["predicted"] == pytest.approx(predicted, abs=1e-6)
        assert found["observed"] == pytest.approx(observed, abs=1e-6)


def _reliability(positive: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.calibration import calibration_curve

    return calibration_curve(positive, score, n_bins=10, strategy="quantile")


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=1, max_size=30), st.floats(-0.5, 1.5))
def test_a_slider_counts_right_at_each_of_its_thresholds(rows, own: float) -> None:
    positive, score = np.array([p for p, _ in rows]), np.array([s / 6 for _, s in rows])
    table = curves.by_threshold(ranked(positive, score), own)
    assert own in table["threshold"] and len(table["threshold"]) <= 101
    assert table["threshold"] == sorted(table["threshold"])
    for at, tp, fp, fn, tn in zip(*table.values(), strict=True):
        said = score >= at
        counted = (said & positive).sum(), (said & ~positive).sum(), (~said & positive).sum(), (~said & ~positive).sum()
        assert (tp, fp, fn, tn) == counted
    flagged = [tp + fp for tp, fp in zip(table["true_positive"], table["false_positive"], strict=True)]
    assert min(flagged) == 0 and max(flagged) == len(rows)


def test_a_slider_is_fine_where_few_negatives_are_flagged() -> None:
    positive, score = example(100_000)
    table = curves.by_threshold(ranked(positive, score), 0.5)
    assert 90 <= len(table["threshold"]) <= 101
    share = np.array(table["false_positive"]) / (~positive).sum()
    assert ((share > 0) & (share < 0.001)).sum() >= 10


def test_thresholds_of_a_sweep_are_most_where_few_windows_are_flagged() -> None:
    track = np.append(np.linspace(0, 1, 10_000), np.nan)
    found = curves.spread_thresholds(track, 0.5, 41)
    assert found == sorted(found) and 0.5 in found and 35 <= len(found) <= 41
    assert found[0] == 0 and found[-1] == 1
    assert sum(value > 0.99 for value in found) > 15
    assert curves.spread_thresholds([np.nan, np.nan], 0.3) == [0.3]
    assert curves.spread_thresholds([0.2, 0.2], 0.3) == [0.2, 0.3]
