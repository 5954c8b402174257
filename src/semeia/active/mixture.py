"""Strategies by name, mixed with weights, and evened out over the classes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from semeia.active.candidates import ASKED, Candidates, Strategy
from semeia.active.catalogue import entry_of
from semeia.errors import RecipeError

__all__ = ["Mixture", "balanced", "needs_committee", "strategy_named"]

BALANCED = "balanced-"
FIRST = "typiclust"
"""What is asked while nothing is known."""


@dataclass(frozen=True)
class Mixture:
    """Several strategies that take turns, each as often as its weight says.

    Parameters
    ----------
    parts : sequence of (float, Strategy)
        Each sees what those before it chose as asked about already.
    """

    parts: Sequence[tuple[float, Strategy]]

    def __call__(self, candidates: Candidates, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Return open rows, the first first."""
        turns = _turns([weight for weight, _ in self.parts], min(count, len(candidates.open)))
        chosen = np.zeros(len(turns), np.int64)
        for number, (_, strategy) in enumerate(self.parts):
            mine = np.flatnonzero(turns == number)
            if len(mine):
                chosen[mine] = rows = strategy(candidates, len(mine), rng)
                candidates = candidates.asked(rows)
        return chosen


def _turns(weights: Sequence[float], count: int) -> NDArray[np.int64]:
    """Return whose turn it is (count,): always that of the part that is farthest behind its weight."""
    share, had = np.array(weights) / sum(weights), np.zeros(len(weights))
    turns = np.zeros(count, np.int64)
    for turn in range(count):
        turns[turn] = one = int((share * (turn + 1) - had).argmax())
        had[one] += 1
    return turns


def balanced(strategy: Strategy) -> Strategy:
    """Return a strategy that asks about the classes that have the fewest answers.

    Each candidate is taken for the class that the network gives it more than it gives the others of the pool: so a
    rare class has candidates too. Of each class the strategy sees its candidates, its answers, and what waits for one.
    """

    def choose(candidates: Candidates, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
        label, open_ = candidates.label, candidates.open
        classes = candidates.probability.shape[1]
        usual = candidates.probability[open_].mean(axis=0) if len(open_) else np.ones(classes)
        guess = label.copy()
        guess[open_] = (candidates.probability[open_] / np.maximum(usual, 1e-12)).argmax(axis=1)
        known = np.bincount(label[label >= 0], minlength=classes)
        turns = _fewest(known, np.bincount(guess[open_], minlength=classes), min(count, len(open_)))
        chosen = np.zeros(len(turns), np.int64)
        for number in np.unique(turns).tolist():
            mine = np.flatnonzero(turns == number)
            rows = np.flatnonzero((guess == number) | (guess == ASKED))
            chosen[mine] = rows[strategy(candidates.taken(rows), len(mine), rng)]
        return chosen

    return choose


def _fewest(known: NDArray[np.int64], left: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return the class of each question: always the one with the fewest, of those with candidates left."""
    have, rest, turns = known.copy(), left.copy(), []
    for _ in range(count):
        one = int(np.where(rest > 0, have, np.iinfo(np.int64).max).argmin())
        have[one] += 1
        rest[one] -= 1
        turns.append(one)
    return np.array(turns, np.int64)


def strategy_named(text: str) -> Strategy:
    """Return a strategy by name, or a mixture: ``margin``, ``balanced-margin``, ``0.5*margin+0.5*typiclust``.

    One that goes by what the network says leaves the choice to TypiClust until something was answered.

    Raises
    ------
    RecipeError
        If a name is unknown (the message names the nearest), or a weight is not a number above 0.
    """
    parts = [_part(term.strip(), text) for term in text.split("+")]
    return parts[0][1] if len(parts) == 1 else Mixture(parts)


def needs_committee(text: str) -> bool:
    """Return whether a strategy of this name, or a part of it, goes by what several networks say."""
    return any(
        entry_of(term.rpartition("*")[2].strip().removeprefix(BALANCED)).asks_committee for term in text.split("+")
    )


def _part(term: str, text: str) -> tuple[float, Strategy]:
    factor, times, name = (piece.strip() for piece in term.rpartition("*"))
    try:
        weight = float(factor) if times else 1.0
    except ValueError:
        weight = math.nan
    if not 0 < weight < math.inf:
        raise RecipeError(f"strategy {text!r}: the weight {factor!r} is not a number above 0, as in 0.5*{name}")
    plain = name.removeprefix(BALANCED)
    entry = entry_of(plain)
    strategy = entry.load()
    if plain != name:
        strategy = balanced(strategy)
    return weight, _once_informed(strategy) if entry.asks_network or plain != name else strategy


def _once_informed(strategy: Strategy) -> Strategy:
    def choose(candidates: Candidates, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
        now = strategy if candidates.informed else entry_of(FIRST).load()
        return now(candidates, count, rng)

    return choose
