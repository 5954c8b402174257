"""What a random split of overlapping windows promises, and what the same network keeps of it: why honest is lower."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import contenders
from figures import table
from semeia.datasets import gather
from semeia.evaluation import measured_windows
from semeia.recipe import Recipe, changed
from semeia.report.judge import judged
from semeia.training.parts import gathered_parts
from studies import Said, cross_validated, place_of, recipe, said, text_of, trained

FOLDS, VALIDATION = 5, 0.2
HELD = 1 - (1 - 1 / FOLDS) * (1 - VALIDATION)
"""Share of the windows drawn at random, so that as many are left to train on as in a fold."""
PERSON = "by person"
PEOPLE, HOURS, FIRST_SEED = 20, 0.1, 6001


@dataclass(frozen=True)
class Case:
    """One network on one set: what a random split says, and what honest ones say."""

    name: str
    random: Said
    honest: dict[str, Said]


def drawn_at_random(honest: Recipe, workspace: Path) -> Said:
    """Train the same network on windows drawn at random, and return what it says of the others."""
    given = changed(honest, {"split.by": "random", "split.validation": HELD, "name": f"{honest.name}-random"})
    model = trained(given, workspace)
    recordings = gathered_parts(given, Path(), report=lambda e: None, gathered=lambda s, d, t: None).training
    whole = judged(model, recordings, given).predictions[""]
    # as semeia.training.train draws them; that they are the same is checked by the figure that it wrote
    held = whole[np.random.default_rng([given.seed, 0]).random(len(whole)) < HELD]
    metrics = json.loads((place_of(given, workspace, "one") / "metrics.json").read_bytes())
    written, ours = metrics["validation"]["auroc"], measured_windows(held, threshold=0.5)["measures"]["auroc"]["value"]
    if abs(written - ours) > 0.002:
        raise RuntimeError(f"{given.name}: these are not the windows that were held out ({written:.3f}, {ours:.3f})")
    return Said(held, sum(weight.numel() for weight in model.module.parameters()))


def nothing_to_find(workspace: Path) -> Case:
    """Call every other simulated person ill: nothing in their EEG tells the two groups apart, only who is who."""
    folder = workspace / "leak"
    folder.mkdir(parents=True, exist_ok=True)
    people = gather("simulated", patients=PEOPLE, hours=HOURS, seizures_per_hour=0, seed=FIRST_SEED, montage="chbmit")
    for person in people:
        shutil.copy(person.path, folder)
    ill = np.random.default_rng(FIRST_SEED).permutation(PEOPLE) % 2
    labels = {f"{person.patient}_*": ("healthy", "ill")[k] for person, k in zip(people, ill.tolist(), strict=True)}
    honest = recipe(
        name="leak-people",
        data=[{"source": "folder", "path": str(folder), "patient_from": "file", "labels": labels}],
        task={"kind": "classification", "classes": ["healthy", "ill"]},
        examples={"window": 30.0, "step": 5.0, "montage": "chbmit"},
        split={"by": "patient", "validation": VALIDATION},
        transform={"name": "raw", "rate": 256.0, "scale": 100.0, "clip": 8.0},
        network={"name": "convnet"},
        training={"epochs": 40, "examples_per_epoch": 512, "batch_size": 32, "patience": 15, "learning_rate": 2e-3},
    )
    return Case(
        f"{PEOPLE} simulated people, half of them called ill by lot; nothing to find",
        drawn_at_random(honest, workspace),
        {PERSON: cross_validated(honest, workspace, FOLDS)},
    )


def clips(workspace: Path) -> Case:
    """Seizures in the CHB-MIT clips."""
    honest = contenders.within_recipes()[contenders.A]
    parts = []
    for patient in (patients := sorted({r.patient for r in gather(**contenders.chbmit_clips())})):
        given = changed(honest, {"split.exclude": [patient], "name": f"leak-without-{patient}"})
        theirs = [r for r in gather(**contenders.chbmit_clips()) if r.patient == patient]
        parts.append(said(trained(given, workspace), theirs))
    whole = parts[0]
    for part in parts[1:]:
        whole = whole + part
    return Case(
        f"CHB-MIT clips, ten seizures of {len(patients)} patients",
        drawn_at_random(honest, workspace),
        {"by seizure, same patients": cross_validated(honest, workspace, FOLDS), "by patient": whole},
    )


def bonn(workspace: Path) -> Case:
    """Seizures against the time between them in single segments."""
    honest = contenders.bonn_recipes()[contenders.A]
    return Case(
        "Bonn, set E against C",
        drawn_at_random(honest, workspace),
        {"by segment": cross_validated(honest, workspace, FOLDS)},
    )


def rows_of(case: Case) -> list[list[str]]:
    """Return the lines of a case: random first."""
    found = []
    for number, (split, one) in enumerate({"windows at random": case.random, **case.honest}.items()):
        figures = measured_windows(one.table, threshold=0.5)
        measures = figures["measures"]
        found.append(
            [
                case.name if not number else "",
                split,
                f"{figures['count']:,}",
                text_of(measures["auroc"]),
                text_of(measures["balanced_accuracy"]),
            ]
        )
    return found


def run(workspace: Path) -> str:
    """Train, judge and return the section."""
    cases = [nothing_to_find(workspace), clips(workspace), bonn(workspace)]
    random, honest = (text_of(_area(one)) for one in (cases[0].random, cases[0].honest[PERSON]))
    by_seizure, by_patient = (text_of(_area(one)) for one in cases[1].honest.values())
    head = ["", "split", "windows tested", "AUROC", "balanced accuracy"]
    return f"""## Why the honest number is lower

