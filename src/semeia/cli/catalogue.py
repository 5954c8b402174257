"""``semeia catalogue``: what recipes can name, and what it takes."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import typer

from semeia.cli.parameters import Documented, parameters_of, summary_of
from semeia.cli.tables import console, new_table

KINDS = ("datasets", "transforms", "networks", "strategies")
Kind = Literal["datasets", "transforms", "networks", "strategies"]
_ALWAYS_GIVEN = {"networks": 2, "strategies": 3}
"""Parameters in front that whoever names one does not give."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a catalogue."""

    kind: str
    name: str
    takes: str
    description: str
    extra: str
    load: Callable[[], Any]
    leave_out: int = 0


def catalogue(
    kind: Annotated[Kind | None, typer.Argument(help="Which; otherwise all.", show_default=False)] = None,
    name: Annotated[str | None, typer.Argument(help="Only this one, with what its parameters do.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with all parameters.")] = False,
) -> None:
    """List the datasets, transforms and networks that recipes can name, and strategies of active learning."""
    lines = list(lines_of(kind, name))
    if as_json:
        print(json.dumps([_row(line) for line in lines], indent=2))
    elif name is not None:
        for line in lines:
            show(line)
    else:
        for shown in KINDS if kind is None else (kind,):
            _list(shown, [line for line in lines if line.kind == shown], with_parameters=kind is not None)


def lines_of(kind: Kind | None, name: str | None = None) -> Iterator[Line]:
    """Yield what the catalogues hold.

    Raises
    ------
    RecipeError
        If there is nothing of that name.
    """
    from semeia import active, datasets, networks, transforms

    for shown in KINDS if kind is None else (kind,):
        rooms = {"datasets": datasets, "transforms": transforms, "networks": networks, "strategies": active}
        of: Any = rooms[shown]
        for each in of.names() if name is None else [name]:
            entry: Any = of.entry_of(each)
            attribute = next(
                getattr(entry, field) for field in ("factory", "function", "name") if hasattr(entry, field)
            )

            def load(module: str = entry.module, attribute: str = attribute) -> Any:
                return getattr(importlib.import_module(module), attribute)

            extra, leave_out = getattr(entry, "extra", ""), _ALWAYS_GIVEN.get(shown, 0)
            yield Line(shown, each, _takes(shown, entry), entry.description, extra, load, leave_out)


def _takes(kind: str, entry: Any) -> str:
    if kind != "networks":
        return ""
    return " or ".join(entry.takes) + (", any channels" if entry.any_channels else "")


def documented(line: Line) -> list[Documented] | None:
    """Return the parameters of something; None when what it needs is not installed."""
    try:
        return parameters_of(line.load(), line.leave_out)
    except ImportError:
        if line.extra:
            return None
        raise


def _row(line: Line) -> dict[str, Any]:
    row = {key: getattr(line, key) for key in ("kind", "name", "takes", "description", "extra")}
    taken = documented(line)
    return row | {"parameters": None if taken is None else [_plain(parameter) for parameter in taken]}


def _plain(parameter: Documented) -> dict[str, str]:
    return {key: getattr(parameter, key) for key in ("name", "kind", "default", "description")}


def _list(kind: str, lines: list[Line], *, with_parameters: bool) -> None:
    from rich.text import Text

    table = new_table(kind, "what it is")
    for line in lines:
        about = [f"takes {line.takes}"] if line.takes else []
        about += [short] if with_parameters and (short := _in_short(line)) else []
        table.add_row(line.name, Text(line.description + "\n" * bool(about)) + Text("; ".join(about), "dim"))
    out = console()
    out.print(table)
    out.print()


def _in_short(line: Line) -> str:
    taken = documented(line)
    if taken is None:
        return f"needs pip install 'semeia[{line.extra}]'"
    return ", ".join(p.name if p.default == "needed" else f"{p.name} = {p.default}" for p in taken)


def show(line: Line) -> None:
    """Print one thing of a catalogue with its parameters."""
    out = console()
    out.print(f"{line.name}: {line.description}" + (f"\ntakes {line.takes}" if line.takes else ""))
    taken = documented(line)
    if taken is None:
        out.print(f"needs pip install 'semeia[{line.extra}]'")
        return
    out.print(f"\n{summary_of(line.load())}\n")
    table = new_table("parameter", "default", "what it is")
    for parameter in taken:
        said = parameter.description or parameter.kind
        table.add_row(parameter.name, parameter.default, said)
    if taken:
        out.print(table)
