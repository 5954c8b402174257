"""Areas under curves and confidence intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeia.evaluation import auroc, binomial_interval, bootstrap_interval, poisson_interval


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(-3, 3)), min_size=2, max_size=40))
def test_area_is_the_share_of_pairs_in_order(rows):
    labels, scores = zip(*rows, strict=True)
    positive = [s for label, s in rows if label]
    negative = [s for label, s in rows if not label]
    pairs = [(p > n) + (p == n) / 2 for p in positive for n in negative]
    assert auroc(labels, scores) == pytest.approx(np.mean(pairs) if pairs else math.nan, nan_ok=True)


def test_area_equals_scikit_learn():
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    labels, scores = rng.random(5000) < 0.1, rng.standard_normal(5000).round(2)
    assert auroc(labels, scores) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


def test_area_of_unscored_or_uneven_arrays_is_refused():
    with pytest.raises(ValueError, match="NaN"):
        auroc([True, False], [0.5, math.nan])
    with pytest.raises(ValueError, match="shape"):
        auroc([True, False], [0.5])


def test_bootstrap_covers_the_mean_as_often_as_it_says():
    rng = np.random.default_rng(1)
    covered = 0
    for number in range(200):
        _, low, high = bootstrap_interval(np.mean, rng.standard_normal(40), repeats=300, seed=number)
        covered += low <= 0 <= high
    assert 0.88 <= covered / 200 <= 0.99


def test_bootstrap_is_the_same_for_the_same_seed():
    values = np.random.default_rng(2).random(30)
    assert bootstrap_interval(np.mean, values) == bootstrap_interval(np.mean, values)
    assert bootstrap_interval(np.mean, values) != bootstrap_interval(np.mean, values, seed=1)


def test_groups_are_drawn_whole():
    groups = np.repeat(["a", "b", "c", "d"], [5, 1, 9, 2])

    def whole(drawn: np.ndarray) -> float:
        counts = [np.sum(drawn == name) for name in "abcd"]
        assert all(count % size == 0 for count, size in zip(counts, (5, 1, 9, 2), strict=True))
        return float(len(drawn))

    assert bootstrap_interval(whole, groups, groups=groups, repeats=50).value == 17


def test_few_groups_make_the_interval_wider():
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(8), 50)
    values = rng.standard_normal(8)[group] + 0.1 * rng.standard_normal(400)
    by_row, by_group = (bootstrap_interval(np.mean, values, groups=g, repeats=400) for g in (None, group))
    assert by_group.high - by_group.low > 3 * (by_row.high - by_row.low)


def test_undefined_draws_are_left_out():
    labels, scores = [True, False, False], [0.9, 0.1, 0.2]
    assert bootstrap_interval(auroc, labels, scores, repeats=100) == (1.0, 1.0, 1.0)
    value, low, high = bootstrap_interval(auroc, [True, True], [0.1, 0.2], repeats=10)
    assert math.isnan(value) and math.isnan(low) and math.isnan(high)


def test_arrays_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="lengths"):
        bootstrap_interval(np.mean, [1, 2], groups=[1])


def test_wilson_interval_has_the_published_values():
    # Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29
    for successes, trials, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605),
                                         (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)):  # fmt: skip
        interval = binomial_interval(successes, trials)
        assert interval.low == pytest.approx(low, abs=5e-5)
        assert interval.high == pytest.approx(high, abs=5e-5)
        assert interval.value == successes / trials


def test_no_trials_say_nothing():
    value, low, high = binomial_interval(0, 0)
    assert math.isnan(value) and (low, high) == (0, 1)
    with pytest.raises(ValueError, match="3 successes in 2 trials"):
        binomial_interval(3, 2)


def test_poisson_interval_has_the_published_values() -> None:
    # Garwood 1936: exact 95 % limits of a mean of 0, 1, 10 and 100 counts
    for count, low, high in ((0, 0.0, 3.6889), (1, 0.0253, 5.5716), (10, 4.7954, 18.3904), (100, 81.3640, 121.6270)):
        interval = poisson_interval(count, 2.0)
        assert interval == pytest.approx((count / 2, low / 2, high / 2), abs=1e-3)
    assert all(math.isnan(value) for value in poisson_interval(0, 0.0))
    with pytest.raises(ValueError, match="-1 events"):
        poisson_interval(-1, 1.0)
