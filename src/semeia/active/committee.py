"""Committees of heads on frozen embeddings: what several networks say, for little more than one costs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from semeia.active.candidates import OPEN
from semeia.active.head import Head, fit_head
from semeia.errors import RecipeError

__all__ = ["COMMITTEES", "Committee", "by_architectures", "by_dropout", "by_seeds", "committee_named"]

Floats = NDArray[np.float32]
Embeddings = tuple[Floats, ...]
Committee = Callable[[Embeddings, NDArray[np.int64], int, np.random.Generator], Floats]
"""Takes embeddings (examples, width) of one or more networks, labels or `OPEN` (examples,), the number of classes, and
a generator; returns what each member says (members, examples, classes)."""

MEMBERS = 5
DROPPED = 0.5


def by_seeds(embeddings: Embeddings, label: NDArray[np.int64], classes: int, rng: np.random.Generator) -> Floats:
    """Each member learns from answers drawn with replacement: query by bagging (Abe & Mamitsuka 1998)."""
    x, known = embeddings[0], np.flatnonzero(label != OPEN)
    drawn = [rng.choice(known, len(known)) for _ in range(MEMBERS)]
    return np.stack([fit_head(x[rows], label[rows], classes)(x) for rows in drawn])


def by_dropout(embeddings: Embeddings, label: NDArray[np.int64], classes: int, rng: np.random.Generator) -> Floats:
    """Each member is the same head without half of the embedding, another half each time (Gal & Ghahramani 2016)."""
    x, known = embeddings[0], label != OPEN
    head = fit_head(x[known], label[known], classes)
    kept = (rng.random((MEMBERS, x.shape[1], 1)) >= DROPPED).astype(np.float32) / (1 - DROPPED)
    return np.stack([Head(head.weight * mask, head.bias)(x) for mask in kept])


def by_architectures(embeddings: Embeddings, label: NDArray[np.int64], classes: int, _: np.random.Generator) -> Floats:
    """Each member learns from the same answers on the embeddings of another network."""
    known = label != OPEN
    return np.stack([fit_head(x[known], label[known], classes)(x) for x in embeddings])


COMMITTEES: dict[str, Committee] = {"seeds": by_seeds, "dropout": by_dropout, "architectures": by_architectures}


def committee_named(name: str, networks: int) -> Committee:
    """Return a committee by name.

    Raises
    ------
    RecipeError
        If there is none of that name, or it is one of architectures and there is only one network.
    """
    if name not in COMMITTEES:
        raise RecipeError(f"committee {name!r} is none of {', '.join(COMMITTEES)}")
    if name == "architectures" and networks < 2:
        raise RecipeError("a committee by architectures needs several networks: name more than one model")
    return COMMITTEES[name]
