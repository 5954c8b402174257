"""A head on frozen embeddings: that of scikit-learn, whatever the shape, and sensible where little is known."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from semeia.active.head import SPREAD, fit_head, standardised


def made(count: int, width: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(count)
    label = np.arange(count) % classes
    x = rng.standard_normal((count, width)) + 0.7 * rng.standard_normal((classes, width))[label]
    return (x / np.sqrt(width)).astype(np.float32), label


@pytest.mark.parametrize(("count", "width", "classes"), [(300, 12, 2), (300, 12, 4), (20, 64, 3)])
def test_it_is_that_of_scikit_learn(count: int, width: int, classes: int) -> None:
    x, label = made(count, width, classes)
    ones = np.concatenate([x, np.ones((count, 1), np.float32)], axis=1)  # there too the bias has the prior
    prior = SPREAD**2 * (2 if classes == 2 else 1)  # of two classes there is one weight there, the difference of ours
    theirs = LogisticRegression(C=prior, fit_intercept=False, max_iter=10_000, tol=1e-8).fit(ones, label)
    expected = theirs.predict_proba(ones)
    found = fit_head(x, label, classes)(x)
    assert found == pytest.approx(expected, abs=2e-3)
    assert found.dtype == np.float32
    assert found.sum(axis=1) == pytest.approx(np.ones(count), abs=1e-5)


def test_without_answers_all_classes_are_alike_and_with_one_class_it_is_likelier() -> None:
    x, label = made(40, 6, 3)
    assert fit_head(x[:0], label[:0], 3)(x) == pytest.approx(np.full((40, 3), 1 / 3))
    one = fit_head(x[:1], np.array([2]), 3)(x)
    assert one[0, 2] > 0.8 and one[:, 2].mean() > 0.5 and np.isfinite(one).all()


def test_standardised_embeddings_are_of_length_one_among_the_pool() -> None:
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((500, 8)) * np.geomspace(0.01, 100, 8) + 5).astype(np.float32)
    x[:, 3] = 7
    among = np.arange(500) < 400
    found = standardised(x, among)
    assert found[among].mean(axis=0) == pytest.approx(np.zeros(8), abs=1e-3)
    assert np.delete(found[among].std(axis=0), 3) == pytest.approx(np.full(7, 1 / np.sqrt(8)), rel=1e-3)
    assert (found[:, 3] == 0).all()
    x[450] += 1000  # who is held out changes nothing
    assert (standardised(x, among)[among] == found[among]).all()
