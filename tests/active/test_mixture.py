"""Strategies by name: mixtures take turns by weight, balanced ones look after the rare class."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pools import candidates

from semeia.active import Candidates, entry_of, strategy_named
from semeia.active.mixture import needs_committee
from semeia.errors import RecipeError


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_parts_take_turns_by_their_weights() -> None:
    given = candidates(count=200)
    mixed = strategy_named("3*margin + 1*k-centre")(given, 8, rng())
    margin = strategy_named("margin")(given, 6, rng())
    assert mixed[[0, 1, 3, 4, 5, 7]].tolist() == margin.tolist()
    rest = strategy_named("k-centre")(given.asked(margin), 2, rng())
    assert mixed[[2, 6]].tolist() == rest.tolist()


def test_no_row_is_chosen_by_two_parts() -> None:
    given = candidates(count=30)
    assert len(set(strategy_named("margin+margin+entropy")(given, 20, rng()).tolist())) == 20


def test_a_balanced_strategy_asks_about_the_class_with_the_fewest_answers() -> None:
    probability = np.tile(np.float32([0.7, 0.3]), (100, 1))
    probability[90:] = [0.6, 0.4]  # still likelier to be of the first class, but less than others
    label = np.full(100, -1)
    label[:8], label[8] = 0, 1
    given = Candidates(rng().standard_normal((100, 3)).astype(np.float32), probability, label)
    chosen = strategy_named("balanced-random")(given, 7, rng())
    assert (chosen >= 90).all()
    several = strategy_named("balanced-random")(given, 11, rng())
    assert (several >= 90).sum() == 9  # nine against nine then, and one more of each


def test_before_the_first_answer_typiclust_chooses() -> None:
    none = candidates(labelled=0)
    for name in ("margin", "entropy", "badge", "divergence", "balanced-k-centre"):
        first = strategy_named(name)(none, 5, rng())
        assert first.tolist() == strategy_named("typiclust")(none, 5, rng()).tolist()
    one = replace(none, label=candidates(labelled=1).label)
    assert strategy_named("margin")(one, 5, rng()).tolist() == entry_of("margin").load()(one, 5, rng()).tolist()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("margn", "did you mean 'margin'"),
        ("x*margin", "the weight 'x' is not a number above 0"),
        ("0*margin", "the weight '0' is not a number above 0"),
        ("-1*margin", "not a number above 0"),
        ("nan*margin", "not a number above 0"),
        ("margin+", "strategy ''"),
        ("balanced-balanced-margin", "strategy 'balanced-margin'"),
    ],
)
def test_a_name_that_is_none_is_refused(text: str, said: str) -> None:
    with pytest.raises(RecipeError, match="strategy") as caught:
        strategy_named(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_who_needs_a_committee_is_known_by_name() -> None:
    assert needs_committee("0.5*margin+0.5*balanced-vote-entropy")
    assert not needs_committee("0.5*margin+0.5*typiclust")
