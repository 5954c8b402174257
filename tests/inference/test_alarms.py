"""k of n, refractory times, and the time in warning."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeia.inference.alarms import alarms, warnings

PROBABILITIES = st.lists(st.one_of(st.floats(0, 1), st.just(math.nan)), max_size=60)
RULES = st.integers(1, 8).flatmap(lambda of: st.tuples(st.integers(1, of), st.just(of)))


def ends(count: int, hop: float = 20.0) -> np.ndarray:
    return 20.0 + hop * np.arange(count)


def by_hand(
    probability: list[float], end: np.ndarray, threshold: float, rule: tuple[int, int], wait: float
) -> list[float]:
    votes, of = rule
    given_: list[float] = []
    for place in range(len(probability)):
        last = probability[max(0, place + 1 - of) : place + 1]
        free = not given_ or end[place] >= given_[-1] + wait
        if free and sum(value >= threshold for value in last) >= votes:
            given_.append(float(end[place]))
    return given_


@given(PROBABILITIES, st.floats(0.1, 0.9), RULES, st.floats(0, 400))
def test_alarms_are_those_of_the_rule_read_aloud(
    probability: list[float], threshold: float, rule: tuple[int, int], refractory: float
) -> None:
    end = ends(len(probability))
    found = alarms(np.array(probability), end, threshold=threshold, votes=rule[0], of=rule[1], refractory=refractory)
    assert found.tolist() == by_hand(probability, end, threshold, rule, refractory)


@given(PROBABILITIES, PROBABILITIES, RULES, st.floats(0, 400))
def test_what_comes_later_changes_no_alarm(
    before: list[float], after: list[float], rule: tuple[int, int], refractory: float
) -> None:
    def found(probability: list[float]) -> list[float]:
        end = ends(len(probability))
        settings = {"threshold": 0.5, "votes": rule[0], "of": rule[1], "refractory": refractory}
        return alarms(np.array(probability), end, **settings).tolist()

    early = found(before)
    assert found([*before, *after])[: len(early)] == early


@given(PROBABILITIES, RULES)
def test_a_window_that_was_not_scored_is_one_that_does_not_vote(
    probability: list[float], rule: tuple[int, int]
) -> None:
    values, end = np.array(probability), ends(len(probability))
    settings = {"threshold": 0.5, "votes": rule[0], "of": rule[1], "refractory": 60.0}
    np.testing.assert_array_equal(alarms(values, end, **settings), alarms(np.nan_to_num(values), end, **settings))


def test_eight_of_ten_alarm_at_the_end_of_the_eighth() -> None:
    probability = np.array([0.1, *[0.9] * 3, math.nan, *[0.9] * 5, 0.1, 0.1], np.float32)
    found = alarms(probability, ends(12), threshold=0.5, refractory=3600.0)
    assert found.tolist() == [20.0 + 9 * 20.0]


def test_an_alarm_comes_again_after_the_refractory_time_while_the_rule_holds() -> None:
    found = alarms(np.full(100, 0.9), ends(100), threshold=0.9, refractory=600.0)
    assert found.tolist() == [160.0, 760.0, 1360.0, 1960.0]


def test_without_windows_or_votes_there_is_no_alarm() -> None:
    assert len(alarms(np.zeros(0), np.zeros(0), threshold=0.5, refractory=0)) == 0
    assert len(alarms(np.full(30, math.nan), ends(30), threshold=0.0, refractory=0)) == 0


@pytest.mark.parametrize(
    "wrong", [{"votes": 0}, {"votes": 11}, {"refractory": -1.0}, {"end": ends(3)[::-1]}, {"end": ends(4)}]
)
def test_rules_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    settings = {"end": ends(3), "threshold": 0.5, "refractory": 0.0} | wrong
    with pytest.raises(ValueError):
        alarms(np.zeros(3), **settings)  # type: ignore[arg-type]


@given(st.lists(st.floats(0, 1e4), max_size=30).map(sorted), st.floats(1, 4000), st.floats(0, 600))
def test_it_is_in_warning_when_some_alarm_says_so(given_: list[float], horizon: float, gap: float) -> None:
    found = warnings(np.array(given_), horizon, gap)
    assert (found[1:, 0] > found[:-1, 1]).all()
    for time in np.linspace(0, 2e4, 401):
        said = any(alarm + gap <= time < alarm + gap + horizon for alarm in given_)
        inside = bool(((found[:, 0] <= time) & (time < found[:, 1])).any())
        assert inside == said or min(abs(time - np.append(found.ravel(), np.inf))) < 1e-6


def test_warnings_that_overlap_are_one() -> None:
    found = warnings(np.array([0.0, 1800.0, 9000.0]), horizon=3600.0, gap=300.0)
    assert found.tolist() == [[300.0, 5700.0], [9300.0, 12900.0]]
    assert warnings(np.zeros(0), 60.0).shape == (0, 2)


@pytest.mark.parametrize(("alarm", "horizon", "gap"), [([0.0], 0.0, 0.0), ([0.0], 60.0, -1.0), ([2.0, 1.0], 60.0, 0.0)])
def test_warnings_that_make_no_sense_are_refused(alarm: list[float], horizon: float, gap: float) -> None:
    with pytest.raises(ValueError):
        warnings(np.array(alarm), horizon, gap)
