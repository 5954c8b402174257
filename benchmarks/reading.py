"""Reading an EDF file: Semeia beside a bare memory map, edfio, pyEDFlib and MNE, in one run.

Every reader gives the same: physical values of all channels. The memory map is told the layout and the
scales of the file, so that it is what reading costs at least; the others find them in the header.
Run with ``python benchmarks/reading.py``.
"""

# ruff: noqa: D101, D102 (the five readers have one face; their names say whose)

from __future__ import annotations

import gc
import random
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from semeia.signals import edf_header, open_recording
from semeia.signals.edf_writer import EdfWriter

CHANNELS, RATE, HOURS = 23, 256, 4
WINDOW = 10  # seconds
WINDOWS, REPEATS = 100, 5
SCALE = np.float32(0.1)  # µV per step: the writer's default range
ANNOTATION_BYTES = 128
HEADER_BYTES = 256 * (CHANNELS + 2)
LABELS = [f"C{index + 1}" for index in range(CHANNELS)]

STREAM = """
import resource, sys
from semeia.signals import open_recording
with open_recording(sys.argv[1]) as recording:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for start in range(0, int(recording.duration), 60):
        recording.read(start, start + 60)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


def write_file(path: Path, hours: int = HOURS) -> None:
    block = np.random.default_rng(1).normal(0, 60, (CHANNELS, 60 * RATE)).astype(np.float32)
    with EdfWriter(path, LABELS, RATE) as writer:
        for _ in range(60 * hours):
            writer.write(block)


class Memmap:
    """What a bare memory map with scaling needs."""

    def __init__(self, path: Path) -> None:
        values = CHANNELS * RATE + ANNOTATION_BYTES // 2
        self.records = np.memmap(path, "<i2", "r", offset=HEADER_BYTES).reshape(-1, values)
        self.gains = np.full((CHANNELS, 1), SCALE)
        self.zeros = np.zeros((CHANNELS, 1), np.float32)

    def window(self, start: int) -> np.ndarray:
        end = start + WINDOW * RATE
        first, stop = start // RATE, -(-end // RATE)
        return self.scaled(first, stop, slice(start - first * RATE, end - first * RATE))

    def whole(self) -> np.ndarray:
        return self.scaled(0, len(self.records), slice(None))

    def scaled(self, first: int, stop: int, samples: slice) -> np.ndarray:
        digital = self.records[first:stop, : CHANNELS * RATE].reshape(-1, CHANNELS, RATE)
        physical = digital.transpose(1, 0, 2).reshape(CHANNELS, -1)[:, samples] * self.gains
        physical += self.zeros
        return physical

    def close(self) -> None:
        del self.records


class Semeia:
    def __init__(self, path: Path) -> None:
        self.recording = open_recording(path)

    def window(self, start: int) -> np.ndarray:
        return self.recording.read_samples(start, WINDOW * RATE)

    def whole(self) -> np.ndarray:
        return self.recording.read(0, self.recording.duration)

    def close(self) -> None:
        self.recording.close()


class SemeiaAnew(Semeia):
    """Semeia with a header of a kind that it has not met: it keeps what it understood of the last sixteen."""

    def __init__(self, path: Path) -> None:
        edf_header._layout.cache_clear()
        super().__init__(path)


class Edfio:
    def __init__(self, path: Path) -> None:
        import edfio

        self.edf = edfio.read_edf(path)

    def window(self, start: int) -> np.ndarray:
        return np.stack([signal.get_data_slice(start / RATE, start / RATE + WINDOW) for signal in self.edf.signals])

    def whole(self) -> np.ndarray:
        return np.stack([signal.data for signal in self.edf.signals])

    def close(self) -> None:
        del self.edf


class PyEdfLib:
    def __init__(self, path: Path) -> None:
        import pyedflib

        self.edf = pyedflib.EdfReader(str(path))

    def window(self, start: int) -> np.ndarray:
        return np.stack([self.edf.readSignal(index, start, WINDOW * RATE) for index in range(CHANNELS)])

    def whole(self) -> np.ndarray:
        return np.stack([self.edf.readSignal(index) for index in range(CHANNELS)])

    def close(self) -> None:
        self.edf.close()


class Mne:
    def __init__(self, path: Path) -> None:
        import mne

        self.raw = mne.io.read_raw_edf(path, verbose="ERROR")

    def window(self, start: int) -> np.ndarray:
        return self.raw.get_data(start=start, stop=start + WINDOW * RATE, units="uV", verbose="ERROR")

    def whole(self) -> np.ndarray:
        return self.raw.get_data(units="uV", verbose="ERROR")

    def close(self) -> None:
        self.raw.close()


Reader = Memmap | Semeia | Edfio | PyEdfLib | Mne
READERS: dict[str, Callable[[Path], Reader]] = {
    "bare memory map": Memmap,
    "Semeia": Semeia,
    "Semeia, first file of its layout": SemeiaAnew,
    "edfio": Edfio,
    "pyEDFlib": PyEdfLib,
    "MNE": Mne,
}


def seconds(work: Callable[..., object], *arguments: object) -> float:
    began = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - began


def check(path: Path) -> None:
    """All readers give the same samples, or their times mean nothing."""
    windows = {}
    for name, reader in READERS.items():
        opened = reader(path)
        windows[name] = opened.window(100 * RATE + 77)
        opened.close()
    for name, window in windows.items():
        np.testing.assert_allclose(window, windows["Semeia"], rtol=1e-6, atol=1e-3, err_msg=name)


def open_and_read(reader: Callable[[Path], Reader], path: Path, start: int) -> None:
    once = reader(path)
    once.window(start)
    once.close()


def measure(path: Path) -> dict[str, dict[str, float]]:
    """Return median seconds of each reader; readers take turns in random order.

    The order matters: who comes after a slow reader finds the processor's caches cold.
    """
    times: dict[str, dict[str, list[float]]] = {name: {"open": [], "kept": [], "whole": []} for name in READERS}
    draw = random.Random(7)
    starts = [draw.randrange((HOURS * 3600 - WINDOW) * RATE) for _ in range(WINDOWS)]
    for start in starts:
        for name in draw.sample(list(READERS), len(READERS)):
            times[name]["open"].append(seconds(open_and_read, READERS[name], path, start))
    opened = {name: reader(path) for name, reader in READERS.items()}
    for start in starts:
        for name in draw.sample(list(READERS), len(READERS)):
            times[name]["kept"].append(seconds(opened[name].window, start))
    for _ in range(REPEATS):
        for name, kept in opened.items():
            gc.collect()
            times[name]["whole"].append(seconds(kept.whole))
    for kept in opened.values():
        kept.close()
    return {name: {what: statistics.median(taken) for what, taken in of.items()} for name, of in times.items()}


def table(figures: dict[str, dict[str, float]]) -> str:
    base = figures["bare memory map"]
    lines = [
        f"| reader | {WINDOW} s window, open + read | {WINDOW} s window, kept open | whole ({HOURS} h) |",
        "|---|---:|---:|---:|",
    ]
    for name, of in figures.items():
        cells = [
            f"{1000 * of['open']:.3f} ms ({of['open'] / base['open']:.2f}×)",
            f"{1000 * of['kept']:.3f} ms ({of['kept'] / base['kept']:.2f}×)",
            f"{of['whole']:.3f} s ({of['whole'] / base['whole']:.2f}×)",
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def run(workspace: Path | None = None) -> str:
    """Measure in `workspace` (or a temporary folder) and return a section in Markdown."""
    with tempfile.TemporaryDirectory(dir=workspace) as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "recording.edf"
        writing = seconds(write_file, path)
        check(path)
        figures = measure(path)
        stream = subprocess.run([sys.executable, "-c", STREAM, path], capture_output=True, check=True)
    memory = float(stream.stdout)
    return f"""## Reading an EDF file

An EDF+C file of {CHANNELS} channels × {RATE} Hz × {HOURS} h, in the page cache; medians of {WINDOWS} random
windows and of {REPEATS} whole readings, readers taking turns at random. The memory map is told layout and
scales; the others find them in the file. Semeia keeps what it understood of the last sixteen layouts.

{table(figures)}

Writing the file block by block (`EdfWriter`): {writing:.2f} s. Reading it through in minutes takes
{memory:.0f} MB more memory than opening it."""


if __name__ == "__main__":
    print(run())
