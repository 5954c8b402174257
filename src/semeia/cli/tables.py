"""Tables on standard output: without rules, and nothing in them is taken for a colour or a style."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["console", "new_table"]


def new_table(*heads: str, rows: Iterable[Iterable[str]] = (), show_header: bool = True) -> Table:
    """Return a table with these rows; what stands first in each, a name, is never broken into lines."""
    from rich.table import Column, Table

    first = [Column(head, no_wrap=True) for head in heads[:1]]
    table = Table(*first, *heads[1:], box=None, pad_edge=False, show_header=show_header)
    for row in rows:
        table.add_row(*row)
    return table


def console() -> Console:
    """Return what prints tables and sentences."""
    from rich.console import Console

    return Console(highlight=False, markup=False)
