"""Folds and seeds become one table: each fold's test figures, their mean, spread and interval, and chance beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import fmean, stdev
from typing import Any, NamedTuple

from semeia.evaluation import Counts

__all__ = ["Scored", "as_markdown", "counts_of", "figures_of", "sentences", "summary_of", "table_of"]

EVENTS = {
    "sensitivity": "event sensitivity",
    "precision": "event precision",
    "f1": "event F1",
    "false_alarms_per_24h": "false alarms per 24 h",
}
COUNTS = ("patients", "recordings", "hours", "seizures", "images")
WINDOWS = {"accuracy": "accuracy", "balanced_accuracy": "balanced accuracy", "auroc": "AUROC"}


class Scored(NamedTuple):
    """A model of a cross-validation: its fold from 1 (None: there are none), seed, folder and ``metrics.json``."""

    fold: int | None
    seed: int
    folder: str
    metrics: dict[str, Any]


def figures_of(metrics: dict[str, Any]) -> dict[str, float | None]:
    """Return the figures of a model's test part, or of its validation part where there is none; None: undefined."""
    part = _part(metrics)
    if "patterns" in part:
        return {
            f"{pattern} {'AUROC' if name == 'auroc' else name}": found[name]
            for pattern, found in part["patterns"].items()
            for name in ("auroc", "sensitivity", "precision")
        }
    windows = {shown: part.get(name) for name, shown in WINDOWS.items()}
    if "score" not in part:
        return windows | {f"{name} sensitivity": found for name, found in _of_each_class(part).items()}
    events = part["score"]["events"]
    return {shown: events[name] for name, shown in EVENTS.items()} | {"AUROC": windows["AUROC"]}


def summary_of(name: str, scored: Sequence[Scored], *, folds: int | None, split_seed: int) -> dict[str, Any]:
    """Return what all models score, for JSON.

    Parameters
    ----------
    name : str
        Of the recipe.
    scored : sequence of Scored
    folds : int, optional
    split_seed : int
        Of the deal into folds, or of the one split.

    Returns
    -------
    dict
        ``models`` with the figures of each; ``folds`` with their mean and spread over seeds; ``figures`` with the mean
        over folds and its interval; ``pooled``: the events of all test parts counted together; ``chance``.

    Notes
    -----
    The interval is Student's t over folds, of each the mean over seeds, with the correction of Nadeau & Bengio (2003)
    for training parts that overlap: the variance of K folds counts 1/K + 1/(K - 1) times instead of 1/K. With one
    split it is Student's t over seeds, and knows nothing of other patients.
    """
    first = scored[0].metrics
    score = _part(first).get("score")
    seeds = sorted({one.seed for one in scored})
    models: list[dict[str, Any]] = [
        {"fold": one.fold, "seed": one.seed, "folder": one.folder, "figures": figures_of(one.metrics)} for one in scored
    ]
    by_fold = [
        _fold(number, [one for one in scored if one.fold == number])
        for number in dict.fromkeys(one.fold for one in scored)
    ]
    each = [fold["figures"] for fold in by_fold]
    values: dict[str, list[float | None]] = {
        key: [figures[key]["mean"] for figures in each] if folds else [model["figures"][key] for model in models]
        for key in each[0]
    }
    return {
        "format": 1,
        "recipe": name,
        "sources": first["sources"],
        "split": first["split"],
        "split_seed": split_seed,
        "part": "test" if folds else "validation",
        "fold_count": folds,
        "seeds": seeds,
        "data": _total(by_fold, first["split"]),
        "scorer": score and score["scorer"],
        "interval": _interval_named(folds, len(seeds)),
        "figures": {key: _estimate(found, key, overlapping=bool(folds)) for key, found in values.items()},
        "pooled": _pooled(scored) if score and folds else None,
        "chance": _chance(scored),
        "folds": by_fold,
        "models": models,
    }


