"""Windows with drop-outs, simulated: leaving them out beside imputing what they lack."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from figures import spread, table
from semeia.evaluation import Interval, auroc, bootstrap_interval
from semeia.signals import open_recording
from semeia.signals.dropouts import MissingRuns, imputed, with_dropouts_as_gaps
from semeia.signals.recording import ArrayRecording
from semeia.signals.simulator.contests import melbourne2016_layout
from semeia.transforms.features import Features

FIRST_SEED = 8001
PATIENTS, HOURS, SHARES = 8, 12, (0.1, 0.25, 0.5, 0.75, 0.9, 0.97)
STRENGTH = 2.0  # of the planted preictal change
WINDOW, FILE_SECONDS, RECENT, RATE = 20.0, 40.0, 10.0, 100.0
SHORTEST_RUN, TYPICAL_RUN = 0.1, 2.0  # seconds
METHODS = ("sample", "average")
FOLDS = 6


class Windows(NamedTuple):
    """All windows of a patient: values (windows, channels, kinds), and the share that each lacks."""

    values: NDArray[np.float32]
    lacks: NDArray[np.float64]

    def replaced(self, places: NDArray[np.int64], others: Windows) -> Windows:
        """Return the windows with others in some places."""
        values, lacks = self.values.copy(), self.lacks.copy()
        values[places], lacks[places] = others
        return Windows(values, lacks)


class Patient(NamedTuple):
    """Files (channels, samples) of a patient, in order; `preictal` and `fold` of each window."""

    files: list[NDArray[np.float32]]
    rate: float
    preictal: NDArray[np.bool_]
    fold: NDArray[np.int64]


def simulated(folder: Path, seed: int) -> Patient:
    """Return a patient; whole hours of either class go to the folds in turn."""
    arguments = {"patients": 1, "hours": HOURS, "seed": seed, "test_files": 0, "file_seconds": FILE_SECONDS}
    files, preictal, fold, rate = [], [], [], 0.0
    for path, _ in melbourne2016_layout(folder, preictal=STRENGTH, dropouts=0.0, **arguments):
        _, number, kind = path.stem.split("_")
        with open_recording(path) as recording:
            files.append(recording.read(0, recording.duration))
            rate = recording.rate
        preictal.append(kind == "1")
        fold.append((int(number) - 1) // 6 % FOLDS)
        path.unlink()
    each = round(FILE_SECONDS / WINDOW)
    return Patient(files, rate, np.repeat(preictal, each), np.repeat(fold, each))


def interrupted(patient: Patient, share: float, seed: int) -> dict[int, NDArray[np.float32]]:
    """Return about half of the files, by their place, with zeros for a share of each window, in runs of about 2 s.

    Drop-outs gather in files in real sets too; and a whole window would lend what it holds to the next.
    """
    random = np.random.default_rng([seed, round(100 * share)])
    size = round(WINDOW * patient.rate)
    lossy = {}
    for place in np.flatnonzero(random.random(len(patient.files)) < 0.5).tolist():
        samples = patient.files[place].copy()
        for first in range(0, samples.shape[1], size):
            samples[:, first : first + size][:, _lost(random, size, share, patient.rate)] = 0
        lossy[place] = samples
    return lossy


def _lost(random: np.random.Generator, size: int, share: float, rate: float) -> NDArray[np.bool_]:
    """Return which samples of a window are lost: runs of random lengths at random places."""
    lost = round(share * size)
    runs = max(1, round(lost / rate / TYPICAL_RUN))
    shortest = round(SHORTEST_RUN * rate)
    spare, kept = (random.dirichlet(np.ones(parts)) for parts in (runs, runs + 1))
    lengths = np.empty(2 * runs + 1)
    lengths[1::2] = shortest + spare * (lost - runs * shortest)
    lengths[::2] = kept * (size - lost)
    edges = np.rint(np.cumsum(lengths)).astype(int)
    flags = np.zeros(size, np.bool_)
    for start, stop in edges[:-1].reshape(-1, 2):
        flags[start:stop] = True
    return flags


def windows_by_method(files: Iterable[NDArray[np.float32]], rate: float, seed: int) -> dict[str, Windows]:
    """Return the features of all windows with what is missing imputed by each method."""
    transform = Features(rate=RATE, high_pass=0.5)
    size = round(WINDOW * RATE)
    values: dict[str, list[NDArray[np.float32]]] = {method: [] for method in METHODS}
    lacks: list[float] = []
    for samples in files:
        labels = [str(number) for number in range(len(samples))]
        recording = with_dropouts_as_gaps(ArrayRecording(samples, rate, labels))
        blocks, missing = list(transform.signal(recording)), MissingRuns()
        for first, block in blocks:
            missing.add(first, block)
        count = sum(block.shape[1] for _, block in blocks) // size
        edges = size * np.arange(count + 1)
        lacks += (np.diff([missing_before(missing.runs, edge) for edge in edges]) / size).tolist()
        for method in METHODS:
            filled = np.concatenate(
                [b for _, b in imputed(blocks, method=method, recent=round(RECENT * RATE), seed=seed)], axis=1
            )
            cut = filled[:, : count * size].reshape(len(samples), count, size).transpose(1, 0, 2)
            values[method].append(transform.measure(cut))
    return {method: Windows(np.concatenate(values[method]), np.array(lacks)) for method in METHODS}


def missing_before(runs: NDArray[np.int64], sample: int) -> int:
    """Return how many samples are missing before one."""
    return int(np.clip(sample - runs[:, 0], 0, runs[:, 1] - runs[:, 0]).sum())


def area(patient: Patient, windows: Windows, most: float, lacking: bool = False) -> float:
    """Return the AUROC, mean over folds, when windows that lack more than `most` are left out.

    They are left out of training, and get the training windows' share of preictal ones as their probability.
    `lacking` asks for the area among the windows that lack something.
    """
    from sklearn.linear_model import LogisticRegression

    kept, areas = windows.lacks <= most, []
    for fold in range(FOLDS):
        train, test = kept & (patient.fold != fold), patient.fold == fold
        transform = Features(rate=RATE, high_pass=0.5).fit_measured([windows.values[train]])
        inputs = transform.normalise(windows.values)
        model = LogisticRegression(C=1e-3, max_iter=2000).fit(inputs[train], patient.preictal[train])
        scores = np.where(kept, model.predict_proba(inputs)[:, 1], patient.preictal[train].mean())
        if lacking:
            test = test & (windows.lacks > 0)
        areas.append(auroc(patient.preictal[test], scores[test]))
    return float(np.nanmean(areas))  # a fold whose lossy windows are all of one class has no area


def measured(patient: Patient, seed: int) -> tuple[float, NDArray[np.float64]]:
    """Return the area without drop-outs, and those with them, (share, way).

    The ways: left out, imputed by each method; and among the windows that lack something, by each method.
    """
    whole = windows_by_method(patient.files, patient.rate, seed)["sample"]
    each = len(whole.lacks) // len(patient.files)
    rows = []
    for share in SHARES:
        lossy = interrupted(patient, share, seed)
        places = (each * np.array(list(lossy))[:, None] + np.arange(each)).ravel()
        by_method = {
            method: whole.replaced(places, windows)
            for method, windows in windows_by_method(lossy.values(), patient.rate, seed).items()
        }
        excluded = area(patient, by_method["sample"], share / 2)
        rows.append(
            [
                excluded,
                *(area(patient, by_method[method], 1.0) for method in METHODS),
                *(area(patient, by_method[method], 1.0, lacking=True) for method in METHODS),
            ]
        )
    return area(patient, whole, 1.0), np.array(rows)


def run(workspace: Path, patients: int = PATIENTS) -> str:
    """Measure and return the section; fewer patients are to try things out."""
    wholes, areas = [], []
    for seed in range(FIRST_SEED, FIRST_SEED + patients):
        whole, rows = measured(simulated(workspace / "dropouts" / str(seed), seed), seed)
        wholes.append(whole)
        areas.append(rows)
    found = np.array(areas)  # (patients, shares, ways)
    gains = {
        method: [_mean(found[:, n, 1 + m] - found[:, n, 0]) for n in range(len(SHARES))]
        for m, method in enumerate(METHODS)
    }
    lines = [
        [
            f"{share:.0%}",
            *(spread(_mean(found[:, n, way])) for way in range(3)),
            *(spread(gains[method][n]) for method in METHODS),
            *(f"{found[:, n, 3 + m].mean():.2f}" for m in range(len(METHODS))),
        ]
        for n, share in enumerate(SHARES)
    ]
    head = [
        *("share lacking", "left out", "imputed, sample", "imputed, average"),
        *("gain, sample", "gain, average", "lossy windows alone, sample", "... average"),
    ]
    hours, windows = HOURS // 2, round(HOURS * 6 * FILE_SECONDS / WINDOW)
    return f"""## Drop-outs: leave out or impute

