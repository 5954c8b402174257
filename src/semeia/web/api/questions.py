"""Label's questions to one reader, what they say, and the differences of two; all answers are only appended."""

from __future__ import annotations

from typing import Annotated

from django.db.models import Q
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.errors import HttpError
from pydantic import StringConstraints

from semeia.web import queues, ranking
from semeia.web.api.access import user_of
from semeia.web.api.answers import Refusal, Refused
from semeia.web.models import Answer, Picture, Queue, Recording
from semeia.web.permission import Right, one

__all__ = ["router"]

router = Router(tags=["label"])

_AHEAD = 5
_LISTED = 100


class Question(Schema):
    """What is asked: a stretch of a recording, or a picture; and what the network says, to be shown afterwards."""

    candidate: int
    recording: str | None
    picture: str | None
    name: str
    onset: float
    duration: float
    says: dict[str, float]


class NewAnswer(Schema):
    """What a candidate is; empty for unsure."""

    candidate: int
    label: Annotated[str, StringConstraints(max_length=200)]
    comment: Annotated[str, StringConstraints(max_length=2000)] = ""
    replaces: str | None = None
    settles: bool = False


class AnswerRow(Schema):
    """What a person said."""

    id: str
    candidate: int
    label: str
    comment: str
    user: str


class AnswerConflict(Refusal):
    """An answer of the same reader that came before."""

    current: AnswerRow | None


class Answered(Question):
    """A question, and what the reader said."""

    answer: AnswerRow


class Difference(Question):
    """A candidate whose readers differ, and what each says."""

    answers: list[AnswerRow]


@router.get("/queues/{id}/next", response=list[Question], operation_id="nextQuestions")
def following(request: HttpRequest, id: str, skipped: str = "", ahead: int = 0) -> list[Question]:
    """Return what the reader is asked next, the first first.

    `skipped` are candidates, with commas, to pass over; `ahead` of them are questions that will be answered before.
    """
    queue = _queue(request, "write", id)
    known = ranking.ranking_of(queue)
    over = {int(part) for part in skipped.split(",") if part.isdigit()}
    over |= known.of_others(queues.paths_of(queue))
    said = queues.said_of(queue)
    return _questions(queue, known, known.next(user_of(request), said, _AHEAD, over, ahead=ahead))


@router.get("/queues/{id}/answers", response=list[Answered], operation_id="givenAnswers")
def given(request: HttpRequest, id: str) -> list[Answered]:
    """Return what the reader said last, the latest first; nobody sees another's answers here."""
    queue = _queue(request, "read", id)
    rows = queues.current(queue).filter(user=user_of(request), settles=False).order_by("-created_at", "-id")[:_LISTED]
    said = {row.candidate: _answer(row) for row in rows}
    asked = _questions(queue, ranking.ranking_of(queue), list(said))
    return [Answered(**question.model_dump(), answer=said[question.candidate]) for question in asked]


@router.post(
    "/queues/{id}/answers", response={200: AnswerRow, 409: AnswerConflict, 422: Refusal}, operation_id="giveAnswer"
)
def give(request: HttpRequest, id: str, said: NewAnswer) -> AnswerRow:
    """Say what a candidate is; it is on the disk when this answers."""
    queue = _queue(request, "write", id)
    known = ranking.ranking_of(queue)
    if said.label and said.label not in queue.classes:
        raise HttpError(422, f"{said.label} is none of the classes: {', '.join(queue.classes)}.")
    if not 0 <= said.candidate < len(known.pool):
        raise HttpError(422, "There is no such question in this queue.")
    try:
        row = queues.answer(
            queue,
            user_of(request),
            said.candidate,
            said.label,
            comment=said.comment,
            replaces=said.replaces,
            settles=said.settles,
        )
    except queues.Outdated as error:
        raise _refused(error) from None
    known.answered(said.candidate)
    return _answer(row)


@router.delete(
    "/queues/{id}/answers/{answer}", response={200: list[Question], 409: AnswerConflict}, operation_id="takeBack"
)
def take_back(request: HttpRequest, id: str, answer: str) -> list[Question]:
    """Take one's own answer, or what settled a difference, back; return the question that it was to."""
    queue, user = _queue(request, "write", id), user_of(request)
    mine = queue.answers.filter(Q(user=user) | Q(settles=True))
    row = mine.filter(pk=answer).select_related("queue").first()
    if row is None:
        raise HttpError(404, "There is no such answer of yours (any more).")
    try:
        queues.take_back(row, user)
    except queues.Outdated as error:
        raise _refused(error) from None
    known = ranking.ranking_of(queue)
    known.answered(row.candidate)
    return _questions(queue, known, [row.candidate])


@router.get("/queues/{id}/differences", response=list[Difference], operation_id="differences")
def differences(request: HttpRequest, id: str) -> list[Difference]:
    """Return the candidates whose readers differ, with what each says, for somebody to settle."""
    queue = _queue(request, "read", id)
    said = {number: each for number, each in queues.said_of(queue).items() if each.differs}
    asked = _questions(queue, ranking.ranking_of(queue), list(said))
    return [Difference(**q.model_dump(), answers=[_answer(a) for a in said[q.candidate].answers]) for q in asked]


def _queue(request: HttpRequest, right: Right, id: str) -> Queue:
    return one(user_of(request), right, Queue.objects.select_related("images"), id)


def _refused(error: queues.Outdated) -> Refused:
    return Refused(409, str(error), current=error.current and _answer(error.current).model_dump())


def _questions(queue: Queue, known: ranking.Ranking, numbers: list[int]) -> list[Question]:
    pool, probability = known.pool, known.learnt.probability
    paths = {pool.files[int(pool.source[number])] for number in numbers}
    rows = queue.images.pictures.filter(path__in=paths) if queue.images else queue.recordings.filter(path__in=paths)
    there: dict[str, Recording | Picture] = {row.path: row for row in rows}
    questions = []
    for number in numbers:
        row = there.get(pool.files[int(pool.source[number])])
        if row is None:  # it was removed from the Library
            continue
        said = {name: round(float(p), 3) for name, p in zip(queue.classes, probability[number], strict=True)}
        questions.append(
            Question(
                candidate=number,
                recording=row.pk if isinstance(row, Recording) else None,
                picture=row.pk if isinstance(row, Picture) else None,
                name=row.name,
                onset=float(pool.onset[number]),
                duration=pool.seconds,
                says=said,
            )
        )
    return questions


def _answer(row: Answer) -> AnswerRow:
    columns = {key: getattr(row, key) for key in ("candidate", "label", "comment")}
    return AnswerRow(id=row.pk, user=queues.called(row.user), **columns)
