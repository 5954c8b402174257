"""Scores in order: areas equal scikit-learn's with any ties, thresholds lie between, coarse steps do no harm."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from semeia.evaluation import auroc
from semeia.evaluation.ranking import (
    Ranking,
    areas,
    average_precisions,
    cumulative,
    flagged_at,
    rank_part,
    ranked,
    sensitivity_at,
)

ROWS = st.lists(st.tuples(st.booleans(), st.integers(-3, 3)), min_size=1, max_size=40)
BOTH = ROWS.filter(lambda rows: len({label for label, _ in rows}) == 2)


def columns(rows: list[tuple[bool, int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([label for label, _ in rows]), np.array([score / 3 for _, score in rows])


def ranking_of(rows: list[tuple[bool, int]]) -> Ranking:
    return ranked(*columns(rows))


@settings(deadline=None)
@given(BOTH)
def test_areas_and_steps_are_those_of_scikit_learn(rows) -> None:
    positive, score = columns(rows)
    ranking = ranked(positive, score)
    assert ranking.auroc == pytest.approx(metrics.roc_auc_score(positive, score))
    assert ranking.average_precision == pytest.approx(metrics.average_precision_score(positive, score))
    false, true, at = metrics.roc_curve(positive, score, drop_intermediate=False)
    assert ranking.false / ranking.false[-1] == pytest.approx(false)
    assert ranking.true / ranking.true[-1] == pytest.approx(true)
    assert ranking.score == pytest.approx(at[1:])
    precision, _, _ = metrics.precision_recall_curve(positive, score)
    assert (ranking.true / np.maximum(ranking.true + ranking.false, 1))[1:] == pytest.approx(precision[-2::-1])


@settings(deadline=None)
@given(ROWS)
def test_every_threshold_flags_what_its_step_says_and_lies_between_scores(rows) -> None:
    positive, score = columns(rows)
    ranking = ranking_of(rows)
    for step, threshold in enumerate(ranking.threshold):
        assert (score[~positive] >= threshold).sum() == ranking.false[step]
        assert (score[positive] >= threshold).sum() == ranking.true[step]
        assert ranking.place(threshold) == step
    inner = ranking.threshold[1:-1]
    assert inner == pytest.approx((ranking.score[:-1] + ranking.score[1:]) / 2)
    assert ranking.place(-99) == len(ranking.score) and ranking.place(99) == 0


def test_neighbouring_floats_are_still_told_apart() -> None:
    above = np.nextafter(0.5, 1)
    ranking = ranked(np.array([True, False]), np.array([above, 0.5]))
    assert ranking.threshold[1] == above and ranking.place(above) == 1


@settings(deadline=None)
@given(ROWS)
def test_rising_transformations_change_no_area_and_falling_ones_turn_it_round(rows) -> None:
    positive, score = columns(rows)
    ranking = ranked(positive, score)
    bent, turned = ranked(positive, np.exp(3 * score)), ranked(positive, -score)
    assert bent.auroc == pytest.approx(ranking.auroc, nan_ok=True)
    assert bent.average_precision == pytest.approx(ranking.average_precision, nan_ok=True)
    assert turned.auroc == pytest.approx(1 - ranking.auroc, nan_ok=True)


def test_one_class_alone_has_no_area() -> None:
    there, absent = (ranked(np.full(3, kind), np.arange(3.0)) for kind in (True, False))
    assert math.isnan(there.auroc) and there.average_precision == 1
    assert math.isnan(absent.auroc) and math.isnan(absent.average_precision)


@pytest.mark.parametrize("odd", [math.nan, math.inf])
def test_scores_that_are_no_numbers_are_refused(odd: float) -> None:
    with pytest.raises(ValueError, match="not a number"):
        ranked(np.array([True, False]), np.array([odd, 0.5]))


@settings(deadline=None)
@given(BOTH, st.data())
def test_weights_are_as_good_as_copies(rows, data) -> None:
    positive, score = columns(rows)
    weight = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows))))
    part = rank_part(positive, score)
    false, true = cumulative(np.bincount(part.column, weight, part.width)[None])
    copied, scores = np.repeat(positive, weight), np.repeat(score, weight)
    assert areas(false, true)[0] == pytest.approx(auroc(copied, scores), nan_ok=True)
    if not copied.any():
        assert math.isnan(average_precisions(false, true)[0])
        return
    assert average_precisions(false, true)[0] == pytest.approx(metrics.average_precision_score(copied, scores))
    if copied.all():
        return
    for goal in (0.5, 0.8, 1.0):
        cuts = [t for t in np.unique(scores) if (scores[copied] >= t).mean() >= goal - 1e-9]
        assert flagged_at(false, true, goal)[0] == pytest.approx((scores[~copied] >= max(cuts)).mean())
        cuts = [t for t in [*np.unique(scores), 9] if (scores[~copied] >= t).mean() <= goal + 1e-9]
        assert sensitivity_at(false, true, goal)[0] == pytest.approx((scores[copied] >= min(cuts)).mean())


def test_many_scores_in_coarse_steps_give_the_same_areas() -> None:
    rng = np.random.default_rng(0)
    positive = rng.random(40_000) < 0.02
    score = rng.standard_normal(40_000) + 1.5 * positive
    part = rank_part(positive, score)
    assert part.width < 2 * 6100
    false, true = cumulative(np.bincount(part.column, minlength=part.width)[None].astype(float))
    exact = ranked(positive, score)
    assert areas(false, true)[0] == pytest.approx(exact.auroc, abs=1e-4)
    assert average_precisions(false, true)[0] == pytest.approx(exact.average_precision, abs=1e-3)
    sides = exact.false[None], exact.true[None]
    for goal in (0.8, 0.99):
        assert flagged_at(false, true, goal)[0] == pytest.approx(flagged_at(*sides, goal)[0], abs=1e-3)
    for share in (1e-4, 1e-3, 0.1):
        assert sensitivity_at(false, true, share)[0] == pytest.approx(sensitivity_at(*sides, share)[0], abs=5e-3)
