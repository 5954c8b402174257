"""``semeia models``: which trained networks are installed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from semeia.cli.tables import console, new_table
from semeia.errors import ModelError

if TYPE_CHECKING:
    from semeia.model import Description


def models(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the models that can be used by name."""
    from semeia.model import installed, read_description

    found: dict[str, tuple[Path, Description]] = {}
    damaged = False
    for name, folder in installed().items():
        try:
            found[name] = folder, read_description(folder)
        except ModelError as error:  # one that is damaged hides no other
            print(f"semeia: {error}", file=sys.stderr)
            damaged = True
    if as_json:
        import json

        rows = [
            {"name": name, "folder": str(folder), **about.model_dump(exclude={"name"})}
            for name, (folder, about) in found.items()
        ]
        print(json.dumps(rows, indent=2))
    else:
        _show({name: about for name, (_, about) in found.items()})
    if damaged:
        raise typer.Exit(1)


def _show(found: dict[str, Description]) -> None:
    table = new_table("model", "takes", "window", "threshold", "what it is")
    for name, about in found.items():
        takes, rate = about.input, about.transform.parameters.get("rate")
        channels = f"any {takes.channels}+ channels" if takes.montage == "any" else takes.montage
        in_seconds = isinstance(rate, int | float) and rate > 0
        window = f"{takes.window / float(rate or 1):g} s" if in_seconds else f"{takes.window} samples"
        table.add_row(name, channels, window, f"{about.operating_point.threshold:g}", about.description)
    console().print(table)