The originals cut recordings into windows, overlapping ones too, and drew them at random into training and test. Then
every test window has neighbours in training: one that begins a few seconds earlier holds most of the same samples, and
all others of that recording come from the same brain, electrodes, amplifier and hour. A network that has learnt *whose*
a window is knows the answer, and looks as if it recognised seizures. No new patient has such neighbours.

The same network, the workbench's (A), was trained on the same sets with as many windows: once with {HELD:.0%} of the
windows held out at random, and once with what belongs together on one side ({FOLDS} folds; of what is not tested
{VALIDATION:.0%} for validation). As in the originals, the random split also chooses the epoch by the windows that it
reports.

{table(head, [row for case in cases for row in rows_of(case)])}

**Nothing to find.** Half of {PEOPLE} simulated people were called ill by lot, without any difference in their EEG.
Drawn at random (windows of 30 s, one every 5 s), the network "recognises" this illness with {random}. For people
whom it has not met it has {honest}; chance is .500, and with {PEOPLE} people luck moves a figure far. All of the
difference is the leak: it learnt who is who. Nor does the interval of the random split warn: it is an interval over
people who were all in training.

**Real seizures.** On the CHB-MIT clips the same network has {text_of(_area(cases[1].random))} for windows at random and
{by_seizure} for other seizures of the same patients, whose windows are all on one side. For the other patient it has
{by_patient}; but there it learnt from the few clips of one person only, so that this line has the least to learn
from, too: [above](#which-network-on-real-seizures) stands what simulated patients add. Ten seizures make wide
intervals: that random is above the others is sure, by how much is not.

**Bonn.** Where a task is so easy that little is missing to 1, a leak has little to add. And by segment is not honest
either: five people gave these segments and nobody knows which, so that every line of Bonn flatters, here and in the
literature.

So a figure from a random split is no lie about those windows. It answers another question: how well the gaps in
recordings are filled that somebody has labelled already. Semeia splits by patient unless told otherwise; `split.by =
"random"` is there for this comparison, and the card of such a model warns.
"""


def _area(one: Said) -> dict[str, float | None]:
    area: dict[str, float | None] = measured_windows(one.table, threshold=0.5)["measures"]["auroc"]
    return area
