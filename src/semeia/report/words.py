"""How figures are written in a report, and the sentences that they make; plain words, each with its interval."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

__all__ = [
    "KINDS",
    "MISSING",
    "TASKS",
    "between",
    "cleaned",
    "either",
    "figure",
    "listed",
    "number",
    "rest",
    "spread",
    "summary",
]

MISSING = "n/a"
TASKS = {
    "detection": "Seizure detection",
    "prediction": "Seizure prediction",
    "classification": "Classification",
    "patterns": "Pattern detection",
    "images": "Image classification",
}
KINDS = {
    "auroc": "area",
    "average_precision": "area",
    "balanced_accuracy": "share",
    "accuracy": "share",
    "sensitivity": "share",
    "specificity": "share",
    "precision": "share",
    "flagged": "share",
    "f1": "area",
    "brier": "area",
    "calibration_error": "area",
    "threshold": "area",
    "p_value": "area",
    "time_in_warning": "share",
    "improvement_over_chance": "points",
    "false_alarms_per_hour": "rate",
    "false_alarms_per_24h": "rate",
    "hours": "rate",
    "windows": "count",
    "positive": "count",
}
"""How each figure is written: an area or a probability (.941), a share (94.1 %), a difference of shares (30.0 points),
a rate (7.50), a count (12,345)."""


def cleaned(value: Any) -> Any:
    """Return metrics whose texts are printable and whose undefined numbers are None: names come from files."""
    if isinstance(value, str):
        return "".join(
            c if c.isprintable() else " " if c.isspace() else c.encode("unicode_escape").decode() for c in value
        )
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {cleaned(key): cleaned(one) for key, one in value.items()}
    return [cleaned(one) for one in value] if isinstance(value, list | tuple) else value


def number(value: float | None, kind: str, *, unit: bool = True) -> str:
    """Return a figure as text.

    Parameters
    ----------
    value : float or None
    kind : str
        Name of the figure, such as ``auroc``, or one of the kinds of `KINDS`.
    unit : bool
        Whether a share has its percent sign.
    """
    if value is None:
        return MISSING
    kind = KINDS.get(kind, kind)
    if kind == "count":
        return f"{value:,.0f}"
    if kind == "share":
        text = f"{100 * value:.1f}" + "\u202f%" * unit
    elif kind == "points":  # a difference of shares: "30 % more" would be read as a ratio
        text = f"{100 * value:.1f}" + " points" * unit
    elif kind == "rate":
        text = f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
    elif kind == "minutes":
        text = f"{value:g}"
    elif kind == "seconds":
        text = f"{value:.1f}" + "\u202fs" * unit
    else:
        text = f"{value:.3f}".replace("0.", ".", 1)
    return text.replace("-", "−")


def between(low: float | None, high: float | None, kind: str) -> str:
    """Return the ends of an interval as text, or nothing when there is none."""
    if low is None or high is None:
        return ""
    return f"{number(low, kind, unit=False)}{' to ' if low < 0 else '–'}{number(high, kind, unit=False)}"


def figure(measure: Mapping[str, Any] | None, kind: str) -> str:
    """Return a measure with its interval, such as ``.941 (.903–.972)``."""
    if measure is None or measure["value"] is None:
        return MISSING
    ends = between(measure["low"], measure["high"], kind).replace("–", "\u2060–\u2060")  # on one line
    return number(measure["value"], kind) + (f" ({ends})" if ends else " (no interval)")


def listed(names: list[str], last: str = "and") -> str:
    """Return names as people list them: a, b and c."""
    return f" {last} ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def either(classes: list[str]) -> str:
    """Return what the positive classes are called together."""
    said = listed(classes[1:], "or")
    return said if len(classes) <= 3 or len(said) <= 32 else f"anything but {rest(classes)}"


def rest(classes: list[str]) -> str:
    """Return what the negative class is called."""
    if classes[0] != "none":
        return classes[0]
    return "the rest" if len(classes) == 2 else "class none"


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: 1 patient, 12 patients."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def price(windows: Mapping[str, Any], things: str) -> str:
    """Return what it costs to catch 99 %, or nothing where that is not known.

    Parameters
    ----------
    windows : mapping
        The block ``windows`` of the metrics.
    things : str
        What its rows are called: ``windows``.
    """
    point = next((one for one in windows.get("points") or [] if one["goal"] == "catch 99 %"), None)
    if point is None or point["flagged"] is None:
        return ""
    classes = windows["classes"]
    positive = either(classes)
    negative = "the rest is" if rest(classes) == "the rest" else f"{rest(classes)} {things} are"
    low, high = (point.get("interval") or {}).get("flagged") or (None, None)
    flagged = figure({"value": point["flagged"], "low": low, "high": high}, "share")
    right = point["precision"]
    then = "" if right is None else f", and {number(right, 'share')} of what is flagged is {positive}"
    return f"To catch 99 % of {positive} {things}, {flagged} of {negative} flagged too{then}."


def spread(windows: Mapping[str, Any]) -> str:
    """Return between which patients the area under the curve lies, when there are some; else nothing."""
    known = [(one["auroc"], one["patient"]) for one in windows.get("per_patient") or [] if one["auroc"] is not None]
    if len(known) < 3:
        return ""
    (low, hard), (high, easy) = min(known), max(known)
    return f"AUROC from {number(low, 'auroc')} ({hard}) to {number(high, 'auroc')} ({easy})."


def summary(metrics: Mapping[str, Any]) -> list[str]:
    """Return what the figures say: a paragraph for each thing that was judged."""
    said: list[str] = []
    if windows := metrics.get("windows"):
        said.append(" ".join(_tells(windows)))
    if patterns := metrics.get("patterns"):
        said.append(" ".join(_finds_patterns(patterns)))
    if events := metrics.get("events"):
        said.append(_finds(events))
    if forecast := metrics.get("forecast"):
        said.append(" ".join(_foretells(forecast)))
    return [paragraph for paragraph in said if paragraph]


def _finds(events: Mapping[str, Any]) -> str:
    rate = f"{figure(events['measures']['false_alarms_per_24h'], 'rate')} false alarms per 24 h"
    if not events["counts"]["reference"]:
        return f"No seizure is marked in these recordings; it gives {rate}."
    counts, share = events["counts"], figure(events["measures"]["sensitivity"], "share").replace(" (", ", interval ")
    whole = counted(counts["reference"], "seizure")
    return f"It finds {counts['found']:,} of {whole} ({share.removesuffix(')')}), with {rate}."


def _tells(windows: Mapping[str, Any]) -> list[str]:
    classes, measures, chance = windows["classes"], windows["measures"], windows["chance"]
    over = f" over {counted(windows['patients'], 'patient')}" if windows.get("patients") else ""
    if len(classes) == 2:
        kind, what, named = "auroc", f"Tells {classes[1]} from {rest(classes)}", "AUROC"
    else:
        kind, what, named = "balanced_accuracy", f"Tells {listed(classes)} apart", "balanced accuracy"
    said = [f"{what} with {named} {figure(measures.get(kind), kind)}{over}; chance {number(chance.get(kind), kind)}"]
    baselines = windows.get("baselines") or {}
    if kind == "auroc":
        said += [f"{name} {number((one.get('auroc') or {}).get('value'), kind)}" for name, one in baselines.items()]
    sentences = [", ".join(said) + "."]
    low = (measures.get("auroc") or {}).get("low")
    if low is not None and low <= 0.5:
        sentences.append("It cannot be told from chance.")
    if beaten := _unbeaten(windows):
        sentences.append(f"It is not clearly better than {listed(beaten, 'or')}.")
    return sentences


def _unbeaten(windows: Mapping[str, Any]) -> list[str]:
    """Return the baselines that the model may not be better than: the interval of the difference holds 0."""
    baselines = windows.get("baselines") or {}
    gaps = {name: (one.get("difference") or {}).get("auroc") for name, one in baselines.items()}
    return [name for name, gap in gaps.items() if gap and gap["low"] is not None and gap["low"] <= 0]


def _finds_patterns(patterns: Mapping[str, Any]) -> list[str]:
    areas = {name: (one["measures"].get("auroc") or {}).get("value") for name, one in patterns.items()}
    known = sorted((area, name) for name, area in areas.items() if area is not None)
    if not known:
        return [f"Looks for {counted(len(patterns), 'pattern')}."]
    each = [
        f"{figure(patterns[name]['measures']['auroc'], 'auroc')} for {name}"
        for _, name in known[:: len(known) - 1 or 1]
    ]
    return [
        f"Finds {counted(len(known), 'pattern')} with AUROC {' to '.join(each)}; chance .500.",
        *(
            f"For {name} it is not clearly better than {listed(_unbeaten(one), 'or')}."
            for name, one in patterns.items()
            if _unbeaten(one)
        ),
    ]


def _foretells(forecast: Mapping[str, Any]) -> list[str]:
    files = {name: one["auroc"] for name, one in forecast["files"].items()}
    said = []
    known = [name for name, one in files.items() if one and one["value"] is not None]
    if known:  # the first, not the best: to choose here would flatter
        name = known[0]
        said.append(f"Whole files, judged by their windows' {name}: AUROC {figure(files[name], 'auroc')}; chance .500.")
    if alarms := forecast.get("alarms"):
        by_hour = alarms.get("by") == "hour"
        said.append(
            f"Its alarms foretell {figure(alarms['sensitivity'], 'share')} of "
            f"{'the hours before a seizure' if by_hour else 'seizures'}, with "
            f"{figure(alarms['time_in_warning'], 'share')} of "
            f"{'all other hours' if by_hour else 'the time'} in warning: "
            f"{figure(alarms['improvement_over_chance'], 'points')} above alarms at random."
        )
        low = (alarms["improvement_over_chance"] or {}).get("low")
        if low is not None and low <= 0:
            said.append("They cannot be told from alarms at random.")
    return said
