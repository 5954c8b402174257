"""Readers: named profiles of this machine, without a password, until a clinic gives people accounts.

All are people whom the one-time link let in (`semeia.web.entrance`), in one project and with equal rights: a profile
says whose marks are whose, and keeps nobody out. Someone with a password is an account, whom no profile can become.
"""

from __future__ import annotations

from django.contrib.auth import login
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from ninja.errors import HttpError

from semeia.web.models import Membership, Project, User

__all__ = ["CONSENSUS", "RESERVED", "add_reader", "become", "readers"]

CONSENSUS = "consensus"
"""Author of what several readers agree on, or a third has settled."""
RESERVED = {CONSENSUS, "file"}


def readers(project: Project) -> QuerySet[User]:
    """Return the profiles of a project, by name."""
    local = User.objects.filter(membership__project=project, password__startswith="!")
    return local.order_by("username")


def add_reader(project: Project, name: str) -> User:
    """Return a new profile.

    Raises
    ------
    HttpError
        409 if somebody is called so already, or the name stands for something else.
    """
    if name.lower() in RESERVED or User.objects.filter(username__iexact=name).exists():
        raise _taken(name)
    try:
        with transaction.atomic():
            user = User.objects.create_user(name)  # without a password
            Membership.objects.create(user=user, project=project, role=Membership.Role.OWNER)
    except IntegrityError:  # two tabs at once
        raise _taken(name) from None
    return user


def _taken(name: str) -> HttpError:
    return HttpError(409, f"{name} is taken: choose another name.")


def become(request: HttpRequest, reader: User) -> None:
    """Let the browser of one profile go on as another.

    Raises
    ------
    HttpError
        403 if who asks has an account of their own.
    """
    assert isinstance(request.user, User)
    if request.user.has_usable_password():
        raise HttpError(403, "You are signed in with an account: sign out to read as somebody else.")
    login(request, reader, backend="django.contrib.auth.backends.ModelBackend")
