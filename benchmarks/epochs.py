"""How long an epoch should be before a seizure: 20 s, a minute, or a whole file of ten minutes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dogs import ABOUT, dogs, judged, network
from figures import table
from semeia.evaluation import Predictions, difference_interval, measured_windows
from semeia.inference.files import FileScorer
from semeia.model import Model
from semeia.report.vigil import files_of
from studies import holds_zero, text_of

LENGTHS = {20.0: 64, 60.0: 32, 600.0: 8}
"""Seconds of an epoch, and how many go into a batch."""
SEEDS = (1, 2)
PASSES, SIGNAL = 8, 40_960.0
"""Epochs of training, and the seconds of signal drawn in each."""


def run(workspace: Path, seeds: tuple[int, ...] = SEEDS) -> str:
    """Measure and return the section; fewer seeds are to try things out."""
    folder = dogs(workspace)
    windows: dict[float, Predictions] = {}
    files: dict[float, Predictions] = {}
    for length, batch in LENGTHS.items():
        examples = {"window": length, "step": length, "montage": "recorded"}
        drawn = round(SIGNAL / length)
        training = {"epochs": PASSES, "examples_per_epoch": drawn, "batch_size": batch, "weight_decay": 1e-2}
        given = network(folder, examples=examples, training=training)
        windows[length] = judged(given, workspace, seeds)
        files[length] = judged(given, workspace, seeds, as_files)
    measured = {length: measured_windows(one, threshold=0.5)["measures"] for length, one in files.items()}
    first, *others = LENGTHS
    above = {length: difference_interval(files[length], files[first]) for length in others}
    rows = [_row(length, windows[length], measured[length], above.get(length)) for length in LENGTHS]
    return f"""## System B: how long an epoch should be

{ABOUT}
Each epoch is judged by itself, and files of ten minutes by the mean of what is said of their epochs, calibrated on
validation hours: so all lengths are compared on the same files. All models see as many seconds of signal in training
({SIGNAL * PASSES / 3600:.0f} h, drawn anew {PASSES} times), so that longer epochs are fewer examples; seeds
{" and ".join(map(str, seeds))}, pooled. In brackets 95 % intervals: a bootstrap over the patients.

{table(_HEAD, rows)}

{_verdict(above, f"{first:g} s")}
"""


def as_files(given: Predictions, model: Model) -> Predictions:
    """Return what a model makes of files: one example each."""
    assert model.folder is not None
    return files_of(given, FileScorer.read(model.folder))["mean"]


_HEAD = (
    "epoch",
    "epochs judged",
    "AUROC of epochs",
    "**AUROC of files**",
    "Brier score of files",
    "AUROC above 20 s",
)


def _row(length: float, windows: Predictions, files: dict[str, Any], above: dict[str, Any] | None) -> list[str]:
    return [
        f"{length:g} s",
        f"{len(windows):,}",
        text_of(measured_windows(windows, threshold=0.5)["measures"]["auroc"]),
        f"**{text_of(files['auroc'])}**",
        text_of(files["brier"]),
        "" if above is None else text_of(above["auroc"], sign=True),
    ]


def _verdict(above: dict[float, dict[str, Any]], first: str) -> str:
    told = [length for length, one in above.items() if not holds_zero(one["auroc"])]
    if not told:
        return f"No length is shown to be better or worse than {first}: every interval of a difference holds 0."
    said = [
        f"Epochs of {length:g} s are {'better' if above[length]['auroc']['value'] > 0 else 'worse'} than those of "
        f"{first} on dogs such as these"
        for length in told
    ]
    rest = [f"{length:g} s" for length in above if length not in told]
    return ". ".join(said) + (f"; of {' and '.join(rest)} it is not shown." if rest else ".")
