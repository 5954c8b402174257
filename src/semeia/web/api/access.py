"""Who may ask the API at all: whoever is signed in, and from the page itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja.security import APIKeyCookie

from semeia.web.models import User

__all__ = ["HOW_TO_ENTER", "SignedIn", "signed_in", "user_of"]

HOW_TO_ENTER = "You are not signed in: open the link that `semeia serve` prints."


class SignedIn(APIKeyCookie):
    """Whoever has a session; what changes something carries the CSRF token too."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> User | None:
        """Return who asks; nobody's token is looked at before that is known."""
        return super().__call__(request) if request.user.is_authenticated else None

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        """Return who asks."""
        return user_of(request)


def user_of(request: HttpRequest) -> User:
    """Return who asks, which `SignedIn` has made sure of."""
    assert isinstance(request.user, User)
    return request.user


def signed_in(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let only those who are signed in see the API's description."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        return JsonResponse({"detail": HOW_TO_ENTER}, status=401)

    return checked
