"""The event stream: tells every page what has changed, whoever changed it, as Server-Sent Events."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from django.db import DatabaseError, connections
from django.http import HttpRequest, StreamingHttpResponse
from ninja import Router

from semeia.web.api.access import user_of
from semeia.web.api.changes import Change, Watch
from semeia.web.models import Project
from semeia.web.permission import allowed

__all__ = ["end_streams", "router"]

router = Router(tags=["stream"])

_TEXT = {"schema": {"type": "string"}}
_STREAM = {"responses": {200: {"description": "Server-Sent Events", "content": {"text/event-stream": _TEXT}}}}

PERIOD = 0.3
"""Seconds between two looks."""

HEARTBEAT = 15.0
"""Seconds after which a stream with nothing to tell says so, lest anything between takes it for dead."""


@router.get("/stream", operation_id="stream", openapi_extra=_STREAM)
def stream(request: HttpRequest) -> StreamingHttpResponse:
    """Tell changes as they come: events ``job``, ``track``, ``events`` and ``library``, with JSON.

    What changed before the stream opened is not told: a page asks for all it shows when its stream has opened, and so
    when it has opened again.
    """
    projects = allowed(user_of(request), "read", Project.objects.all())
    listener = _Listener(frozenset(projects.values_list("pk", flat=True)))
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(_hub.listen(listener), content_type="text/event-stream", headers=headers)


class _Listener:
    """One open stream. What it has not taken yet is kept once: a slow listener costs no memory, and misses nothing."""

    def __init__(self, projects: frozenset[str]) -> None:
        self._projects = projects
        self._waiting: dict[tuple[str, str], Change] = {}
        self._something = asyncio.Event()
        self.ended = False

    def end(self) -> None:
        """Let the stream end when it has sent what waits."""
        self.ended = True
        self._something.set()

    def tell(self, change: Change) -> None:
        if change.project in self._projects:
            key = change.event, change.key
            if key in self._waiting and change.together:
                change = replace(change, data=change.together)
            self._waiting[key] = change
            self._something.set()

    async def next(self) -> str:
        """Return what is to be sent next."""
        try:
            async with asyncio.timeout(HEARTBEAT):
                await self._something.wait()
        except TimeoutError:
            return ":\n\n"
        waiting, self._waiting = self._waiting, {}
        if not self.ended:
            self._something.clear()
        return "".join(f"event: {change.event}\ndata: {change.data}\n\n" for change in waiting.values())


class _Hub:
    """Looks for changes while anyone listens: once for all of them, in one thread."""

    def __init__(self) -> None:
        self._listeners: set[_Listener] = set()
        self._task: asyncio.Task[None] | None = None
        self._watching = asyncio.Event()

    async def listen(self, listener: _Listener) -> AsyncIterator[str]:
        """Yield what a listener is to be sent."""
        self._listeners.add(listener)
        try:
            if self._task is None:
                self._watching = asyncio.Event()
                self._task = asyncio.create_task(self._watch())
            await self._watching.wait()
            yield "retry: 1000\n\n"
            while not listener.ended:
                yield await listener.next()
        finally:
            self._listeners.discard(listener)

    def end(self) -> None:
        for listener in self._listeners:
            listener.end()

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        watch: Watch | None = None
        with ThreadPoolExecutor(1, thread_name_prefix="changes") as thread:
            try:
                while self._listeners:
                    try:
                        if watch is None:
                            watch = await loop.run_in_executor(thread, Watch)
                        self._watching.set()
                        for change in await loop.run_in_executor(thread, watch.changes):
                            for listener in self._listeners:
                                listener.tell(change)
                    except (DatabaseError, OSError) as error:
                        print(f"semeia: no changes can be seen ({error}); trying again", file=sys.stderr)
                        await loop.run_in_executor(thread, connections.close_all)
                    await asyncio.sleep(PERIOD)
            finally:
                self._task = None  # whoever comes from now on begins anew
                thread.submit(connections.close_all)


_hub = _Hub()


def end_streams() -> None:
    """End all streams, for the server ends; browsers ask again by themselves."""
    _hub.end()
