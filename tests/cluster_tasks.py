"""What the tests of `semeia.cluster` give to other processes; kept apart so that these import nothing else."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from semeia.cluster import stop_asked
from semeia.errors import FileError, SemeiaError


def square(number: int) -> int:
    return number * number


def slow_square(number: int, seconds: float) -> int:
    time.sleep(seconds)
    return number * number


def begin(folder: Path, name: str, release: Path) -> tuple[str, int]:
    """Write down this process, and wait to be released."""
    with (folder / name).open("a") as file:
        file.write(f"{os.getpid()}\n")
    while not release.exists():
        time.sleep(0.005)
    return name, os.getpid()


def until_stopped(folder: Path, name: str) -> str:
    """Wait to be stopped, and say that it was."""
    (folder / f"{name}.begun").write_text(str(os.getpid()))
    while not stop_asked():
        time.sleep(0.005)
    (folder / f"{name}.saved").touch()
    return name


def deaf(folder: Path) -> None:
    (folder / "deaf.begun").write_text(str(os.getpid()))
    time.sleep(60)


def die(folder: Path) -> None:
    with (folder / "deaths").open("a") as file:
        file.write("x")
    os.abort()


def fail(name: str) -> None:
    if name == "file":
        raise FileError("/somewhere/a.edf", "is empty")
    if name == "fault":
        raise ZeroDivisionError("division by zero")
    raise SemeiaError("there is no seizure")


def unsendable() -> object:
    return lambda: None


def threads() -> tuple[str | None, bool, int]:
    """Return the thread setting, whether numpy came with the process, and torch's number of threads."""
    early = "numpy" in sys.modules
    import torch

    return os.environ.get("OMP_NUM_THREADS"), early, torch.get_num_threads()
