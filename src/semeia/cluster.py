"""Where work runs: processes of this machine, or a Dask cluster, both as a ``concurrent.futures`` executor.

On this machine each worker is a fresh process (spawn) that computes with one thread. A worker that is killed, as by
the system when memory runs out, costs only the task that it had in hand; that is run again in a new one. With
`concurrent.futures.ProcessPoolExecutor` one killed worker failed 9 of 12 tasks.
"""

from __future__ import annotations

import importlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, ParamSpec, TypeVar

from semeia.errors import SemeiaError

__all__ = ["LocalExecutor", "executor", "processors", "run_all", "stop_asked"]

P = ParamSpec("P")
R = TypeVar("R")

ATTEMPTS = 3
"""Times that a task is begun: what killed its worker may have been another program, but not thrice."""

GRACE = 10.0
"""Seconds that a worker which was asked to stop has for saving its work."""

_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_starting = threading.Lock()
_stop = threading.Event()


def stop_asked() -> bool:
    """Return whether the task that this process runs was asked to stop; a long one looks now and then."""
    return _stop.is_set()


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def executor(workers: int | None = None, address: str | None = None) -> Iterator[Executor]:
    """Yield an executor; when the block raises, what is queued is dropped and what runs is stopped.

    Parameters
    ----------
    workers : int, optional
        Processes on this machine; otherwise one a processor.
    address : str, optional
        Of a Dask scheduler, such as ``tcp://10.0.0.1:8786``: its workers do the work.

    Raises
    ------
    SemeiaError
        If the scheduler does not answer, or Dask is not installed.
    """
    if address is not None:
        with _dask(address) as pool:
            yield pool
        return
    local = LocalExecutor(workers)
    try:
        yield local
    except BaseException:
        local.stop()
        raise
    else:
        local.shutdown()


def run_all(
    function: Callable[..., R],
    jobs: Sequence[tuple[Any, ...]],
    *,
    names: Sequence[str] | None = None,
    workers: int | None = None,
    address: str | None = None,
    on_done: Callable[[int, R], None] = lambda number, result: None,
    stop_asked: Callable[[], bool] = lambda: False,
) -> list[R]:
    """Run a function once for every job and return the results in the jobs' order.

    Parameters
    ----------
    function : callable
        Of a module: other processes import it.
    jobs : sequence of tuple
        The function's arguments.
    names : sequence of str, optional
        What each job is called in an error.
    workers, address
        As `executor` takes them.
    on_done : callable
        Called here with a job's number and its result, as they come.
    stop_asked : callable
        Asked a few times a second; when true, workers are asked to stop, as they are after an error and Ctrl-C.

    Raises
    ------
    CancelledError
        If stopping was asked for.
    SemeiaError
        If a job's worker was killed every time.
    Exception
        The first that a job raises. The rest is stopped at once; an error of Semeia begins with the job's name.
    """
    if address is None:
        workers = min(workers or processors(), max(1, len(jobs)))
    results: dict[int, R] = {}
    with executor(workers, address) as pool:
        numbers = {pool.submit(function, *job): number for number, job in enumerate(jobs)}
        pending: set[Future[R]] = set(numbers)
        while pending:
            done, pending = wait(pending, timeout=0.2, return_when=FIRST_COMPLETED)
            for future in sorted(done, key=numbers.__getitem__):
                number = numbers[future]
                try:
                    results[number] = future.result()
                except Exception as error:
                    _name(error, names[number] if names else f"job {number + 1}")
                    raise
                on_done(number, results[number])
            if pending and stop_asked():
                raise CancelledError
    return [results[number] for number in range(len(jobs))]


def _name(error: Exception, name: str) -> None:
    """Say in an error which job it is about, and let it keep its kind."""
    if isinstance(error, SemeiaError):
        error.args = (error.about(name),)
    else:
        error.add_note(f"in {name}")


