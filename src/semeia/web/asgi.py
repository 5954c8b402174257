"""The server's door: who may ask at all, and how much a request may carry; behind it Django."""

from __future__ import annotations

import os
import warnings
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http.request import split_domain_port, validate_host

from semeia.web.one_thread import in_one_thread

__all__ = ["application", "guarded"]

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_App = Callable[[MutableMapping[str, Any], _Receive, _Send], Awaitable[None]]

LARGEST_BODY = 32 * 2**20
_SAFE = {"GET", "HEAD", "OPTIONS"}


class _TooLarge(Exception):
    pass


def guarded(app: _App, largest: int = LARGEST_BODY) -> _App:
    """Refuse what comes from another web site, and bodies larger than they may be.

    Any web site can make a browser send requests to this machine. So a request that may change something must say that
    it comes from the host that it goes to. What a body holds is counted as it comes, for the length that a request
    announces may be false.

    Parameters
    ----------
    app : ASGI application
    largest : int
        Bytes.
    """

    async def door(scope: MutableMapping[str, Any], receive: _Receive, send: _Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        origin, host = headers.get(b"origin"), headers.get(b"host", "")
        if not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
            await _refuse(send, 403, "This server does not go by that name.")
            return
        foreign = origin is not None and urlsplit(origin).netloc != host
        foreign = foreign or headers.get(b"sec-fetch-site", "same-origin") not in {"same-origin", "none"}
        if foreign and (scope["method"] not in _SAFE or scope["path"].startswith("/api/")):
            await _refuse(send, 403, "This request comes from another web site.")
            return
        received, answered = 0, False

        async def counted() -> _Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received <= largest:
                return message
            while message.get("more_body") and received < 2 * largest:  # whoever still sends hears no answer
                message = await receive()
                received += len(message.get("body", b""))
            raise _TooLarge

        async def answer(message: _Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await app(scope, counted, answer)
        except _TooLarge:
            if not answered:
                await _refuse(send, 413, f"A request may carry at most {largest // 2**20} MiB.")

    return door


async def _refuse(send: _Send, status: int, why: str) -> None:
    body = f'{{"detail": "{why}"}}'.encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "semeia.web.settings")
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume")  # WhiteNoise's files are small
application: _App = guarded(in_one_thread(get_asgi_application()))  # type: ignore[arg-type]
