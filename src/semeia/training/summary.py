"""Folds and seeds become one table: each fold's test figures, their mean, spread and interval, and chance beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import fmean, stdev
from typing import Any, NamedTuple

__all__ = ["Scored", "as_markdown", "figures_of", "summary_of", "table_of"]

EVENTS = {
    "sensitivity": "event sensitivity",
    "precision": "event precision",
    "f1": "event F1",
    "false_alarms_per_24h": "false alarms per 24 h",
}
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
        return windows
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
    models = [
        {"fold": one.fold, "seed": one.seed, "folder": one.folder, "figures": figures_of(one.metrics)} for one in scored
    ]
    by_fold = []
    for fold in dict.fromkeys(one.fold for one in scored):
        mine = [one for one in scored if one.fold == fold]
        figures = [figures_of(one.metrics) for one in mine]
        by_fold.append(
            {"fold": fold, "data": _counts(_part(mine[0].metrics)), "figures": {k: _spread(figures, k) for k in figures[0]}}
        )
    names = list(by_fold[0]["figures"])
    score = _part(first).get("score")
    return {
        "format": 1,
        "recipe": name,
        "sources": first["sources"],
        "split": first["split"],
        "split_seed": split_seed,
        "part": "test" if folds else "validation",
        "fold_count": folds,
        "seeds": sorted({one.seed for one in scored}),
        "data": _total(by_fold),
        "scorer": score and score["scorer"],
        "interval": _interval_named(folds, len({one.seed for one in scored})),
        "figures": {key: _whole(by_fold, key, folds) for key in names},
        "pooled": _pooled(scored) if score and folds else None,
        "chance": _chance(scored),
        "folds": by_fold,
        "models": models,
    }


def table_of(summary: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Return heads and rows: a fold each, mean, interval, all folds together, and chance."""
    keys = list(summary["figures"])
    heads = ["", "patients", "recordings", "hours", "seizures", *keys]
    rows = []
    for fold in summary["folds"]:
        name = "validation" if fold["fold"] is None else f"fold {fold['fold']}"
        shown = [_with_spread(fold["figures"][key]) for key in keys]
        rows.append([name, *_shown_counts(fold["data"]), *shown])
    whole = [summary["figures"][key] for key in keys]
    blank = [""] * 4
    if summary["fold_count"]:
        rows.append(["mean of folds", *_shown_counts(summary["data"]), *(_shown(each["mean"]) for each in whole)])
    rows.append(["95 % interval", *blank, *(_range(each["interval"]) for each in whole)])
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
    found.append("Chance: windows told apart by guessing, accuracy by the commonest class; events by finding nothing.")
    return found


def _part(metrics: dict[str, Any]) -> dict[str, Any]:
    part: dict[str, Any] = metrics.get("test") or metrics["validation"]
    return part


def _counts(part: dict[str, Any]) -> dict[str, float]:
    return {key: part[key] for key in ("patients", "recordings", "hours", "seizures")}


def _total(by_fold: Sequence[dict[str, Any]]) -> dict[str, float] | None:
    """Return the sum of the folds' counts; of patients that are in several it would be wrong, and so is left out."""
    return {key: round(sum(fold["data"][key] for fold in by_fold), 3) for key in ("hours", "seizures")}


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _spread(figures: Sequence[dict[str, float | None]], key: str) -> dict[str, float | None]:
    values = _known(each[key] for each in figures)
    return {
        "mean": round(fmean(values), 4) if values else None,
        "spread": round(stdev(values), 4) if len(values) > 1 else None,
    }


def _whole(by_fold: Sequence[dict[str, Any]], key: str, folds: int | None) -> dict[str, Any]:
    """Return mean, spread and interval of a figure over folds; over seeds, where there is one split."""
    if folds is None:
        return by_fold[0]["seeds"][key] if "seeds" in by_fold[0] else by_fold[0]["figures"][key]
    values = _known(fold["figures"][key]["mean"] for fold in by_fold)
    return _mean_and_interval(values, key, undefined=len(by_fold) - len(values), folds=True)