def table_of(summary: dict[str, Any], without: Sequence[str] = ()) -> tuple[list[str], list[list[str]]]:
    """Return heads and rows: a fold each, mean, interval, all folds together, and chance; some counts left out."""
    keys = list(summary["figures"])
    counts = list(dict.fromkeys(key for fold in summary["folds"] for key in fold["data"] if key not in without))
    heads = ["", *counts, *keys]
    rows = []
    for fold in summary["folds"]:
        name = "validation" if fold["fold"] is None else f"fold {fold['fold']}"
        shown = [_with_spread(fold["figures"][key]) for key in keys]
        rows.append([name, *_shown_counts(dict.fromkeys(counts, 0) | fold["data"], counts), *shown])
    whole, blank = [summary["figures"][key] for key in keys], [""] * len(counts)
    if summary["fold_count"]:
        total = _shown_counts(summary["data"], counts)
        rows.append(["mean of folds", *total, *(_shown(each["mean"]) for each in whole)])
    rows.append(["95 % interval", *blank, *(_range(each) for each in whole)])
    if summary["pooled"]:
        rows.append(["all folds together", *blank, *(_shown(summary["pooled"].get(key)) for key in keys)])
    rows.append(["chance", *blank, *(_shown(summary["chance"].get(key)) for key in keys)])
    return heads, rows


def as_markdown(summary: dict[str, Any]) -> str:
    """Return the summary as a page."""
    heads, rows = table_of(summary)
    lines = [f"| {' | '.join(row)} |" for row in [heads, ["---"] * len(heads), *rows]]
    return f"# {summary['recipe']}\n\n{' '.join(sentences(summary))}\n\n" + "\n".join(lines) + "\n"


def sentences(summary: dict[str, Any]) -> list[str]:
    """Return what the table does not say: data, split, scorer, spread, interval, chance."""
    folds, seeds = summary["fold_count"], len(summary["seeds"])
    by = f"split by {summary['split']}" + (" (which leaks)" if summary["split"] == "random" else "")
    found = [f"Sources: {', '.join(summary['sources'])}; {by}, seed {summary['split_seed']}."]
    if folds:
        found.append(f"{folds} folds, each tested once by models that never saw it.")
    else:
        found.append("Figures of the validation part: epoch and threshold were chosen on it, so they flatter.")
    if seeds > 1:
        found.append(f"± is the standard deviation over {seeds} seeds.")
    if summary["scorer"]:
        found.append(f"Events by the rules of {summary['scorer']['name']} ({summary['scorer']['package']}).")
    found.append(f"Interval: {summary['interval']}.")
    undefined = [key for key, each in summary["figures"].items() if each["undefined"]]
    if undefined:
        found.append(f"Left out of the mean where undefined: {', '.join(undefined)}.")
    things = "windows" if summary["scorer"] or "images" not in summary["data"] else "images"
    events = "; events by finding nothing" if summary["scorer"] else ""
    found.append(f"Chance: {things} told apart by guessing, accuracy by the commonest class{events}.")
    return found


def _part(metrics: dict[str, Any]) -> dict[str, Any]:
    part: dict[str, Any] = metrics.get("test") or metrics["validation"]
    return part


def _of_each_class(part: dict[str, Any]) -> dict[str, float | None]:
    """Return which share of each class was found, where there are more than two."""
    if len(part["classes"]) == 2:
        return {}
    rows = enumerate(part["confusion"])
    found = [round(row[number] / sum(row), 4) if sum(row) else None for number, row in rows]
    return dict(zip(part["classes"], found, strict=True))


def counts_of(part: dict[str, Any]) -> dict[str, float]:
    """Return how much there is, as `semeia.training.parts.counted` counts it."""
    return {key: value for key, value in part.items() if key in COUNTS or key.endswith((" files", " images"))}


def _fold(number: int | None, mine: Sequence[Scored]) -> dict[str, Any]:
    figures = [figures_of(one.metrics) for one in mine]
    return {
        "fold": number,
        "data": counts_of(_part(mine[0].metrics)),
        "figures": {key: _spread(_known(each[key] for each in figures)) for key in figures[0]},
    }


