"""Small recordings whose seizures a network learns in seconds, written as real EDF+ files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from semeia.events import Event
from semeia.signals.edf_writer import EdfWriter

RATE = 128
LABELS = ("Fp1", "Fp2", "C3", "C4", "O1")
SEIZURES = ((40.0, 30.0), (100.0, 25.0))

RECIPE = """
name = "small"
description = "Finds loud waves of 4 Hz"
seed = 3

[[data]]
source = "folder"
path = "patients"

[examples]
window = 4.0
step = 1.0

[split]
validation = ["patient4"]

[transform]
name = "raw"
rate = 64.0
high_pass = 0.5

[network]
name = "channelwise"
width = 4

[augmentation]
channels = true
amplitude = 2.0
invert = true
noise = 0.1

[training]
epochs = 4
examples_per_epoch = 512
batch_size = 32
learning_rate = 5e-3
clip = 1.0

[detection]
smoothing = 3.0
minimum_duration = 5.0
merge_gap = 5.0
"""


def eeg(
    seconds: float,
    seizures: Sequence[tuple[float, float]] = SEIZURES,
    *,
    channels: int = len(LABELS),
    rate: float = RATE,
    seed: int = 0,
) -> np.ndarray:
    """Return noise of 20 µV in which the seizures (onset, duration) are loud waves of 4 Hz."""
    time = np.arange(round(seconds * rate)) / rate
    data = 20 * np.random.default_rng(seed).standard_normal((channels, len(time)))
    for onset, duration in seizures:
        inside = (time >= onset) & (time < onset + duration)
        data[:, inside] += 150 * np.sin(2 * np.pi * 4 * time[inside])
    return data.astype(np.float32)


def write_recording(
    path: Path,
    seconds: int = 150,
    seizures: Sequence[tuple[float, float]] = SEIZURES,
    *,
    labels: Sequence[str] = LABELS,
    rate: int = RATE,
    seed: int = 0,
    subject: str = "",
) -> Path:
    """Write an EDF+ file with its seizures as annotations."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with EdfWriter(path, labels, rate, subject=subject) as writer:
        writer.write(eeg(seconds, seizures, channels=len(labels), rate=rate, seed=seed))
        writer.annotate([Event(onset, duration, "seizure") for onset, duration in seizures])
    return path


def write_patients(folder: Path, count: int = 4) -> Path:
    """Write one recording each of patient1, patient2, ..."""
    for number in range(1, count + 1):
        name = f"patient{number}"
        write_recording(folder / name / f"{name}_01.edf", seed=number, subject=name)
    return folder


def interrupt(path: Path, at: int, gap: int) -> None:
    """Make the file an EDF+D one: from second `at` on, everything happens `gap` seconds later."""
    content = bytearray(path.read_bytes())
    content[192:197] = b"EDF+D"
    signals = int(content[252:256])
    header = 256 * (signals + 1)
    lengths = [int(content[256 + 216 * signals + 8 * k : 256 + 216 * signals + 8 * (k + 1)]) for k in range(signals)]
    size, tals = 2 * sum(lengths), 2 * lengths[-1]
    for record in range(at, (len(content) - header) // size):
        place = header + (record + 1) * size - tals
        _, _, rest = bytes(content[place : place + tals]).partition(b"\0")
        later = f"+{record + gap}\x14\x14\0".encode() + rest
        content[place : place + tals] = later[:tals].ljust(tals, b"\0")
    path.write_bytes(content)
