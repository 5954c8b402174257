"""A model's card: what it was trained on, how it scores, and what it is for, in plain words."""

from __future__ import annotations

from typing import Any

from semeia.model import AnyDescription, Description, ImageDescription
from semeia.networks import title
from semeia.training.summary import counts_of
from semeia.transforms import image_transform_named, transform_named

__all__ = ["card"]

_SPLIT = {
    "patient": "Split by patient: no patient is on both sides.",
    "seizure": "Split by seizure within patients: the figures hold for these patients only.",
    "hour": "Split by the hour within patients: the figures hold for these patients only.",
    "recording": "Split by recording within patients: the figures hold for these patients only.",
    "random": "**Split at random: neighbouring windows are on both sides, which leaks. The figures mean little.**",
}
_SPLIT_OF_IMAGES = {
    "patient": "Split by patient, and twins (copies of one image) together: neither is on both sides.",
    "random": "**Split at random: twins, and images of one patient, are on both sides, which leaks and flatters.**",
}
_SPLIT_OF_NOBODY = _SPLIT_OF_IMAGES | {
    "patient": "Twins (copies of one image) are on one side of the split. **Nobody says whose the images are: one "
    "person may be on both sides, and the figures flatter.**",
}


def card(description: AnyDescription, metrics: dict[str, Any]) -> str:
    """Return the card as Markdown."""
    best = metrics["history"][metrics["best_epoch"]]
    splits = _SPLIT
    if isinstance(description, ImageDescription):
        splits = _SPLIT_OF_IMAGES if "patients" in metrics["training"] else _SPLIT_OF_NOBODY
    takes = _takes_images(description) if isinstance(description, ImageDescription) else _takes(description)
    there: dict[str, dict[str, Any]] = {
        name: metrics[name] for name in ("training", "validation", "test") if name in metrics
    }
    parts = [
        f"# {description.name}\n\n{description.description}".rstrip(),
        "**Not a medical device.** For research and for trying things out: a person must review what it finds.",
        f"## What it takes and gives\n\n{takes}",
        f"""## What it was trained on

Sources: {", ".join(metrics["sources"])}.

{_table(there)}

{splits[metrics["split"]]} {metrics["weights"]} The best on the validation part was epoch {best["epoch"] + 1} of {
            len(metrics["history"])
        }.""",
        f"""## How it scores on the validation part

The epoch and the threshold were chosen on it, so these figures flatter.

{_area(description, best)}{_scores(metrics["validation"])}""",
    ]
    if "test" in there:
        parts.append(f"## How it scores on the test part\n\nNothing was chosen on it.\n\n{_scores(there['test'])}")
    return "\n\n".join(parts) + "\n"


def _area(description: AnyDescription, best: dict[str, Any]) -> str:
    """Return how the best epoch told windows apart; of images the scores say it."""
    if isinstance(description, ImageDescription):
        return ""
    both = "patients with both classes, or of all windows where no patient has both"
    over = "patterns" if description.task == "patterns" else both
    return f"- Windows: AUROC {_shown(best.get('validation_auroc'))}, mean over {over}.\n"


def _takes_images(description: ImageDescription) -> str:
    shape = image_transform_named(description.transform.name, **description.transform.parameters).shape()
    channels, height, width = shape
    classes, point = description.classes, description.operating_point
    how = f"the most probable counts. Any but {classes[0]}: threshold {point.threshold:.3g}"
    said = how if len(classes) > 2 else f"threshold {point.threshold:.3g}"
    several = [f"the mean of {description.members} networks"] if description.members > 1 else []
    several += [f"the mean over {description.views} views of each image"] if description.views > 1 else []
    return f"""- Takes PNG, JPEG, TIFF, DICOM or NIfTI; an image becomes {height} × {width} pixels, {
        "grey" if channels == 1 else "in colour"
    }.
- Gives the probability of {", ".join(classes)}{f", {' and '.join(several)}" if several else ""}; {said}.
- Network: {title(description.network.name, shape)}. Transform: {description.transform.name}."""


def _takes(description: Description) -> str:
    takes, point = description.input, description.operating_point
    transform = transform_named(description.transform.name, **description.transform.parameters)
    montage = {
        "any": f"any montage of at least {takes.channels} scalp channels",
        "recorded": "all channels as recorded" if takes.any_channels else f"{_channels(takes.channels)} as recorded",
    }.get(takes.montage, f"the montage {takes.montage} ({_channels(takes.channels)})")
    what = "a seizure" if description.task == "detection" else ", ".join(description.classes)
    where = "each channel of each window" if description.task == "patterns" else "each window"
    events = (
        f" Events: moving average of {point.smoothing:g} s, gaps below {point.merge_gap:g} s closed, "
        f"events shorter than {point.minimum_duration:g} s dropped."
    )
    threshold = f"threshold {point.threshold:.3g}"
    if description.task != "patterns" and len(description.classes) > 2:
        threshold = f"the most probable counts. Any but {description.classes[0]}: {threshold}"
    shape = transform.shape(takes.channels, takes.window)
    window = f"{takes.window / transform.rate:.4g} s"
    return f"""- Takes {montage}, sampled at {takes.minimum_rate:g} Hz or faster, in windows of {window}.
- Gives the probability of {what} in {where}; {threshold}.{events if description.task == "detection" else ""}
- Network: {title(description.network.name, shape)}. Transform: {description.transform.name}."""


def _scores(measures: dict[str, Any]) -> str:
    lines = []
    if "score" in measures:
        events, scorer = (measures["score"][key] for key in ("events", "scorer"))
        lines.append(
            f"- Events ({scorer['name']}, {scorer['package']}): sensitivity {_shown(events['sensitivity'])}, "
            f"precision {_shown(events['precision'])}, F1 {_shown(events['f1'])}, "
            f"{_shown(events['false_alarms_per_24h'])} false alarms per 24 h."
        )
    elif "accuracy" in measures:
        low, high = measures["accuracy_interval"]
        things = "images" if "images" in measures else "windows"
        lines.append(
            f"- {measures[things]} {things}: accuracy {_shown(measures['accuracy'])} ({low:.3g} to {high:.3g}, as if "
            f"{things} were independent; always saying the commonest class: {_shown(measures['chance'])}), balanced "
            f"{_shown(measures['balanced_accuracy'])}, AUROC {_shown(measures['auroc'])} over all."
        )
        rows = zip(measures["classes"], measures["confusion"], strict=True)
        found = [f"{name} {row[number]} of {sum(row)}" for number, (name, row) in enumerate(rows)]
        lines.append(f"- {things.capitalize()} told rightly: {', '.join(found)}.")
    for name, found in measures.get("patterns", {}).items():
        lines.append(
            f"- {name}: AUROC {_shown(found['auroc'])}, sensitivity {_shown(found['sensitivity'])}, precision "
            f"{_shown(found['precision'])}; {found['share']:.2%} of channels and windows show it."
        )
    return "\n".join(lines)


def _table(parts: dict[str, dict[str, Any]]) -> str:
    """Return how much of what there is in each part, as `semeia.training.parts.counted` counts it."""
    counts = [counts_of(part) for part in parts.values()]
    heads = list(dict.fromkeys(key for each in counts for key in each))
    rows = [[name, *(f"{each.get(key, 0):g}" for key in heads)] for name, each in zip(parts, counts, strict=True)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [["", *heads], ["---"] * (1 + len(heads)), *rows])


def _channels(count: int) -> str:
    return f"{count} channel{'' if count == 1 else 's'}"


def _shown(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.3g}"
