"""How well seizures are foretold: counted by hand, and against chance by simulation."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from semeia.errors import DatasetError
from semeia.evaluation import Hour, Predictions, Watched, measured_forecast
from semeia.evaluation.warning import Tally, chance_tail, tallies

HORIZON, GAP = 1800.0, 300.0


def counted(alarms: Sequence[float], seizures: Sequence[float], duration: float = 36000.0) -> Tally:
    return tallies([Watched("p", "r", duration, alarms, seizures)], HORIZON, GAP)[0]


def files(skill: float = 1.0, patients: int = 6, seed: int = 0) -> Predictions:
    """Return files of ten minutes, six an hour, half of the hours before a seizure."""
    rng = np.random.default_rng(seed)
    hour = np.repeat(np.arange(patients * 8), 6)
    label = (hour % 2).astype(np.int16)
    score = 1 / (1 + np.exp(-rng.standard_normal(len(hour)) - skill * label))
    patient = np.array([f"p{k}" for k in hour // 8])
    names = np.array([f"f{k}" for k in range(len(hour))])
    return Predictions(
        ("interictal", "preictal"), np.stack([1 - score, score], 1).astype(np.float32), label, patient,
        np.array([f"h{k}" for k in hour]), names, np.zeros(len(hour)), 600.0, 600.0,
    )  # fmt: skip


def test_an_alarm_foretells_what_comes_after_the_gap_and_within_the_horizon() -> None:
    onset = 20000.0
    for before, foretold in ((GAP - 1, 0), (GAP, 1), (GAP + HORIZON, 1), (GAP + HORIZON + 1, 0)):
        one = counted([onset - before], [onset])
        assert (one.seizures, one.foretold) == (1, foretold), before
        false = before > GAP + HORIZON  # an alarm that comes too late to be of use is not false
        assert one.false_alarms == false
    assert counted([onset + 5], [onset]).false_alarms == 1


def test_time_in_warning_counts_overlaps_once_and_ends_with_the_recording() -> None:
    assert counted([1000, 1600], []).warned == HORIZON + 600
    assert counted([1000, 9000], []).warned == 2 * HORIZON
    assert counted([35500], [], 36000).warned == 200
    assert counted([35900], [], 36000).warned == 0
    assert counted([], []).warned == 0


def test_hours_in_which_an_alarm_would_be_false_are_those_far_from_seizures() -> None:
    assert counted([], [20000]).hours == pytest.approx((36000 - GAP - HORIZON) / 3600)
    assert counted([], [20000, 20600]).hours == pytest.approx((36000 - GAP - HORIZON - 600) / 3600)
    assert counted([], []).hours == 10


def test_a_seizure_too_early_for_any_alarm_is_left_out() -> None:
    one = counted([], [100, 20000])
    assert (one.seizures, one.left_out) == (1, 1)


@settings(deadline=None)
@given(st.lists(st.integers(0, 400), max_size=8), st.lists(st.integers(0, 400), max_size=5))
def test_counts_are_those_of_every_second_by_itself(alarms: list[int], seizures: list[int]) -> None:
    horizon, gap, duration = 40, 10, 400
    one = tallies([Watched("p", "r", duration, alarms, seizures)], horizon, gap)[0]
    possible = [s for s in seizures if s > gap]
    assert one.foretold == sum(any(gap <= s - a <= gap + horizon for a in alarms) for s in possible)
    assert one.false_alarms == sum(not any(0 <= s - a <= gap + horizon for s in seizures) for a in alarms)
    middle = np.arange(duration) + 0.5
    warned = [any(gap <= t - a <= gap + horizon for a in alarms) for t in middle]
    quiet = [not any(t < s <= t + gap + horizon for s in seizures) for t in middle]
    assert (one.warned, one.hours * 3600) == (sum(warned), pytest.approx(sum(quiet)))


def test_alarms_at_random_foretell_as_often_as_their_time_in_warning() -> None:
    rng = np.random.default_rng(0)
    gains, tails, contains = [], [], 0
    for _ in range(40):
        watched = []
        for number in range(60):  # alarms in clusters, seizures that know nothing of them
            start = rng.uniform(0, 36000 - 700, 3)
            alarms = np.concatenate([start, start + 600]).tolist()
            watched.append(Watched(f"p{number % 15}", f"r{number}", 36000.0, alarms, [float(rng.uniform(0, 36000))]))
        found = measured_forecast({}, lambda _, w=watched: w, thresholds=[], horizon=HORIZON, gap=GAP)["alarms"]
        gain = found["improvement_over_chance"]
        gains.append(gain["value"])
        tails.append(found["p_value"])
        contains += gain["low"] <= 0 <= gain["high"]
    assert np.mean(gains) == pytest.approx(0, abs=0.03)
    assert contains >= 34 and np.mean(np.array(tails) < 0.05) <= 0.1 and 0.4 < np.mean(tails) < 0.65
    assert found["by"] == "clock" and found["interval"] == "95 %, bootstrap over 15 patients, 2000 draws"


def test_who_knows_is_above_chance_and_sure_of_it() -> None:
    rng = np.random.default_rng(1)
    watched = []
    for number in range(40):
        onset = float(rng.uniform(10000, 35000))
        alarms = [onset - 900] if rng.random() < 0.8 else []
        watched.append(Watched(f"p{number % 8}", f"r{number}", 36000.0, [*alarms, 500.0], [onset]))
    found = measured_forecast({}, lambda _: watched, threshold=0.5, thresholds=[], rule="8 of 10", refractory=600.0,
                              horizon=HORIZON, gap=GAP)  # fmt: skip
    alarms = found["alarms"]
    assert alarms["improvement_over_chance"]["low"] > 0.3 and alarms["p_value"] < 1e-6
    assert (alarms["rule"], alarms["refractory_min"], alarms["horizon_min"], alarms["gap_min"]) == (
        "8 of 10",
        10,
        30,
        5,
    )
    assert alarms["counts"]["seizures"] == 40 and alarms["counts"]["false_alarms"] == 40
    assert alarms["false_alarms_per_hour"] == pytest.approx(40 / (alarms["counts"]["hours"]), rel=1e-4)
    assert len(found["per_patient"]) == 8 and all(row["p_value"] < 0.5 for row in found["per_patient"])
    json.dumps(found, allow_nan=False)


def test_loud_in_one_patient_and_silent_in_another_is_no_skill() -> None:
    loud = [Watched("loud", f"l{k}", 36000.0, np.arange(0, 36000, 900.0).tolist(), [9000.0 + k]) for k in range(9)]
    silent = [Watched("silent", f"s{k}", 36000.0, [], []) for k in range(9)]
    found = measured_forecast({}, lambda _: loud + silent, threshold=0.5, thresholds=[], horizon=HORIZON, gap=GAP)
    assert found["alarms"]["sensitivity"]["value"] == 1
    assert found["alarms"]["time_in_warning"]["value"] == pytest.approx(0.496, abs=0.01)
    assert found["alarms"]["improvement_over_chance"]["value"] == pytest.approx(0, abs=0.02)
    assert found["alarms"]["p_value"] > 0.5


def test_one_patients_p_value_is_the_binomial_tail() -> None:
    parts = {"p": [Tally(10, 7, 300.0, 1000.0, 3, 5.0)]}
    assert chance_tail(parts, by_hour=False) == pytest.approx(stats.binom.sf(6, 10, 0.3))


def test_by_the_hour_one_patients_p_value_is_fishers() -> None:
    parts = {"p": [Tally(8, 6, 0, 0, 0, 0), Tally(0, 0, 3, 12, 3, 12.0)]}
    exact = stats.fisher_exact([[6, 2], [3, 9]], alternative="greater").pvalue
    assert chance_tail(parts, by_hour=True) == pytest.approx(exact)
    assert math.isnan(chance_tail({"p": [Tally(8, 6, 0, 0, 0, 0)]}, by_hour=True))


def test_two_patients_p_value_is_that_of_their_sum() -> None:
    rng = np.random.default_rng(0)
    parts = {"a": [Tally(5, 4, 20, 100, 0, 1)], "b": [Tally(3, 2, 50, 100, 0, 1)]}
    lucky = rng.binomial(5, 0.2, 200_000) + rng.binomial(3, 0.5, 200_000)
    assert chance_tail(parts, by_hour=False) == pytest.approx((lucky >= 6).mean(), abs=0.003)


def test_hours_without_a_clock_count_whether_there_was_an_alarm() -> None:
    hours = [Hour(f"p{k % 6}", f"h{k}", k < 30, [600.0, 1200.0] if k < 24 or k >= 84 else []) for k in range(90)]
    found = measured_forecast({}, lambda _: hours, threshold=0.5)
    alarms = found["alarms"]
    assert alarms["by"] == "hour" and alarms["horizon_min"] is None
    assert alarms["sensitivity"]["value"] == pytest.approx(24 / 30)
    assert alarms["time_in_warning"]["value"] == alarms["chance_sensitivity"] == pytest.approx(0.1)
    assert alarms["false_alarms_per_hour"] == pytest.approx(0.1)
    assert alarms["improvement_over_chance"]["value"] == pytest.approx(0.7)
    assert alarms["improvement_over_chance"]["low"] > 0.3 and alarms["p_value"] < 1e-6
    assert alarms["counts"]["preictal_hours"] == 30 and alarms["counts"]["foretold"] == 24


def test_hours_of_few_patients_are_drawn_and_patients_of_one_kind_are_no_obstacle() -> None:
    hours = [Hour("a", f"h{k}", k % 2 == 0, [60.0] if k % 3 == 0 else []) for k in range(12)]
    hours += [Hour("b", "h0", True, [60.0])]
    alarms = measured_forecast({}, lambda _: hours, threshold=0.5)["alarms"]
    assert "13 hours of 2 patients" in alarms["interval"]
    assert alarms["improvement_over_chance"]["value"] is not None and 0 < alarms["p_value"] <= 1


def test_a_sweep_gives_each_threshold_its_alarms() -> None:
    def watch(threshold: float) -> list[Hour]:
        return [Hour(f"p{k % 5}", f"h{k}", k < 20, [60.0] if k / 40 >= threshold else []) for k in range(40)]

    sweep = measured_forecast({}, watch, threshold=0.4, thresholds=[0.1, 0.9])["sweep"]
    assert sweep["threshold"] == [0.1, 0.4, 0.9]
    assert sweep["sensitivity"] == pytest.approx([0.8, 0.2, 0])
    assert sweep["time_in_warning"] == pytest.approx([1, 1, 0.2])


def test_files_have_areas_for_each_aggregation_and_within_patients() -> None:
    good, poor = files(2.0), files(0.0, seed=1)
    found = measured_forecast({"mean": good, "max": poor})
    assert found["files"]["mean"]["auroc"]["value"] == pytest.approx(
        metrics.roc_auc_score(good.positive, good.score), abs=1e-6
    )
    assert found["files"]["max"]["auroc"]["low"] < 0.5 < found["files"]["max"]["auroc"]["high"]
    rows = [good.patient == f"p{k}" for k in range(6)]
    own = [metrics.roc_auc_score(good.positive[own], good.score[own]) for own in rows]
    assert found["files"]["mean"]["patient_average"]["auroc"]["value"] == pytest.approx(np.mean(own), abs=1e-5)
    assert found["files"]["mean"]["interval"] == "95 %, bootstrap over 6 patients, 2000 draws"
    assert found["chance"] == {"auroc": 0.5, "average_precision": 0.5}
    assert found["alarms"] is found["sweep"] is None


def test_patients_each_on_their_own_scale_have_a_lower_area_together() -> None:
    one = files(2.0)
    shift = 0.9 * (one.patient == "p1") - 0.9 * (one.patient == "p2")
    score = 1 / (1 + np.exp(-(np.log(one.score / (1 - one.score)) + 6 * shift)))
    moved = Predictions(one.classes, np.stack([1 - score, score], 1).astype(np.float32), one.label, one.patient,
                        one.group, one.recording, one.start, 600.0, 600.0)  # fmt: skip
    before, after = (measured_forecast({"mean": side})["files"]["mean"] for side in (one, moved))
    assert after["auroc"]["value"] < before["auroc"]["value"] - 0.05
    average = [side["patient_average"]["auroc"]["value"] for side in (before, after)]
    assert average[0] == pytest.approx(average[1], abs=1e-3)


def test_what_cannot_be_judged_is_refused() -> None:
    one = files()
    for rows, said in ((one.positive, "before a seizure"), (~one.positive, "not before a seizure")):
        with pytest.raises(DatasetError, match=f"mean: all 144 scored files are {said}"):
            measured_forecast({"mean": one[rows]})
    with pytest.raises(DatasetError, match="nothing in which alarms could be given"):
        measured_forecast({}, lambda _: [])
    with pytest.raises(DatasetError, match="r: an alarm at 99 s lies outside its 60 s"):
        measured_forecast({}, lambda _: [Watched("p", "r", 60.0, [99.0], [])])
    with pytest.raises(DatasetError, match="r: a seizure at nan s"):
        measured_forecast({}, lambda _: [Watched("p", "r", 60.0, [], [math.nan])])
    with pytest.raises(ValueError, match="horizon 0"):
        measured_forecast({}, lambda _: [Watched("p", "r", 60.0, [], [])], horizon=0)
