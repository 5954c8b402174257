"""False alarms of the starter on real EEG without seizures, and what it says of clips classified by experts.

Nothing was trained on these recordings and no threshold was set by them, but they were looked at during development:
early models had six false alarms in one noisy file, which led to simulated patients who move more, and later variants
of the recipe were seen here too. So they are no untouched test any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from figures import spread, table
from real_data import Marked, mark, real
from semeia.evaluation import Interval
from semeia.model import Model, load
from semeia.signals import ArrayRecording, Recording, open_recording

IIIC_RATE = 200.0
IIIC_LABELS = (
    *("Fp1", "F3", "C3", "P3", "F7", "T3", "T5", "O1", "Fz", "Cz", "Pz"),
    *("Fp2", "F4", "C4", "P4", "F8", "T4", "T6", "O2", "EKG"),
)
"""Order of the channels as their source gives it (bdsp-core/IIIC-SPaRCNet)."""


class Quiet(NamedTuple):
    """What the model says of one recording without seizures."""

    name: str
    seconds: float
    marked: Marked


def quiet(model: Model, paths: Sequence[Path]) -> list[Quiet]:
    """Return what the model says of recordings without seizures."""
    found = []
    for path in paths:
        with open_recording(path) as recording:
            found.append(Quiet(path.name, recording.duration, mark(model, recording)))
    return found


def clips(folder: Path) -> Iterator[tuple[str, Recording]]:
    """Yield the name and the scalp EEG of each classified clip."""
    from scipy.io import loadmat

    for path in sorted(folder.glob("*.mat")):
        samples = loadmat(path, variable_names=["seg"])["seg"]
        yield path.stem, ArrayRecording(samples, IIIC_RATE, IIIC_LABELS, path=path)


def poisson_interval(count: int, exposure: float, level: float = 0.95) -> Interval:
    """Return a rate and its exact interval (Garwood 1936)."""
    from scipy.stats import chi2

    tail = (1 - level) / 2
    low = chi2.ppf(tail, 2 * count) / 2 if count else 0.0
    high = chi2.ppf(1 - tail, 2 * count + 2) / 2
    return Interval(count / exposure, float(low) / exposure, float(high) / exposure)


def run(workspace: Path) -> str:
    """Measure and return the section."""
    del workspace
    model = load("eeg-starter")
    threshold = model.description.operating_point.threshold
    headset = quiet(model, sorted(real("guinea_bissau").glob("*.edf")))
    eegmmi = quiet(model, sorted(real("edf_fixtures").glob("eegmmi_*.edf")))
    sets = [
        _row("`guinea_bissau`: 14 channels, 128 Hz", headset),
        _row("eegmmi: 64 channels, 160 Hz", eegmmi),
    ]
    classified = [
        [f"`{name}`", name.partition("_")[0], *_said(mark(model, clip))] for name, clip in clips(real("iiic_clips"))
    ]
    head = ["", "files", "minutes", "above threshold", "false alarms", "per 24 h", "highest probability"]
    return f"""## False alarms, and patterns that are not seizures

The shipped `eeg-starter` at its frozen threshold of {threshold:g} on recordings that nothing was trained on.
They are no untouched test, though: `guinea_bissau` and eegmmi were looked at several times while the recipe was
developed, and false alarms there led to simulated patients who move more. `guinea_bissau` (resting, consumer
headset) and eegmmi (healthy, at rest and at a task) hold no seizure, so every event that is found is a false alarm. In
brackets the exact Poisson interval, 95 %. {_culprits([*headset, *eegmmi])}

{table(head, sets)}

`iiic_clips`: 50 s each, classified by experts as seizure (SZ), lateralised or generalised periodic
discharges (LPD, GPD), lateralised or generalised rhythmic delta activity (LRDA, GRDA) or other. Only the
first are seizures, though experts dispute the border. The channels are named in the order that their source
publishes; for this model the order does not matter, and their EKG is left out. They are listed clip by
clip, since two of a class say nothing about a rate.

{table(["clip", "experts say", "highest probability", "time above threshold", "marked"], classified)}
"""


def _row(name: str, recordings: Sequence[Quiet]) -> list[object]:
    seconds = sum(recording.seconds for recording in recordings)
    alarms = sum(recording.marked.events for recording in recordings)
    above = sum(recording.marked.above * recording.seconds for recording in recordings) / seconds
    rate = spread(poisson_interval(alarms, seconds / 86400), 1)
    highest = max(recording.marked.highest for recording in recordings)
    return [name, len(recordings), f"{seconds / 60:.1f}", f"{above:.1%}", alarms, rate, f"{highest:.2f}"]


def _culprits(recordings: Sequence[Quiet]) -> str:
    named = [f"`{r.name}` ({r.marked.events})" for r in recordings if r.marked.events]
    return f"Marked: {', '.join(named)}." if named else "None is marked."


def _said(marked: Marked) -> list[str]:
    return [f"{marked.highest:.2f}", f"{marked.above:.0%}", "yes" if marked.events else "no"]
