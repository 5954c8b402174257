"""Agreement of readers, beside scikit-learn's kappa and cases that one can count."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from semeia.evaluation.agreement import Stretch, agreement, kappa, stretches
from semeia.events import Event


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=60))
def test_kappa_is_that_of_scikit_learn(pairs: list[tuple[bool, bool]]) -> None:
    first, second = np.array(pairs).T
    found = kappa(first, second)
    if found is None:
        assert first.all() == second.all() and (first == first[0]).all() and (second == second[0]).all()
    else:
        assert found == pytest.approx(cohen_kappa_score(first, second))


def test_two_readers_by_second_and_by_event() -> None:
    anna = [Event(10, 20), Event(100, 10)]
    ben = [Event(15, 15), Event(300, 10), Event(305, 20)]
    (pair,) = agreement({"anna": anna, "ben": ben}, 1000)
    assert (pair.first, pair.second) == ("anna", "ben")
    assert (pair.found_of_first, pair.found_of_second) == ((1, 2), (1, 3))
    chance = 0.03 * 0.04 + 0.97 * 0.96
    assert pair.kappa == pytest.approx((0.96 - chance) / (1 - chance))


def test_a_moment_lies_in_what_holds_it_and_nobody_is_undefined() -> None:
    (pair,) = agreement({"anna": [Event(12, 0)], "ben": [Event(10, 5)]}, 60)
    assert pair.found_of_first == (1, 1) and pair.found_of_second == (1, 1)
    (pair,) = agreement({"anna": [], "ben": []}, 60)
    assert pair.kappa is None


def test_stretches_say_who_marked_and_take_medians_where_all_did() -> None:
    readers = {"anna": [Event(10, 20), Event(100, 10)], "ben": [Event(14, 20)], "cleo": [Event(12, 30)]}
    assert stretches(readers) == [
        Stretch(12, 22, ("anna", "ben", "cleo")),
        Stretch(100, 10, ("anna",)),
    ]
    assert stretches({"anna": [], "ben": []}) == []
