"""A real server in a process of its own, a browser's worth of HTTP to ask it with, and a recording to give it."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
from django.test import Client as DjangoClient

from semeia.events import Event
from semeia.signals.edf_writer import EdfWriter

ELECTRODES = tuple("Fp1 F3 C3 P3 O1 F7 T7 P7 Fz Cz Pz Fp2 F4 C4 P4 O2 F8 T8 P8".split())  # noqa: SIM905
JSON = "application/json"


def write_recording(
    path: Path,
    *,
    seconds: float = 60,
    rate: int = 128,
    labels: Sequence[str] = ELECTRODES,
    subject: str = "p1",
    events: tuple[Event, ...] = (Event(20.0, 10.0),),
) -> Path:
    """Write noise as EDF+, the same for the same length, rate and labels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    started_at = datetime(2020, 2, 3, 4, 5, 6)
    with EdfWriter(path, labels=labels, rate=rate, subject=subject, started_at=started_at) as writer:
        noise = np.random.default_rng(1).normal(0, 30, (len(labels), round(seconds * rate)))
        writer.write(noise.astype(np.float32))
        writer.annotate(events)
    return path


class Client(DjangoClient):
    """Django's test client with CSRF checked, as in the real server, and JSON sent by default."""

    @classmethod
    def signed_in(cls) -> Client:
        """Return a client that came in by a one-time link, as the owner."""
        from semeia.web.entrance import new_link

        client = cls(enforce_csrf_checks=True, SERVER_NAME="localhost")
        assert client.get(new_link()).status_code == 302
        client.get("/")
        return client

    def generic(self, method: str, path: str, data: Any = "", *args: Any, **kwargs: Any) -> Any:
        """Send a request with the CSRF token in its header."""
        token = self.cookies.get("semeia_csrf")
        if token is not None and method not in {"GET", "HEAD"}:
            kwargs.setdefault("headers", {})
            kwargs["headers"] = {"X-CSRFToken": token.value, **(kwargs["headers"] or {})}
        return super().generic(method, path, data, *args, **kwargs)

    def post(self, path: str, data: Any = None, content_type: str = JSON, **kwargs: Any) -> Any:
        """Post a value as JSON."""
        return super().post(path, {} if data is None else data, content_type, **kwargs)

    def patch(self, path: str, data: Any = "", content_type: str = JSON, **kwargs: Any) -> Any:
        """Send a value as JSON."""
        return super().patch(path, data, content_type, **kwargs)

    def put(self, path: str, data: Any = b"", content_type: str = "application/octet-stream", **kwargs: Any) -> Any:
        """Send bytes as they are."""
        return super().put(path, data, content_type, **kwargs)


class Answer(NamedTuple):
    """What a server answered."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        """Return the value of a JSON body."""
        return json.loads(self.body)


class Browser:
    """Cookies, the CSRF token and HTTP: what a browser adds to a request.

    Parameters
    ----------
    port : int
        Of the server on 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}

    def request(
        self, method: str, path: str, data: Any = None, headers: Mapping[str, str] | None = None, timeout: float = 30
    ) -> Answer:
        """Send a request; bytes go as they are, any other data as JSON."""
        connection = self.connect(timeout)
        try:
            body = data if isinstance(data, bytes | None) else json.dumps(data).encode()
            kind = {} if data is None else {"Content-Type": "application/octet-stream" if body is data else JSON}
            connection.request(method, path, body, {**self.headers(), **kind, **(headers or {})})
            answer = connection.getresponse()
            for cookie in answer.msg.get_all("Set-Cookie", []):
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
            return Answer(answer.status, answer.msg, answer.read())
        finally:
            connection.close()

    def connect(self, timeout: float = 30) -> http.client.HTTPConnection:
        """Return a connection, for what wants to read an answer as it comes."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def headers(self) -> dict[str, str]:
        """Return the headers that a browser adds."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if "semeia_csrf" in self.cookies:
            headers |= {"X-CSRFToken": self.cookies["semeia_csrf"], "Origin": f"http://127.0.0.1:{self.port}"}
        return headers

    def get(self, path: str, **kwargs: Any) -> Answer:
        """Get."""
        return self.request("GET", path, **kwargs)

    def post(self, path: str, data: Any = None, **kwargs: Any) -> Answer:
        """Post a value as JSON."""
        return self.request("POST", path, {} if data is None else data, **kwargs)

    def put(self, path: str, data: bytes, **kwargs: Any) -> Answer:
        """Send bytes."""
        return self.request("PUT", path, data, **kwargs)

    def patch(self, path: str, data: Any, **kwargs: Any) -> Answer:
        """Send a value as JSON."""
        return self.request("PATCH", path, data, **kwargs)

    def delete(self, path: str, **kwargs: Any) -> Answer:
        """Delete."""
        return self.request("DELETE", path, **kwargs)


_PROGRAM = """
import os, resource, sys, threading, time
parent, limit = os.getppid(), int(sys.argv.pop(1))
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
def end_with_the_tests():
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
threading.Thread(target=end_with_the_tests, daemon=True).start()
import uvicorn
uvicorn.main()
"""


class Server:
    """The page's server in a process of its own, without a worker.

    Parameters
    ----------
    home : Path
        Its home folder; of a server that was killed, the next one can go on with it.
    folders : tuple of Path
        From which the page may import.
    full_at : int
        Number of bytes after which no file can grow, as on a full disk; 0 for no such number.
    """

    def __init__(self, home: Path, *, folders: tuple[Path, ...] = (), full_at: int = 0) -> None:
        self.home, self._folders, self._full_at = home, folders, full_at
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        self.browser = self.enter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Make its database, and listen on a free port."""
        environment = {
            **os.environ,
            "SEMEIA_HOME": str(self.home),
            "SEMEIA_FOLDERS": os.pathsep.join(map(str, self._folders)),
            "DJANGO_SETTINGS_MODULE": "semeia.web.settings",
        }
        if not (self.home / "semeia.sqlite3").is_file():
            migrate = [sys.executable, "-m", "django", "migrate", "--verbosity", "0"]
            subprocess.run(migrate, env=environment, check=True)
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen(64)
            self.port = listening.getsockname()[1]
            command = [sys.executable, "-c", _PROGRAM, str(self._full_at), "semeia.web.asgi:application"]
            command += [
                "--fd",
                str(listening.fileno()),
                "--loop",
                "asyncio",
                "--lifespan",
                "off",
                "--log-level",
                "warning",
            ]
            self.process = subprocess.Popen(command, env=environment, pass_fds=[listening.fileno()])

    def enter(self) -> Browser:
        """Return a browser that came in by a one-time link."""
        token = secrets.token_urlsafe(24)
        links = self.home / "web" / "links"
        links.mkdir(parents=True, exist_ok=True)
        (links / hashlib.sha256(token.encode()).hexdigest()).touch()
        browser = Browser(self.port)
        answer = browser.get(f"/enter/{token}")
        assert answer.status == 302, answer
        browser.get("/")
        return browser

    def kill(self) -> None:
        """End it as a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def wait_for(condition: Any, seconds: float = 20.0) -> Any:
    """Return what a function returns, as soon as that is true."""
    until = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < until, f"not within {seconds:g} s"
        time.sleep(0.02)
    return value


__all__ = ["Answer", "Browser", "Client", "Server", "wait_for", "write_recording"]
