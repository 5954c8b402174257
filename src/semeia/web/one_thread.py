"""Requests for signals, trends, reports and pixels are answered whole in one thread: who asks, may they, read, filter.

Django's own way takes such a request through a dozen threads' hands and opens a database connection for it, which
costs more than the page that is asked for; and filters get no faster in several threads. So one thread takes these
requests in turn, through the same middleware, addresses and views, and keeps its connection and its recordings open.
Signals, trends, reports, scores, pictures and thumbnails have a thread each, for a sheet of thumbnails must not keep
a page waiting.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from io import BytesIO
from typing import Any

from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.db import connection
from django.http.response import HttpResponseBadRequest, HttpResponseBase

__all__ = ["in_one_thread"]

_Scope = dict[str, Any]
_Receive = Callable[[], Awaitable[Mapping[str, Any]]]
_Send = Callable[[Mapping[str, Any]], Awaitable[None]]
_App = Callable[[_Scope, _Receive, _Send], Awaitable[None]]

_THREADS = {
    "signals": (re.compile(r"/api/recordings/[0-9a-f]+/(page|overview|thumbnail|spectrum)"), "scipy.signal"),
    "trends": (re.compile(r"/api/recordings/[0-9a-f]+/trends"), "scipy.signal"),
    "worth": (re.compile(r"/api/models/[^/]+/worth"), "timescoring"),
    "queues": (re.compile(r"/api/queues/[0-9a-f]+"), "scipy.optimize"),
    "reports": (re.compile(r"/api/recordings/[0-9a-f]+/report"), "scipy.signal"),
    "pictures": (re.compile(r"/api/pictures/[0-9a-f]+/pixels"), "PIL.Image"),
    "thumbnails": (re.compile(r"/api/pictures/[0-9a-f]+/thumbnail"), "PIL.Image"),
}
"""Which addresses a thread answers, and what it loads before the first asks.

Several load the same part of SciPy: two parts that are loaded at once find each other half there.
"""


def in_one_thread(app: _App) -> _App:
    """Answer requests for signals and pixels in threads of their own, and let an application answer all others.

    Parameters
    ----------
    app : ASGI application
        Django's.
    """
    threads = [(addresses, _OneThread(name, needs)) for name, (addresses, needs) in _THREADS.items()]

    async def sorted_out(scope: _Scope, receive: _Receive, send: _Send) -> None:
        chosen = app
        if scope["type"] == "http" and scope["method"] == "GET":
            chosen = next((thread for addresses, thread in threads if addresses.fullmatch(scope["path"])), app)
        await chosen(scope, receive, send)

    return sorted_out


class _OneThread(ASGIHandler):
    """Django's handler, whose middleware and views run one after another in a thread of its own."""

    chunk_size = 1 << 20

    def __init__(self, name: str, needs: str) -> None:
        super(ASGIHandler, self).__init__()
        self.load_middleware(is_async=False)
        self._thread = ThreadPoolExecutor(1, name)
        self._thread.submit(import_module, needs)  # a second that the first page need not wait for

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        request, refusal = self.create_request(scope, BytesIO())
        if request is None:
            await self.send_response(refusal or HttpResponseBadRequest(), send)
            return
        answer = asyncio.get_running_loop().run_in_executor(self._thread, self._answer, request)
        gone = asyncio.ensure_future(_disconnected(receive))
        first: set[asyncio.Future[Any]] = {answer, gone}
        await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if answer.done():
            await self.send_response(answer.result(), send)
        else:
            answer.cancel()  # nobody waits: if it was not begun, it will not be

    def _answer(self, request: ASGIRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code >= 500:
            connection.close()  # it may be what is broken; the next request opens another
        return response


async def _disconnected(receive: _Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
