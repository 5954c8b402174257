"""Is the simulated EEG plausible? Measures simulated patients beside real ones, and draws them.

Spectral slope, inter-channel coherence and correlation, and amplitude are compared with PhysioNet eegmmi
(S001R01: eyes open; S001R03: task). Its eyes-closed run is not among the data, so alpha reactivity
is only reported (docs/simulator.md says what is published). How hard the seizures are to find is
measured by simulated.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import real_data
from semeia.signals.simulator import ELECTRODE_SETS, SimulatedPatient, simulate
from semeia.signals.simulator.plan import Plan

Array = NDArray[Any]

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "simulator-plausibility.png"
SEGMENT_SECONDS = 20
NEIGHBOURS = (("F3", "FC3"), ("C3", "CP3"), ("P3", "PO3"), ("F4", "FC4"), ("C4", "CP4"), ("P4", "PO4"))
DISTANT = (("Fp1", "O1"), ("Fp2", "O2"), ("F7", "P8"), ("F8", "P7"), ("AF3", "PO4"), ("AF4", "PO3"))
ALPHA_SITES = ("O1", "Oz", "O2")


class Measures(NamedTuple):
    """What is measured of one recording; arrays run over channels, pairs and segments of 20 s."""

    slope: Array
    amplitude: Array
    near: Array
    far: Array
    coherence_near: Array
    coherence_far: Array
    reactivity: float = float("nan")


def measure(data: Array, rate: float, labels: Sequence[str]) -> Measures:
    """Measure a referential recording of the 64 electrodes: (channels, samples) in µV."""
    from scipy import signal

    band = signal.butter(2, [1.0, min(40.0, 0.45 * rate)], "bandpass", fs=rate, output="sos")
    filtered = signal.sosfiltfilt(band, data, axis=1)
    names = [label.upper() for label in labels]
    near = [(names.index(a.upper()), names.index(b.upper())) for a, b in NEIGHBOURS]
    far = [(names.index(a.upper()), names.index(b.upper())) for a, b in DISTANT]
    size = int(SEGMENT_SECONDS * rate)
    parts: list[list[Array]] = [[] for _ in range(6)]
    for first in range(0, data.shape[1] - size + 1, size):
        piece = filtered[:, first : first + size]
        correlation = np.corrcoef(piece)
        for part, value in zip(
            parts,
            (
                slopes(data[:, first : first + size], rate),
                piece.std(axis=1),
                np.array([correlation[pair] for pair in near]),
                np.array([correlation[pair] for pair in far]),
                np.array([_coherence(piece, pair, rate) for pair in near]),
                np.array([_coherence(piece, pair, rate) for pair in far]),
            ),
            strict=True,
        ):
            part.append(value)
    return Measures(*(np.concatenate(part) for part in parts))


def slopes(data: Array, rate: float) -> Array:
    """Return the log-log slope of each channel's power from 2 to 40 Hz, without 7 to 14 Hz (alpha)."""
    from scipy import signal

    frequencies, power = signal.welch(data, rate, nperseg=int(2 * rate), axis=1)
    used = (frequencies >= 2) & (frequencies <= 40) & ((frequencies < 7) | (frequencies > 14))
    return np.polyfit(np.log10(frequencies[used]), np.log10(power[:, used].T + 1e-12), 1)[0]


def _coherence(data: Array, pair: tuple[int, int], rate: float) -> float:
    from scipy import signal

    frequencies, squared = signal.coherence(data[pair[0]], data[pair[1]], rate, nperseg=int(rate))
    return float(squared[(frequencies >= 2) & (frequencies <= 30)].mean())


def simulated(seed: int, seconds: float = 240.0, rate: int = 160) -> Measures:
    """Measure one simulated patient, recorded like eegmmi, and the reactivity of its posterior alpha."""
    patient = SimulatedPatient.from_seed(seed)
    recording = simulate(patient, seconds=seconds, seed=1, rate=rate, electrodes="64")
    data = recording.array()
    closed = Plan(patient, 1).eyes_closed(np.arange(data.shape[1]) / rate)
    return measure(data, rate, recording.labels)._replace(reactivity=reactivity(data, rate, closed))


def reactivity(data: Array, rate: float, closed: Array) -> float:
    """Return the ratio of posterior alpha power (7 to 13 Hz) with eyes closed to eyes open."""
    from scipy import signal

    rows = [ELECTRODE_SETS["64"].index(name) for name in ALPHA_SITES]
    band = signal.butter(3, [7, 13], "bandpass", fs=rate, output="sos")
    power = (signal.sosfiltfilt(band, data[rows], axis=1) ** 2).mean(axis=0)
    if not (closed > 0.99).any() or not (closed < 0.01).any():
        return float("nan")
    # medians: a blink or a movement is not alpha
    return float(np.median(power[closed > 0.99]) / np.median(power[closed < 0.01]))


def real(path: Path) -> Measures:
    """Measure one eegmmi recording."""
    from semeia.signals import open_recording

    with open_recording(path) as recording:
        labels = [channel.label.rstrip(". ") for channel in recording.channels][:64]
        data = recording.read(0, recording.duration, channels=list(range(64)))
        return measure(data, recording.channels[0].rate, labels)


