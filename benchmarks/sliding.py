"""A network slid over a day of EEG, beside the plain loop: windows, batches of 64, eager PyTorch."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch

from figures import table
from semeia.model import BLOCK_SECONDS, Component, Description, Input, Model, OperatingPoint, load
from semeia.networks import build
from semeia.signals import open_recording
from semeia.signals.simulator import SimulatedPatient, simulate, write_simulation

HOURS = 24


def network_a(high_pass: float | None = None) -> Model:
    """Return system A's network as a model; its random weights cost the same time as trained ones.

    The last layer's are larger, so that the probabilities vary as those of a trained network do.
    """
    torch.manual_seed(0)
    network = build("convnet", (23, 7680), 2)
    with torch.no_grad():
        network.get_submodule("head")[-1].weight *= 30  # type: ignore[index, operator]
    description = Description(
        name="convnet",
        input=Input(montage="chbmit", channels=23, window=7680),
        transform=Component(
            name="raw", parameters={"rate": 256.0, "high_pass": high_pass, "scale": 100.0, "clip": 8.0}
        ),
        network=Component(name="convnet"),
        operating_point=OperatingPoint(threshold=0.5),
    )
    return Model(description, network)


def day(folder: Path, hours: int = HOURS) -> Path:
    """Return a simulated recording in the montage of CHB-MIT, made once."""
    path = folder / f"day{hours}.edf"
    if not path.is_file():
        patient = SimulatedPatient.from_seed(7)
        write_simulation(simulate(patient, seconds=hours * 3600, seizures=0.25, seed=7, montage="chbmit"), path)
    return path


def plain_loop(model: Model, path: Path) -> np.ndarray:
    """Score a window every second by itself, as the original did, but read, filter and scale as Semeia does."""
    window, hop, batch = model.description.input.window, round(model.transform.rate), 64
    scores: list[np.ndarray] = []
    kept: np.ndarray | None = None
    with open_recording(path) as recording, torch.inference_mode():
        for _, signal in model.transform.signal(model.check(recording), BLOCK_SECONDS):
            block = model.transform.apply(signal)
            kept = block if kept is None else np.concatenate([kept, block], axis=1)
            count = max((kept.shape[1] - window) // hop + 1, 0)
            windows = [kept[:, k * hop : k * hop + window] for k in range(count)]
            for first in range(0, len(windows), batch):
                x = torch.from_numpy(np.stack(windows[first : first + batch]))
                scores.append(model.module(x).softmax(dim=-1)[..., 1].numpy())
            kept = kept[:, count * hop :]
    return np.concatenate(scores)


def measured(what: str, path: Path) -> dict[str, float]:
    """Run one measurement in a process of its own: seconds, and peak resident memory in MB."""
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import sliding; sliding.child()"
    answer = subprocess.run([sys.executable, "-c", code, what, str(path)], capture_output=True, text=True, check=True)
    result: dict[str, float] = json.loads(answer.stdout)
    return result


def child() -> None:
    """Measure what the command line says and print it as JSON."""
    what, path = sys.argv[1], Path(sys.argv[2])
    model = load("eeg-starter") if what == "starter" else network_a(0.5 if what.endswith("filtered") else None)
    with open_recording(path) as recording:
        started = time.perf_counter()
        scores = plain_loop(model, path) if what.startswith("plain") else model.track(recording).probability
        seconds = time.perf_counter() - started
    np.save(path.with_suffix(f".{what}.npy"), scores)
    # not ru_maxrss, in which a child inherits its parent's
    peak = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024
    print(json.dumps({"seconds": seconds, "peak": peak}))


def run(workspace: Path) -> str:
    """Measure and return the section."""
    path, long = day(workspace), day(workspace, 4 * HOURS)
    rows = []
    differences, spread = [], []
    for kind, title in (("", "network A"), ("-filtered", "network A behind a 0.5 Hz high-pass")):
        plain, fast = measured(f"plain{kind}", path), measured(f"fast{kind}", path)
        rows += [_row(f"plain loop, {title}", plain, plain), _row(f"Semeia, {title}", fast, plain)]
        first, second = (np.load(path.with_suffix(f".{name}{kind}.npy")) for name in ("plain", "fast"))
        differences.append(float(np.abs(first - second).max()))
        spread += np.quantile(first, (0.01, 0.99)).tolist()
    rows.append(_row("Semeia, `eeg-starter` (high-pass, resampling)", measured("starter", path)))
    rows.append(_row("Semeia, network A", measured("fast", long), hours=4 * HOURS))
    rows.append(_row("Semeia, `eeg-starter`", measured("starter", long), hours=4 * HOURS))
    return f"""## Sliding a network over a day

23 channels × 256 Hz, a window every second, read from an EDF file of {path.stat().st_size / 1e9:.2f} GB. The plain loop
reads, arranges, filters and scales with the same code, and scores its windows in batches of 64 in eager PyTorch. The
original did not filter; the second pair has a zero-phase high-pass on both sides, which then is much of the work.
Network A's weights are random: they cost the same. Its probabilities go from {min(spread):.2f} to {max(spread):.2f}
(1 to 99 %); none differs from the plain loop's by more than {max(differences):.0e}. Peak memory is the process's,
PyTorch included.

{table(["", "recording", "time", "speed against the plain loop", "peak memory"], rows)}
"""


def _row(name: str, given: dict[str, float], plain: dict[str, float] | None = None, hours: int = HOURS) -> list[str]:
    ratio = f"{plain['seconds'] / given['seconds']:.1f}×" if plain else ""
    return [name, f"{hours} h", f"{given['seconds']:.1f} s", ratio, f"{given['peak']:.0f} MB"]
