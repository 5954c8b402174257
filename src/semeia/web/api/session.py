"""Who is here, and in which project; and the readers who share this machine."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.errors import HttpError
from pydantic import StringConstraints

from semeia.web.api.access import user_of
from semeia.web.api.answers import Refusal
from semeia.web.models import User
from semeia.web.permission import project_of
from semeia.web.readers import add_reader, become, readers

__all__ = ["router"]

router = Router(tags=["session"])


class Session(Schema):
    """The person at the page."""

    user: str
    project: str
    version: str


class ReaderRow(Schema):
    """A named profile."""

    id: int
    name: str
    here: bool
    """Whether this browser reads as them now."""


class NewReader(Schema):
    """Somebody who will read here."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


@router.get("/session", response=Session, operation_id="session")
def session(request: HttpRequest) -> Session:
    """Return who is signed in."""
    project = project_of(request.user)
    return Session(user=request.user.get_username(), project=project.name, version=version("semeia"))


@router.get("/readers", response=list[ReaderRow], operation_id="readers")
def all_readers(request: HttpRequest) -> list[ReaderRow]:
    """Return the profiles of this machine, by name."""
    user = user_of(request)
    return [_row(reader, user) for reader in readers(project_of(user))]


@router.post("/readers", response={200: ReaderRow, 409: Refusal}, operation_id="addReader")
def new_reader(request: HttpRequest, reader: NewReader) -> ReaderRow:
    """Add a profile; who asks stays who they are."""
    user = user_of(request)
    return _row(add_reader(project_of(user, "own"), reader.name), user)


@router.post("/readers/{id}/enter", response={200: ReaderRow, 403: Refusal, 404: Refusal}, operation_id="becomeReader")
def become_reader(request: HttpRequest, id: int) -> ReaderRow:
    """Go on as this profile, in all tabs of this browser."""
    reader = readers(project_of(request.user)).filter(pk=id).first()
    if reader is None:
        raise HttpError(404, "There is no such reader (any more).")
    become(request, reader)
    return _row(reader, reader)


def _row(reader: User, here: User) -> ReaderRow:
    return ReaderRow(id=reader.pk, name=reader.get_username(), here=reader.pk == here.pk)
