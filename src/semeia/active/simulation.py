"""What each strategy would have cost: the pool's labels are hidden, asked for in batches, and a head fitted after each.

The network is frozen and never saw a label of the pool; what is learnt from the answers is the head alone. So 20 seeds
of eight strategies take minutes, and the figures say how good the choices are, not how well a network was trained.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semeia import cluster
from semeia.active.candidates import OPEN, Candidates
from semeia.active.committee import committee_named
from semeia.active.head import fit_head, standardised
from semeia.active.mixture import needs_committee, strategy_named
from semeia.active.skill import area
from semeia.errors import DatasetError, RecipeError

__all__ = ["Pool", "Study", "simulate"]

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Pool:
    """Examples with their labels, which a simulation hides.

    Parameters
    ----------
    embeddings : tuple of ndarray, float32 (examples, width)
        What each network makes of them. The head, and distances, are of the first; a committee by architectures has a
        head on each.
    label : ndarray, int64 (examples,)
        Number of the class.
    classes : tuple of str
    held : ndarray, bool (seeds, examples)
        Who is held out, and never asked about, for each seed; what is left is the pool.
    """

    embeddings: tuple[Floats, ...]
    label: NDArray[np.int64]
    classes: tuple[str, ...]
    held: NDArray[np.bool_]

    @property
    def size(self) -> int:
        """Examples that can be asked about: of the seed with the fewest."""
        return int((~self.held).sum(axis=1).min())


@dataclass(frozen=True, eq=False)
class Study:
    """Learning curves.

    Parameters
    ----------
    labels : ndarray, int64 (steps,)
        Answers after each batch.
    area : mapping of str to ndarray (seeds, steps)
        For each strategy, the area under the ROC curve on those held out; of more than two classes the mean of each
        against the rest.
    full : ndarray (seeds,)
        The same with every label of the pool.
    """

    labels: NDArray[np.int64]
    area: Mapping[str, NDArray[np.float64]]
    full: NDArray[np.float64]


class _Asking(NamedTuple):
    """How much is asked, and who votes."""

    budget: int
    batch: int
    committee: str

    @property
    def steps(self) -> list[int]:
        """How many answers there are after each batch; the last may be smaller."""
        return [*range(self.batch, self.budget, self.batch), self.budget]


def simulate(
    pool: Pool,
    strategies: Sequence[str],
    *,
    budget: int,
    batch: int = 20,
    committee: str = "seeds",
    workers: int | None = None,
    on_done: Callable[[int], None] = lambda done: None,
    stop_asked: Callable[[], bool] = lambda: False,
) -> Study:
    """Ask as each strategy would, and return the learning curves.

    All strategies of a seed have the same pool, the same held-out part and the same first draws. A strategy that goes
    by what the network says has its first batch chosen by TypiClust.

    Parameters
    ----------
    pool : Pool
    strategies : sequence of str
        As `semeia.active.strategy_named` takes them.
    budget, batch : int
        Answers in all; answers before the head is fitted again.
    committee : {"seeds", "dropout", "architectures"}
        Who votes, for strategies that ask a committee.
    workers : int, optional
        Processes; otherwise one a processor.
    on_done : callable
        Called with how many seeds are done.
    stop_asked : callable
        Asked a few times a second.

    Raises
    ------
    CancelledError
        If stopping was asked for.
    RecipeError
        If a strategy or the committee is unknown, or architectures are asked for and there is one.
    DatasetError
        If the pool is smaller than the budget, or a class is missing in it or among those held out.
    """
    for name in strategies:
        strategy_named(name)
    committee_named(committee, len(pool.embeddings))
    _check(pool, budget, batch)
    seeds = range(len(pool.held))
    done = 0

    def finished(_: int, __: object) -> None:
        nonlocal done
        done += 1
        on_done(done)

    asking = _Asking(budget, batch, committee)
    jobs = [(pool, list(strategies), seed, asking) for seed in seeds]
    names = [f"seed {seed + 1}" for seed in seeds]
    found = cluster.run_all(_of_seed, jobs, names=names, workers=workers, on_done=finished, stop_asked=stop_asked)
    return Study(
        np.array(asking.steps),
        {name: np.stack([curves[name] for curves, _ in found]) for name in strategies},
        np.array([full for _, full in found]),
    )


def _check(pool: Pool, budget: int, batch: int) -> None:
    if not 0 < batch <= budget:
        raise RecipeError(f"batches of {batch} in a budget of {budget}: a batch is at least 1, and no more than all")
    if pool.size < budget:
        raise DatasetError(f"a budget of {budget} answers, but the pool has {pool.size} examples: ask for fewer")
    for held in pool.held:
        for part, rows in (("pool", ~held), ("held-out part", held)):
            count = np.bincount(pool.label[rows], minlength=len(pool.classes))
            if not count.all():
                name = pool.classes[int(count.argmin())]
                raise DatasetError(f"the {part} has no example of {name!r}: there are too few patients for this split")


def _of_seed(
    pool: Pool, strategies: Sequence[str], seed: int, asking: _Asking
) -> tuple[dict[str, NDArray[np.float64]], float]:
    """Return the curve of each strategy, and the area with all labels, for one seed."""
    held = pool.held[seed]
    scaled = [standardised(each, ~held) for each in pool.embeddings]
    inside, outside = tuple(each[~held] for each in scaled), scaled[0][held]
    truth, outside_truth, classes = pool.label[~held], pool.label[held], len(pool.classes)
    votes = committee_named(asking.committee, len(inside))

    def curve(name: str) -> NDArray[np.float64]:
        rng = np.random.default_rng([seed, 1])
        strategy, asks = strategy_named(name), needs_committee(name)
        label, areas = np.full(len(truth), OPEN), list[float]()
        head = fit_head(inside[0][:0], label[:0], classes)
        for count in np.diff([0, *asking.steps]).tolist():
            if cluster.stop_asked():
                raise CancelledError
            said = votes(inside, label, classes, rng) if asks else None
            rows = strategy(Candidates(inside[0], head(inside[0]), label, said), count, rng)
            label[rows] = truth[rows]
            known = label != OPEN
            head = fit_head(inside[0][known], label[known], classes)
            areas.append(area(outside_truth, head(outside)))
        return np.array(areas)

    full = area(outside_truth, fit_head(inside[0], truth, classes)(outside))
    return {name: curve(name) for name in strategies}, full
