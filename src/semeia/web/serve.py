"""The server as a process: the home folder made ready, a way in, and a worker beside it that runs the jobs."""

from __future__ import annotations

import errno
import ipaddress
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

import django
import psutil
import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError

from semeia.errors import SemeiaError, StorageError
from semeia.home import alone_in, home_folder, make_folder, reason, replacing

__all__ = ["link", "listening", "prepare", "run", "running"]

_GRACE = 20.0  # seconds in which the worker asks its jobs to stop where they can go on


def prepare(home: Path | None = None, folders: Sequence[Path] = ()) -> Path:
    """Make the home folder's database ready, and Django with it; call before anything else of the web.

    Parameters
    ----------
    home : Path, optional
        The home folder; otherwise as `semeia.home.home_folder` says.
    folders : sequence of Path
        From which the page may import.

    Returns
    -------
    Path
        The home folder.

    Raises
    ------
    StorageError
        If the folder or the database cannot be used.
    """
    place = home_folder(home).resolve()
    os.environ["SEMEIA_HOME"] = str(place)  # for the worker, too
    if folders:
        os.environ["SEMEIA_FOLDERS"] = os.pathsep.join(str(folder.resolve()) for folder in folders)
    os.environ["DJANGO_SETTINGS_MODULE"] = "semeia.web.settings"
    django.setup()
    from semeia.web import entrance, uploads

    try:
        with alone_in(make_folder(place / "web")):
            call_command("migrate", verbosity=0)
            entrance.owner()
            uploads.tidy()
    except DatabaseError as error:
        raise StorageError(f"{place / 'semeia.sqlite3'}: the database cannot be used ({error})") from error
    return place


def link(url: str, to: str = "/") -> str:
    """Return the address that lets its first visitor in, once, and leads to a place of the page."""
    from semeia.web.entrance import new_link

    return url + new_link() + ("" if to == "/" else f"?{urlencode({'to': to})}")


def running() -> str | None:
    """Return the address of the server that runs for this home folder, if one does."""
    try:
        told = json.loads(_told().read_text(encoding="utf-8"))
        process = psutil.Process(told["pid"])
        alive = process.create_time() == told["started"] and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None
    return str(told["url"]) if alive else None


@contextmanager
def listening(host: str, port: int) -> Iterator[tuple[socket.socket, str]]:
    """Yield a socket that listens, and its address as a browser writes it.

    Raises
    ------
    SemeiaError
        If the host is no address of this machine, may not be used yet, or the port is taken.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        _check_host(host, str(address[0]))
        made = socket.create_server(address[:2], family=family, backlog=256)
    except socket.gaierror as error:
        raise SemeiaError(f"--host {host}: there is no such address ({reason(error)})") from error
    except (OSError, OverflowError) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise SemeiaError(f"port {port} is taken by another program: choose one with --port") from error
        raise SemeiaError(f"{host}, port {port}: cannot listen there ({error})") from error
    with made:
        # What it accepts inherits this; without it every short answer waits 40 ms for the acknowledgement of its head.
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        name = f"[{host}]" if ":" in host else host
        if name not in settings.ALLOWED_HOSTS:
            settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, name]
        yield made, f"http://{name}:{made.getsockname()[1]}"


def run(made: socket.socket, url: str) -> None:
    """Serve the page at a socket, with a worker beside it, until Ctrl-C or SIGTERM."""
    from semeia.web.asgi import application

    config = uvicorn.Config(
        application,
        loop="asyncio",
        lifespan="off",
        ws="none",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=2,  # the page's event stream does not end by itself
    )
    for number in (signal.SIGTERM, signal.SIGHUP):  # uvicorn ends in its own way and then raises the signal again
        signal.signal(number, signal.default_int_handler)
    told = _told()
    with suppress(KeyboardInterrupt), _Worker():
        try:
            with replacing(told) as part:
                part.touch(mode=0o600)
                about = {"url": url, "pid": os.getpid(), "started": psutil.Process().create_time()}
                part.write_text(json.dumps(about), encoding="utf-8")
            _Server(config).run(sockets=[made])
        finally:
            told.unlink(missing_ok=True)


class _Server(uvicorn.Server):
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        from semeia.web.api.stream import end_streams

        end_streams()
        await super().shutdown(sockets)


class _Worker:
    """The process that runs jobs, started again when it ends by itself."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._ending = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="worker")

    def __enter__(self) -> None:
        self._keeper.start()

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._send(signal.SIGTERM)
        self._keeper.join(_GRACE)
        if self._keeper.is_alive():
            self._send(signal.SIGKILL)
            self._keeper.join()

    def _keep(self) -> None:
        while not self._ending.is_set():
            # In a session of its own: Ctrl-C in the terminal is for the server, which then ends the worker.
            self._process = subprocess.Popen([sys.executable, "-m", "semeia.web.jobs.worker"], start_new_session=True)
            if self._ending.is_set():
                self._process.terminate()
            self._process.wait()
            self._ending.wait(1.0)

    def _send(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)


def _check_host(host: str, address: str) -> None:
    """Refuse to be reached from elsewhere as long as nobody has a password."""
    from semeia.web.models import User

    if ipaddress.ip_address(address.partition("%")[0]).is_loopback:
        return
    if not User.objects.exclude(password="").exclude(password__startswith="!").exists():
        raise SemeiaError(
            f"--host {host}: others could reach this server there, and nobody has an account yet. "
            "Leave --host out, or reach it through an SSH tunnel: ssh -L 8321:127.0.0.1:8321 THIS-MACHINE"
        )
    if ipaddress.ip_address(address.partition("%")[0]).is_unspecified:
        raise SemeiaError(f"--host {host}: give the one name or address by which browsers will reach this machine")


def _told() -> Path:
    return Path(settings.HOME) / "web" / "server.json"
