"""Measures of windows: equal to scikit-learn's, None where there is nothing to measure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from semeia.evaluation import classify


def example(count: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities that know a little of the targets, with ties."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, classes, count)
    raw = rng.random((count, classes)).round(1) + 0.3 * np.eye(classes)[targets] + 0.01
    return raw / raw.sum(axis=1, keepdims=True), targets


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("given", [None, 0.4])
def test_classes_are_measured_as_scikit_learn_does(classes: int, given: float | None) -> None:
    probability, targets = example(300, classes)
    threshold, measured = classify.classes(probability, targets, "abcde"[:classes], given)
    said = (1 - probability[:, 0] >= threshold).astype(int) if classes == 2 else probability.argmax(axis=1)
    assert given is None or threshold == given
    assert measured["windows"] == 300 and measured["classes"] == list("abcde"[:classes])
    assert measured["confusion"] == metrics.confusion_matrix(targets, said).tolist()
    assert measured["accuracy"] == round(metrics.accuracy_score(targets, said), 4)
    assert measured["balanced_accuracy"] == round(metrics.balanced_accuracy_score(targets, said), 4)
    assert measured["auroc"] == round(metrics.roc_auc_score(targets > 0, 1 - probability[:, 0]), 4)
    assert measured["chance"] == round(np.bincount(targets).max() / 300, 4)
    low, high = measured["accuracy_interval"]
    assert 0 <= low < measured["accuracy"] < high <= 1


def test_one_class_alone_has_no_area_and_its_own_recall() -> None:
    threshold, measured = classify.classes(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0, 0]), ["no", "yes"])
    assert (threshold, measured["auroc"], measured["chance"]) == (0.5, None, 1.0)
    assert measured["confusion"] == [[1, 1], [0, 0]]
    assert measured["accuracy"] == measured["balanced_accuracy"] == 0.5


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 10)), min_size=1, max_size=40))
def test_no_threshold_tells_windows_better_apart_than_the_best(windows) -> None:
    positive, values = np.array([p for p, _ in windows]), np.array([v / 10 for _, v in windows])
    threshold = classify.best_threshold(positive, values)
    if positive.all() or not positive.any():
        assert threshold == 0.5
        return

    def skill(at: float) -> float:
        return np.mean(values[positive] >= at) - np.mean(values[~positive] >= at)

    assert skill(threshold) == pytest.approx(max(map(skill, np.unique(values))))
    false, true, _ = metrics.roc_curve(positive, values)
    assert max(skill(threshold), 0) == pytest.approx(max(true - false), abs=1e-9)


def test_the_threshold_lies_between_what_it_tells_apart() -> None:
    assert classify.best_threshold(np.array([False, False, True]), np.array([0.1, 0.2, 0.6])) == pytest.approx(0.4)


def test_patterns_are_measured_each_by_itself() -> None:
    rng = np.random.default_rng(1)
    targets = (rng.random((40, 5, 2)) < [0.1, 0.4]).astype(np.float32)
    probability = np.clip(0.4 * targets + 0.6 * rng.random(targets.shape), 0, 1)
    threshold, measured = classify.patterns(probability, targets, ["spike", "slow"])
    best = [classify.best_threshold(targets[..., k].ravel() == 1, probability[..., k].ravel()) for k in (0, 1)]
    assert threshold == pytest.approx(np.mean(best)) and measured["windows"] == 40
    for k, name in enumerate(["spike", "slow"]):
        there, value = targets[..., k].ravel(), probability[..., k].ravel()
        found = measured["patterns"][name]
        assert found["share"] == round(float(there.mean()), 5)
        assert found["auroc"] == round(metrics.roc_auc_score(there, value), 4)
        assert found["sensitivity"] == round(metrics.recall_score(there, value >= threshold), 4)
        assert found["precision"] == round(metrics.precision_score(there, value >= threshold), 4)
    _, measured = classify.patterns(probability, np.zeros_like(targets), ["spike", "slow"], 1.1)
    nothing = {"share": 0.0, "auroc": None, "sensitivity": None, "precision": None}
    assert measured["patterns"] == {"spike": nothing, "slow": nothing}
