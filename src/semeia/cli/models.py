"""``semeia models``: which trained networks are installed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from semeia.cli.tables import console, new_table
from semeia.errors import ModelError

if TYPE_CHECKING:
    from semeia.model import AnyDescription


def models(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the models that can be used by name."""
    from semeia.model import installed, read_description

    found: dict[str, tuple[Path, AnyDescription]] = {}
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


def _show(found: dict[str, AnyDescription]) -> None:
    table = new_table("model", "takes", "of", "threshold", "what it is")
    for name, about in found.items():
        table.add_row(name, *_takes(about), f"{about.operating_point.threshold:.3g}", about.description)
    console().print(table)


def _takes(about: AnyDescription) -> tuple[str, str]:
    """Return what a model takes, and of what length or size."""
    from semeia.model import ImageDescription

    given = about.transform.parameters
    if isinstance(about, ImageDescription):
        size = given.get("size")
        sides = size if isinstance(size, list) else [size, size]
        return "images", f"{sides[0]} × {sides[1]} pixels"
    takes, rate = about.input, given.get("rate")
    channels = f"any {takes.channels}+ channels" if takes.montage == "any" else takes.montage
    in_seconds = isinstance(rate, int | float) and rate > 0
    return channels, f"{takes.window / float(rate or 1):g} s" if in_seconds else f"{takes.window} samples"