class LocalExecutor(Executor):
    """Processes of this machine, each started when it is first needed.

    One thread here minds each process: it hands over a task, waits for the answer, and starts another process when
    that one died.

    Parameters
    ----------
    workers : int, optional
        Otherwise one a processor.
    """

    def __init__(self, workers: int | None = None) -> None:
        self._threads = ThreadPoolExecutor(workers or processors(), "semeia-worker")
        self._mine = threading.local()
        self._workers: set[_Worker] = set()
        self._stopped = threading.Event()

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Queue a call."""
        return self._threads.submit(self._run, fn, args, kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes when what is queued is done, or only what runs."""
        self._threads.shutdown(wait=wait, cancel_futures=cancel_futures)
        if wait:
            for worker in list(self._workers):
                worker.close()

    def stop(self, grace: float = GRACE) -> None:
        """Drop what is queued, ask the processes to stop, and kill those that still run after `grace` seconds."""
        self._stopped.set()
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in list(self._workers):
            worker.process.terminate()
        ended = threading.Timer(grace, self._kill)
        ended.start()
        try:
            self._threads.shutdown(wait=True)
        finally:  # a second Ctrl-C waits no longer
            ended.cancel()
            self._kill()

    def _kill(self) -> None:
        for worker in list(self._workers):
            worker.process.kill()

    def _run(self, function: Callable[..., R], args: tuple[Any, ...], kwargs: dict[str, Any]) -> R:
        how = ""
        for _ in range(ATTEMPTS):
            if self._stopped.is_set():
                raise CancelledError
            worker: _Worker | None = getattr(self._mine, "worker", None)
            if worker is None:
                worker = self._mine.worker = _Worker()
                self._workers.add(worker)
                if self._stopped.is_set():  # meanwhile
                    worker.process.kill()
            try:
                answer = worker.ask(function, args, kwargs)
            except (EOFError, OSError):
                how = worker.close()
                self._workers.discard(worker)
                self._mine.worker = None
                continue
            if isinstance(answer, _Raised):
                raise answer.error
            result: R = answer
            return result
        if self._stopped.is_set():
            raise CancelledError
        raise SemeiaError(
            f"its process was ended {ATTEMPTS} times ({how}), perhaps for want of memory: try fewer at once"
        )


class _Raised:
    """What a task raised, and where."""

    def __init__(self, error: Exception, place: str) -> None:
        self.error, self.place = error, place


class _Worker:
    """A process that answers tasks one after another."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=_serve, args=(theirs,), name="semeia-worker")
        with _starting:  # numpy and torch read these when they are first imported
            before = {name: os.environ.get(name) for name in _THREADS}
            os.environ.update(dict.fromkeys(_THREADS, "1"))
            try:
                self.process.start()
            finally:
                for name, value in before.items():
                    if value is None:
                        del os.environ[name]
                    else:
                        os.environ[name] = value
        theirs.close()

    def ask(self, *task: Any) -> Any:
        """Return the answer to a task; EOFError or OSError when the process died."""
        self.connection.send(task)
        answer = self.connection.recv()
        if isinstance(answer, _Raised):
            answer.error.add_note(answer.place)  # where it was raised, for --debug
        return answer

    def close(self) -> str:
        """Let the process end, and return how it did."""
        self.connection.close()
        self.process.join()
        code = self.process.exitcode or 0
        return signal.Signals(-code).name if code < 0 else f"exit status {code}"


def _serve(connection: Connection) -> None:
    """Answer tasks until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started this one decides
    signal.signal(signal.SIGTERM, lambda *_: _stop.set())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            function, args, kwargs = connection.recv()
        except (EOFError, OSError):
            return
        except Exception as error:  # a task that cannot be imported here
            answer: Any = _Raised(error, traceback.format_exc())
        else:
            answer = _answer(function, args, kwargs)
        try:
            connection.send(answer)
        except (BrokenPipeError, ConnectionError):
            return
        except Exception as error:
            about = answer.error if isinstance(answer, _Raised) else type(answer).__name__
            problem = RuntimeError(f"what a task gave cannot be sent back: {about} ({error})")
            connection.send(_Raised(problem, traceback.format_exc()))


def _answer(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if "torch" in sys.modules:  # a training that was resumed may have set another number
        sys.modules["torch"].set_num_threads(1)
    try:
        return function(*args, **kwargs)
    except Exception as error:
        return _Raised(error, traceback.format_exc())


def _end_with_parent() -> None:
    """End this process, in the middle of whatever it does, when the one that started it is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


@contextmanager
def _dask(address: str) -> Iterator[Executor]:
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError as error:
        raise SemeiaError("a cluster needs Dask: pip install 'semeia[cluster]'") from error
    try:
        client = distributed.Client(address, timeout=10)
    except (OSError, ValueError, TimeoutError) as error:
        raise SemeiaError(f"{address}: no Dask scheduler answers there") from error
    try:
        yield client.get_executor(pure=False, retries=ATTEMPTS - 1)
    finally:
        with suppress(Exception):
            client.close(timeout=10)
