"""Label: queues of questions; what was learnt from the answers; and what is made of them."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.errors import HttpError
from numpy.typing import NDArray
from pydantic import Field, StringConstraints

from semeia.active import entry_of, names, strategy_named
from semeia.active.automatic import Calibrated, automatic
from semeia.active.mixture import needs_committee
from semeia.active.skill import Point
from semeia.datasets.frozen import FrozenImage, freeze_images
from semeia.errors import DatasetError, RecipeError
from semeia.events import Event
from semeia.web import freezing, queues, ranking
from semeia.web.api.access import user_of
from semeia.web.api.answers import Refusal
from semeia.web.api.installed import check_judges
from semeia.web.api.jobs import JobRow, job_row
from semeia.web.jobs import lifecycle
from semeia.web.models import ImageSet, Queue, Recording
from semeia.web.permission import Right, allowed, one, project_of

__all__ = ["router"]

router = Router(tags=["label"])

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class StrategyRow(Schema):
    """A way of choosing; mixtures are written ``0.5*margin+0.5*typiclust``."""

    name: str
    description: str


class NewQueue(Schema):
    """What to ask about, and how."""

    name: Name
    model: str
    strategy: Name = "margin"
    classes: Annotated[list[Name], Field(min_length=2, max_length=9)]
    readers: Literal[1, 2] = 1
    recordings: list[str] = Field(default=[])
    images: str | None = None


class QueueRow(Schema):
    """A queue in the list; `candidates` is null until the model has looked at the files."""

    id: str
    name: str
    model: str
    strategy: str
    classes: list[str]
    readers: int
    images: str | None
    """Id of the set, where it asks about pictures."""
    candidates: int | None
    answered: int
    job: JobRow | None
    created_at: datetime


class CurvePoint(Schema):
    """Skill after some answers: the area under the ROC curve on those held back, and its 95 % interval."""

    labels: int
    value: float
    low: float | None
    high: float | None


class Sure(Schema):
    """From which confidence on a label needs no person: of `judged` answers held back `right` were right."""

    threshold: float
    right: int
    judged: int
    labels: int
    """Candidates that would get a label."""


class QueueState(QueueRow):
    """What has come of a queue so far."""

    counts: dict[str, int]
    """Candidates by class; under ``""`` those of which all were unsure."""
    by_reader: dict[str, int]
    conflicts: int
    """Candidates whose readers differ, and nobody has settled it."""
    kappa: float | None
    held: int
    """Answers that are held back, to measure by."""
    curve: list[CurvePoint]
    random: list[CurvePoint]
    advice: str
    sure: Sure | None
    missing: int
    """Answers held back that are missing at least until labels without a person can be had."""
    automatic: float | None
    """Confidence from which on labels are given without a person; null for none."""
    unasked: int
    """Candidates that have such a label."""


class Automatic(Schema):
    """The confidence from which on labels need no person; null takes them all back."""

    threshold: Annotated[float, Field(ge=0, le=1)] | None


class FrozenAnswers(Schema):
    """Answers as a recipe's data."""

    source: str
    path: str
    classes: list[str]
    labels: dict[str, int]
    automatic: int
    """How many of them no person gave."""


@router.get("/strategies", response=list[StrategyRow], operation_id="strategies")
def strategies(request: HttpRequest) -> list[StrategyRow]:
    """Return the ways of choosing that need one network, the usual mixture first."""
    mixed = StrategyRow(name="0.5*margin+0.5*typiclust", description="half uncertain, half typical: a good start")
    known = [(name, entry_of(name)) for name in names()]
    single = [StrategyRow(name=n, description=entry.description) for n, entry in known if not entry.asks_committee]
    balanced = StrategyRow(name="balanced-margin", description="uncertain ones of the class with the fewest answers")
    return [mixed, balanced, *single]


@router.get("/queues", response=list[QueueRow], operation_id="queues")
def listed(request: HttpRequest) -> list[QueueRow]:
    """Return the queues, the newest first."""
    rows = allowed(user_of(request), "read", Queue.objects.select_related("job", "images"))
    return [_row(queue, queues.count_answered(queue)) for queue in rows.order_by("-created_at")]


@router.post("/queues", response=QueueRow, operation_id="newQueue")
def create(request: HttpRequest, wanted: NewQueue) -> QueueRow:
    """Begin a queue: a job lets the model look at the files, then the questions come."""
    user = user_of(request)
    project = project_of(user, "write")
    check_judges(wanted.model, "images" if wanted.images else "recordings")
    strategy_named(wanted.strategy)
    if needs_committee(wanted.strategy):
        raise RecipeError(f"strategy {wanted.strategy!r} asks several networks, and a queue has one: choose another")
    if len({name.lower() for name in wanted.classes}) < len(wanted.classes):
        raise DatasetError("a class is there twice")
    images = None if wanted.images is None else one(user, "write", ImageSet.objects.all(), wanted.images)
    recordings = list(allowed(user, "write", Recording.objects.filter(pk__in=wanted.recordings)))
    if images is None and not recordings:
        raise DatasetError("choose recordings or an image set: there is nothing to ask about")
    with transaction.atomic():
        columns = {key: getattr(wanted, key) for key in ("name", "model", "strategy", "classes", "readers")}
        taken = set(Queue.objects.filter(project=project).values_list("name", flat=True))
        again = (f"{wanted.name} {number}" for number in count(2))
        columns["name"] = next(name for name in chain([wanted.name], again) if name not in taken)
        queue = Queue.objects.create(project=project, images=images, **columns)
        queue.recordings.set(recordings)
        queue.job = lifecycle.queue("embed", project, user, {"queue": queue.pk})
        queue.save(update_fields=["job"])
    return _row(queue, 0)


