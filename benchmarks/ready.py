"""The models that are shipped, each on unseen simulated patients of its kind, and how fast it goes through an hour."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from figures import table
from semeia.datasets import gather
from semeia.model import Model, installed, load
from semeia.signals import open_recording
from semeia.signals.simulator import simulate_layout
from simulated import row_of, starter_scores
from sliding import day, plain_loop

FIRST_SEED = 11001
"""Of the patients who are judged: no recipe and no other benchmark has them."""
PATIENTS = 48
KINDS: dict[str, dict[str, Any]] = {
    "simulated": {"hours": 0.5, "seizures_per_hour": 3.5, "montage": "chbmit"},
    "simulated-seeg": {"hours": 0.5, "seizures_per_hour": 3.5, "channels": 16, "rate": 600},
}
TIMES = 3


def run(workspace: Path, patients: int = PATIENTS) -> str:
    """Measure and return the section; fewer patients are to try things out."""
    models = [load(name) for name in sorted(installed())]
    scalp, inside = day(workspace, 1), simulate_layout("seeg", workspace / "hour", patients=1, hours=1, channels=20)[0]
    speeds, figures = [], []
    for model in models:
        kind = "simulated-seeg" if model.description.input.montage == "recorded" else "simulated"
        speeds.append(_speed(model, inside if kind == "simulated-seeg" else scalp))
        if model.description.task == "detection":
            given = gather(kind, patients=patients, seed=FIRST_SEED, **KINDS[kind])
            figures.append(row_of(f"`{model.name}`", starter_scores(model, given)))
    return f"""## Ready-trained models

Each model at the threshold that it ships with, on {patients} unseen simulated patients of half an hour (seeds
{FIRST_SEED} to {FIRST_SEED + patients - 1}): those for the scalp on the same ones in the montage of CHB-MIT,
`ieeg-starter` on stereo-EEG of 16 contacts. Scored by event (SzCORE rules). In brackets 95 % intervals: a bootstrap
over patients. Simulated seizures are easier than real ones.

{table(["", "F1", "sensitivity", "precision", "false alarms per 24 h"], figures)}

How long an hour takes, a window every second (23 channels at 256 Hz; intracranial 20 contacts at 2 kHz, patterns in
every contact), the quickest of {TIMES}; the plain loop filters alike and scores its windows in batches of 64.

{table(["", "one hour", "speed against the plain loop"], speeds)}
"""


def _speed(model: Model, path: Path) -> list[str]:
    def slide() -> None:
        with open_recording(path) as recording:
            model.probabilities(recording)

    fast, plain = _quickest(slide), _quickest(lambda: plain_loop(model, path))
    return [f"`{model.name}`", f"{fast:.2f} s", f"{plain / fast:.1f}×"]


def _quickest(work: Callable[[], object]) -> float:
    found = []
    for _ in range(TIMES):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return min(found)
