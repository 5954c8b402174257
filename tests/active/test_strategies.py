"""Every strategy: what all promise, and each beside the published one."""

from __future__ import annotations

import importlib
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pools import candidates, grouped

from semeia.active import ASKED, OPEN, Candidates, names, strategy_named
from semeia.active.badge import _away
from semeia.active.clusters import clustered
from semeia.active.consensus import disagreement, vote_entropies
from semeia.active.distances import from_rows, nearest_centre, norms, squared
from semeia.active.uncertainty import entropies, margins

ALL = [*names(), *(f"balanced-{name}" for name in names()), "0.5*margin+0.5*typiclust", "2*badge+entropy+random"]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def published() -> Any:
    """Return scikit-activeml's pool strategies."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("skactiveml.pool")


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("labelled", [0, 1, 6])
def test_open_rows_are_chosen_once_each_and_nothing_is_changed(name: str, labelled: int) -> None:
    given = candidates(labelled=labelled).asked(np.array([50, 51]))
    before = replace(given, **{key: getattr(given, key).copy() for key in ("embedding", "probability", "label")})
    chosen = strategy_named(name)(given, 12, rng())
    assert len(set(chosen.tolist())) == 12
    assert (given.label[chosen] == OPEN).all()
    assert (strategy_named(name)(given, 12, rng()) == chosen).all()
    for key in ("embedding", "probability", "label"):
        assert (getattr(given, key) == getattr(before, key)).all()


@pytest.mark.parametrize("name", ALL)
def test_all_that_is_left_is_chosen_when_more_is_asked_for(name: str) -> None:
    given = candidates(count=20).asked(np.array([7, 9]))
    assert sorted(strategy_named(name)(given, 50, rng()).tolist()) == given.open.tolist()
    done = replace(given, label=np.full(20, ASKED))
    assert len(strategy_named(name)(done, 5, rng())) == 0


@pytest.mark.parametrize("name", ALL)
def test_a_pool_of_equal_rows_is_no_trouble(name: str) -> None:
    same = Candidates(
        np.ones((30, 4), np.float32), np.full((30, 2), 0.5, np.float32), np.full(30, OPEN), np.full((3, 30, 2), 0.5)
    )
    same.label[:2] = [0, 1]
    assert len(set(strategy_named(name)(same, 9, rng()).tolist())) == 9


def test_random_is_as_likely_to_choose_any() -> None:
    given, counts = candidates(count=20), np.zeros(20)
    for seed in range(2000):
        counts[strategy_named("random")(given, 3, rng(seed))] += 1
    assert counts[:6].sum() == 0
    assert np.abs(counts[6:] / 2000 - 3 / 14).max() < 0.04


def test_uncertainty_is_that_of_scikit_activeml(published: Any) -> None:
    probability = candidates(count=200).probability
    uncertain = published.uncertainty_scores
    assert entropies(probability) == pytest.approx(uncertain(probability.copy(), method="entropy"), abs=1e-5)
    assert 1 - margins(probability) == pytest.approx(uncertain(probability.copy(), method="margin_sampling"), abs=1e-5)


def test_the_least_sure_are_asked_about_first() -> None:
    given = candidates(count=200)
    for name, score in (("entropy", entropies(given.probability)), ("margin", -margins(given.probability))):
        chosen = strategy_named(name)(given, 10, rng())
        assert score[chosen].tolist() == sorted(score[given.open].tolist(), reverse=True)[:10]


def test_which_of_equal_scores_is_drawn() -> None:
    given = replace(candidates(), probability=np.full((60, 3), 1 / 3, np.float32))
    drawn = {int(strategy_named("margin")(given, 1, rng(seed))[0]) for seed in range(200)}
    assert len(drawn) > 40


def test_consensus_is_that_of_scikit_activeml(published: Any) -> None:
    committee = candidates(count=100, members=5).committee
    votes = committee.argmax(axis=2).T
    assert vote_entropies(committee) == pytest.approx(published.vote_entropy(votes.copy(), np.arange(3)), abs=1e-5)
    by_committee = importlib.import_module("skactiveml.pool._query_by_committee")
    expected = by_committee.average_kl_divergence(committee.astype(float))
    assert disagreement(committee) == pytest.approx(expected, abs=1e-5)


def test_a_committee_that_agrees_is_not_asked_about() -> None:
    given = candidates()
    given.committee[:, 10:] = given.committee[0, 10:]
    for name in ("vote-entropy", "divergence"):
        assert set(strategy_named(name)(given, 4, rng()).tolist()) == {6, 7, 8, 9}
    with pytest.raises(ValueError, match="no committee"):
        strategy_named("divergence")(replace(given, committee=None), 4, rng())


def test_k_centre_is_that_of_scikit_activeml(published: Any) -> None:
    given = candidates(count=300)
    label = np.where(given.label == OPEN, np.nan, given.label)
    expected = published.k_greedy_center(given.embedding.astype(float), label, 15)
    expected = expected[0] if isinstance(expected, tuple) else expected
    assert strategy_named("k-centre")(given, 15, rng()).tolist() == list(expected)


def test_k_centre_of_a_fresh_pool_goes_round_the_groups() -> None:
    x, group = grouped()
    fresh = Candidates(x, np.full((len(x), 2), 0.5, np.float32), np.full(len(x), OPEN))
    for seed in range(5):
        assert len(set(group[strategy_named("k-centre")(fresh, 6, rng(seed))].tolist())) == 6


def test_typiclust_is_that_of_scikit_activeml(published: Any) -> None:
    x, group = grouped()
    label = np.full(len(x), OPEN)
    label[[0, 1, np.flatnonzero(group == 2)[0]]] = [0, 1, 0]  # two groups have an answer
    given = Candidates(x, np.full((len(x), 2), 0.5, np.float32), label)
    label_ = np.where(label == OPEN, np.nan, label)
    theirs = published.TypiClust(random_state=0).query(x.astype(float), label_, batch_size=3)
    ours = strategy_named("typiclust")(given, 3, rng())
    assert ours.tolist() == theirs.tolist()
    assert group[ours].tolist() == [1, 3, 4]  # the largest without an answer, in order


def test_typiclust_asks_about_the_middle_of_a_group_and_not_its_edge() -> None:
    x, group = grouped(groups=4, each=60)
    fresh = Candidates(x, np.full((len(x), 2), 0.5, np.float32), np.full(len(x), OPEN))
    for row in strategy_named("typiclust")(fresh, 4, rng()).tolist():
        mine = x[group == group[row]]
        away = np.linalg.norm(mine - mine.mean(axis=0), axis=1)
        assert np.linalg.norm(x[row] - mine.mean(axis=0)) < np.quantile(away, 0.35)


def test_a_group_larger_than_is_measured_has_a_typical_row_all_the_same() -> None:
    x = rng().standard_normal((3000, 4)).astype(np.float32)
    fresh = Candidates(x, np.full((len(x), 2), 0.5, np.float32), np.full(len(x), OPEN))
    (row,) = strategy_named("typiclust")(fresh, 1, rng()).tolist()
    assert np.linalg.norm(x[row]) < np.quantile(np.linalg.norm(x, axis=1), 0.1)


def test_badge_measures_gradients_without_writing_them_out() -> None:
    given = candidates(count=50)
    slope = given.probability.copy()
    slope[np.arange(50), slope.argmax(axis=1)] -= 1
    gradient = (slope[:, :, None] * given.embedding[:, None, :]).reshape(50, -1)
    expected = ((gradient - gradient[7]) ** 2).sum(axis=1)
    found = _away(given.embedding, slope, norms(given.embedding) * norms(slope), 7)
    assert found == pytest.approx(expected, abs=1e-4)


def test_badge_begins_with_the_largest_gradient_and_passes_over_what_is_certain() -> None:
    given = candidates(count=80)
    certain = given.probability.copy()
    certain[40:] = [1, 0, 0]
    given = replace(given, probability=certain)
    length = norms(given.embedding) * norms(certain - np.eye(3, dtype=np.float32)[certain.argmax(axis=1)])
    chosen = strategy_named("badge")(given, 20, rng())
    assert chosen[0] == given.open[length[given.open].argmax()]
    assert (chosen >= 40).sum() <= 1  # all that is certain is one place, where there is no gradient


def test_clusters_are_the_groups() -> None:
    x, group = grouped(groups=8, each=50)
    for seed in range(5):
        cluster = clustered(x, 8, rng(seed))
        assert len(set(zip(cluster.tolist(), group.tolist(), strict=True))) == 8


def test_distances_in_blocks_are_those_of_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    x = rng().standard_normal((70, 6)).astype(np.float32)
    expected = ((x[:, None] - x[None, :20]) ** 2).sum(axis=2)
    assert squared(x, x[:20]) == pytest.approx(expected, abs=1e-4)
    assert from_rows(x, norms(x), [3, 5]) == pytest.approx(expected[:, [3, 5]], abs=1e-4)
    for name in ("BLOCK", "CENTRES"):
        monkeypatch.setattr(f"semeia.active.distances.{name}", 16 if name == "BLOCK" else 7)
    which, distance = nearest_centre(x, x[:20])
    assert (which == expected.argmin(axis=1)).all()
    assert distance == pytest.approx(expected.min(axis=1), abs=1e-4)
