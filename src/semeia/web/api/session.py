"""Who is here, and in which project."""

from __future__ import annotations

from importlib.metadata import version

from django.http import HttpRequest
from ninja import Router, Schema

from semeia.web.permission import project_of

__all__ = ["router"]

router = Router(tags=["session"])


class Session(Schema):
    """The person at the page."""

    user: str
    project: str
    version: str


@router.get("/session", response=Session, operation_id="session")
def session(request: HttpRequest) -> Session:
    """Return who is signed in."""
    project = project_of(request.user)
    return Session(user=request.user.get_username(), project=project.name, version=version("semeia"))
