"""Patterns on simulated stereo-EEG: a model on patients that it never saw, beside a detector of line length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from figures import table
from semeia.datasets import gather
from semeia.evaluation import Predictions, difference_interval, measured_windows
from semeia.model import Model
from semeia.model import load as load_model
from semeia.recipe import read_recipe
from semeia.report.baselines import less_median
from semeia.report.judge import judged
from semeia.training.shipped import recipe_path
from studies import text_of, trained

FIRST_SEED = 43001
"""Of the patients who are judged; the recipe's begin at 1 and, for validation, at 1001."""
PATIENTS = 12
MODEL = "ieeg-patterns"
SET: dict[str, Any] = {"hours": 0.1, "files": 2, "apart": 12.0, "channels": 10, "rate": 1000}
POOLED, ANY = "all three pooled", "any of them"


class Detector(NamedTuple):
    """What line length says: a table with 1 where it is beyond its threshold, and how it was chosen."""

    table: Predictions
    form: str


def run(workspace: Path, patients: int = PATIENTS) -> str:
    """Measure and return the section; fewer patients are to try things out."""
    model = pattern_model(workspace)
    assert model.folder is not None
    given, threshold = read_recipe(model.folder / "recipe.toml"), model.description.operating_point.threshold
    found = judged(model, gather("simulated-seeg", patients=patients, seed=FIRST_SEED, **SET), given)
    pairs = compared(found.predictions, threshold)
    above, ours = difference_interval(*pairs[POOLED])["f1"], _figures(pairs[POOLED][0])["f1"]
    forms = ", ".join(sorted({line_length(one).form for one in found.predictions.values()}))
    window = model.description.input.window / model.transform.rate
    sure = "and so is its interval" if above["low"] >= 0.2 else "but its interval reaches below"
    return f"""## System E: patterns, channel by channel

`{MODEL}` on {patients} fresh simulated patients (seeds {FIRST_SEED} to {FIRST_SEED + patients - 1}; two files of
{60 * SET["hours"]:g} minutes each, {SET["apart"]:g} hours apart, between which they drift; {SET["channels"]} channels
at {SET["rate"]} Hz): {found.hours:.1f} h, {len(pairs[ANY][0]):,} windows of a channel, {window:g} s each, half
overlapping. The model has its own threshold, {threshold:.2g} for all patterns. *Line length* is of each channel-window;
for each pattern its threshold is the one with the best F1 on these very windows, and so is its form
({forms}): so it flatters itself. F1 is of channel-windows; in brackets 95 % intervals: a bootstrap over
the patients.

{table(_HEAD, [_row(name, *pair) for name, pair in pairs.items()])}

*{POOLED}*: every pattern's windows in one count. *{ANY}*: whether a channel-window holds anything at all,
which is what a line length can be expected to tell.

Asked for, pooled: F1 of at least .80: {_holds(ours["value"] >= 0.8)}; at least .20 above line length:
{_holds(above["value"] >= 0.2)}, {sure}. Simulated patterns lie in a background that has nothing
like them: real ones are less clean, and experts agree less on them.
"""


def pattern_model(workspace: Path) -> Model:
    """Return the model that is shipped, or train it as its recipe says."""
    import semeia

    shipped = Path(semeia.__file__).parent / "models" / MODEL
    return load_model(shipped) if shipped.is_dir() else trained(read_recipe(recipe_path(MODEL)), workspace)


def compared(tables: Mapping[str, Predictions], threshold: float) -> dict[str, tuple[Predictions, Predictions]]:
    """Return what model and line length say by their thresholds, as 1 or 0: of each pattern, and of all of them."""
    model = {name: _said(one, one.score >= threshold) for name, one in tables.items()}
    lengths = {name: line_length(one).table for name, one in tables.items()}
    label = np.any([one.positive for one in tables.values()], axis=0).astype(np.int16)
    some = replace(next(iter(tables.values())), label=label)
    flagged = np.any([one.score > 0.5 for one in model.values()], axis=0)
    return {
        **{name: (model[name], lengths[name]) for name in tables},
        POOLED: (Predictions.joined(list(model.values())), Predictions.joined(list(lengths.values()))),
        ANY: (_said(some, flagged), line_length(some).table),
    }


def line_length(given: Predictions) -> Detector:
    """Return the detector with the threshold, and the form, of the best F1 on these very windows."""
    values = given.baselines["line length"]
    forms = {
        "as it is": values,
        "less the patient's median": less_median(values, given.patient),
        "less the channel's median": less_median(values, np.char.add(given.patient, given.recording)),
    }
    best = {form: _best(one, given.positive) for form, one in forms.items()}
    form = max(best, key=lambda form: best[form][0])
    return Detector(_said(given, forms[form] >= best[form][1]), form)


def _best(values: NDArray[np.float64], positive: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the best F1, and the threshold that has it."""
    order = np.argsort(-values, kind="stable")
    hits = np.cumsum(positive[order])
    f1 = 2 * hits / (np.arange(1, len(values) + 1) + positive.sum())
    place = int(f1.argmax())
    return float(f1[place]), float(values[order[place]])


def _said(given: Predictions, flagged: NDArray[np.bool_]) -> Predictions:
    """Return a table whose probabilities are 0 and 1, and whose classes are the same for every pattern."""
    probability = np.stack([~flagged, flagged], axis=1).astype(np.float32)
    return replace(given, classes=("none", "pattern"), probability=probability, baselines={})


_HEAD = ("", "windows with it", "**F1**", "sensitivity", "precision", "F1 of line length", "F1 above it")


def _figures(said: Predictions) -> dict[str, Any]:
    measures: dict[str, Any] = measured_windows(said, threshold=0.5)["measures"]
    return measures


def _row(name: str, model: Predictions, length: Predictions) -> list[str]:
    ours, theirs = _figures(model), _figures(length)
    return [
        name,
        f"{model.positive.mean():.1%}",
        f"**{text_of(ours['f1'])}**",
        *(text_of(ours[measure]) for measure in ("sensitivity", "precision")),
        text_of(theirs["f1"]),
        text_of(difference_interval(model, length)["f1"], sign=True),
    ]


def _holds(asked: bool) -> str:
    return "yes" if asked else "**no**"
