"""Requests for signals take turns in one thread; all others go where they went before."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import Any

import pytest
from django.http import HttpResponse

from semeia.web import one_thread
from semeia.web.one_thread import in_one_thread

PAGE = "/api/recordings/0123456789abcdef/page"


async def ask(app: Any, path: str, method: str = "GET", query: bytes = b"", gone: asyncio.Event | None = None) -> Any:
    """Return the status that an application answers, or None if it does not."""
    told: list[Mapping[str, Any]] = []
    host = [(b"host", b"127.0.0.1")]
    scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": host}

    async def receive() -> dict[str, Any]:
        await (gone or asyncio.Event()).wait()
        return {"type": "http.disconnect"}

    async def send(message: Mapping[str, Any]) -> None:
        told.append(message)

    await app(scope, receive, send)
    return told[0]["status"] if told else None


async def elsewhere(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 299, "headers": []})


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", PAGE, 401),
        ("GET", PAGE.replace("page", "overview"), 401),
        ("GET", PAGE.replace("page", "thumbnail"), 401),
        ("GET", PAGE.replace("page", "spectrum"), 401),
        ("GET", PAGE.replace("page", "trends"), 401),
        ("GET", PAGE.replace("page", "report"), 401),
        ("GET", "/api/pictures/0123456789abcdef/pixels", 401),
        ("GET", "/api/pictures/0123456789abcdef/thumbnail", 401),
        ("GET", "/api/pictures/0123456789abcdef/overlay", 299),
        ("POST", PAGE, 299),
        ("GET", PAGE + "s", 299),
        ("GET", "/api/session", 299),
        ("GET", "/", 299),
    ],
)
def test_only_signals_and_pixels_are_answered_in_threads_of_their_own(method: str, path: str, status: int) -> None:
    assert asyncio.run(ask(in_one_thread(elsewhere), path, method, query=b"start=0&seconds=1&pixels=1")) == status


def test_an_address_that_is_no_text_is_refused() -> None:
    assert asyncio.run(ask(in_one_thread(elsewhere), PAGE, query=b"\xff")) == 400


def test_they_take_turns_and_who_went_away_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, threads, begun = threading.Event(), set(), []

    def slow(self: Any, request: Any) -> HttpResponse:
        threads.add(threading.current_thread())
        begun.append(request.META["QUERY_STRING"])
        assert go_on.wait(20)
        return HttpResponse()

    monkeypatch.setattr(one_thread._OneThread, "_answer", slow)

    async def some() -> list[Any]:
        app, gone = in_one_thread(elsewhere), asyncio.Event()
        first = asyncio.create_task(ask(app, PAGE, query=b"first"))
        while not begun:
            await asyncio.sleep(0.01)
        away = asyncio.create_task(ask(app, PAGE, query=b"away", gone=gone))
        last = asyncio.create_task(ask(app, PAGE, query=b"last"))
        await asyncio.sleep(0.05)
        gone.set()
        assert await away is None
        go_on.set()
        return [await first, await last]

    assert asyncio.run(some()) == [200, 200]
    assert begun == ["first", "last"]
    assert len(threads) == 1
