"""What people answer to a queue's questions, as rows that are only ever appended; and what follows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from numpy.typing import NDArray

from semeia.active.unlabelled import count_examples
from semeia.errors import FileError
from semeia.web.models import Answer, Queue, User

__all__ = [
    "Outdated",
    "Said",
    "answer",
    "called",
    "candidates_of",
    "count_answered",
    "counts",
    "current",
    "paths_of",
    "pool_file",
    "said_of",
    "seed_of",
    "take_back",
]


class Outdated(Exception):
    """A candidate that was meant to be answered has another answer of the same reader already.

    Parameters
    ----------
    current : Answer or None
        What holds now.
    """

    def __init__(self, current: Answer | None) -> None:
        self.current = current
        super().__init__("This was answered elsewhere in the meantime.")


@dataclass
class Said:
    """What is said of one candidate.

    Parameters
    ----------
    answers : list of Answer
        Of the readers, in the order in which they came.
    settled : Answer, optional
        What ended a disagreement.
    """

    answers: list[Answer] = field(default_factory=list)
    settled: Answer | None = None

    @property
    def differs(self) -> bool:
        """Whether its readers disagree, and nobody has settled it."""
        return self.settled is None and len({one.label for one in self.answers}) > 1

    def label(self, readers: int) -> str:
        """Return what it is, once enough readers agree or it was settled; else, or where all are unsure, nothing."""
        if self.settled is not None:
            return self.settled.label
        labels = {one.label for one in self.answers}
        return labels.pop() if len(labels) == 1 and len(self.answers) >= readers else ""

    def shares(self, classes: Sequence[str]) -> NDArray[np.float64] | None:
        """Return how much of each class it is said to be (classes,), as what is learnt from; None for nothing.

        Readers who differ count half each, and who is unsure says every class alike; if all are, there is nothing to
        learn.
        """
        told = [self.settled] if self.settled is not None else self.answers
        if not any(one.label for one in told):
            return None
        rows = [[float(one.label == name) if one.label else 1 / len(classes) for name in classes] for one in told]
        return np.asarray(np.mean(rows, axis=0))


def pool_file(id: str) -> Path:
    """Return the file of what a queue asks about."""
    return Path(settings.HOME) / "queues" / f"{id}.npz"


def candidates_of(queue: Queue) -> int | None:
    """Return how many candidates a queue has; None while, or where, its file cannot be read."""
    try:
        return count_examples(pool_file(queue.pk))
    except FileError:
        return None


def paths_of(queue: Queue) -> set[str]:
    """Return the files that are still in the Library."""
    rows = queue.images.pictures if queue.images else queue.recordings
    return set(rows.values_list("path", flat=True))


def called(user: User | None) -> str:
    """Return a reader's name."""
    return "nobody" if user is None else user.get_username()


def seed_of(queue: Queue) -> int:
    """Return the seed of all that is drawn in a queue."""
    return int(queue.pk, 16) % 2**32


def current(queue: Queue) -> QuerySet[Answer]:
    """Return the answers that hold now, in the order in which candidates were first answered."""
    rows = queue.answers.filter(removed=False, replaced_by__isnull=True).select_related("user")
    return rows.order_by("created_at", "id")


def count_answered(queue: Queue) -> int:
    """Return how many candidates anybody answered."""
    return current(queue).order_by().values("candidate").distinct().count()


def said_of(queue: Queue) -> dict[int, Said]:
    """Return what is said of each candidate that anybody answered, in the order of the answers."""
    found: dict[int, Said] = defaultdict(Said)
    for row in current(queue):
        if row.settles:
            found[row.candidate].settled = row
        else:
            found[row.candidate].answers.append(row)
    return dict(found)


def answer(
    queue: Queue,
    user: User,
    candidate: int,
    label: str,
    *,
    comment: str = "",
    replaces: str | None = None,
    settles: bool = False,
) -> Answer:
    """Say what a candidate is; committed when this returns.

    Parameters
    ----------
    queue : Queue
    user : User
    candidate : int
    label : str
        One of the queue's classes; empty for unsure.
    comment : str
    replaces : str, optional
        Id of the reader's own answer that it corrects.
    settles : bool
        Whether it ends a disagreement.

    Raises
    ------
    Outdated
        If another answer of the reader holds now than the one that it corrects.
    """
    with transaction.atomic():  # IMMEDIATE: of two at once the second finds the first
        mine = queue.answers.filter(candidate=candidate, settles=settles)
        mine = mine if settles else mine.filter(user=user)
        last = mine.filter(replaced_by__isnull=True).first()
        now = None if last is None or last.removed else last
        if (now and now.pk) != replaces:
            raise Outdated(now)
        row = Answer(
            project_id=queue.project_id,
            queue=queue,
            user=user,
            candidate=candidate,
            label=label,
            comment=comment,
            settles=settles,
            replaces=last,
        )
        row.save(force_insert=True)
        return row


def take_back(row: Answer, user: User) -> None:
    """End an answer.

    Raises
    ------
    Outdated
        If it was replaced already.
    """
    with transaction.atomic():
        last = Answer.objects.filter(replaces=row).first()
        if last is not None or row.removed:
            raise Outdated(last)
        Answer(
            project_id=row.project_id,
            queue=row.queue,
            user=user,
            candidate=row.candidate,
            label=row.label,
            settles=row.settles,
            removed=True,
            replaces=row,
        ).save(force_insert=True)


def counts(said: Mapping[int, Said], readers: int) -> dict[str, int]:
    """Return how many candidates are of each class; under ``""`` those of which all are unsure."""
    return dict(Counter(one.label(readers) for one in said.values() if not one.differs and len(one.answers) >= readers))
