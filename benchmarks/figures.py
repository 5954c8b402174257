"""How the sections write figures: a Markdown table, and a value with the ends of its interval."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from semeia.evaluation import Interval

__all__ = ["share", "spread", "table"]


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def spread(interval: Interval, digits: int = 2) -> str:
    """Return a value and the ends of its interval: ``.94 (.81 to 1.00)``."""
    value, low, high = (f"{figure:.{digits}f}" for figure in interval)
    return f"{value} ({low} to {high})"


def share(part: int, whole: int, interval: Interval) -> str:
    """Return a count of how many, and the ends of the interval of its share: ``9/10 (.60 to .98)``."""
    return f"{part}/{whole} ({interval.low:.2f} to {interval.high:.2f})"
