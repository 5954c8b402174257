"""Learning curves: honest about whom they are measured on, the same again, and what they come to."""

from __future__ import annotations

from concurrent.futures import CancelledError
from dataclasses import replace

import numpy as np
import pytest

from semeia.active.candidates import OPEN, Candidates
from semeia.active.costs import needed, sentences, summarised
from semeia.active.simulation import Pool, Study, _Asking, _of_seed, simulate
from semeia.active.skill import area
from semeia.errors import DatasetError, RecipeError


def pool(seeds: int = 2, count: int = 600, rare: float = 0.1, width: int = 8, held: float = 0.4) -> Pool:
    """Return two classes, one of them rare, in clusters; its second embedding is noise."""
    rng = np.random.default_rng(0)
    label = (rng.random(count) < rare).astype(np.int64)
    group = rng.integers(4, size=count)
    x = rng.standard_normal((4, width))[group] + 2.5 * label[:, None] * (np.arange(width) < 2)
    x = x + rng.standard_normal((count, width))
    noise = rng.standard_normal((count, 3)).astype(np.float32)
    out = np.stack([np.random.default_rng([1, seed]).random(count) < held for seed in range(seeds)])
    return Pool((x.astype(np.float32), noise), label, ("background", "seizure"), out)


def study(**area: list[list[float]]) -> Study:
    steps = len(next(iter(area.values()))[0])
    seeds = len(next(iter(area.values())))
    return Study(10 * np.arange(1, steps + 1), {k: np.array(v) for k, v in area.items()}, np.ones(seeds))


def test_a_simulation_is_the_same_again_in_whatever_process() -> None:
    given, asking = pool(), _Asking(50, 20, "seeds")
    found = simulate(given, ["random", "margin"], budget=50, batch=20, workers=2)
    assert found.labels.tolist() == [20, 40, 50]
    for seed in range(2):
        curves, full = _of_seed(given, ["random", "margin"], seed, asking)
        assert found.full[seed] == full
        for name, curve in curves.items():
            assert found.area[name][seed].tolist() == curve.tolist()
    assert found.area["random"][0].tolist() != found.area["random"][1].tolist()


def test_who_is_held_out_is_never_asked_about_and_no_hidden_label_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    given = pool(seeds=1)
    asked: list[np.ndarray] = []

    def watching(candidates: Candidates, count: int, rng: np.random.Generator) -> np.ndarray:
        assert len(candidates) == (~given.held[0]).sum()
        rows = rng.permutation(candidates.open)[:count]
        asked.append(rows)
        return rows

    monkeypatch.setattr("semeia.active.simulation.strategy_named", lambda name: watching)
    monkeypatch.setattr("semeia.active.simulation.needs_committee", lambda name: False)
    before = _of_seed(given, ["watching"], 0, _Asking(60, 20, "seeds"))[0]["watching"]
    rows = np.concatenate(asked)
    assert len(set(rows.tolist())) == 60
    inside = np.flatnonzero(~given.held[0])
    changed = given.label.copy()
    never = np.setdiff1d(inside, inside[rows])
    changed[never] = 1 - changed[never]
    asked.clear()
    after = _of_seed(replace(given, label=changed), ["watching"], 0, _Asking(60, 20, "seeds"))[0]["watching"]
    assert after.tolist() == before.tolist()


def test_with_every_answer_all_strategies_have_the_full_skill() -> None:
    given = pool(seeds=1, count=120)
    asking = _Asking(given.size, 30, "dropout")
    curves, full = _of_seed(given, ["random", "badge", "balanced-k-centre", "divergence"], 0, asking)
    for curve in curves.values():
        assert curve[-1] == pytest.approx(full, abs=1e-3)


def test_a_good_strategy_needs_fewer_labels_than_random_where_a_class_is_rare() -> None:
    given = pool(seeds=4, count=1500, rare=0.04)
    curves = [_of_seed(given, ["random", "badge"], seed, _Asking(120, 10, "seeds"))[0] for seed in range(4)]
    random, badge = (np.mean([one[name] for one in curves], axis=0) for name in ("random", "badge"))
    assert badge[3:].mean() > random[3:].mean() + 0.02


