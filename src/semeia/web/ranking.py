"""Which question comes next: heads are fitted to answers in the background, and the order is replaced when it is ready.

All of it is derived from the answers in the database and the queue's file: nothing is lost with the process. Fitting
needs no torch.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from semeia.active import ASKED, OPEN, Candidates, strategy_named
from semeia.active.automatic import Calibrated, calibrated
from semeia.active.head import fit_head, standardised
from semeia.active.skill import SHARE, Point, advice, at_random, is_held, skill
from semeia.active.unlabelled import read_pool
from semeia.evaluation.agreement import kappa
from semeia.web.models import Queue, User
from semeia.web.queues import Said, pool_file, said_of, seed_of

__all__ = ["Learnt", "Ranking", "forget", "open_rankings", "ranking_of"]

_log = logging.getLogger(__name__)

Integers = NDArray[np.int64]

LEASE = 90.0
"""Seconds for which a question is one reader's, and another is given a different one."""

QUIET = 1.0
"""Seconds without an answer after which is learnt from those that came; or at once after `ENOUGH` of them."""

ENOUGH = 5
AHEAD = 40
"""Questions that are ranked at once."""

KEPT = 4
"""Queues that are kept in memory: 200 MB each, if they ask about 100,000 windows."""


@dataclass(frozen=True, eq=False)
class Learnt:
    """What was learnt from the answers so far.

    Parameters
    ----------
    answers : int
        Candidates with a label, those held back among them.
    held : int
        How many are held back.
    probability : ndarray, float32 (candidates, classes)
    order : list of int
        Candidates to ask about, the most telling first; none that are held back.
    points, random : list of Point
        Skill after more and more answers; and what as many random ones would have taught.
    advice : str
    kappa : float or None
        Cohen's kappa of two readers over what both answered; None where it is not defined.
    sure : Calibrated or int
        As `semeia.active.automatic.calibrated` returns it.
    """

    answers: int
    held: int
    probability: NDArray[np.float32]
    order: list[int]
    points: list[Point] = field(default_factory=list)
    random: list[Point] = field(default_factory=list)
    advice: str = ""
    kappa: float | None = None
    sure: Calibrated | int = 0


