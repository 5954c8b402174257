"""``semeia serve`` and ``semeia open``, as processes that are asked over HTTP."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import psutil
from command import Answer, assert_one_line, semeia

from epilepsy import write_patients

QUIET = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "BROWSER": ""}


class Serving(NamedTuple):
    """A command that serves, and the file that gets what it prints."""

    process: subprocess.Popen[bytes]
    said: Path

    @property
    def link(self) -> str:
        """The first link that it prints."""
        return str(soon(lambda: next((word for word in self.said.read_text().split() if "/enter/" in word), "")))


@contextmanager
def started(home: Path, *command: object) -> Iterator[Serving]:
    """Run a command that serves until it is ended."""
    said = home.with_name(f"{home.name}.said")
    with said.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "semeia", *map(str, command)],
            stdout=output,
            stderr=output,
            env={**os.environ, **QUIET, "SEMEIA_HOME": str(home)},
        )
    try:
        yield Serving(process, said)
    finally:
        process.terminate()
        process.wait(timeout=60)


def get(url: str, **headers: str) -> http.client.HTTPResponse:
    """Ask without following where the answer leads."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    connection.request("GET", f"{parts.path}?{parts.query}", headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def soon(condition: Callable[[], Any], seconds: float = 30) -> Any:
    until = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < until
        time.sleep(0.05)
    return value


def worker_of(process: subprocess.Popen[bytes]) -> psutil.Process | None:
    for child in psutil.Process(process.pid).children():
        with suppress(psutil.NoSuchProcess):  # killed, and not yet collected
            if "semeia.web.jobs.worker" in child.cmdline():
                return child
    return None


def test_serve_lets_its_owner_in_and_ends_clean(tmp_path: Path) -> None:
    with started(tmp_path / "home", "serve", "--port", 0) as (process, said):
        link = Serving(process, said).link
        answer = get(link)
        assert answer.status == 302 and answer.getheader("Location") == "/"
        assert get(link).status == 403, "once"
        assert get(f"http://{urlsplit(link).netloc}/").status == 401
        told = tmp_path / "home" / "web" / "server.json"
        assert json.loads(told.read_text())["pid"] == process.pid and told.stat().st_mode & 0o77 == 0
        worker = soon(lambda: worker_of(process))
        assert worker is not None
        worker.kill()
        again = soon(lambda: (found := worker_of(process)) is not None and found.pid != worker.pid and found)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0, said.read_text()
        assert all(words in said.read_text() for words in ("Ctrl-C", "Not a medical device", str(tmp_path / "home")))
        assert "Traceback" not in said.read_text() and "Warning" not in said.read_text()
        assert not told.exists() and not again.is_running()


def test_a_second_serve_gives_a_link_to_the_first(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with started(home, "serve", "--port", 0) as first:
        netloc = urlsplit(first.link).netloc
        second = semeia("serve", SEMEIA_HOME=str(home), **QUIET)
        assert second.status == 0 and "already running" in second.out
        link = second.out.split()[-1]
        assert urlsplit(link).netloc == netloc and get(link).status == 302
        first.process.kill()
        first.process.wait()
    assert (home / "web" / "server.json").exists(), "nobody was there to remove it"
    with started(home, "serve", "--port", 0) as after:
        assert get(after.link).status == 302, "a server that was killed is not in the way"


def test_open_shows_one_recording(tmp_path: Path) -> None:
    write_patients(tmp_path / "patients")
    (file, *_) = sorted((tmp_path / "patients").rglob("*.edf"))
    home = tmp_path / "home"
    with started(home, "serve", "--port", 0) as serving:
        assert serving.link
        places = []
        for _ in range(2):
            link = semeia("open", file, SEMEIA_HOME=str(home), **QUIET).out.split()[-1]
            places.append(get(link).getheader("Location"))
        assert places[0] == places[1], "the same recording"
        assert str(places[0]).startswith("/review/") and len(str(places[0])) == len("/review/") + 16


def failed(home: Path, *options: object) -> Answer:
    return semeia("serve", *options, SEMEIA_HOME=str(home), **QUIET)


def test_what_cannot_be_served_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert_one_line(failed(tmp_path, "--port", taken.getsockname()[1]), "is taken by another program", "--port")
    assert_one_line(failed(tmp_path, "--host", "0.0.0.0", "--port", 0), "nobody has an account yet")
    assert_one_line(failed(tmp_path, "--host", "no.such.host.invalid", "--port", 0), "there is no such address")
    assert_one_line(
        semeia("open", tmp_path / "none.edf", SEMEIA_HOME=str(tmp_path), **QUIET), "none.edf: there is no such file"
    )
    (tmp_path / "file").touch()
    assert_one_line(failed(tmp_path / "file" / "home"), "cannot be made")


def test_another_loopback_address_is_served_by_its_name(tmp_path: Path) -> None:
    with started(tmp_path / "home", "serve", "--port", 0, "--host", "127.0.0.2") as serving:
        assert urlsplit(serving.link).hostname == "127.0.0.2"
        assert get(serving.link).status == 302
