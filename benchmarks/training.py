"""Network A in training: Semeia's engine beside the plain PyTorch loop, and on a set 20 times larger than memory."""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from figures import table
from semeia.datasets import LabelledRecording
from semeia.events import Event, Events
from semeia.home import home_folder
from semeia.networks import build
from semeia.recipe import Augmentation, Examples, Training
from semeia.signals import open_recording
from semeia.signals.simulator import SimulatedPatient, simulate, write_simulation
from semeia.training.batches import TrainingBatches
from semeia.training.fit import fit
from semeia.training.state import TrainState
from semeia.training.windows import Windows, prepare
from semeia.transforms import Transform, transform_named

BATCH, WARM_UP = 64, 5
STEPS, REPEATS = 60, 5
LIMIT_MB, TIMES = 512, 20
SETTINGS = Examples(window=30.0, step=4.0, montage="chbmit")
SEIZURE = 600.0, 120.0
"""Onset and duration, in seconds, of the stretch that is called a seizure: what is learnt does not matter here."""

Plain = tuple[NDArray[np.float32], NDArray[np.int64]]


def raw() -> Transform:
    """Return the transform: microvolts, scaled; no filter."""
    return transform_named("raw", rate=256.0, scale=100.0)


def recordings(folder: Path, count: int) -> list[LabelledRecording]:
    """Return hours of simulated EEG in the montage of CHB-MIT, each a file of its own by name.

    They differ in their headers only, which is enough for the cache, that goes by content.
    """
    folder.mkdir(exist_ok=True)
    hour = folder / "hour.edf"
    if not hour.is_file():
        patient = SimulatedPatient.from_seed(7)
        write_simulation(simulate(patient, seconds=3600, seed=7, montage="chbmit"), hour)
    labelled = []
    for number in range(count):
        path = folder / f"hour{number:03d}.edf"
        if not path.exists():
            shutil.copyfile(hour, path)
            with path.open("r+b") as file:
                file.seek(88)  # the recording's own identification
                file.write(f"hour {number}".ljust(80).encode("ascii"))
        events = Events([Event(*SEIZURE, "seizure")], duration=3600.0)
        labelled.append(LabelledRecording(path, f"patient{number}", events, 3600.0, path.stem))
    return labelled


def plain_windows(windows: Windows) -> Plain:
    """Return all windows as one array (windows, channels, samples), and their classes: what the original trained on."""
    transform, whole = raw(), []
    for labelled in windows.examples.recordings:
        with open_recording(labelled.path) as recording:
            blocks = [block for _, block in transform.signal(recording)]
        whole.append(np.concatenate(blocks, axis=1))
    cut = [
        whole[number][:, first : first + windows.window]
        for number, first in zip(windows.examples.recording, windows.first, strict=True)
    ]
    return transform.apply(np.stack(cut)), windows.examples.label.astype(np.int64)


class OriginalNetwork(nn.Sequential):
    """System A's layers as plain PyTorch has them."""

    def __init__(self) -> None:
        super().__init__(
            *(nn.Conv1d(23, 10, 10, 5, 9), nn.ReLU(), nn.MaxPool1d(15, 10)),
            *(nn.Conv1d(10, 5, 5, 4, 4), nn.ReLU(), nn.MaxPool1d(10, 5)),
            *(nn.Flatten(), nn.Dropout(0.5), nn.Linear(35, 15), nn.Linear(15, 2)),
        )


class PlainLoop:
    """The original's way: a `Dataset` over an array, a `DataLoader`, eager float32, Adam."""

    def __init__(self, data: Plain) -> None:
        windows = torch.utils.data.TensorDataset(*map(torch.from_numpy, data))
        self.loader = torch.utils.data.DataLoader(windows, BATCH, shuffle=True, drop_last=True)
        self.network = OriginalNetwork().train()
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=1e-3)

    def speed(self, steps: int) -> float:
        """Return windows a second over so many steps, warmed up."""
        done, started = 0, 0.0
        while True:
            for inputs, classes in self.loader:
                if done == WARM_UP:
                    started = time.perf_counter()
                self.optimiser.zero_grad()
                nn.functional.cross_entropy(self.network(inputs), classes).backward()
                self.optimiser.step()
                done += 1
                if done == WARM_UP + steps:
                    return BATCH * steps / (time.perf_counter() - started)


