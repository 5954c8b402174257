"""What holds a network back from learning its training hours by heart: weight decay, dropout, smoothed labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dogs import ABOUT, dogs, judged, network
from figures import table
from semeia.evaluation import Predictions, difference_interval, measured_windows
from studies import holds_zero, text_of

SEEDS = (1,)
NONE = "none"
SETTINGS: dict[str, dict[str, Any]] = {
    NONE: {},
    "weight decay 0.01": {"weight_decay": 1e-2},
    "dropout .3": {"dropout": 0.3},
    "label smoothing .1": {"label_smoothing": 0.1},
    "weight decay 0.01, dropout .3, label smoothing .1": {
        "weight_decay": 1e-2,
        "dropout": 0.3,
        "label_smoothing": 0.1,
    },
}
TRAINING = {"epochs": 8, "examples_per_epoch": 1536, "batch_size": 64, "patience": 8}


def run(workspace: Path, seeds: tuple[int, ...] = SEEDS) -> str:
    """Measure and return the section; fewer seeds are to try things out."""
    folder = dogs(workspace)
    found = {name: _judged(folder, workspace, seeds, **one) for name, one in SETTINGS.items()}
    above = {name: difference_interval(one, found[NONE]) for name, one in found.items() if name != NONE}
    return f"""## System B: regularisation

{ABOUT}
Epochs of 20 s, one a minute; AdamW, {TRAINING["epochs"]} times {TRAINING["examples_per_epoch"]} examples. With and
without regularisation the weights of the lowest validation loss are kept, which holds back, too. Each was trained once
in each fold (seed {", ".join(map(str, seeds))}); everything else is the same. In brackets 95 % intervals: a bootstrap
over the patients, who are few; another seed moves a figure, too.

{table(_HEAD, [_row(name, one, above.get(name)) for name, one in found.items()])}

{_verdict(above, "auroc", "AUROC", higher=True)} {_verdict(above, "brier", "the Brier score", higher=False)}
"""


def _judged(folder: Path, workspace: Path, seeds: tuple[int, ...], **settings: Any) -> Predictions:
    dropout = settings.pop("dropout", 0.0)
    given = network(
        folder,
        examples={"window": 20.0, "step": 60.0, "montage": "recorded"},
        network={"name": "cnn2d", "width": 8, "dropout": dropout},
        training=TRAINING | settings,
    )
    return judged(given, workspace, seeds)


_HEAD = ("", "**AUROC**", "Brier score", "AUROC above none", "Brier score above none")


def _row(name: str, said: Predictions, above: dict[str, Any] | None) -> list[str]:
    measures = measured_windows(said, threshold=0.5)["measures"]
    differences = ["", ""] if above is None else [text_of(above[key], sign=True) for key in ("auroc", "brier")]
    return [name, f"**{text_of(measures['auroc'])}**", text_of(measures["brier"]), *differences]


def _verdict(above: dict[str, dict[str, Any]], key: str, what: str, *, higher: bool) -> str:
    """Say which settings are shown to change a measure."""
    told = {name: one[key]["value"] for name, one in above.items() if not holds_zero(one[key])}
    if not told:
        return f"None of them is shown to change {what}: every interval of a difference holds 0."
    good = [name for name, value in told.items() if (value > 0) is higher]
    bad = [name for name in told if name not in good]
    said = [f"better with {', with '.join(good)}"] if good else []
    said += [f"worse with {', with '.join(bad)}"] if bad else []
    return f"{what[0].upper()}{what[1:]} is {'; '.join(said)}; of the others nothing is shown."
