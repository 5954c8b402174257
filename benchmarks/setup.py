"""From a bare clone to the demo and the tests: how long a newcomer waits."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
import urllib.request
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


def served(command: list[str], folder: Path, environment: dict[str, str]) -> Timed:
    """Run a command until the page that it opens answers, then end it as Ctrl-C does."""
    started, output = time.monotonic(), ""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        output += line
        if link := re.search(r"http://\S+/enter/\S+", line):
            with urllib.request.build_opener(urllib.request.HTTPCookieProcessor).open(link[0]) as page:
                assert b"<script" in page.read()
            seconds = time.monotonic() - started
            os.killpg(process.pid, signal.SIGINT)
            process.communicate()
            said = next(line for line in output.splitlines() if "seizures found" in line)
            return Timed(seconds, 0, said)
    return Timed(time.monotonic() - started, process.wait(), output)


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
        ("`make demo`, first time, to a served page", "4 min", served(["make", "demo"], clone, environment)),
        ("`make demo`, second time, to a served page", "15 s", served(["make", "demo"], clone, environment)),
        ("`make test`", "10 min", timed(["make", "test"], clone, environment)),
    ]
    rows = [[name, f"{step.seconds:.0f} s", aim, _said(step)] for name, aim, step in steps]
    return f"""## From a bare clone

Wall-clock time on a fresh `git clone` (commit {commit}) with empty caches, no home folder and no
environment: the first `make demo` makes the environment, installs everything and simulates its three
patients. The page counts as served when its link gives it. Packages come from wherever this machine gets them. One
run, so no interval.

{table(["", "time", "aim at most", "last line"], rows)}
"""


def _said(step: Timed) -> str:
    lines = [line.strip("= ") for line in step.output.splitlines() if not line.startswith("make: ")]
    last = next((line for line in reversed(lines) if line), "").replace("|", "/")
    return last if step.status == 0 else f"failed with exit status {step.status}: {last}"
