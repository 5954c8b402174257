"""Which network is best on the real clips that are here, by how much, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import clips
from contenders import A_LONGER, LONG, REGULAR, SHORT, TRAINING, A, across, bonn, kramer, within
from false_alarms import clips as classified
from figures import table
from real_data import mark, real
from semeia.errors import SemeiaError
from semeia.evaluation import auroc
from semeia.model import installed, load
from studies import HEAD, Compared, holds_zero, text_of


def run(workspace: Path) -> str:
    """Train, judge and return the section."""
    starter = clips.trained(workspace, clips.PATIENTS, ())
    one, two, three, four = across(workspace), within(workspace, starter), kramer(workspace, starter), bonn(workspace)
    return f"""## Which network, on real seizures

Every network has the size and the transform of a shipped recipe, or a smaller one, fixed beforehand, and all have the
same training ({_training(SHORT)}; across patients {_training(LONG)}; rate {REGULAR["learning_rate"]:g}, less for the
ResNet-18 and for weights that were trained before). The epoch is that with the lowest loss on a validation part, which
is never the test part; the threshold is .5. Everything was trained once: another seed moves a figure too, which no
interval here shows.

Network A is that of the workbench, 3,137 parameters at 30 s of 23 channels. These clips are shorter than that: its
layers on shorter windows are a variant. "Above A" is the difference on the same windows, drawn together; where its
interval holds 0, these data do not tell the two apart. Each table compares several networks with A: of seven such
intervals one misses 0 by luck in three tables of ten. Line length and total power need no training; they count as they
do best on these very windows (high or low, less the patient's or the recording's median or not), which flatters them.

### CHB-MIT clips, across patients

{_counted(one)} Windows of 8 s, one a second. Trained on {TRAINING} simulated patients and the clips of one real
patient, judged on the clips of the other; the scores of both directions are pooled. {_interval(one)}

{table(HEAD, one.rows())}

{_verdict(one)}

### CHB-MIT clips, within patients

The same windows. A fifth of the seizures is tested in turn, by networks trained on the other seizures of both patients.
{_interval(two)}

{table(HEAD, two.rows())}

{_verdict(two)}

### Kramer: electrocorticogram of one patient, one seizure left out

{_counted(three)} 76 channels, 10 s before each seizure against its first 10 s; windows of 5 s, two a second. Trained on
one seizure, validated on another, tested on the third, in turn. {_interval(three)} Three seizures allow no
interval over seizures; the second table has the AUROC within each.

{table(HEAD, three.rows())}

{table(["AUROC within", "seizure 1", "seizure 2", "seizure 3"], _by_seizure(three))}

{_verdict(three)}

### Bonn: seizures (E) against the time between them (C)

{_counted(four)} Single channels, both intracranial; windows of 11.8 s, half overlapping. By segment: **patients
unknown, may leak**: five people gave all of them, so that the same brain is surely on both sides. {_interval(four)}

{table(HEAD, four.rows())}

{_verdict(four)}

### What of this is sure

{_conclusion({"across patients": one, "within patients": two, "on Kramer": three, "on Bonn": four})}

### Clips that experts classified

Run last, with the shipped models of scalp EEG that take these 20 channels; nothing was chosen by it. 50 s each; SZ are
seizures, all others are not (LPD, GPD: periodic discharges; LRDA, GRDA: rhythmic delta). Two of a class say
nothing about a rate. No model was trained on them, but variants of `eeg-starter` were looked at on
them while it was developed
([benchmarks](benchmarks.md)): for it they are no untouched test.

{_classified()}

