"""``semeia ensemble``: several seeds of one training become one model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def ensemble(
    folder: Annotated[Path, typer.Argument(help="What semeia train --seeds wrote.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the new model.")],
    *,
    data: Annotated[Path, typer.Option(help="Where relative paths of the recipe are looked for first.")] = Path(),
) -> None:
    """Make one model of a training's seeds: it gives the mean of their probabilities (images)."""
    from semeia.training.ensemble import ensemble as combine

    model = combine(folder, output, beside=data)
    print(f"{output}: model {model.name} asks {model.description.members} networks. Its card: {output / 'card.md'}")
