"""Who may do what: the one question that every route asks."""

from __future__ import annotations

from typing import Literal, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, QuerySet
from ninja.errors import HttpError

from semeia.web.models import Membership, Project, User

__all__ = ["allowed", "one", "project_of"]

Right = Literal["read", "write", "own"]
_Row = TypeVar("_Row", bound=Model)

_ROLES: dict[Right, tuple[str, ...]] = {
    "read": (Membership.Role.READER, Membership.Role.EDITOR, Membership.Role.OWNER),
    "write": (Membership.Role.EDITOR, Membership.Role.OWNER),
    "own": (Membership.Role.OWNER,),
}


def allowed(user: User | AnonymousUser, right: Right, rows: QuerySet[_Row]) -> QuerySet[_Row]:
    """Return those of some rows that a person may read, write or own: those of projects in which they have the role.

    Parameters
    ----------
    user : User or AnonymousUser
    right : {"read", "write", "own"}
    rows : QuerySet
        Of projects, or of anything that belongs to one.
    """
    if not user.is_authenticated:
        return rows.none()
    projects = Membership.objects.filter(user=user, role__in=_ROLES[right]).values("project")
    return rows.filter(pk__in=projects) if rows.model is Project else rows.filter(project__in=projects)


def one(user: User | AnonymousUser, right: Right, rows: QuerySet[_Row], id: str) -> _Row:
    """Return the row with an id, if the person has the right.

    Raises
    ------
    HttpError
        404 if there is none that they may see, 403 if they may see it but no more.
    """
    found = allowed(user, right, rows).filter(pk=id).first()
    if found is not None:
        return found
    name = rows.model._meta.verbose_name
    if right != "read" and allowed(user, "read", rows).filter(pk=id).exists():
        raise HttpError(403, f"This {name} can be looked at, but not changed, in your role.")
    raise HttpError(404, f"There is no such {name} (any more).")


def project_of(user: User | AnonymousUser, right: Right = "read") -> Project:
    """Return the project that a person works in: the first in which they have the right.

    Raises
    ------
    HttpError
        403 if there is none.
    """
    project = allowed(user, right, Project.objects.order_by("created_at")).first()
    if project is None:
        raise HttpError(403, "You have no project here.")
    return project