¹ Begun with the weights of `eeg-starter`'s recipe trained without chb01 and chb02, on simulated patients only; then
trained like the others, at a rate of 5e-4. ² `channelwise`, trained as [benchmarks](benchmarks.md) say: on 208
simulated patients, and 16 times as many windows as the lines above. This recipe was chosen among some fifteen variants
by figures on these clips, which flatters these two lines.
"""


def _training(given: Mapping[str, int]) -> str:
    return f"at most {given['epochs']} epochs of {given['examples_per_epoch']:,} windows"


def _counted(given: Compared) -> str:
    """Say how many examples there are."""
    figures = given.figures[A]
    counts = ", ".join(f"{count} {name}" for name, count in figures["counts"].items())
    units = len(set(zip(given.first.patient, given.first.group, strict=True)))
    return f"{figures['count']} windows ({counts}) of {units} {'segments' if units > 20 else 'seizures'}."


def _interval(given: Compared) -> str:
    said = given.figures[A]["interval"].replace("recordings of", "seizures of")  # which the groups here are
    return f"Intervals: {said.replace('100 patients', '100 segments')}."  # of Bonn, whose patients nobody knows


def _by_seizure(given: Compared) -> list[list[str]]:
    """Return the lines of a table: the AUROC of each network within each seizure."""
    rows = []
    for name, (said, _) in given.networks.items():
        parts = [said[said.group == group] for group in sorted(set(said.group))]
        rows.append([name, *(f"{auroc(part.positive, part.score):.3f}" for part in parts)])
    return rows


def _best(given: Compared) -> str:
    """Return the network, other than A, with the highest AUROC."""
    figures = given.figures
    return max(
        (name for name in given.networks if name not in (A, A_LONGER)),
        key=lambda name: float(figures[name]["measures"]["auroc"]["value"]),
    )


def _verdict(given: Compared) -> str:
    """Say which network is best, by how much and how sure."""
    name = _best(given)
    baseline, above = given.above_baseline(name)
    differences = {other: given.above_first(other)["auroc"] for other in given.networks if other not in (A, A_LONGER)}
    sure = {other: float(found["value"]) > 0 for other, found in differences.items() if not holds_zero(found)}
    better, worse = ([other for other, is_above in sure.items() if is_above is wanted] for wanted in (True, False))
    said = [f"Best besides A: {name}; its AUROC less A's is {text_of(differences[name], sign=True)}."]
    said.append(f"Intervals above 0: {', '.join(better)}." if better else "No interval lies above 0.")
    said += [f"Below 0: {', '.join(worse)}."] if worse else []
    how = "which these data do not tell apart" if holds_zero(above) else "an interval without 0"
    said.append(
        f"The better baseline is {baseline}; the best network's AUROC less its is {text_of(above, sign=True)}: {how}."
    )
    return " ".join(said)


def _conclusion(given: Mapping[str, Compared]) -> str:
    """Say of each set whether the best network is surely above network A, and above what needs no training."""
    lines = []
    for where, found in given.items():
        name = _best(found)
        above, (baseline, over) = found.above_first(name)["auroc"], found.above_baseline(name)
        ceiling = "cannot be told from A" if holds_zero(above) else "is above A"
        trivial = f"cannot be told from {baseline}" if holds_zero(over) else f"is above {baseline}"
        lines.append(f"- {where}, {name} {ceiling} ({text_of(above, sign=True)}) and {trivial}.")
    return "\n".join(lines)


def _classified() -> str:
    """Return the table of the clips, one line each."""
    given = list(classified(real("iiic_clips")))
    models = [load(name) for name in sorted(installed())]
    fitting = []
    for model in models:
        try:
            model.check(given[0][1])
        except SemeiaError:
            continue  # other channels, or other classes
        if model.description.task == "detection" and model.description.input.montage != "recorded":  # of the scalp
            fitting.append(model)
    head = ["clip", "experts say"]
    for model in fitting:
        head += [f"{model.name}: highest probability", "time above its threshold", "marked"]
    rows = []
    for name, clip in given:
        row = [f"`{name}`", f"**{kind}**" if (kind := name.partition("_")[0]) == "SZ" else kind]
        for model in fitting:
            found = mark(model, clip)
            row += [f"{found.highest:.2f}", f"{found.above:.0%}", "yes" if found.events else "no"]
        rows.append(row)
    return table(head, rows)
