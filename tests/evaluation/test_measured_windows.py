"""What predictions of windows are worth: every figure recomputed another way, odd input refused in one line."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

import numpy as np
import pytest
from sklearn import metrics

from semeia.errors import DatasetError
from semeia.evaluation import (
    Predictions,
    auroc,
    bootstrap_interval,
    difference_interval,
    measured_patterns,
    measured_windows,
)


def predictions(
    count: int = 400,
    classes: tuple[str, ...] = ("background", "seizure"),
    *,
    patients: int = 8,
    seed: int = 0,
    skill: float = 1.5,
    baselines: Mapping[str, np.ndarray] | None = None,
) -> Predictions:
    """Return windows of several patients with hours of 20 windows, scored with ties."""
    truth = np.random.default_rng(99)
    label = truth.integers(0, len(classes), count).astype(np.int16)
    raw = np.random.default_rng(seed).standard_normal((count, len(classes))) + skill * np.eye(len(classes))[label]
    probability = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    if len(classes) == 2:
        probability = np.stack([1 - probability[:, 1].round(2), probability[:, 1].round(2)], axis=1)
    patient = np.array([f"p{k}" for k in np.arange(count) * patients // count])
    hour = np.array([f"h{k}" for k in np.arange(count) // 20])
    start = np.arange(count) % 20 * 10.0
    return Predictions(
        classes, probability.astype(np.float32), label, patient, hour, hour, start, 10.0, 10.0, dict(baselines or {})
    )


def changed(one: Predictions, **columns: np.ndarray) -> Predictions:
    return Predictions(**{**{name: getattr(one, name) for name in Predictions.__dataclass_fields__}, **columns})


def test_measures_of_two_classes_are_those_of_scikit_learn() -> None:
    one = predictions()
    found = measured_windows(one, threshold=0.5)
    positive, score = one.positive, one.score
    said = score >= 0.5
    wanted = {
        "auroc": metrics.roc_auc_score(positive, score),
        "average_precision": metrics.average_precision_score(positive, score),
        "balanced_accuracy": metrics.balanced_accuracy_score(positive, said),
        "accuracy": metrics.accuracy_score(positive, said),
        "sensitivity": metrics.recall_score(positive, said),
        "specificity": metrics.recall_score(~positive, ~said),
        "precision": metrics.precision_score(positive, said),
        "f1": metrics.f1_score(positive, said),
        "brier": metrics.brier_score_loss(positive, score),
    }
    for name, value in wanted.items():
        assert found["measures"][name]["value"] == pytest.approx(value, abs=1e-6), name
        assert found["measures"][name]["low"] < value < found["measures"][name]["high"], name
    bins = found["curves"]["calibration"]
    errors = np.abs(np.subtract(bins["predicted"], bins["observed"])) * bins["count"] / 400
    assert found["measures"]["calibration_error"]["value"] == pytest.approx(errors.sum(), abs=1e-6)
    assert found["confusion"] == metrics.confusion_matrix(positive, said).tolist()
    assert (found["count"], found["unscored"], found["patients"], found["threshold"]) == (400, 0, 8, 0.5)
    assert found["hours"] == pytest.approx(400 * 10 / 3600, abs=1e-5)
    assert found["counts"] == {"background": int((~positive).sum()), "seizure": int(positive.sum())}
    assert found["interval"] == "95 %, bootstrap over 8 patients, 2000 draws"
    assert found["one_against_rest"] == found["curves"]["one_against_rest"] == {}
    json.dumps(found, allow_nan=False)


def test_measures_of_more_classes_take_the_most_probable() -> None:
    one = predictions(600, ("none", "spike", "seizure"))
    found = measured_windows(one, threshold=0.6)
    said = one.probability.argmax(axis=1)
    assert found["confusion"] == metrics.confusion_matrix(one.label, said).tolist()
    assert found["measures"]["accuracy"]["value"] == pytest.approx(metrics.accuracy_score(one.label, said), abs=1e-6)
    wanted = metrics.balanced_accuracy_score(one.label, said)
    assert found["measures"]["balanced_accuracy"]["value"] == pytest.approx(wanted, abs=1e-6)
    sensitivity = metrics.recall_score(one.positive, one.score >= 0.6)
    assert found["measures"]["sensitivity"]["value"] == pytest.approx(sensitivity, abs=1e-6)
    for number, name in enumerate(one.classes):
        area = found["one_against_rest"][name]["auroc"]
        assert area["value"] == pytest.approx(
            metrics.roc_auc_score(one.label == number, one.probability[:, number]), abs=1e-4
        )
        assert area["low"] < area["value"] < area["high"]
        curve = found["curves"]["one_against_rest"][name]
        assert np.trapezoid(curve["y"], curve["x"]) == pytest.approx(area["value"], abs=1e-3)
    assert found["chance"]["balanced_accuracy"] == pytest.approx(1 / 3, abs=1e-6)


@pytest.mark.parametrize("patients", [8, 1])
def test_intervals_are_those_of_the_plain_bootstrap_over_patients_or_hours(patients: int) -> None:
    one = predictions(300, patients=patients)
    found = measured_windows(one, threshold=0.5)
    groups = one.patient if patients > 1 else one.group
    said = one.score >= 0.5

    def f1(positive: np.ndarray, said: np.ndarray) -> float:
        return 2 * (positive & said).sum() / (positive.sum() + said.sum())

    plain = {
        "auroc": bootstrap_interval(auroc, one.positive, one.score, groups=groups),
        "f1": bootstrap_interval(f1, one.positive, said, groups=groups),
        "brier": bootstrap_interval(np.mean, (one.score - one.positive) ** 2, groups=groups),
    }
    for name, interval in plain.items():
        assert list(found["measures"][name].values()) == pytest.approx(list(interval), rel=1e-5)
    assert ("8 patients" if patients > 1 else "15 recordings of 1 patient") in found["interval"]


def test_chance_is_what_flags_as_many_without_looking() -> None:
    one = predictions()
    found = measured_windows(one, threshold=0.7)
    said, positive = one.score >= 0.7, one.positive
    rng = np.random.default_rng(0)
    shuffled = [rng.permutation(said) for _ in range(1000)]
    lucky = {
        "sensitivity": np.mean([one[positive].mean() for one in shuffled]),
        "specificity": np.mean([1 - one[~positive].mean() for one in shuffled]),
        "precision": np.mean([positive[one].mean() for one in shuffled]),
        "f1": np.mean([metrics.f1_score(positive, one) for one in shuffled[:300]]),
    }
    for name, value in lucky.items():
        assert found["chance"][name] == pytest.approx(value, abs=0.01), name
    prevalence = positive.mean()
    assert found["chance"]["average_precision"] == pytest.approx(prevalence)
    assert found["chance"]["accuracy"] == pytest.approx(max(prevalence, 1 - prevalence))
    constant = metrics.brier_score_loss(positive, np.full(len(positive), prevalence))
    assert found["chance"]["brier"] == pytest.approx(constant, abs=1e-6)


def test_catching_so_many_costs_what_it_says() -> None:
    one = predictions()
    points = {point["goal"]: point for point in measured_windows(one, threshold=0.5)["points"]}
    assert list(points) == [
        "catch 80 %", "catch 90 %", "catch 95 %", "catch 99 %",
        "1 false alarm/h", "0.5 false alarms/h", "0.1 false alarms/h", "the model's own",
    ]  # fmt: skip
    for goal, point in points.items():
        said = one.score >= point["threshold"]
        flagged = said[~one.positive].mean()
        assert point["sensitivity"] == pytest.approx(said[one.positive].mean(), abs=1e-6)
        assert point["flagged"] == pytest.approx(flagged, abs=1e-6)
        assert point["specificity"] == pytest.approx(1 - flagged, abs=1e-6)
        assert point["false_alarms_per_hour"] == pytest.approx(flagged * 360, abs=1e-3)
        if said.any():
            assert point["precision"] == pytest.approx(one.positive[said].mean(), abs=1e-6)
        low, high = point["interval"]["sensitivity" if goal.endswith("/h") else "flagged"]
        assert low <= point["sensitivity" if goal.endswith("/h") else "flagged"] <= high
    assert points["catch 99 %"]["sensitivity"] >= 0.99
    stricter = one.score >= points["catch 99 %"]["threshold"] + 0.01
    assert stricter[one.positive].mean() < 0.99
    assert points["catch 80 %"]["flagged"] < points["catch 99 %"]["flagged"]
    assert points["1 false alarm/h"]["false_alarms_per_hour"] <= 1


def test_alarms_per_hour_are_per_hour_of_negatives() -> None:
    label = np.array([0] * 360 + [1] * 40, np.int16)  # an hour of background in windows of 10 s
    score = np.linspace(0.01, 0.5, 400)
    score[[0, 1, 2]] = 0.9, 0.8, 0.7  # three false alarms in it
    names = np.array([f"r{k}" for k in range(400)])
    one = Predictions(
        ("no", "yes"), np.stack([1 - score, score], 1).astype(np.float32), label, names, names, names,
        np.zeros(400), 10.0, 10.0,
    )  # fmt: skip
    points = {point["goal"]: point for point in measured_windows(one, threshold=0.75)["points"]}
    assert points["the model's own"]["false_alarms_per_hour"] == pytest.approx(2)
    assert points["1 false alarm/h"]["threshold"] == pytest.approx(0.85)
    assert points["1 false alarm/h"]["false_alarms_per_hour"] == pytest.approx(1)
    assert points["0.5 false alarms/h"]["flagged"] == 0


def test_baselines_stand_beside_the_model_with_their_difference_on_the_same_examples() -> None:
    one = predictions()
    length = np.random.default_rng(5).standard_normal(400) + 0.5 * one.positive
    length[:30] = math.nan
    one = changed(one, baselines={"line length": length, "not there": np.full(400, math.nan)})
    found = measured_windows(one, threshold=0.5)
    line, rows = found["baselines"]["line length"], ~np.isnan(length)
    theirs = metrics.roc_auc_score(one.positive[rows], length[rows])
    assert line["auroc"]["value"] == pytest.approx(theirs, abs=1e-6)
    ours = metrics.roc_auc_score(one.positive[rows], one.score[rows])
    assert line["difference"]["auroc"]["value"] == pytest.approx(ours - theirs, abs=1e-6)
    assert line["difference"]["auroc"]["low"] > 0.1
    assert set(found["baselines"]) == set(found["curves"]["baselines"]) == {"line length"}


def test_each_patient_has_a_row_and_the_average_says_who_is_missing() -> None:
    one = predictions()
    label = one.label.copy()
    label[one.patient == "p3"] = 0
    found = measured_windows(changed(one, label=label), threshold=0.5)
    rows = {row["patient"]: row for row in found["per_patient"]}
    assert rows["p3"]["auroc"] is None and rows["p3"]["sensitivity"] is None and rows["p3"]["positive"] == 0
    own = one.patient == "p5"
    assert rows["p5"]["windows"] == own.sum()
    assert rows["p5"]["auroc"] == pytest.approx(metrics.roc_auc_score(one.positive[own], one.score[own]), abs=1e-6)
    mean = found["patient_average"]["auroc"]
    assert (mean["count"], mean["undefined"]) == (7, 1)
    assert mean["value"] == pytest.approx(np.mean([r["auroc"] for r in rows.values() if r["auroc"]]), abs=1e-5)


def test_unscored_windows_are_counted_and_left_out() -> None:
    one = predictions()
    probability = one.probability.copy()
    probability[::10] = math.nan
    found = measured_windows(changed(one, probability=probability), threshold=0.5)
    assert (found["count"], found["unscored"]) == (360, 40)
    rest = measured_windows(one[np.arange(400) % 10 > 0], threshold=0.5)
    assert found["measures"] == rest["measures"]


def test_patterns_are_measured_each_and_one_that_never_shows_is_undefined() -> None:
    one = predictions(classes=("none", "spike"))
    never = changed(one, classes=("none", "slow wave"), label=np.zeros(400, np.int16))
    found = measured_patterns({"spike": one, "slow wave": never}, threshold=0.5)
    assert found["spike"] == measured_windows(one, threshold=0.5)
    measures = found["slow wave"]["measures"]
    assert measures["auroc"]["value"] is measures["sensitivity"]["value"] is None
    assert measures["specificity"]["value"] == pytest.approx((never.score < 0.5).mean(), abs=1e-6)
    assert found["slow wave"]["curves"]["roc"] is None
    assert found["slow wave"]["points"][0]["goal"] == "1 false alarm/h"
    json.dumps(found, allow_nan=False)
    with pytest.raises(DatasetError, match="no pattern is both there and absent"):
        measured_patterns({"slow wave": never}, threshold=0.5)


def test_one_alike_is_the_same_and_a_better_one_is_above() -> None:
    good, poor = predictions(seed=1, skill=2.5), predictions(seed=2, skill=0.3)
    same = difference_interval(good, good)
    assert same["auroc"] == same["brier"] == {"value": 0, "low": 0, "high": 0}
    found = difference_interval(good, poor, thresholds=(0.5, 0.4))
    wanted = metrics.roc_auc_score(good.positive, good.score) - metrics.roc_auc_score(poor.positive, poor.score)
    assert found["auroc"]["value"] == pytest.approx(wanted, abs=1e-6)
    assert 0 < found["auroc"]["low"] < wanted < found["auroc"]["high"]
    assert found["brier"]["high"] < 0
    assert found["count"] == 400 and "8 patients" in found["interval"]


def test_drawing_two_together_is_surer_than_drawing_each_by_itself() -> None:
    rng = np.random.default_rng(3)
    one = predictions(skill=1.0)
    moved = np.clip(one.probability + rng.normal(0, 0.01, (400, 1)) * [-1, 1], 0, 1).astype(np.float32)
    width = {
        name: side["high"] - side["low"]
        for name, side in {
            "paired": difference_interval(one, changed(one, probability=moved))["auroc"],
            "alone": measured_windows(one, threshold=0.5)["measures"]["auroc"],
        }.items()
    }
    assert width["paired"] < width["alone"] / 5


def test_what_one_of_two_did_not_score_is_left_out_of_their_difference() -> None:
    one, other = predictions(seed=1), predictions(seed=2)
    probability = other.probability.copy()
    probability[:50] = math.nan
    found = difference_interval(one, changed(other, probability=probability))
    assert found["count"] == 350
    with pytest.raises(DatasetError, match="not of the same examples"):
        difference_interval(one, other[::-1])
    with pytest.raises(DatasetError, match="not of the same examples"):
        difference_interval(one, other[:9])


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"label": np.zeros(400, np.int16)}, "all 400 scored examples are 'background': judging needs both"),
        ({"label": np.ones(400, np.int16)}, "all 400 scored examples are 'seizure': judging needs both"),
        ({"label": np.full(400, -1, np.int16)}, "400 of 400 examples have no label"),
        ({"probability": np.full((400, 2), math.nan, np.float32)}, "none of the 400 examples was scored"),
        ({"probability": np.full((400, 2), 1.5, np.float32)}, "h0 at 0 s: 1.5, 1.5 are no probabilities"),
        ({"probability": np.full((400, 2), math.inf, np.float32)}, "are no probabilities"),
    ],
)
def test_what_cannot_be_judged_is_refused_in_one_line(columns: dict, said: str) -> None:
    with pytest.raises(DatasetError, match=said) as error:
        measured_windows(changed(predictions(), **columns), threshold=0.5)
    assert "\n" not in str(error.value)


def test_no_example_at_all_is_refused() -> None:
    with pytest.raises(DatasetError, match="no labelled example"):
        measured_windows(predictions()[np.zeros(400, bool)], threshold=0.5)


def test_scores_without_skill_are_at_chance_in_most_samples() -> None:
    contains = 0
    for seed in range(20):
        area = measured_windows(predictions(seed=seed, skill=0.0, patients=20), threshold=0.5)["measures"]["auroc"]
        contains += area["low"] <= 0.5 <= area["high"]
    assert contains >= 16
