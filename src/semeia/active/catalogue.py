"""The list of strategies: a new one is one function in one file, and one line here."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

from semeia.active.candidates import Strategy
from semeia.recipe import look_up

__all__ = ["StrategyEntry", "entry_of", "names"]


@dataclass(frozen=True, slots=True)
class StrategyEntry:
    """One line of the catalogue.

    Parameters
    ----------
    module, function : str
        Where it stands: a `semeia.active.candidates.Strategy`, imported when it is first used.
    description : str
        One line for lists.
    asks_network : bool
        Whether it goes by what the network says, which means nothing before the first answers.
    asks_committee : bool
        Whether it goes by what several networks say.
    """

    module: str
    function: str
    description: str
    asks_network: bool = False
    asks_committee: bool = False

    def load(self) -> Strategy:
        """Return the strategy."""
        strategy: Strategy = getattr(importlib.import_module(self.module), self.function)
        return strategy


_CATALOGUE = {
    "random": StrategyEntry("semeia.active.chance", "random", "any, all alike: what every other must beat"),
    "entropy": StrategyEntry(
        "semeia.active.uncertainty", "entropy", "those whose probabilities are spread most evenly", asks_network=True
    ),
    "margin": StrategyEntry(
        "semeia.active.uncertainty", "margin", "those whose two likeliest classes are closest", asks_network=True
    ),
    "vote-entropy": StrategyEntry(
        "semeia.active.consensus", "vote_entropy", "those on which a committee's votes differ", True, True
    ),
    "divergence": StrategyEntry(
        "semeia.active.consensus", "divergence", "those on which a committee's probabilities differ", True, True
    ),
    "k-centre": StrategyEntry(
        "semeia.active.k_centre", "k_centre", "those farthest from all that were asked about: the odd ones"
    ),
    "typiclust": StrategyEntry(
        "semeia.active.typiclust", "typiclust", "the most typical of each group that nobody was asked about: to begin"
    ),
    "badge": StrategyEntry(
        "semeia.active.badge", "badge", "those that would change the network most, each differently", asks_network=True
    ),
}


def names() -> list[str]:
    """Return the names of all strategies."""
    return list(_CATALOGUE)


def entry_of(name: str) -> StrategyEntry:
    """Return the catalogue's line for a name.

    Raises
    ------
    RecipeError
        If there is no such strategy; the message names the nearest one.
    """
    return look_up("strategy", name, _CATALOGUE)