@pytest.mark.parametrize("committee", ["seeds", "dropout", "architectures"])
def test_every_committee_can_be_asked(committee: str) -> None:
    curves, _ = _of_seed(pool(seeds=1), ["vote-entropy"], 0, _Asking(40, 20, committee))
    assert (curves["vote-entropy"] > 0.3).all()


def test_what_cannot_be_simulated_is_refused_in_one_line() -> None:
    given = pool()
    with pytest.raises(DatasetError, match=r"budget of 500 answers, but the pool has \d+ examples"):
        simulate(given, ["random"], budget=500)
    with pytest.raises(RecipeError, match="batches of 50 in a budget of 20"):
        simulate(given, ["random"], budget=20, batch=50)
    with pytest.raises(RecipeError, match="did you mean 'margin'"):
        simulate(given, ["margim"], budget=40)
    with pytest.raises(RecipeError, match="more than one model"):
        simulate(replace(given, embeddings=given.embeddings[:1]), ["random"], budget=40, committee="architectures")
    alone = replace(given, held=given.held | (given.label == 1))
    with pytest.raises(DatasetError, match="the pool has no example of 'seizure'"):
        simulate(alone, ["random"], budget=40)


def test_a_simulation_stops_when_asked() -> None:
    with pytest.raises(CancelledError):
        simulate(pool(), ["random", "typiclust"], budget=300, batch=1, workers=1, stop_asked=lambda: True)


def test_the_area_is_the_mean_of_each_class_against_the_rest() -> None:
    label = np.array([0, 0, 1, 2])
    probability = np.array([[0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.3, 0.6, 0.1], [0.1, 0.1, 0.8]], np.float32)
    assert area(label, probability) == pytest.approx(np.mean([0.75, 2 / 3, 1.0]))
    assert OPEN not in label


def test_labels_are_counted_from_where_two_batches_in_a_row_have_enough() -> None:
    made = study(random=[[0.96, 0.9, 0.95, 0.96], [0.1, 0.2, 0.3, 0.97], [0.1, 0.1, 0.1, 0.1]])
    assert needed(made, "random").tolist() == [30, 40, np.inf]
    assert needed(made, "random", 0.9).tolist() == [10, 40, np.inf]


def test_figures_are_medians_beside_random_and_beyond_the_budget_is_none() -> None:
    late, soon = [0.1, 0.2, 0.3, 0.97, 0.97, 0.97], [0.1, 0.96, 0.97, 0.97, 0.97, 0.97]
    never = [0.1] * 6
    figures = summarised(study(random=[late] * 3, margin=[soon] * 3, entropy=[never, never, soon]))
    random, margin, entropy = (figures["strategies"][name] for name in ("random", "margin", "entropy"))
    assert random["needed"] == {"value": 40, "low": 40, "high": 40} and random["of_random"] is None
    assert margin["of_random"] == {"value": 0.5, "low": 0.5, "high": 0.5} and margin["reached"] == 3
    assert entropy["needed"]["value"] is None and entropy["needed"]["low"] == 20 and entropy["reached"] == 1
    assert entropy["of_random"]["value"] is None
    said = " ".join(sentences(figures))
    assert "random needs 40 labels" in said and "The cheapest, margin, needs 20: 0.50 times" in said
    assert "flatters" in said


def test_what_is_not_shown_is_said_to_be_so() -> None:
    soon, late = [0.1, 0.96, 0.96, 0.96], [0.1, 0.1, 0.96, 0.96]
    mixed = summarised(study(random=[soon, late] * 2, margin=[soon, late, soon, soon]))
    assert "that it saves any is not shown" in " ".join(sentences(mixed))
    never = summarised(study(random=[[0.1] * 4] * 3, margin=[soon] * 3))
    assert never["strategies"]["margin"]["of_random"] is None
    assert "does not get there with 40 labels" in " ".join(sentences(never))
    assert "what these save is not known" in " ".join(sentences(summarised(study(margin=[soon] * 3))))