@router.delete("/queues/{id}", response={204: None, 409: Refusal}, operation_id="removeQueue")
def remove(request: HttpRequest, id: str) -> HttpResponse:
    """Remove a queue with its answers."""
    queue = _queue(request, "write", id)
    if queue.job is not None and queue.job.state in lifecycle.ACTIVE:
        raise HttpError(409, "The model is looking at its files: stop that first.")
    with transaction.atomic():
        queue.delete()
        if queue.job is not None:
            queue.job.delete()  # it could be run no more
    ranking.forget(id)
    queues.pool_file(id).unlink(missing_ok=True)
    return HttpResponse(status=204)


@router.get("/queues/{id}", response=QueueState, operation_id="queue")
def state(request: HttpRequest, id: str) -> QueueState:
    """Return what has come of a queue so far."""
    queue = _queue(request, "read", id)
    said = queues.said_of(queue)
    by_reader: dict[str, int] = defaultdict(int)
    for each in said.values():
        for row in each.answers:
            by_reader[queues.called(row.user)] += 1
    known = ranking.ranking_of(queue) if queues.pool_file(id).is_file() else None
    learnt = None if known is None else known.learnt
    found = None if learnt is None else learnt.sure
    sure = None
    if isinstance(found, Calibrated):
        labels = len(_unasked(known, said, found.threshold))
        sure = Sure(threshold=found.threshold, right=found.right, judged=found.judged, labels=labels)
    return QueueState(
        **_row(queue, len(said)).model_dump(),
        counts=queues.counts(said, queue.readers),
        by_reader=by_reader,
        conflicts=sum(each.differs for each in said.values()),
        kappa=None if learnt is None else learnt.kappa,
        held=0 if learnt is None else learnt.held,
        curve=_points(learnt.points) if learnt else [],
        random=_points(learnt.random) if learnt else [],
        advice=learnt.advice if learnt else "",
        sure=sure,
        missing=found if isinstance(found, int) else 0,
        automatic=queue.automatic,
        unasked=len(_unasked(known, said, queue.automatic)),
    )


@router.post("/queues/{id}/automatic", response={204: None}, operation_id="setAutomatic")
def set_automatic(request: HttpRequest, id: str, wanted: Automatic) -> HttpResponse:
    """Let labels be given without a person from a confidence on, or take all such back; no answer is changed."""
    queue = _queue(request, "write", id)
    queue.automatic = wanted.threshold
    queue.save(update_fields=["automatic"])
    return HttpResponse(status=204)


@router.post("/queues/{id}/freeze", response=FrozenAnswers, operation_id="freezeAnswers")
def freeze(request: HttpRequest, id: str) -> FrozenAnswers:
    """Write down what is known by now, so that a recipe can learn from it."""
    queue = _queue(request, "write", id)
    known, said = ranking.ranking_of(queue), queues.said_of(queue)
    labels = {number: label for number, each in said.items() if (label := each.label(queue.readers))}
    likeliest = known.learnt.probability.argmax(axis=1)
    rows = _unasked(known, said, queue.automatic)
    unasked = {int(row): queue.classes[likeliest[row]] for row in rows}
    if not labels:
        raise DatasetError(f"{queue.name}: nothing is answered yet")
    path = _freeze(queue, known, labels, unasked)
    every = [*labels.values(), *unasked.values()]
    return FrozenAnswers(
        source="image-table" if queue.images else "frozen",
        path=path,
        classes=queue.classes,
        labels={name: every.count(name) for name in queue.classes},
        automatic=len(unasked),
    )


def _freeze(queue: Queue, known: ranking.Ranking, labels: dict[int, str], unasked: dict[int, str]) -> str:
    pool = known.pool
    of: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for source, named in (("label", labels), ("automatic", unasked)):
        for number, label in named.items():
            of[pool.files[int(pool.source[number])]].append((number, label, source))
    if queue.images:
        patients = dict(queue.images.pictures.values_list("path", "patient"))
        there = [path for path in of if path in patients]  # others were removed
        return freeze_images([FrozenImage(Path(path), of[path][0][1], patients[path]) for path in there])
    rows = list(queue.recordings.filter(path__in=list(of)).select_related("patient"))
    windows = {
        row.pk: [Event(float(pool.onset[n]), pool.seconds, label, source=source) for n, label, source in of[row.path]]
        for row in rows
    }
    return freezing.freeze(rows, windows)


def _queue(request: HttpRequest, right: Right, id: str) -> Queue:
    return one(user_of(request), right, Queue.objects.select_related("job", "images"), id)


def _unasked(known: ranking.Ranking | None, said: dict[int, queues.Said], threshold: float | None) -> NDArray[np.int64]:
    """Return the candidates that get a label though nobody was asked about them."""
    if known is None or threshold is None:
        return np.zeros(0, np.int64)
    open_rows = np.setdiff1d(np.arange(len(known.pool)), list(said))
    return automatic(known.learnt.probability, open_rows, threshold)


def _row(queue: Queue, answered: int) -> QueueRow:
    columns = {key: getattr(queue, key) for key in ("name", "model", "strategy", "classes", "readers", "created_at")}
    return QueueRow(
        id=queue.pk,
        images=queue.images_id,
        candidates=queues.candidates_of(queue),
        answered=answered,
        job=None if queue.job is None else job_row(queue.job),
        **columns,
    )


def _points(points: list[Point]) -> list[CurvePoint]:
    def known(value: float) -> float | None:
        return None if np.isnan(value) else round(value, 4)

    return [
        CurvePoint(labels=p.labels, value=round(p.value, 4), low=known(p.low), high=known(p.high))
        for p in points
        if not np.isnan(p.value)
    ]
