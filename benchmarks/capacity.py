"""How deep and how wide a network for discharges should be, where few windows are labelled (system E)."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from figures import table
from semeia.datasets import gather
from semeia.evaluation import Predictions, difference_interval, measured_windows
from semeia.events import Event, Events, write_tsv
from semeia.recipe import Recipe, read_recipe
from semeia.signals import open_recording
from semeia.signals.simulator import simulate_layout
from semeia.training.shipped import recipe_path
from semeia.training.validation import Validation
from semeia.training.windows import prepare
from studies import holds_zero, text_of, trained

TRAINED, FRESH = 61001, 62001
"""Seeds of the patients that are trained on, and of those that are judged."""
PATIENTS, JUDGED, SEEDS = 16, 12, (1, 2)
HOURS, RATE, WINDOW, LABELLED = 0.25, 600, 1.5, 24
DEPTHS, WIDTHS = (2, 4, 7), (4, 8, 16)
RECIPE = "pattern-resnet1d"
DISCHARGES = ("spike", "spike-wave")
TRAINING = ("optimiser=adamw", "learning_rate=2e-3", "epochs=8", "examples_per_epoch=1024", "batch_size=64")


def run(workspace: Path, seeds: tuple[int, ...] = SEEDS) -> str:
    """Measure and return the section; fewer seeds are to try things out."""
    training, fresh = labelled(workspace, TRAINED, PATIENTS), labelled(workspace, FRESH, JUDGED)
    sizes = list(product(DEPTHS, WIDTHS))
    found = {size: _judged(training, fresh, size, workspace, seeds) for size in sizes}
    tables = {size: said for size, (said, _) in found.items()}
    smallest = sizes[0]
    above = {size: difference_interval(tables[size], tables[smallest])["auroc"] for size in sizes[1:]}
    count = len(tables[smallest]) // len(seeds)
    rows = [_row(size, *found[size], above.get(size)) for size in sizes]
    return f"""## System E: capacity

Is there a discharge in {WINDOW:g} s of 5 channels? `{RECIPE}` (iEDeaL's input and layers) with AdamW, on
{PATIENTS} simulated patients with at most {LABELLED} stretches labelled of either kind, a quarter of them for
validation; judged on {JUDGED} fresh patients ({count:,} windows). Depth is the number of residual blocks, width that of
feature maps; the published network has 7 blocks of 256 maps. Seeds {" and ".join(map(str, seeds))}, pooled. In brackets
95 % intervals: a bootstrap over the fresh patients.

{table(_HEAD, rows)}

{_verdict(above, smallest)}
"""


def labelled(workspace: Path, seed: int, patients: int) -> Path:
    """Return a folder of simulated recordings in which few windows are labelled, made if it is absent."""
    folder = workspace / "capacity" / str(seed)
    if folder.is_dir():
        return folder
    given: dict[str, Any] = {"patients": patients, "hours": HOURS, "seed": seed, "channels": 5, "rate": RATE}
    beside = folder.with_name(f"{seed}.part")
    for path in simulate_layout("seeg", beside, force=True, **given):
        with open_recording(path) as recording:
            events, duration = recording.events, recording.duration
        chosen = stretches(events, duration, np.random.default_rng([seed, int(path.stem[4:6])]))
        write_tsv(chosen, path.with_name(f"{path.stem}_events.tsv"))
    beside.rename(folder)
    return folder


def stretches(events: Events, duration: float, random: np.random.Generator) -> Events:
    """Return stretches with a discharge that begins in the middle, and as many that no pattern comes near."""
    there = [(event.onset - WINDOW, event.stop + WINDOW) for event in events]
    onsets = [event.onset for event in events if event.label in DISCHARGES]
    drawn = [t - WINDOW / 2 for t in random.permutation(onsets)[:LABELLED].tolist()]
    drawn = [t for t in drawn if 0 <= t <= duration - WINDOW]
    free = random.uniform(0, duration - WINDOW, 5000).tolist()
    empty = [t for t in free if all(stop <= t or t + WINDOW <= onset for onset, stop in there)][: len(drawn)]
    found: list[Event] = []
    for start, label in sorted([*((t, "discharge") for t in drawn), *((t, "none") for t in empty)]):
        if not found or found[-1].stop <= start:  # what overlaps one before is left out
            found.append(Event(round(start, 2), WINDOW, label))
    return Events(found)


def _judged(
    training: Path, fresh: Path, size: tuple[int, int], workspace: Path, seeds: tuple[int, ...]
) -> tuple[Predictions, int]:
    """Return what networks of a size say of the fresh patients, and their number of parameters."""
    said, count = [], 0
    for seed in seeds:
        given = _recipe(training, size, seed)
        model = trained(given, workspace)
        recordings = gather("folder", path=str(fresh), patient_from="folder")
        part = prepare(recordings, given.examples, model.transform, task=given.task)
        said.append(Validation(part, model.transform, part="test").predictions(model.module))
        count = sum(weight.numel() for weight in model.module.parameters())
    return Predictions.joined(said), count


def _recipe(folder: Path, size: tuple[int, int], seed: int) -> Recipe:
    depth, width = size
    settings = [f"network.depth={depth}", f"network.width={width}", f"data.0.path={folder}", f"seed={seed}"]
    settings += [f"training.{one}" for one in TRAINING]
    return read_recipe(recipe_path(RECIPE), settings)


_HEAD = ("depth × width", "parameters", "**AUROC**", "balanced accuracy", "AUROC above the smallest")


def _row(size: tuple[int, int], said: Predictions, count: int, above: dict[str, Any] | None) -> list[str]:
    measures = measured_windows(said, threshold=0.5)["measures"]
    return [
        f"{size[0]} × {size[1]}",
        f"{count:,}",
        f"**{text_of(measures['auroc'])}**",
        text_of(measures["balanced_accuracy"]),
        "" if above is None else text_of(above, sign=True),
    ]


def _verdict(above: dict[tuple[int, int], dict[str, Any]], smallest: tuple[int, int]) -> str:
    named = f"{smallest[0]} × {smallest[1]}"
    told = [size for size, one in above.items() if not holds_zero(one)]
    if not told:
        return f"No size is shown to be better or worse than {named}: every interval of a difference holds 0."
    better = [f"{d} × {w}" for d, w in told if above[d, w]["value"] > 0]
    worse = [f"{d} × {w}" for d, w in told if above[d, w]["value"] <= 0]
    said = [f"{', '.join(better)} are better than {named}"] if better else []
    said += [f"{', '.join(worse)} are worse"] if worse else []
    return f"{'; '.join(said)}: on patients such as these; of the others it is not shown."