def _total(by_fold: Sequence[dict[str, Any]], split: str) -> dict[str, float]:
    """Return the sums of what may be summed: where patients are not what is split, they are in several folds."""
    several = () if split == "patient" or len(by_fold) == 1 else ("patients", "recordings")
    keys = dict.fromkeys(key for fold in by_fold for key in fold["data"] if key not in several)
    return {key: round(math.fsum(fold["data"].get(key, 0) for fold in by_fold), 3) for key in keys}


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _spread(values: Sequence[float]) -> dict[str, float | None]:
    """Return mean and standard deviation; None where undefined."""
    return {
        "mean": round(fmean(values), 4) if values else None,
        "spread": round(stdev(values), 4) if len(values) > 1 else None,
    }


def _estimate(found: Sequence[float | None], key: str, *, overlapping: bool) -> dict[str, Any]:
    """Return mean, spread and interval of a figure, and how many values were undefined."""
    values = _known(found)
    count, low, high = len(values), None, None
    if count > 1:
        from scipy.special import stdtrit

        share = 1 / count + (1 / (count - 1) if overlapping else 0)
        half = float(stdtrit(count - 1, 0.975)) * stdev(values) * math.sqrt(share)
        low = round(max(0.0, fmean(values) - half), 4)
        high = round(fmean(values) + half, 4)
        if key != EVENTS["false_alarms_per_24h"]:
            high = min(1.0, high)
    return {**_spread(values), "low": low, "high": high, "undefined": len(found) - count}


def _interval_named(folds: int | None, seeds: int) -> str:
    if folds:
        return (
            f"95 %, Student's t over {folds} folds, with Nadeau and Bengio's correction for training parts that overlap"
        )
    return (
        f"95 %, Student's t over {seeds} seeds: it knows nothing of other patients" if seeds > 1 else "none of one seed"
    )


def _pooled(scored: Sequence[Scored]) -> dict[str, float | None]:
    """Return the ratios of the events of all test parts counted together; their mean over seeds."""
    totals: dict[int, Counts] = {}
    for one in scored:
        score = _part(one.metrics)["score"]
        counted = {key: score["events"][key] for key in ("reference", "true_positives", "false_alarms")}
        totals[one.seed] = totals.get(one.seed, Counts()) + Counts(**counted, seconds=score["hours"] * 3600)
    ratios = [total.as_dict() for total in totals.values()]
    return {shown: _spread(_known(each[name] for each in ratios))["mean"] for name, shown in EVENTS.items()}


def _chance(scored: Sequence[Scored]) -> dict[str, float | None]:
    """Return what figures are without skill: windows by guessing or the commonest class, events by finding nothing."""
    part = _part(scored[0].metrics)
    if "patterns" in part:
        return {f"{pattern} AUROC": 0.5 for pattern in part["patterns"]} | {
            f"{pattern} precision": _spread([_part(one.metrics)["patterns"][pattern]["share"] for one in scored])[
                "mean"
            ]
            for pattern in part["patterns"]
        }
    nothing = {EVENTS[name]: 0.0 for name in ("sensitivity", "f1", "false_alarms_per_24h")} if "score" in part else {}
    return nothing | {
        WINDOWS["accuracy"]: _spread([_part(one.metrics)["chance"] for one in scored])["mean"],
        WINDOWS["balanced_accuracy"]: round(1 / len(part["classes"]), 4),
        WINDOWS["auroc"]: 0.5,
        **{f"{name} sensitivity": round(1 / len(part["classes"]), 4) for name in _of_each_class(part)},
    }


def _shown_counts(data: dict[str, float], counts: Sequence[str]) -> list[str]:
    return [f"{data[key]:g}" if key in data else "" for key in counts]


def _shown(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.3g}"


def _with_spread(figure: dict[str, float | None]) -> str:
    spread = figure["spread"]
    return _shown(figure["mean"]) + ("" if spread is None else f" ± {_shown(spread)}")


def _range(figure: dict[str, Any]) -> str:
    return "n/a" if figure["low"] is None else f"{_shown(figure['low'])} to {_shown(figure['high'])}"
