"""What the API answers when it cannot do what was asked: one line in ``detail``, as the terminal would say it."""

from __future__ import annotations

from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, ValidationError

from semeia.errors import SemeiaError, StorageError
from semeia.web.api.access import HOW_TO_ENTER

__all__ = ["Refusal", "Refused", "explain_errors"]


class Refusal(Schema):
    """Why not."""

    detail: str


class Refused(Exception):
    """An answer other than what was asked for, with more than one line to say.

    Parameters
    ----------
    status : int
    detail : str
    **more
        Other keys of the answer.
    """

    def __init__(self, status: int, detail: str, **more: Any) -> None:
        self.status, self.body = status, {"detail": detail, **more}
        super().__init__(detail)


def explain_errors(api: NinjaAPI) -> None:
    """Tell the API how to say what went wrong."""

    @api.exception_handler(SemeiaError)
    def known(request: HttpRequest, error: SemeiaError) -> HttpResponse:
        return api.create_response(request, {"detail": str(error)}, status=422)

    @api.exception_handler(StorageError)
    def full(request: HttpRequest, error: StorageError) -> HttpResponse:
        return api.create_response(request, {"detail": str(error)}, status=507)

    @api.exception_handler(Refused)
    def refused(request: HttpRequest, error: Refused) -> HttpResponse:
        answer = api.create_response(request, error.body, status=error.status)
        answer.headers["Cache-Control"] = "no-store"  # what is gone (410) would be gone for a browser for ever
        return answer

    @api.exception_handler(AuthenticationError)
    def nobody(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        return api.create_response(request, {"detail": HOW_TO_ENTER}, status=401)

    @api.exception_handler(ValidationError)
    def wrong(request: HttpRequest, error: ValidationError) -> HttpResponse:
        said = (f"{fault['loc'][-1]}: {fault['msg'].removeprefix('Value error, ')}" for fault in error.errors)
        return api.create_response(request, {"detail": "; ".join(said)}, status=422)

    @api.exception_handler(OperationalError)
    def database(request: HttpRequest, error: OperationalError) -> HttpResponse:
        if "full" in str(error) or "disk I/O" in str(error):
            why = "The disk is full: nothing was changed. Make room, and try again."
            return api.create_response(request, {"detail": why}, status=507)
        why = "The database is busy: nothing was changed. Try again in a moment."
        return api.create_response(request, {"detail": why}, status=503)
