"""Committees of heads: each says something of its own, and they differ where little is known."""

from __future__ import annotations

import numpy as np
import pytest
from pools import grouped

from semeia.active import OPEN
from semeia.active.committee import COMMITTEES, committee_named
from semeia.active.consensus import disagreement
from semeia.active.head import standardised
from semeia.errors import RecipeError


@pytest.mark.parametrize("name", COMMITTEES)
def test_members_are_sure_together_of_what_was_answered(name: str) -> None:
    x, group = grouped(groups=3, width=40)
    embeddings = tuple(standardised(each, np.ones(len(x), bool)) for each in (x, np.tanh(x / 20)))
    label = np.full(len(x), OPEN)
    known = np.flatnonzero(np.arange(len(x)) % 4 == 0)
    label[known] = group[known]
    said = committee_named(name, 2)(embeddings, label, 3, np.random.default_rng(0))
    assert said.shape == (2 if name == "architectures" else 5, len(x), 3)
    assert said.dtype == np.float32
    assert said.sum(axis=2) == pytest.approx(np.ones(said.shape[:2]), abs=1e-5)
    assert (said.mean(axis=0).argmax(axis=1) == group).mean() > 0.95


@pytest.mark.parametrize("name", ["seeds", "dropout"])
def test_members_differ_where_the_classes_meet(name: str) -> None:
    rng = np.random.default_rng(1)
    truth = np.arange(400) % 2
    x = (rng.standard_normal((400, 20)) + 0.6 * truth[:, None]).astype(np.float32)
    label = np.where(np.arange(400) < 40, truth, OPEN)
    said = committee_named(name, 1)((standardised(x, np.ones(400, bool)),), label, 2, np.random.default_rng(0))
    differing, sure = disagreement(said), np.abs(said.mean(axis=0)[:, 1] - 0.5)
    assert differing[sure < 0.2].mean() > 3 * differing[sure > 0.4].mean() > 0


def test_a_committee_that_is_none_is_refused() -> None:
    with pytest.raises(RecipeError, match="'friends' is none of seeds, dropout, architectures"):
        committee_named("friends", 1)
    with pytest.raises(RecipeError, match="more than one model"):
        committee_named("architectures", 1)
