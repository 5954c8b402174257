"""A study becomes one self-contained page: what each strategy needs, and its learning curve beside random's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from semeia.active.costs import RANDOM, sentences
from semeia.explanation import ACCENT, MUTED, SECOND, Picture, chart_style, themed
from semeia.home import replacing
from semeia.report.page import TEMPLATES, environment

__all__ = ["HEADS", "row_of", "write_page"]

HEADS = (
    "strategy",
    "labels needed",
    "95 % interval",
    "seeds that got there",
    "of random's",
    "95 % interval",
    "area at the end",
)
WIDTH, HEIGHT = 288, 200
"""Points of a chart."""


def row_of(name: str, figures: Mapping[str, Any]) -> list[str]:
    """Return a strategy's line of the table, under `HEADS`."""
    one, beyond = figures["strategies"][name], f"> {figures['labels'][-1]}"
    needed, of_random, area = one["needed"], one["of_random"], one["area"]

    def labels(value: float | None) -> str:
        return beyond if value is None else f"{value:g}"

    ratio = ["", ""]
    if of_random:
        ends = [of_random[key] for key in ("value", "low", "high")]
        value, low, high = ("beyond" if end is None else f"{end:.2f}" for end in ends)
        ratio = [value, f"{low} to {high}"]
    spread = f"{labels(needed['low'])} to {labels(needed['high'])}"
    reached, last = f"{one['reached']} of {figures['seeds']}", f"{area['value'][-1]:.3f}"
    return [name, labels(needed["value"]), spread, reached, *ratio, last]


def write_page(path: str | Path, figures: Mapping[str, Any]) -> None:
    """Write a study as a page that opens without any network; the same figures give the same bytes.

    Parameters
    ----------
    path : str or Path
        Of the HTML file; it is replaced whole.
    figures : mapping
        As `semeia.active.costs.summarised` gives them, with ``name`` and ``about``: what the study is of, in sentences.

    Raises
    ------
    StorageError
    """
    text = (
        environment()
        .get_template("study.html")
        .render(
            name=figures["name"],
            about=figures["about"],
            sentences=sentences(figures),
            heads=HEADS,
            rows=[row_of(name, figures) for name in figures["strategies"]],
            charts=list(_charts(figures)),
            css=(TEMPLATES / "report.css").read_text(encoding="utf-8"),
        )
    )
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def _charts(figures: Mapping[str, Any]) -> Iterator[Picture]:
    """Yield the learning curve of each strategy, beside random's."""
    strategies = figures["strategies"]
    lowest = min(min(one["area"]["low"]) for one in strategies.values())
    for name in strategies:
        if name != RANDOM or len(strategies) == 1:
            yield _chart(name, figures, lowest)


def _chart(name: str, figures: Mapping[str, Any], lowest: float) -> Picture:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    labels, strategies = figures["labels"], figures["strategies"]
    target = figures["share"] * figures["full"]["value"]
    with chart_style(), rc_context({"text.parse_math": False}):
        figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72))
        axes = figure.add_axes((0.1, 0.18, 0.86, 0.72))
        axes.axhline(target, color=SECOND, linewidth=0.8, linestyle=(0, (1, 2)))
        beside = [RANDOM] if RANDOM in strategies and name != RANDOM else []
        for one, colour, dashes in zip([*beside, name][::-1], (ACCENT, MUTED), ("-", (0, (4, 2))), strict=False):
            area = strategies[one]["area"]
            axes.fill_between(labels, area["low"], area["high"], color=colour, alpha=0.18, linewidth=0)
            axes.plot(labels, area["value"], color=colour, linestyle=dashes)
        axes.set_xlim(0, labels[-1])
        axes.set_ylim(min(lowest, target) - 0.01, min(1.0, max(target, figures["full"]["high"]) + 0.01))
        axes.set_xlabel("labels given", loc="right")
        axes.set_title("area under the ROC curve", color=MUTED, pad=8, x=-0.1 / 0.86)
        caption = f"Solid: {name}; dashed: random; dotted: {figures['share']:.0%} of the area with all labels."
        return Picture(name, caption, themed(figure, f"{name}. {caption}"))
