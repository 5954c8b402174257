"""Draws over units: those of the plain bootstrap, whole patients, paired, and as sure as they say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from semeia.evaluation import auroc, bootstrap_interval
from semeia.evaluation.bootstrap import Part, averaged, draws_of, interval_of, measure, number, table, units_of
from semeia.evaluation.ranking import areas, cumulative, rank_part


def patients(count: int, windows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    who = rng.integers(0, count, windows)
    positive = rng.random(windows) < 0.3
    return np.array([f"p{k}" for k in who]), positive, (rng.standard_normal(windows) + positive + 0.5 * who).round(1)


@pytest.mark.parametrize(("count", "windows"), [(7, 200), (40, 300)])
def test_sums_over_patients_give_the_very_draws_of_the_plain_bootstrap(count: int, windows: int) -> None:
    who, positive, score = patients(count, windows)
    plain = bootstrap_interval(auroc, positive, score, groups=who, repeats=300)
    units = units_of(who, who)
    sums = table(units, [rank_part(positive, score)])
    draws = draws_of(lambda drawn: {"auroc": areas(*cumulative(drawn))}, sums, repeats=300)["auroc"]
    assert interval_of(auroc(positive, score), draws) == pytest.approx(plain, abs=1e-12)


def test_draws_do_not_depend_on_how_many_are_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sums = np.random.default_rng(0).random((13, 2))

    def shares(drawn: np.ndarray) -> dict[str, np.ndarray]:
        return {"share": drawn[:, 0] / drawn[:, 1]}

    whole = draws_of(shares, sums, repeats=50)["share"]
    monkeypatch.setattr("semeia.evaluation.bootstrap._BLOCK", 40)
    assert np.array_equal(draws_of(shares, sums, repeats=50)["share"], whole)
    assert not np.array_equal(draws_of(shares, sums, repeats=50, seed=1)["share"], whole)


def test_a_table_sums_what_each_unit_adds_side_by_side() -> None:
    units = units_of(list("aabcde"), list("112345"))
    parts = [Part(np.array([0, 1, 0, 1, 0, 1]), 1.0, 2), Part(np.zeros(6, int), np.arange(6.0), 1)]
    sums = table(units, parts).toarray()
    assert sums.tolist() == [[1, 1, 1], [1, 0, 2], [0, 1, 3], [1, 0, 4], [0, 1, 5]]


def test_patients_are_drawn_else_hours_else_windows_and_the_words_say_so() -> None:
    names = np.array([f"p{k}" for k in range(6)])
    units = units_of(np.repeat(names, 3), np.tile(["1", "2", "3"], 6))
    assert units.count == 6 and units.text == "95 %, bootstrap over 6 patients, 2000 draws"
    units = units_of(["a", "a", "a", "b", "b", "b"], ["1", "2", "3", "1", "2", "2"], groups="hours")
    assert units.count == 5 and units.over == "5 hours of 2 patients: says nothing of other patients"
    assert len({units.number[0], units.number[3]}) == 2  # two patients' hours of the same name are two
    whole = units_of(list("abcdef"), list("abcdef"), patients="images (twins as one)")
    assert whole.text == "95 %, bootstrap over 6 images (twins as one), 2000 draws"
    units = units_of(["a"] * 9, ["1"] * 9)
    assert units.count == 9 and units.over.startswith("9 examples of 1 patient as if independent")


def test_fewer_examples_of_the_same_units_are_drawn_alike() -> None:
    units = units_of(list("abcdeabcde"), list("abcdeabcde"))
    some = units[np.array([0, 1, 2, 3])]  # e has none
    assert some.count == 5 and table(some, [Part(np.zeros(4, int), 1.0, 1)]).shape == (5, 1)


def test_intervals_over_patients_cover_the_truth_about_as_often_as_they_say() -> None:
    rng, covered = np.random.default_rng(0), 0
    for seed in range(200):
        means = rng.standard_normal(25)
        sums = np.stack([np.full(25, 10.0), 10 * means + np.sqrt(10) * rng.standard_normal(25)], axis=1)
        draws = draws_of(lambda drawn: {"mean": drawn[:, 1] / drawn[:, 0]}, sums, repeats=400, seed=seed)["mean"]
        _, low, high = interval_of(0.0, draws)
        covered += low <= 0 <= high
    assert 0.87 <= covered / 200 <= 0.99


def test_undefined_draws_are_left_out_and_undefined_figures_have_no_interval() -> None:
    draws = np.array([0.1, 0.2, math.nan, 0.3])
    assert interval_of(0.2, draws) == pytest.approx((0.2, 0.105, 0.295))
    assert measure(interval_of(math.nan, draws)) == {"value": None, "low": None, "high": None}
    assert measure(interval_of(0.5, np.array([math.nan]))) == {"value": 0.5, "low": None, "high": None}


def test_numbers_for_json_have_six_digits_or_are_none() -> None:
    assert (number(1 / 3), number(123456789.0), number(0.0)) == (0.333333, 123457000.0, 0.0)
    assert number(math.nan) is number(math.inf) is None


def test_patients_without_a_figure_are_told_and_averaged_both_ways() -> None:
    found = averaged([1.0, 0.5, math.nan, 0.6, 0.7, 0.2])
    assert found["value"] == pytest.approx(0.6) and found["with_undefined_as_zero"] == pytest.approx(0.5)
    assert (found["count"], found["undefined"]) == (5, 1)
    assert 0.2 < found["low"] < 0.6 < found["high"] < 1
    few = averaged([0.5, math.nan])
    assert (few["value"], few["low"], few["count"], few["undefined"]) == (0.5, None, 1, 1)
    assert averaged([math.nan])["value"] is averaged([])["value"] is None
