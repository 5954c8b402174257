"""Ask about what a committee of networks disagrees on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from semeia.active.candidates import Candidates
from semeia.active.uncertainty import entropies

__all__ = ["disagreement", "divergence", "vote_entropies", "vote_entropy"]


def vote_entropy(candidates: Candidates, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the open rows on which the members' votes differ most (Dagan & Engelson 1995)."""
    return candidates.highest(vote_entropies(_committee(candidates)), count, rng)


def divergence(candidates: Candidates, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the open rows on which the members' probabilities differ most (McCallum & Nigam 1998)."""
    return candidates.highest(disagreement(_committee(candidates)), count, rng)


def vote_entropies(committee: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the entropy, in nats, of how many members say each class: (members, examples, classes) to (examples,)."""
    votes, classes = committee.argmax(axis=2), committee.shape[2]
    shares = np.stack([(votes == number).mean(axis=0, dtype=np.float32) for number in range(classes)], axis=1)
    return entropies(shares)


def disagreement(committee: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean Kullback-Leibler divergence, in nats, of the members from their mean (examples,).

    It is the entropy of the mean less the mean of the entropies: what is unsure because the members differ.
    """
    together = entropies(committee.mean(axis=0))
    alone = np.mean([entropies(member) for member in committee], axis=0, dtype=np.float32)
    return together - alone


def _committee(candidates: Candidates) -> NDArray[np.float32]:
    if candidates.committee is None:
        raise ValueError("these candidates have no committee")
    return candidates.committee