def draw(picture: Path, measured: dict[str, Measures]) -> None:
    """Draw the measures of real and simulated recordings side by side, and samples of simulated traces."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure = plt.figure(figsize=(14, 17), layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=[0.8, 3])
    panels = (
        ("slope", "Spectral slope, 2–40 Hz"),
        ("amplitude", "Amplitude, 1–40 Hz (µV rms)"),
        ("near", "Correlation, neighbours"),
        ("far", "Correlation, front–back"),
        ("coherence_near", "Coherence, neighbours"),
        ("coherence_far", "Coherence, front–back"),
    )
    colours = ["#c2571a" if name.startswith("S001") else "#2b6a99" for name in measured]
    for axes, (field, title) in zip(np.ravel(top.subplots(1, len(panels))), panels, strict=True):
        for row, (values, colour) in enumerate(zip(measured.values(), colours, strict=True)):
            low, middle, high = np.percentile(getattr(values, field), [5, 50, 95])
            axes.plot([low, high], [-row, -row], color=colour, linewidth=2)
            axes.plot(middle, -row, "o", color=colour, markersize=5)
        axes.set_title(title, fontsize=9, loc="left")
        axes.set_yticks(-np.arange(len(measured)), list(measured) if field == "slope" else [], fontsize=8)
        axes.tick_params(axis="x", labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    top.suptitle("Real (orange, eegmmi) and simulated (blue): median and 5–95 % over channels and segments")
    panes = np.ravel(bottom.subplots(2, 2))
    for axes, sample in zip(panes, SAMPLES, strict=True):
        _draw_traces(axes, sample)
    picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(picture, dpi=80)


class Sample(NamedTuple):
    """What to draw: title, patient, start and length (s), µV from one trace to the next."""

    title: str
    seed: int
    first: float
    seconds: float
    gain: float


SAMPLES = (
    Sample("Awake: the eyes close at 195 s", 33, 190.0, 10.0, 120.0),
    Sample("Blinks and muscle", 16, 206.0, 10.0, 100.0),
    Sample("Seizure from 60 s: theta that slows and spreads", 15, 55.0, 20.0, 180.0),
    Sample("Seizure from 60 s: low-voltage fast onset", 26, 55.0, 20.0, 120.0),
)


def _draw_traces(axes: Any, sample: Sample) -> None:
    from scipy import signal

    title, seed, first, seconds, gain = sample
    recording = simulate(SimulatedPatient.from_seed(seed), seconds=600, seizures=[60.0], seed=1, montage="longitudinal")
    rate = recording.rate
    band = signal.butter(2, [0.5, 45], "bandpass", fs=rate, output="sos")
    data = signal.sosfiltfilt(band, recording.array(), axis=1)
    data = data[:, int(first * rate) : int((first + seconds) * rate)]
    times = first + np.arange(data.shape[1]) / rate
    for row, trace in enumerate(data):
        # clinical convention: negative up
        axes.plot(times, -trace / gain - row, color="#222222", linewidth=0.5)
    axes.set_yticks(-np.arange(len(data)), recording.labels, fontsize=7)
    axes.set_ylim(-len(data), 1)
    axes.set_xlim(times[0], times[-1])
    axes.set_xlabel("s", fontsize=8)
    axes.tick_params(axis="x", labelsize=8)
    axes.set_title(f"{title} (patient {seed}; {gain:g} µV between traces)", fontsize=9, loc="left")
    axes.spines[["top", "right", "left"]].set_visible(False)


def table(measured: dict[str, Measures]) -> str:
    """Return the measures as a Markdown table: median (5 to 95 %)."""
    fields = Measures._fields[:-1]
    lines = [
        "| recording | slope, 2–40 Hz | amplitude (µV rms) | correlation, neighbours "
        "| correlation, front–back | coherence, neighbours | coherence, front–back "
        "| alpha, eyes closed/open |",
        "|---" * (len(fields) + 2) + "|",
    ]
    for name, values in measured.items():
        cells = []
        for field in fields:
            low, middle, high = np.percentile(getattr(values, field), [5, 50, 95])
            cells.append(f"{middle:.2f} ({low:.2f} to {high:.2f})")
        react = "–" if np.isnan(values.reactivity) else f"{values.reactivity:.1f}"
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {react} |")
    return "\n".join(lines)


def run(workspace: Path | None = None, picture: Path = PICTURE) -> str:
    """Measure, draw the picture anew, and return the section."""
    del workspace
    folder = real_data.real("edf_fixtures")
    measured = {name: real(folder / f"eegmmi_{name}.edf") for name in ("S001R01", "S001R03")}
    measured |= {f"patient {seed}": simulated(seed) for seed in range(8)}
    draw(picture, measured)
    return f"""## Simulated beside real EEG

Two recordings of PhysioNet eegmmi (S001R01: eyes open; S001R03: a task) and eight simulated patients recorded
the same way (64 channels, 160 Hz, 4 min, no seizure): median, and 5 to 95 % over channels or pairs and
segments of {SEGMENT_SECONDS} s. The picture is in [the simulator's page](simulator.md).

{table(measured)}
"""


if __name__ == "__main__":
    print(run())
