"""A training killed with ``kill -9`` at random moments and resumed: does it end with the same weights?"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from figures import table

RECIPE = Path(__file__).resolve().parents[1] / "recipes" / "eeg-starter.toml"
KILLS, EPOCHS, STEPS = 20, 3, 40
SETTINGS = (
    "data.0.patients=4",
    "data.0.hours=0.25",
    'split.exclude=["chb01", "chb02"]',
    'split.validation=["sim00004"]',
    f"training.epochs={EPOCHS}",
    f"training.examples_per_epoch={64 * STEPS}",
)
PHASES = ("preparation", "mid-epoch", "validation", "choosing the threshold and writing")
TRAIN = """
from semeia.training import fit
fit.CHECKPOINT_SECONDS = 0.5
from semeia.cli import main
main()
"""
"""`semeia train`, but saving its state every half second, not every 20 s: what a long training meets."""


class Killed(NamedTuple):
    """One trial: what the kill hit, where the training went on from, and whether its weights are the same."""

    phase: str
    resumed_from: str
    identical: bool


def command(home: Path, resume: bool = False) -> list[str]:
    """Return the command line of the training in a home folder."""
    options = [part for setting in SETTINGS for part in ("--set", setting)]
    places = ["-o", str(home / "model"), "--progress", str(home / "progress.jsonl")]
    more = ["--resume"] if resume else []
    return [sys.executable, "-c", TRAIN, "train", str(RECIPE), *places, *options, *more]


def start(home: Path, resume: bool = False) -> subprocess.Popen[bytes]:
    """Start the training in a process group of its own."""
    environment = os.environ | {"SEMEIA_HOME": str(home)}
    with (home / "output.txt").open("ab") as output:
        return subprocess.Popen(
            command(home, resume), env=environment, stdout=output, stderr=output, start_new_session=True
        )


def finish(process: subprocess.Popen[bytes], home: Path) -> None:
    """Wait for a training, which must end well."""
    if process.wait() != 0:
        raise RuntimeError(f"the training failed:\n{(home / 'output.txt').read_text()[-2000:]}")


def reported(home: Path) -> list[dict[str, Any]]:
    """Return what the training has reported so far; a last line that the kill cut off does not count."""
    path = home / "progress.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def phase(home: Path) -> str:
    """Return what a training was doing when it last reported."""
    last = reported(home)[-1]
    if last["event"] == "step":
        return PHASES[2] if last["step"] == last["steps"] else PHASES[1]
    if last["event"] == "epoch":
        return PHASES[3] if last["epoch"] + 1 == EPOCHS else PHASES[1]
    return PHASES[0]


def standing(home: Path) -> str:
    """Return where a saved training stands."""
    from safetensors import safe_open

    path = home / "model.training" / "state.safetensors"
    if not path.is_file():
        return "anew"
    with safe_open(path, "np") as file:
        state = json.loads(file.metadata()["state"])
    return f"epoch {state['epoch']}, step {state['step']}"


def weights(home: Path) -> str:
    """Return the hash of the weights file."""
    return hashlib.sha256((home / "model" / "weights.safetensors").read_bytes()).hexdigest()


def trial(home: Path, first: Path, after: int) -> Killed | None:
    """Kill a training when it has reported so many times and resume it; None if it was done by then.

    Simulated patients are taken from the first training; their filtered signals are made anew.
    """
    shutil.copytree(first / "simulated", home / "simulated")
    process = start(home)
    while len(reported(home)) < after and process.poll() is None:
        time.sleep(0.002)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    if process.wait() != -signal.SIGKILL or (home / "model").exists():
        return None
    hit, where = phase(home), standing(home)
    finish(start(home, resume=where != "anew"), home)
    return Killed(hit, where, weights(home) == weights(first))


def run(workspace: Path, kills: int = KILLS) -> str:
    """Measure and return the section; fewer kills are to try things out."""
    homes = [workspace / "resume" / name for name in ("patients", "undisturbed", *map(str, range(kills)))]
    for home in homes:
        home.mkdir(parents=True)
    finish(start(homes[0]), homes[0])
    shutil.copytree(homes[0] / "simulated", homes[1] / "simulated")
    finish(start(homes[1]), homes[1])
    length, draw = len(reported(homes[1])), random.Random(20)
    moments = [1 + int(length * (number + draw.random()) / kills) for number in range(kills)]
    trials = [trial(home, homes[1], after) for home, after in zip(homes[2:], moments, strict=True)]
    hits = [killed for killed in trials if killed is not None]
    where, same = Counter(k.phase for k in hits), Counter(k.phase for k in hits if k.identical)
    rows = [[name, where[name], same[name]] for name in PHASES]
    rows.append(["all", len(hits), sum(same.values())])
    middle = sum(not k.resumed_from.endswith("step 0") and k.resumed_from != "anew" for k in hits)
    repeated = "identical" if weights(homes[0]) == weights(homes[1]) else "different"
    patients, hours = (f"`{setting}`" for setting in SETTINGS[:2])
    return f"""## Killed and resumed

A short training on simulated patients (`recipes/eeg-starter.toml` with {patients}, {hours} and {EPOCHS}
epochs of {STEPS} steps) was killed with `kill -9`, all its processes at once, at {kills} moments: one drawn
at random in each {kills}th of what it reports while it prepares, trains and validates; and resumed each time.
{len(hits)} of {kills} kills hit a training at work (the others came too late); {middle} of these went on
from the middle of an epoch. Weights are compared byte by byte with those of an undisturbed training, same
machine and thread count; two undisturbed ones are {repeated}. The state was saved every half second instead
of every 20 s, so that a short training meets what a long one does.

{table(["killed during", "kills", "weights bit-identical"], rows)}
"""
