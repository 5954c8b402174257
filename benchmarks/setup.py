"""From a bare clone to the demo and the tests: how long a newcomer waits."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from figures import table
from real_data import NotHereError, real

REPOSITORY = Path(__file__).resolve().parents[1]
CACHES = ("HOME", "XDG_CACHE_HOME", "UV_CACHE_DIR", "PIP_CACHE_DIR")
NOT_OURS = (
    "VIRTUAL_ENV",
    "PYTHONPATH",
    "SEMEIA_HOME",
    "SEMEIA_BENCH_MODELS",
    "MAKEFLAGS",
    "MAKELEVEL",
    "MFLAGS",
)


class Timed(NamedTuple):
    """A command that ran: its wall-clock seconds, exit status and output."""

    seconds: float
    status: int
    output: str


def newcomer(folder: Path) -> dict[str, str]:
    """Return the environment of somebody who has never run Semeia: no cache, no home folder, no package."""
    environment = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    # how this machine reaches its package index is not what is measured
    environment.setdefault("XDG_CONFIG_HOME", str(Path.home() / ".config"))
    for name in CACHES:
        (folder / name.lower()).mkdir(parents=True)
        environment[name] = str(folder / name.lower())
    return environment


def timed(command: list[str], folder: Path, environment: dict[str, str]) -> Timed:
    """Run a command."""
    started = time.monotonic()
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Timed(time.monotonic() - started, done.returncode, done.stdout)


def run(workspace: Path, source: Path = REPOSITORY) -> str:
    """Measure and return the section; another repository as `source` is to try things out."""
    place = workspace / "setup"
    clone = place / "semeia"
    environment = newcomer(place / "newcomer")
    subprocess.run(["git", "clone", "--quiet", str(source), str(clone)], check=True)
    commit = timed(["git", "rev-parse", "--short", "HEAD"], clone, environment).output.strip()
    try:
        (place / "shared").mkdir()
        (place / "shared" / "data").symlink_to(real("chbmit_clips").parent)  # where the tests look for it
    except NotHereError:
        pass
    steps = [
        ("`make demo`, first time", "4 min", timed(["make", "demo"], clone, environment)),
        ("`make demo`, second time", "15 s", timed(["make", "demo"], clone, environment)),
        ("`make test`", "5 min", timed(["make", "test"], clone, environment)),
    ]
    rows = [[name, f"{step.seconds:.0f} s", aim, _said(step)] for name, aim, step in steps]
    return f"""## From a bare clone

Wall-clock time on a fresh `git clone` (commit {commit}) with empty caches, no home folder and no
environment: the first `make demo` makes the environment, installs everything and simulates its three
patients. Packages come from wherever this machine gets them. One run, so no interval.

{table(["", "time", "aim at most", "last line"], rows)}
"""


def _said(step: Timed) -> str:
    lines = [line.strip("= ") for line in step.output.splitlines() if not line.startswith("make: ")]
    last = next((line for line in reversed(lines) if line), "").replace("|", "/")
    return last if step.status == 0 else f"failed with exit status {step.status}: {last}"
