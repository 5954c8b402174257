"""Pictures as SVG texts whose colours are those of the page that holds them, in light and in dark."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.sax.saxutils import quoteattr

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["ACCENT", "HAIRLINE", "INK", "MUTED", "SECOND", "STYLE", "Picture", "chart_style", "standalone", "themed"]

INK, MUTED, HAIRLINE, ACCENT, SECOND = "#010203", "#010204", "#010205", "#010206", "#010207"
"""Colours to draw with: `themed` makes CSS variables of them."""

_VARIABLES = {INK: "--ink", MUTED: "--muted", HAIRLINE: "--hairline", ACCENT: "--accent", SECOND: "--second"}

STYLE = (
    ":root { color-scheme: light dark; --paper: #ffffff; --ink: #1a1f23; --muted: #59646c; --hairline: #dde1e3;"
    " --accent: #0b6b64; --second: #955200 }\n"
    "@media (prefers-color-scheme: dark) { :root { --paper: #14171a; --ink: #e4e7e9; --muted: #98a3ab;"
    " --hairline: #2f363b; --accent: #56c7bb; --second: #eab159 } }"
)
"""Values of the variables for a picture that stands alone: those of the report (`semeia.report`)."""


class Picture(NamedTuple):
    """A picture for a page.

    Parameters
    ----------
    title, caption : str
        Plain text.
    svg : str
        One ``<svg>`` element whose colours are the CSS variables ``--ink``, ``--muted``, ``--hairline``, ``--accent``
        and ``--second``.
    """

    title: str
    caption: str
    svg: str


@contextmanager
def chart_style() -> Iterator[None]:
    """Draw within this: hairlines, text that stays text, and the same bytes for the same figure."""
    from matplotlib import rc_context

    ink = dict.fromkeys(("text.color", "axes.titlecolor"), INK)
    muted = dict.fromkeys(("axes.labelcolor", "xtick.labelcolor", "ytick.labelcolor"), MUTED)
    lines = dict.fromkeys(("axes.edgecolor", "xtick.color", "ytick.color", "grid.color"), HAIRLINE)
    sizes = {"font.size": 9.0, "axes.titlesize": 9.0, "axes.linewidth": 0.7, "lines.linewidth": 1.0}
    places = {
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlelocation": "left",
        "legend.frameon": False,
    }
    clear = dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), "none")
    svg = {"svg.fonttype": "none", "svg.hashsalt": "semeia", "path.simplify": True}
    settings: dict[Any, Any] = {**ink, **muted, **lines, **sizes, **places, **clear, **svg}
    with rc_context(settings):
        yield


def themed(figure: Figure, label: str) -> str:
    """Return a figure as one ``<svg>`` element in the page's colours; call it within `chart_style`.

    Parameters
    ----------
    figure : Figure
        Drawn in `INK`, `MUTED`, `HAIRLINE`, `ACCENT` and `SECOND`.
    label : str
        What it shows, for those who do not see it.
    """
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight", pad_inches=0.05)
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, f"var({variable})")
    svg = re.sub(r"font-family: [^;\"]*", "font-family: inherit", svg)
    svg = re.sub(r'(<svg[^>]*?) width="([\d.]+)pt" height="([\d.]+)pt"', _sized, svg, count=1)
    svg = re.sub(r"(\.\d\d)\d+(?=[^<>]*>)", r"\1", svg)  # hundredths of a point are enough; words stay as they are
    # Several pictures may stand in one page: ids of their own, the same for the same picture.
    own = hashlib.sha256(svg.encode()).hexdigest()[:8]
    svg = re.sub(r'\bid="([^"]+)"', rf'id="x{own}-\1"', svg)
    svg = re.sub(r'(href="|url\()#', rf"\1#x{own}-", svg)
    return svg.replace("<svg", f'<svg role="img" aria-label={quoteattr(label)}', 1).strip()


def _sized(found: re.Match[str]) -> str:
    """Points become pixels of a page, 4/3 as many, and the picture shrinks with its place."""
    width, height = (round(float(points) * 4 / 3) for points in found.group(2, 3))
    return f'{found[1]} width="{width}" height="{height}" style="max-width: 100%; height: auto"'


def standalone(picture: Picture) -> str:
    """Return a picture as an SVG file that needs no page."""
    svg = re.sub(
        r"(<svg[^>]*>)",
        rf"\1\n<style>{STYLE}\nsvg {{ background: var(--paper); font-family: system-ui, sans-serif }}</style>",
        picture.svg,
        count=1,
    )
    return f'<?xml version="1.0" encoding="utf-8"?>\n{svg}\n'