{patients} simulated patients (seeds {FIRST_SEED} to {FIRST_SEED + patients - 1}; the layout of Melbourne 2016: 16
intracranial channels at 400 Hz, a planted preictal change of strength {STRENGTH:g}; {hours} preictal and {hours}
interictal hours of six files of {FILE_SECONDS:g} s: {windows} windows of {WINDOW:g} s a patient). Logistic regression
on `features` at {RATE:g} Hz, tested on one hour of either class and trained on the others, {FOLDS} times. Half of the
files, in training and test, lack the share in the first column of each window: zeros in all channels, in runs of about
{TYPICAL_RUN:g} s. *Left out*: windows that lack anything are not trained on, and get the base rate (the share of
preictal windows in training) as their probability in the test. *Imputed*: trained and tested on all, gaps filled from
the last {RECENT:g} s recorded before, by random pieces or by their average. AUROC over the test windows, mean over
folds and patients; the gain is over leaving out, patient by patient; the last two columns are the AUROC among the lossy
windows only, where the base rate has 0.50. In brackets 95 % intervals: a bootstrap over patients. Without drop-outs the
AUROC is {spread(_mean(np.array(wholes)))}.

{table(head, lines)}

{" ".join(_verdict(method, gains[method]) for method in METHODS)}
Simulated brains change little within a minute, so that what was recorded just before tells nearly as much as what was
lost: real ones may be less kind to imputing.
"""


def _mean(values: NDArray[np.float64]) -> Interval:
    return bootstrap_interval(lambda some: float(np.mean(some)), values)


def _verdict(method: str, gains: Sequence[Interval]) -> str:
    """Say from which share on imputing no longer beats leaving out: the gain's interval reaches 0."""
    better = [gain.low > 0 for gain in gains]
    what = f"Imputing by {method}"
    if all(better):
        return f"{what} beats leaving out at every share tried, up to {SHARES[-1]:.0%}."
    stops = better.index(False)
    if stops == 0:
        return f"{what} does not beat leaving out even at {SHARES[0]:.0%} (the gain's interval reaches 0)."
    worse = " and is worse" if gains[stops].high < 0 else ""
    return f"{what} beats leaving out up to {SHARES[stops - 1]:.0%}; at {SHARES[stops]:.0%} it no longer does{worse}."
