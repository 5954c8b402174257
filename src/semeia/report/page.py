"""Metrics become one self-contained ``report.html``: words, tables, charts, and a threshold to drag."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semeia.explanation import Picture
from semeia.home import replacing
from semeia.report import charts
from semeia.report.definitions import DEFINITIONS, MEASURES, reasons
from semeia.report.sheets import Card, Sheet
from semeia.report.words import TASKS, between, cleaned, counted, either, listed, number, price, rest, spread, summary

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["TEMPLATES", "environment", "write_report"]

TEMPLATES = Path(__file__).parent / "templates"
_THINGS = {"classification": "examples", "images": "images"}
"""What rows are called where they are no hours watched: segments and images."""
_COUNTS = ("true_positive", "false_positive", "false_negative", "true_negative")


def write_report(
    path: str | Path, metrics: Mapping[str, Any], pictures: Sequence[Picture] = (), sheets: Sequence[Sheet] = ()
) -> None:
    """Write a report that opens without any network.

    The same metrics and pictures give the same bytes.

    Parameters
    ----------
    path : str or Path
        Of the HTML file; it is replaced whole.
    metrics : mapping
        What ``metrics.json`` holds, format 1 (see the documentation of `semeia.evaluation`). Blocks that are missing or
        None are left out; a figure that is None is shown as "n/a".
    pictures : sequence of Picture
        Explanations; their SVG is taken as it is.
    sheets : sequence of Sheet
        Images as they were told.

    Raises
    ------
    StorageError
        If the place may not be written.
    """
    named = [Picture(cleaned(one.title), cleaned(one.caption), one.svg) for one in pictures]
    seen = [
        sheet._replace(title=cleaned(sheet.title), cards=[Card(*cleaned(card)) for card in sheet.cards])
        for sheet in sheets
    ]
    text = _page(cleaned(metrics), named, seen)
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")


def _page(metrics: Mapping[str, Any], pictures: Sequence[Picture], sheets: Sequence[Sheet]) -> str:
    model, data = metrics.get("model") or {}, metrics.get("data") or {}
    script = (TEMPLATES / "threshold.js").read_text(encoding="utf-8")
    windows = metrics.get("windows")
    patterns = (metrics.get("patterns") or {}).items()
    events, forecast = metrics.get("events"), metrics.get("forecast")
    return (
        environment()
        .get_template("report.html")
        .render(
            model=model,
            data=data,
            name=model.get("name") or "A model",
            task=TASKS.get(metrics["task"], metrics["task"]),
            sentences=summary(metrics),
            blocks=[_block("windows", windows, metrics["task"])] if windows else [],
            samples=[sheet for sheet in sheets if sheet.kind == "sample"],
            mistakes=[sheet for sheet in sheets if sheet.kind == "mistakes"],
            patterns=[
                (name, _block(f"pattern-{order}", one, metrics["task"]))
                for order, (name, one) in enumerate(patterns, 1)
            ],
            events=events,
            event_charts=list(_event_charts(events)) if events else [],
            forecast=forecast,
            forecast_charts=[charts.warning(forecast)]
            if forecast and forecast.get("sweep") and forecast["alarms"]
            else [],
            pictures=pictures,
            scorers=metrics.get("scorers") or [],
            definitions=DEFINITIONS,
            order=MEASURES,
            used=_names(metrics) - ({"false_alarms_per_hour"} if metrics["task"] in _THINGS else set()),
            intervals=list(_intervals(metrics)),
            script=script,
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            css=(TEMPLATES / "report.css").read_text(encoding="utf-8"),
        )
    )


@cache
def environment() -> Environment:
    """Return what renders the templates: everything is escaped that is not markup of our own."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"number": number, "listed": listed, "counted": counted}
    made.globals |= {"between": between}
    return made


def _block(identifier: str, windows: Mapping[str, Any], task: str) -> dict[str, Any]:
    """Return what the template shows of windows: the figures, the panel of its threshold, and the charts."""
    curves = windows.get("curves") or {}
    timed, things = task not in _THINGS, _THINGS.get(task, "windows")
    moves = task != "images" or len(windows["classes"]) == 2  # of several kinds of image the most probable is said
    drawn = []
    if curves.get("roc"):
        drawn.append(charts.roc(windows, identifier))
    if curves.get("one_against_rest"):
        drawn.append(charts.roc_of_classes(windows))
    if curves.get("pr"):
        drawn.append(charts.precision_recall(windows, identifier))
    if curves.get("det") and task != "patterns" and charts.errs(windows):
        drawn.append(charts.det(windows))
    if curves.get("calibration") and task != "patterns":
        drawn.append(charts.calibration(windows))
    return {
        "id": identifier,
        "figures": windows,
        "things": things,
        "timed": timed,
        "price": price(windows, things),
        "negative": rest(windows["classes"]),
        "positive": either(windows["classes"]),
        "panel": _panel(windows) if windows.get("by_threshold") and moves else None,
        "charts": drawn,
        "why": reasons(windows),
        "spread": spread(windows),
    }


def _panel(windows: Mapping[str, Any]) -> dict[str, Any]:
    """Return the counts for the script, and what they say at the model's own threshold for who has no script."""
    counts = windows["by_threshold"]
    thresholds = counts["threshold"]
    start = min(range(len(thresholds)), key=lambda place: abs(thresholds[place] - windows["threshold"]))
    hourly = windows["count"] / windows["hours"] if windows.get("hours") else None  # were every negative flagged
    tp, fp, fn, tn = (counts[name][start] for name in _COUNTS)
    now = {
        "sensitivity": tp / (tp + fn) if tp + fn else None,
        "specificity": tn / (tn + fp) if tn + fp else None,
        "precision": tp / (tp + fp) if tp + fp else None,
        "false_alarms_per_hour": fp / (tn + fp) * hourly if hourly and tn + fp else None,
    }
    said = dict(zip(_COUNTS, (tp, fp, fn, tn), strict=True))
    return {"counts": {**counts, "hourly": hourly}, "start": start, "threshold": thresholds[start], "now": now, **said}


def _event_charts(events: Mapping[str, Any]) -> Iterator[Picture]:
    if any(value is not None for value in (events.get("sweep") or {}).get("sensitivity", [])):
        yield charts.sweep(events)
    if (events.get("latency") or {}).get("each"):
        yield charts.latency(events)


def _names(value: Any) -> set[str]:
    """Return the names of all figures that metrics hold, so that only these are explained."""
    if isinstance(value, Mapping):
        return set(value).union(*(_names(one) for one in value.values()))
    return set().union(*(_names(one) for one in value)) if isinstance(value, list) else set()


def _intervals(metrics: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what the intervals are of, and how they were made."""
    forecast = metrics.get("forecast") or {}
    rows = _THINGS.get(metrics["task"], "windows")
    blocks = {rows: metrics.get("windows"), "events": metrics.get("events"), "alarms": forecast.get("alarms")}
    blocks |= {"patterns": next(iter((metrics.get("patterns") or {}).values()), None)}
    for label, block in blocks.items():
        if block and block.get("interval"):
            yield label, block["interval"]
