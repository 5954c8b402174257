"""A model's card: what it was trained on, how it scores, and what it is for, in plain words."""

from __future__ import annotations

from typing import Any

from semeia.model import Description
from semeia.networks import title
from semeia.transforms import transform_named

__all__ = ["card"]

_SPLIT = {
    "patient": "Split by patient: no patient is on both sides.",
    "seizure": "Split by seizure within patients: the figures hold for these patients only.",
    "hour": "Split by the hour within patients: the figures hold for these patients only.",
    "recording": "Split by recording within patients: the figures hold for these patients only.",
    "random": "**Split at random: neighbouring windows are on both sides, which leaks. The figures mean little.**",
}


def card(description: Description, metrics: dict[str, Any]) -> str:
    """Return the card as Markdown."""
    best = metrics["history"][metrics["best_epoch"]]
    test = metrics.get("test")
    parts = [
        f"# {description.name}\n\n{description.description}".rstrip(),
        "**Not a medical device.** For research and for trying things out: a person must review what it finds.",
        f"## What it takes and gives\n\n{_takes(description)}",
        f"""## What it was trained on

Sources: {", ".join(metrics["sources"])}.

| | patients | recordings | hours | seizures |
|---|---|---|---|---|
{_row("training", metrics["training"])}
{_row("validation", metrics["validation"])}{chr(10) + _row("test", test) if test else ""}

{_SPLIT[metrics["split"]]} {metrics["weights"]}
Epoch {best["epoch"] + 1} of {len(metrics["history"])} was the best on the
validation part.""",
        f"""## How it scores on the validation part

The epoch and the threshold were chosen on it, so these figures flatter.

- Windows: AUROC {_shown(best.get("validation_auroc"))}, {
            "mean over patterns" if description.task == "patterns" else "mean over patients with both classes"
        }.
{_scores(metrics["validation"])}""",
    ]
    if test:
        parts.append(f"## How it scores on the test part\n\nNothing was chosen on it.\n\n{_scores(test)}")
    return "\n\n".join(parts) + "\n"


def _takes(description: Description) -> str:
    takes, point = description.input, description.operating_point
    transform = transform_named(description.transform.name, **description.transform.parameters)
    montage = {
        "any": f"any montage of at least {takes.channels} scalp channels",
        "recorded": "all channels as recorded" if takes.any_channels else f"{takes.channels} channels as recorded",
    }.get(takes.montage, f"the montage {takes.montage} ({takes.channels} channels)")
    what = "a seizure" if description.task == "detection" else ", ".join(description.classes)
    where = "each channel of each window" if description.task == "patterns" else "each window"
    events = (
        f" Events: moving average of {point.smoothing:g} s, gaps below {point.merge_gap:g} s closed, "
        f"events shorter than {point.minimum_duration:g} s dropped."
    )
    shape = transform.shape(takes.channels, takes.window)
    return f"""- Takes {montage}, sampled at {takes.minimum_rate:g} Hz or faster, in windows of
  {takes.window / transform.rate:g} s.
- Gives the probability of {what} in {where}; threshold {point.threshold:.3g}.{
        events if description.task == "detection" else ""
    }
- Network: {title(description.network.name, shape)}. Transform: {description.transform.name}."""


def _scores(measures: dict[str, Any]) -> str:
    lines = []
    if "score" in measures:
        events, scorer = (measures["score"][key] for key in ("events", "scorer"))
        lines.append(
            f"- Events ({scorer['name']}, {scorer['package']}): sensitivity {_shown(events['sensitivity'])}, "
            f"precision\n  {_shown(events['precision'])}, F1 {_shown(events['f1'])}, "
            f"{_shown(events['false_alarms_per_24h'])}\n  false alarms per 24 h."
        )
    elif "accuracy" in measures:
        low, high = measures["accuracy_interval"]
        lines.append(
            f"- {measures['windows']} windows: accuracy {_shown(measures['accuracy'])} ({low:.3g} to {high:.3g}, as if "
            f"windows were independent; always saying\n  the commonest class: {_shown(measures['chance'])}), balanced "
            f"{_shown(measures['balanced_accuracy'])}, AUROC {_shown(measures['auroc'])} over all."
        )
    for name, found in measures.get("patterns", {}).items():
        lines.append(
            f"- {name}: AUROC {_shown(found['auroc'])}, sensitivity {_shown(found['sensitivity'])}, precision "
            f"{_shown(found['precision'])}; {found['share']:.2%} of channels and windows show it."
        )
    return "\n".join(lines)


def _row(name: str, counts: dict[str, Any]) -> str:
    return f"| {name} | {counts['patients']} | {counts['recordings']} | {counts['hours']:g} | {counts['seizures']} |"


def _shown(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.3g}"
