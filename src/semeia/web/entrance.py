"""The owner of this machine's home folder, and one-time links that let them in without a password."""

from __future__ import annotations

import hashlib
import secrets
import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from semeia.home import make_folder
from semeia.web.models import Membership, Project, User

__all__ = ["new_link", "owner", "redeem"]

_LIFE = 3600.0  # seconds


def owner() -> User:
    """Return who works here without an account, with their first project; made if absent."""
    with transaction.atomic():
        without_password = {"first_name": "You", "password": make_password(None)}
        user, _ = User.objects.get_or_create(username="owner", defaults=without_password)
        if not Membership.objects.filter(user=user).exists():
            project = Project.objects.create(name="My recordings")
            Membership.objects.create(user=user, project=project, role=Membership.Role.OWNER)
    return user


def new_link() -> str:
    """Return the path of a link that works once, within an hour.

    Only the token's hash is kept, in ``home/web/links``, so whoever may read that folder still cannot enter.
    """
    token = secrets.token_urlsafe(24)
    for old in _links().iterdir():
        with suppress(FileNotFoundError):
            if time.time() - old.stat().st_mtime > _LIFE:
                old.unlink()
    (_links() / _hash(token)).touch(mode=0o600)
    return f"/enter/{token}"


def redeem(token: str) -> User | None:
    """Return the owner if the token is good, and spend it."""
    file = _links() / _hash(token)
    with suppress(FileNotFoundError):
        age = time.time() - file.stat().st_mtime
        file.unlink()  # of two that come at once only one gets past this line
        return owner() if age < _LIFE else None
    return None


def _links() -> Path:
    return make_folder(settings.HOME / "web" / "links")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
