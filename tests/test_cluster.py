"""Work in other processes: real ones, some of them killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from pathlib import Path

import psutil
import pytest

import cluster_tasks as tasks
from semeia import cluster
from semeia.cluster import LocalExecutor, executor, run_all
from semeia.errors import FileError, SemeiaError


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)


def pids(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def test_results_come_in_the_order_of_the_jobs_and_are_told_as_they_are_done() -> None:
    told: list[tuple[int, int]] = []
    jobs = [(1, 0.3), (2, 0.0), (3, 0.0)]
    assert run_all(tasks.slow_square, jobs, workers=2, on_done=lambda *done: told.append(done)) == [1, 4, 9]
    assert sorted(told) == [(0, 1), (1, 4), (2, 9)]
    assert told[-1] == (0, 1)
    assert run_all(tasks.square, []) == []


def test_a_worker_computes_with_one_thread_and_the_environment_here_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    assert run_all(tasks.threads, [()]) == [("1", False, 1)]
    assert os.environ["OMP_NUM_THREADS"] == "2" and "MKL_NUM_THREADS" not in os.environ


def test_a_killed_worker_costs_only_its_own_task_which_is_run_again(tmp_path: Path) -> None:
    release, names = tmp_path / "release", [f"task{number}" for number in range(12)]
    results: list[tuple[str, int]] = []
    thread = threading.Thread(
        target=lambda: results.extend(run_all(tasks.begin, [(tmp_path, name, release) for name in names], workers=2))
    )
    thread.start()
    wait_for(lambda: bool(pids(tmp_path / "task0") and pids(tmp_path / "task1")))
    (killed,), (other,) = pids(tmp_path / "task0"), pids(tmp_path / "task1")
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: len(pids(tmp_path / "task0")) == 2)
    release.touch()
    thread.join(20)
    assert [name for name, _ in results] == names
    begun = {name: len(pids(tmp_path / name)) for name in names}
    assert begun == dict.fromkeys(names, 1) | {"task0": 2}
    assert dict(results)["task1"] == other


def test_a_worker_that_is_killed_while_idle_costs_nothing() -> None:
    with executor(1) as pool:
        assert isinstance(pool, LocalExecutor)
        first = pool.submit(os.getpid).result()
        os.kill(first, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(first)] if psutil.pid_exists(first) else [], timeout=5)
        assert pool.submit(os.getpid).result() != first


def test_a_task_that_kills_every_worker_is_named(tmp_path: Path) -> None:
    with pytest.raises(SemeiaError, match=r"^fold 2: its process was ended 3 times \(SIGABRT\), perhaps for want of"):
        run_all(tasks.die, [(tmp_path,)], names=["fold 2"])
    assert (tmp_path / "deaths").read_text() == "xxx"


def test_an_error_keeps_its_kind_and_names_the_job() -> None:
    with pytest.raises(FileError) as said:
        run_all(tasks.fail, [("file",)], names=["fold 1"])
    assert str(said.value) == "fold 1: a.edf: is empty"
    with pytest.raises(SemeiaError, match=r"^job 1: there is no seizure"):
        run_all(tasks.fail, [("other",)])
    with pytest.raises(ZeroDivisionError) as raised:
        run_all(tasks.fail, [("fault",)], names=["fold 3"])
    assert raised.value.__notes__[-1] == "in fold 3"
    assert "cluster_tasks.py" in raised.value.__notes__[0]


def test_what_cannot_be_sent_is_an_error_and_not_the_end() -> None:
    with executor(1) as pool:
        with pytest.raises(RuntimeError, match="cannot be sent back: function"):
            pool.submit(tasks.unsendable).result()
        with pytest.raises(Exception, match="lambda"):
            pool.submit(lambda: 1).result()
        assert pool.submit(tasks.square, 3).result() == 9


def test_an_error_stops_the_others_at_once_and_lets_them_save(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), executor(2) as pool:
        pool.submit(tasks.until_stopped, tmp_path, "a")
        queued = [pool.submit(tasks.square, number) for number in range(3)]
        assert [future.result() for future in queued] == [0, 1, 4]
        wait_for((tmp_path / "a.begun").exists)
        pool.submit(tasks.fail, "fault").result()
    assert (tmp_path / "a.saved").exists()


def test_stopping_is_asked_for_and_who_does_not_listen_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LocalExecutor.stop, "__defaults__", (0.5,))
    stop = tmp_path / "deaf.begun"
    begun = time.monotonic()
    with pytest.raises(CancelledError):
        run_all(tasks.deaf, [(tmp_path,), (tmp_path,)], workers=1, stop_asked=stop.exists)
    assert time.monotonic() - begun < 10
    wait_for(lambda: not psutil.pid_exists(int(stop.read_text())))


def test_workers_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; import cluster_tasks as tasks; from semeia.cluster import run_all\n"
        "if __name__ == '__main__': run_all(tasks.deaf, [(Path(sys.argv[1]),)])"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    parent = subprocess.Popen(
        [sys.executable, script, tmp_path], env=os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    )
    begun = tmp_path / "deaf.begun"
    wait_for(lambda: begun.exists() and bool(begun.read_text()))
    parent.kill()
    parent.wait()
    wait_for(lambda: not psutil.pid_exists(int(begun.read_text())))


def test_ctrl_c_ends_the_workers_too(tmp_path: Path) -> None:
    code = (
        "import signal, sys; from pathlib import Path; import cluster_tasks as tasks\n"
        "from semeia.cluster import run_all\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # which a shell's background job ignores
        "if __name__ == '__main__': run_all(tasks.until_stopped, [(Path(sys.argv[1]), 'a')])"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    parent = subprocess.Popen(
        [sys.executable, script, tmp_path],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for(lambda: (tmp_path / "a.begun").exists() and bool((tmp_path / "a.begun").read_text()))
    os.killpg(parent.pid, signal.SIGINT)
    assert parent.communicate(timeout=20)[1].strip().endswith("KeyboardInterrupt")
    assert (tmp_path / "a.saved").exists()
    assert not psutil.pid_exists(int((tmp_path / "a.begun").read_text()))


@pytest.mark.filterwarnings("ignore")
def test_a_dask_cluster_does_the_same_work() -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tcp", dashboard_address=None, host="127.0.0.1"
    ) as dask:
        assert run_all(tasks.square, [(1,), (2,), (3,)], address=dask.scheduler_address) == [1, 4, 9]
        with pytest.raises(FileError, match=r"^fold 1: a.edf: is empty"):
            run_all(tasks.fail, [("file",)], names=["fold 1"], address=dask.scheduler_address)


def test_a_cluster_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SemeiaError, match=r"a cluster needs Dask: pip install 'semeia\[cluster\]'"):
        run_all(tasks.square, [(1,)], address="tcp://127.0.0.1:1")


def test_at_least_one_processor_is_there() -> None:
    assert cluster.processors() >= 1
