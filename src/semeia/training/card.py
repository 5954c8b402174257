"""A model's card: what it was trained on, how it scores, and what it is for, in plain words."""

from __future__ import annotations

from typing import Any

from semeia.model import Description
from semeia.networks import title

__all__ = ["card"]


def card(description: Description, metrics: dict[str, Any]) -> str:
    """Return the card as Markdown."""
    takes, point = description.input, description.operating_point
    montage = (
        f"any montage of at least {takes.channels} scalp channels, sampled at {takes.minimum_rate:g} Hz or faster"
        if takes.montage == "any"
        else f"the montage {takes.montage} ({takes.channels} channels)"
    )
    rate = description.transform.parameters["rate"]
    best = metrics["history"][metrics["best_epoch"]]
    events, scorer = (metrics["validation"]["score"][key] for key in ("events", "scorer"))
    sources = ", ".join(metrics["sources"])
    return f"""# {description.name}

{description.description}

**Not a medical device.** For research and for trying things out: a person must review what it finds.

## What it takes and gives

- Takes {montage}, in windows of {takes.window / rate:g} s.
- Gives the probability of a seizure in each window. Events: moving average of {point.smoothing:g} s, threshold
  {point.threshold:g}, gaps below {point.merge_gap:g} s closed, events shorter than {point.minimum_duration:g} s
  dropped.
- Network: {title(description.network.name, (takes.channels, takes.window))}. Transform: {description.transform.name}.

## What it was trained on

Sources: {sources}.

| | patients | recordings | hours | seizures |
|---|---|---|---|---|
{_row("training", metrics["training"])}
{_row("validation", metrics["validation"])}

Split by patient: no patient is on both sides.
Epoch {best["epoch"] + 1} of {len(metrics["history"])} was the best on the
validation patients.

## How it scores on the validation patients

The epoch and the threshold were chosen on these patients, so these figures flatter.

- Windows: AUROC {_shown(best.get("validation_auroc"))}, mean over patients.
- Events ({scorer["name"]}, {scorer["package"]}): sensitivity {_shown(events["sensitivity"])}, precision
  {_shown(events["precision"])}, F1 {_shown(events["f1"])}, {_shown(events["false_alarms_per_24h"])}
  false alarms per 24 h.
"""


def _row(name: str, counts: dict[str, Any]) -> str:
    return f"| {name} | {counts['patients']} | {counts['recordings']} | {counts['hours']:g} | {counts['seizures']} |"


def _shown(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.3g}"
