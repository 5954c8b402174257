"""A job's process: forked from a server with torch loaded, it runs one command line and says why it ended."""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil

from semeia.web.jobs import lifecycle
from semeia.web.jobs.progress import begin, log_file
from semeia.web.models import Job

__all__ = ["Child", "kill", "warm_up"]

GRACE = 10.0
"""Seconds that a process has to end after it was asked to."""

_SAME = 2.0  # seconds: the system's clock may be set between two readings of when a process started

_NICE = 5  # a page is turned before a job goes on

_server = multiprocessing.get_context("forkserver")


def warm_up() -> None:
    """Start the fork server, and wait until it has loaded what jobs need."""
    _server.set_forkserver_preload(["semeia.web.jobs.warm"])
    first = _server.Process(target=int)
    first.start()
    first.join()


class Child:
    """The process of a job.

    Parameters
    ----------
    job : Job
        As it was claimed; its process begins at once.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.asked_at: float | None = None
        begin(job.pk, job.attempt)
        arguments = (job.argv, str(log_file(job.pk)), job.pk if job.kind == "classify" else None)
        self._process = _server.Process(target=_run, args=arguments, name=f"job {job.pk}")
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid
        self.started = _started(self.pid) or time.time()

    def stop(self) -> None:
        """Ask it to end; if it has not after a while, kill it."""
        now = time.monotonic()
        if self.asked_at is None:
            self.asked_at = now
            self._process.terminate()
        elif now > self.asked_at + GRACE:
            self._process.kill()

    def status(self) -> int | None:
        """Return how it ended (see `semeia.web.jobs.lifecycle.end`), or None while it runs."""
        status = self._process.exitcode
        if status == lifecycle.LOST:  # the server was killed, and with it what it knew
            kill(self.pid, self.started)
        return status

    def said(self) -> str:
        """Return its last words: the line with which the command line fails."""
        try:
            lines = log_file(self.job.pk).read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return ""
        return next((line.removeprefix("semeia: ") for line in reversed(lines) if line.strip()), "")


def kill(pid: int | None, started: float | None) -> None:
    """Kill a process, if it is still the one that started then, and wait until it is gone."""
    if pid is None or started is None:
        return
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        if abs(process.create_time() - started) < _SAME:
            process.kill()
            until = time.monotonic() + GRACE
            while process.is_running() and process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < until:
                time.sleep(0.01)


def _started(pid: int) -> float | None:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).create_time()
    return None


def _run(arguments: list[str], log: str, classifies: str | None) -> None:
    """Run a command line in this process, which ends with its exit status.

    Parameters
    ----------
    arguments : list of str
    log : str
        Path of the file that takes what it says.
    classifies : str or None
        The job, if what it writes is taken into the database when it has ended.
    """
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C in the terminal is for the worker, which then asks this to end
    os.nice(_NICE)
    threading.Thread(target=_end_with_worker, daemon=True).start()
    with Path(log).open("wb") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())
    sys.argv = ["semeia", *arguments]
    if classifies is None:
        runpy.run_module("semeia", run_name="__main__", alter_sys=True)
        return
    from semeia.web.classifications import keeping

    with keeping(classifies):
        runpy.run_module("semeia", run_name="__main__", alter_sys=True)


def _end_with_worker() -> None:
    """Ask this process to end when its worker is gone, for the job will be another's."""
    worker = multiprocessing.parent_process()
    assert worker is not None
    worker.join()
    os.kill(os.getpid(), signal.SIGTERM)
