"""How long each strategy takes to choose the next 20 of 100,000 examples, and how much memory: each in a process."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from figures import table
from semeia.active import Candidates, names, strategy_named

COUNT, LABELLED, CLASSES, MEMBERS, GROUPS = 20, 200, 4, 5, 50
MIXED = ("balanced-margin", "balanced-typiclust", "0.5*margin+0.5*typiclust", "0.5*margin+0.5*k-centre")


class Size(NamedTuple):
    """Candidates, and numbers of an embedding."""

    candidates: int
    width: int


FULL = Size(100_000, 512)
QUICK = Size(5000, 32)


def run(workspace: Path, size: Size = FULL) -> str:
    """Measure and return the section; `QUICK` is to try things out."""
    del workspace
    found = {name: measured(name, size) for name in (*names(), *MIXED)}
    rows = [[f"`{name}`", f"{seconds:.2f} s", f"{megabytes:,.0f} MB"] for name, (seconds, megabytes) in found.items()]
    slowest, largest = (max(values) for values in zip(*found.values(), strict=True))
    return f"""## Choosing what to label

The next {COUNT} of {size.candidates:,} candidates with embeddings of {size.width} float32 numbers in {GROUPS} groups,
{LABELLED} of them labelled, {CLASSES} classes, a committee of {MEMBERS}. Each strategy once, in a process of its own
that may use all cores; the memory is all that the process ever held, of which the embeddings are
{size.candidates * size.width * 4 / 1e6:,.0f} MB.

{table(("strategy", "time", "memory at most"), rows)}

Asked for: 5 s and 1,000 MB for every strategy. {_verdict(slowest, largest)}
"""


def _verdict(slowest: float, largest: float) -> str:
    held = "Held" if slowest <= 5 and largest <= 1000 else "Not held"
    return f"{held}: the slowest takes {slowest:.2f} s, the largest {largest:,.0f} MB."


def measured(name: str, size: Size) -> tuple[float, float]:
    """Return seconds, and megabytes at most, of one strategy in a fresh process."""
    command = [sys.executable, __file__, name, str(size.candidates), str(size.width)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, megabytes = json.loads(answer.stdout)
    return seconds, megabytes


def _measure(name: str, size: Size) -> tuple[float, float]:
    candidates, strategy = _made(size), strategy_named(name)
    started = time.perf_counter()
    chosen = strategy(candidates, COUNT, np.random.default_rng(1))
    seconds = time.perf_counter() - started
    assert len(set(chosen.tolist())) == COUNT
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def _made(size: Size) -> Candidates:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((size.candidates, size.width), np.float32)
    centres, group = rng.standard_normal((GROUPS, size.width), np.float32), rng.integers(GROUPS, size=len(x))
    for number in range(GROUPS):
        x[group == number] += centres[number]
    label = np.full(len(x), -1)
    label[:LABELLED] = np.arange(LABELLED) % CLASSES
    said = rng.dirichlet(np.ones(CLASSES), (1 + MEMBERS, len(x))).astype(np.float32)
    return Candidates(x, said[0], label, said[1:])


if __name__ == "__main__":
    print(json.dumps(_measure(sys.argv[1], Size(int(sys.argv[2]), int(sys.argv[3])))))
