"""The charts of a report: curves of windows, events and alarms as SVG in the colours of the page.

Each is drawn by matplotlib without pyplot and is the same text for the same figures. Lines differ in their dashes and
carry their names, so that no colour is needed to read them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from semeia.explanation import ACCENT, INK, MUTED, SECOND, Picture, chart_style, themed
from semeia.report.words import either, number, rest

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["calibration", "det", "errs", "latency", "precision_recall", "roc", "roc_of_classes", "sweep", "warning"]

WIDTH, HEIGHT = 288, 244
"""Points; a page shows 4/3 pixels for each."""
DASHES = [(0, (4, 2)), (0, (6, 2, 1, 2)), (0, (1, 1.5)), (0, (8, 2, 2, 2, 2, 2))]
CHANCE: dict[str, Any] = {"linewidth": 0.8, "linestyle": (0, (1, 3))}
RATES = [0.001, 0.01, 0.05, 0.2, 0.5, 0.8]
"""Ticks of normal-deviate axes."""
LEAST, MOST = 0.0005, 0.9
"""Ends of normal-deviate axes."""


class _Line(NamedTuple):
    """A curve with the name that is written beside it."""

    x: Sequence[float]
    y: Sequence[float]
    name: str


@contextmanager
def _chart(x: str, y: str) -> Iterator[Axes]:
    """Yield axes of a fixed size, named on the right below and on the left above."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    with chart_style(), rc_context({"text.parse_math": False}):
        figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72))
        # Keeps the margins that are cut off elsewhere, so that charts beside each other have their axes in line.
        figure.add_artist(Rectangle((0, 0), 1, 1, fill=False, edgecolor="none", transform=figure.transFigure))
        axes = figure.add_axes((0.1, 0.15, 0.86, 0.76))
        axes.patch.set_gid("plot")
        axes.set_xlabel(x, loc="right")
        axes.set_title(y, color=MUTED, pad=8, x=-0.1 / 0.86)
        axes.tick_params(length=3, width=0.7)
        yield axes


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _saved(axes: Axes, title: str, caption: str) -> Picture:
    figure: Any = axes.figure
    svg = themed(figure, f"{title}. {caption}")
    svg = re.sub(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', _without_padding, svg, count=1)
    return Picture(title, caption, svg)


def _without_padding(found: re.Match[str]) -> str:
    """Crop the twentieth of an inch that `themed` adds on each side: the chart is then flush with the words."""
    width, height = (float(size) - 7.2 for size in found.groups())
    return f'viewBox="3.6 3.6 {width:g} {height:g}"'


def _percent(axes: Axes, which: str = "xy") -> None:
    ticks = np.arange(0, 101, 20)
    for name in which:
        axis = axes.xaxis if name == "x" else axes.yaxis
        axis.set_ticks(ticks / 100, [f"{tick}" for tick in ticks])
    if "x" in which:
        axes.set_xlim(0, 1)
    if "y" in which:
        axes.set_ylim(0, 1)


def _moving(picture: Picture, panel: str, x: str, y: str) -> Picture:
    """Add the dot that follows the threshold of a panel; the page's script moves it, ends in `data-box` (points)."""
    found = re.search(r'-plot">\s*<path d="(.*?)"', picture.svg, re.DOTALL)
    assert found is not None
    corners = np.array(re.findall(r"(-?[\d.]+) (-?[\d.]+)", found[1]), float)
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    box = f"{left:.2f} {top:.2f} {right:.2f} {bottom:.2f}"
    follows = f'data-follows="{panel}" data-x="{x}" data-y="{y}" data-box="{box}"'
    dot = f'<circle class="now" r="4" style="display: none" {follows}/>'
    return picture._replace(svg=picture.svg.replace("</svg>", f"{dot}</svg>"))


def _label(axes: Axes, labels: Sequence[tuple[float, float, str, str]], below: float = 0.0) -> None:
    """Write names right below points (x, y as shares of the axes), the upper first, and none over another."""
    free = 2.0
    for x, y, name, colour in sorted(labels, key=lambda one: -one[1]):
        free = min(y - below, free - 0.075)
        turned = x + 0.02 * len(name) > 0.97  # there is no room on the right
        place: dict[str, Any] = {"ha": "right" if turned else "left", "va": "top"}
        axes.text(x + (-0.035 if turned else 0.035), free, name, color=colour, transform=axes.transAxes, **place)


def roc(windows: Mapping[str, Any], panel: str) -> Picture:
    """Return sensitivity against the share of negatives flagged, with chance and the baselines.

    Parameters
    ----------
    windows : mapping
        The block ``windows`` of the metrics.
    panel : str
        Identifier of the panel whose threshold the dot follows.
    """
    curves, negative = windows["curves"], rest(windows["classes"])
    positive = either(windows["classes"])
    lines = [_Line(curves["roc"]["x"], curves["roc"]["y"], f"this model {_value(windows['measures'], 'auroc')}")]
    for name, one in (curves.get("baselines") or {}).items():
        value = _value((windows.get("baselines") or {}).get(name, {}), "auroc")
        if one["roc"]:
            lines.append(_Line(one["roc"]["x"], one["roc"]["y"], f"{_short(name, 20)} {value}"))
    with _chart(
        f"{_short(negative, 28)} flagged (1 − specificity), %", f"{_short(positive, 32)} caught (sensitivity), %"
    ) as axes:
        axes.plot([0, 1], [0, 1], color=MUTED, **CHANCE)
        labels = [(0.22, 0.22, "chance .500", MUTED)]
        for order, line in enumerate(lines):
            x, y = np.asarray(line.x), np.asarray(line.y)
            here = int(np.argmin(np.abs(x + y - 1)))
            labels.append((x[here], y[here], line.name, MUTED if order else ACCENT))
            axes.plot(x, y, color=MUTED if order else ACCENT, **_stroke(order))
        _percent(axes)
        _label(axes, labels)
        caption = f"How much {positive} is caught for how much {negative} is flagged too. Beside each name: its AUROC."
        return _moving(_saved(axes, "ROC", caption), panel, "flagged", "sensitivity")


def roc_of_classes(windows: Mapping[str, Any]) -> Picture:
    """Return for each class how much of it is caught for how much of the rest is flagged too."""
    areas = windows["one_against_rest"]
    with _chart("the rest flagged, %", "the class caught (sensitivity), %") as axes:
        axes.plot([0, 1], [0, 1], color=MUTED, **CHANCE)
        for order, (name, curve) in enumerate(windows["curves"]["one_against_rest"].items()):
            if curve:
                label = f"{_short(name, 24)} {_value(areas.get(name) or {}, 'auroc')}"
                colour = (ACCENT, SECOND, INK, MUTED)[order % 4]
                axes.plot(curve["x"], curve["y"], color=colour, label=label, **_stroke(order) | {"linewidth": 1.4})
        _percent(axes)
        axes.legend(loc="lower right", handlelength=3.2, borderpad=0.2)
        caption = "Each class against all others, by its own probability. Beside each name: its AUROC; chance, dotted."
        return _saved(axes, "ROC of each class", caption)


def _stroke(order: int) -> dict[str, Any]:
    if order == 0:
        return {"linewidth": 1.6, "zorder": 3}
    return {"linewidth": 1.0, "linestyle": DASHES[(order - 1) % len(DASHES)]}


def _value(measures: Mapping[str, Any], name: str) -> str:
    return number((measures.get(name) or {}).get("value"), name)


def precision_recall(windows: Mapping[str, Any], panel: str) -> Picture:
    """Return precision against sensitivity, with what chance gives: the prevalence; parameters as in `roc`."""
    curve, positive = windows["curves"]["pr"], either(windows["classes"])
    x, y = np.asarray(curve["x"]), np.asarray(curve["y"])
    prevalence = windows["chance"]["average_precision"]
    with _chart(f"{_short(positive, 32)} caught (sensitivity), %", "flagged rightly (precision), %") as axes:
        axes.plot(x, y, color=ACCENT, drawstyle="steps-pre", **_stroke(0))
        here = int(np.argmin(np.abs(x - y)))
        name = f"this model {_value(windows['measures'], 'average_precision')}"
        random = f"chance {number(prevalence, 'area')}"
        axes.axhline(prevalence, color=MUTED, **CHANCE)
        if x[here] + y[here] > 0.9:
            axes.text(x[here] - 0.04, y[here] - 0.04, name, color=ACCENT, ha="right", va="top")
            up = 1 if prevalence < 0.85 else -1
            axes.text(0.02, prevalence + 0.015 * up, random, color=MUTED, va="bottom" if up == 1 else "top")
        else:  # the curve keeps close to chance: both names stand above
            free = float(y[x > 0.4].max()) + 0.15
            axes.text(0.98, free, name, color=ACCENT, ha="right", va="top")
            axes.text(0.98, free - 0.075, f"{random}, dotted", color=MUTED, ha="right", va="top")
        _percent(axes)
        caption = (
            "Of what is flagged, how much is right. Beside each name: its average precision; chance is the prevalence."
        )
        return _moving(_saved(axes, "Precision and sensitivity", caption), panel, "sensitivity", "precision")


def errs(windows: Mapping[str, Any]) -> bool:
    """Whether a part of the DET curve lies within its axes: of a model without errors there is none."""
    x, y = (np.asarray(windows["curves"]["det"][name], float) for name in "xy")
    return bool(((x > LEAST) & (y > LEAST) & (x < MOST) & (y < MOST)).any())


def det(windows: Mapping[str, Any]) -> Picture:
    """Return misses against false positives on normal-deviate axes (Martin et al. 1997)."""
    curve, classes = windows["curves"]["det"], windows["classes"]
    deviate = np.vectorize(NormalDist().inv_cdf)
    ends = deviate([LEAST, MOST])
    x, y = (deviate(np.clip(curve[k], 1e-6, 1 - 1e-6)) for k in "xy")
    ticks = deviate(RATES), [f"{100 * rate:g}" for rate in RATES]
    with _chart(f"{_short(rest(classes), 40)} flagged, %", f"{_short(either(classes), 40)} missed, %") as axes:
        axes.plot(ends, -ends, color=MUTED, **CHANCE)
        axes.plot(x, y, color=ACCENT, **_stroke(0))
        axes.set_xlim(ends[0], ends[1])
        axes.set_ylim(ends[0], ends[1])
        axes.set_xticks(*ticks)
        axes.set_yticks(*ticks)
        axes.grid(linewidth=0.5)
        seen = np.flatnonzero((x > ends[0]) & (y > ends[0]) & (x < ends[1]) & (y < ends[1]))
        here = int(seen[np.argmin(np.abs(x - y)[seen])])
        left = (x[here] - ends[0]) / (ends[1] - ends[0]) < 0.35  # there is no room on the left
        where: dict[str, Any] = {"ha": "left", "va": "bottom"} if left else {"ha": "right", "va": "top"}
        shift = 0.1 if left else -0.1
        axes.text(x[here] + shift, y[here] + shift, "this model", color=ACCENT, **where)
        axes.text(0.1, 0.12, "chance", color=MUTED, ha="left", va="bottom")
        caption = "Both errors at once (detection error trade-off); the axes spread small rates. Lower left is better."
        return _saved(axes, "DET", caption)


def calibration(windows: Mapping[str, Any]) -> Picture:
    """Return how often it is so against the probability that was said."""
    curve, positive = windows["curves"]["calibration"], either(windows["classes"])
    with _chart("probability that the model says, %", f"of these, {_short(positive, 36)} in truth, %") as axes:
        axes.plot([0, 1], [0, 1], color=MUTED, **CHANCE)
        axes.text(0.3, 0.33, "as it should be", color=MUTED, ha="right", va="bottom")
        axes.plot(
            curve["predicted"], curve["observed"], color=ACCENT, marker="o", markersize=4, clip_on=False, **_stroke(0)
        )
        _percent(axes)
        caption = "Where it says 30 %, is it so in 30 %? Each dot stands for equally many."
        return _saved(axes, "Calibration", caption)


def sweep(events: Mapping[str, Any]) -> Picture:
    """Return sensitivity against false alarms per 24 h at every threshold, with the model's own and the baselines."""
    curve = events["sweep"]
    rate, caught = (np.array(curve[name], float) for name in ("false_alarms_per_24h", "sensitivity"))
    marks = [("own threshold", events["measures"], ACCENT, ACCENT)]
    marks += [(_short(name, 20), one, "none", MUTED) for name, one in (events.get("baselines") or {}).items()]
    with _chart("false alarms per 24 h", "seizures found (sensitivity), %") as axes:
        axes.plot(rate, caught, color=ACCENT, marker=".", markersize=3, clip_on=False, **_stroke(0))
        axes.set_xscale("symlog", linthresh=1, linscale=0.5)
        places = [(_plain(one["false_alarms_per_24h"]), _plain(one["sensitivity"])) for _, one, _, _ in marks]
        highest = max([2.0, *rate[~np.isnan(rate)], *(x for x, _ in places if x is not None)])
        axes.set_xlim(0, highest * 1.2)
        _percent(axes, "y")
        ticks = [tick for tick in (0, 1, 3, 10, 30, 100, 300, 1000, 3000) if tick <= highest * 1.2]
        axes.set_xticks(ticks, [f"{tick}" for tick in ticks])
        axes.minorticks_off()
        labels = []
        for (x, y), (name, _, face, edge) in zip(places, marks, strict=True):
            if x is None or y is None:
                continue
            axes.plot([x], [y], "o", markersize=6, markerfacecolor=face, markeredgecolor=edge, clip_on=False, zorder=4)
            across = axes.transAxes.inverted().transform(axes.transData.transform((x, y)))
            labels.append((float(across[0]), float(across[1]), name, edge))
        _label(axes, labels, below=0.02)
        return _saved(axes, "Seizures found and false alarms", "The price of each threshold in whole seizures.")


def _plain(value: Any) -> float | None:
    """Return the number of a measure, or the number that it is."""
    found = value["value"] if isinstance(value, Mapping) else value
    return None if found is None else float(found)


def latency(events: Mapping[str, Any]) -> Picture:
    """Return a histogram of the seconds from each found seizure's onset to its alarm."""
    from matplotlib.ticker import MaxNLocator

    seconds = np.array(events["latency"]["each"], float)
    low, high = min(0.0, float(seconds.min())), float(seconds.max())
    step = next(one for one in (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 3600, 1e9) if (high - low) / one <= 16)
    edges = np.arange(np.floor(low / step), np.floor(high / step) + 2) * step
    middle = float(events["latency"]["median"])
    with _chart("seconds from the marked onset", "seizures found") as axes:
        count, *_ = axes.hist(seconds, edges.tolist(), color=ACCENT, alpha=0.4, rwidth=0.92)
        top = float(np.max(count))
        axes.axvline(middle, color=INK, linewidth=1)
        axes.set_xlim(edges[0], edges[-1])
        axes.set_ylim(0, top * 1.18)
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        left = middle < (edges[0] + edges[-1]) / 2
        axes.annotate(
            f"median {number(middle, 'seconds')}",
            (middle, top * 1.17),
            (5 if left else -5, 0),
            textcoords="offset points",
            ha="left" if left else "right",
            va="top",
            color=INK,
        )
        if low < 0:
            axes.axvline(0, color=MUTED, **CHANCE)
        return _saved(axes, "Latency", f"How long after its onset each found seizure is told, in bins of {step:g} s.")


def warning(forecast: Mapping[str, Any]) -> Picture:
    """Return what is foretold against the time in warning at every threshold; chance is the diagonal (Snyder 2008)."""
    curve, alarms = forecast["sweep"], forecast["alarms"]
    x, y = (np.array(curve[name], float) for name in ("time_in_warning", "sensitivity"))
    with _chart("time in warning, %", "foretold (sensitivity), %") as axes:
        axes.plot([0, 1], [0, 1], color=MUTED, **CHANCE)
        axes.plot(x, y, color=ACCENT, marker=".", markersize=3, clip_on=False, **_stroke(0))
        labels = [(0.35, 0.35, "alarms at random", MUTED)]
        own = _plain(alarms["time_in_warning"]), _plain(alarms["sensitivity"])
        if own[0] is not None and own[1] is not None:
            axes.plot([own[0]], [own[1]], "o", markersize=6, color=ACCENT, clip_on=False, zorder=4)
            labels.append((own[0], own[1], "own threshold", ACCENT))
        _percent(axes)
        _label(axes, labels, below=0.02)
        return _saved(
            axes,
            "Foretold and time in warning",
            "An alarm that is always on foretells everything: only what lies above the diagonal is skill.",
        )