class Ranking:
    """The questions of one queue. May be asked from any thread.

    Parameters
    ----------
    queue : Queue

    Attributes
    ----------
    learnt : Learnt
    times : int
        How often was learnt anew since the process began.

    Raises
    ------
    FileError
        If what the model made of its files is missing or damaged.
    """

    def __init__(self, queue: Queue) -> None:
        self.queue, self.classes, self.readers = queue, tuple(queue.classes), queue.readers
        pool = read_pool(pool_file(queue.pk))
        self.pool = replace(pool, embedding=standardised(pool.embedding, np.ones(len(pool), bool)))
        self.seed = seed_of(queue)
        self.held = is_held(len(self.pool), self.seed)
        self._strategy = strategy_named(queue.strategy)
        self._probes = np.random.default_rng([self.seed, 6]).permutation(np.flatnonzero(self.held)).tolist()
        self._lock = threading.Lock()
        self._leases: dict[int, tuple[int, float]] = {}
        self._new, self._changed = 0, 0.0
        self._learner: threading.Thread | None = None
        self.times = 0
        self.learnt = self._learn(said_of(queue))

    def of_others(self, paths: set[str]) -> set[int]:
        """Return the candidates of all files but these."""
        others = [number for number, path in enumerate(self.pool.files) if path not in paths]
        return set(np.flatnonzero(np.isin(self.pool.source, others)).tolist()) if others else set()

    def next(self, user: User, said: dict[int, Said], count: int, skipped: set[int], *, ahead: int = 0) -> list[int]:
        """Return what a reader is asked next, and keep it for them a while.

        Parameters
        ----------
        user : User
        said : dict
            What is said of each candidate so far.
        count : int
        skipped : set of int
            Candidates to pass over.
        ahead : int
            How many of them the reader will answer before: one question in `SHARE` is drawn at random.
        """
        mine = user.pk
        now = time.monotonic()
        taken = skipped | {n for n, one in said.items() if self._is_done(one, mine)}
        with self._lock:
            taken |= {n for n, (who, until) in self._leases.items() if who != mine and until > now}
            half = [n for n, one in said.items() if n not in taken]  # answered by another: they complete a pair
            asked = sum(any(one.user_id == mine for one in each.answers) for each in said.values())
            chosen: list[int] = []
            for number in range(asked + ahead + 1, asked + ahead + count + 1):
                sources = (half, self._probes, self.learnt.order, self._rest())
                order = sources if number % SHARE == 0 else (half, *sources[2:], self._probes)
                one = next((n for source in order for n in source if n not in taken), None)
                if one is None:
                    break
                chosen.append(one)
                taken.add(one)
            for n in chosen:
                if n not in half:
                    self._leases[n] = (mine, now + LEASE)
        return chosen

    def answered(self, candidate: int) -> None:
        """Learn from an answer, soon: when enough have come, or none comes for a while."""
        with self._lock:
            self._leases.pop(candidate, None)
            self._new += 1
            self._changed = time.monotonic()
            if self._learner is None:
                self._learner = threading.Thread(target=self._keep_learning, name="ranking", daemon=True)
                self._learner.start()

    def _keep_learning(self) -> None:
        while True:
            with self._lock:
                if not self._new:
                    self._learner = None
                    return
                due = self._new >= ENOUGH or time.monotonic() > self._changed + QUIET
                if due:
                    self._new = 0
            if not due:
                time.sleep(0.05)
                continue
            try:
                self.learnt = self._learn(said_of(self.queue))
            except Exception:
                _log.exception("queue %s: learning failed; the questions stay in their order", self.queue.pk)
            finally:
                connection.close()  # this thread's own
            self.times += 1

    def _is_done(self, said: Said, user: int) -> bool:
        """Whether a reader need not be asked about a candidate."""
        mine = any(one.user_id == user for one in said.answers)
        return mine or said.settled is not None or len(said.answers) >= self.readers

    def _rest(self) -> list[int]:
        """Return all that are not held back, in an order drawn once: for when what is ranked has been asked."""
        rows = np.random.default_rng([self.seed, 7]).permutation(np.flatnonzero(~self.held))
        return [int(row) for row in rows]

    def _learn(self, said: dict[int, Said]) -> Learnt:
        number = len(self.classes)
        label = np.full(len(self.pool), OPEN)
        rows, shares = [], []
        for candidate, one in said.items():
            label[candidate] = ASKED
            share = one.shares(self.classes) if len(one.answers) >= self.readers or one.settled else None
            if share is not None:
                rows.append(candidate)
                shares.append(share)
                label[candidate] = int(share.argmax())
        at, of = np.array(rows, np.int64), np.array(shares).reshape(-1, number)
        from_answers = ~self.held[at]
        head = fit_head(self.pool.embedding[at[from_answers]], of[from_answers], number)
        fitted = head(self.pool.embedding)  # of one class it says what is unlike its answers: that is asked next
        informed = len(np.unique(label[at[from_answers]])) > 1
        if informed:
            probability = fitted
        elif self.pool.classes == self.classes:
            probability = self.pool.probability
        else:
            probability = np.full((len(self.pool), number), 1 / number, np.float32)
        measured = {}
        if informed and not from_answers.all():
            measured = self._measured(at, label[at], from_answers, probability)
        return Learnt(
            answers=len(rows),
            held=int((~from_answers).sum()),
            probability=probability,
            order=self._order(fitted if from_answers.any() else probability, label),
            kappa=_agreement(said),
            **measured,
        )

    def _measured(
        self,
        at: Integers,
        label: Integers,
        learnt: NDArray[np.bool_],
        probability: NDArray[np.float32],
    ) -> dict[str, Any]:
        held, truth = self.pool.embedding[at[~learnt]], label[~learnt]
        classes = len(self.classes)
        points = skill(self.pool.embedding[at[learnt]], label[learnt], held, truth, classes, seed=self.seed)
        return {
            "points": points,
            "random": at_random(held, truth, classes, self.seed),
            "advice": advice(points),
            "sure": calibrated(probability[at[~learnt]], truth),
        }

    def _order(self, probability: NDArray[np.float32], label: NDArray[np.int64]) -> list[int]:
        open_to_learn = label.copy()
        open_to_learn[self.held & (label == OPEN)] = ASKED
        candidates = Candidates(self.pool.embedding, probability, open_to_learn)
        rng = np.random.default_rng([self.seed, int((label >= 0).sum())])
        return [int(row) for row in self._strategy(candidates, AHEAD, rng)]


def _agreement(said: dict[int, Said]) -> float | None:
    """Return Cohen's kappa of the first two answers to each candidate, of those who were sure."""
    pairs = [(one.answers[0].label, one.answers[1].label) for one in said.values() if len(one.answers) > 1]
    sure = [pair for pair in pairs if all(pair)]
    return kappa(*np.array(sure).T) if sure else None


_rankings: dict[str, Ranking] = {}
_opening = threading.Lock()


def ranking_of(queue: Queue) -> Ranking:
    """Return the questions of a queue, read when they are first wanted.

    Raises
    ------
    FileError
    """
    known = _rankings.get(queue.pk)
    if known is None:
        with _opening:
            known = _rankings.get(queue.pk) or Ranking(queue)
            _rankings[queue.pk] = known
            for oldest in list(_rankings)[:-KEPT]:
                forget(oldest)
    return known


def open_rankings() -> dict[str, Ranking]:
    """Return the queues that were asked of this process; does not wait for one that is being read."""
    return dict(_rankings)


def forget(id: str) -> None:
    """Let go of a queue."""
    _rankings.pop(id, None)