class Engine:
    """Semeia's way: `prepare`, `TrainingBatches` and `fit`, as a recipe has them."""

    def __init__(self, windows: Windows, folder: Path) -> None:
        self.windows, self.folder = windows, folder

    def speed(self, steps: int) -> float:
        """Return windows a second over so many steps, warmed up; validation is left out, as in the plain loop."""
        examples = BATCH * (WARM_UP + steps)
        settings = Training(optimiser="adam", epochs=1, batch_size=BATCH, examples_per_epoch=examples)
        batches = TrainingBatches(
            self.windows, raw(), Augmentation(), batch_size=BATCH, examples_per_epoch=examples, seed=1
        )
        module = build("convnet", (23, 7680), 2)
        state = TrainState(module, torch.optim.Adam(module.parameters(), lr=1e-3), "speed")
        moments: dict[int, float] = {}
        fit(
            state,
            batches,
            lambda network: {"validation_loss": 1.0},
            settings,
            1,
            checkpoint=self.folder / "speed.safetensors",
            report=lambda event: moments.setdefault(event.get("step", 0), time.perf_counter()),
            stop_asked=lambda: False,
        )
        return BATCH * steps / (moments[WARM_UP + steps] - moments[WARM_UP])


def memory(key: str) -> float:
    """Return a line of this process's status in MB."""
    return int(Path("/proc/self/status").read_text().split(f"{key}:")[1].split()[0]) / 1024


def child() -> None:
    """Train under a limit on memory, on as many hours as the command line says, and print what it took as JSON."""
    folder, hours = Path(sys.argv[1]), int(sys.argv[2])
    labelled = recordings(folder, hours)
    module = OriginalNetwork()
    module(torch.zeros(1, 23, 7680)).sum().backward()  # what PyTorch needs before there are any data
    before = memory("VmData")
    limit = int((before + LIMIT_MB) * 2**20)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resident = memory("VmRSS")
    started = time.perf_counter()
    windows = prepare(labelled, SETTINGS, raw(), applied=True)
    prepared = time.perf_counter() - started
    forget_files(home_folder() / "cache")
    speed = Engine(windows, folder).speed(4 * STEPS)
    taken = {"speed": speed, "prepared": prepared, "peak": memory("VmHWM") - resident, "windows": len(windows.examples)}
    print(json.dumps(taken))


def forget_files(folder: Path) -> None:
    """Have the system forget what it keeps of files in memory, so that they are read from the disk."""
    os.sync()
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def limited(folder: Path, hours: int) -> dict[str, float]:
    """Run `child` in a process with a home of its own, whose cache is thrown away."""
    home = folder / f"home{hours}"
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import training; training.child()"
    command = [sys.executable, "-c", code, str(folder), str(hours)]
    environment = os.environ | {"SEMEIA_HOME": str(home)}
    answer = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    size = sum(path.stat().st_size for path in (home / "cache").rglob("*") if path.is_file())
    shutil.rmtree(home)
    result: dict[str, float] = json.loads(answer.stdout)
    return result | {"size": size / 2**20}


def run(workspace: Path) -> str:
    """Measure and return the section."""
    folder = workspace / "training"
    windows = prepare(recordings(folder, 1), SETTINGS, raw(), applied=True)
    data = plain_windows(windows)
    ways = [PlainLoop(data), Engine(windows, folder)]
    measured = [[way.speed(STEPS) for way in ways] for _ in range(REPEATS)]
    plain, ours = (statistics.median(speeds) for speeds in zip(*measured, strict=True))
    ratios = [one / other for other, one in measured]
    rows = [
        ["plain PyTorch loop", f"{plain:.0f}", ""],
        ["Semeia", f"{ours:.0f}", f"{statistics.median(ratios):.1f}× ({min(ratios):.1f} to {max(ratios):.1f})"],
    ]
    hour = data[0].shape[1] * 4 * 256 * 3600 / 2**20
    small, large = limited(folder, 1), limited(folder, -(-LIMIT_MB * TIMES // int(hour)))
    sizes = [
        [f"{taken['size']:.0f} MB", f"{taken['windows']:.0f}", f"{taken['speed']:.0f}", f"{taken['peak']:.0f} MB"]
        for taken in (small, large)
    ]
    return f"""## Training

System A's network, {windows.examples.label.size} windows of 23 channels × 30 s at 256 Hz, batches of {BATCH}, Adam, on
{torch.get_num_threads()} threads. The plain loop is the original's: all windows in one array in memory, a `DataLoader`,
eager PyTorch in float32, `Conv1d`. Semeia's windows are cut from the recordings' signals on the disk. Medians of
{REPEATS} runs of {STEPS} steps each, the two in turn; validation is left out of both.

{table(["", "windows a second", "speed against the plain loop (and the range of the runs)"], rows)}

The same training in a process that may not take more than {LIMIT_MB} MB beyond what PyTorch and the network need
(`RLIMIT_DATA`), preparation included, on a small set and on one {large["size"] / LIMIT_MB:.0f} times that limit. The
system was told to forget the files before, so their first windows come from the disk.

{table(["signals", "windows", "windows a second", "peak of resident memory beyond PyTorch"], sizes)}
"""
