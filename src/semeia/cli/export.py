"""``semeia export``: a model's network for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from semeia.errors import StorageError


def export(
    model: Annotated[str, typer.Argument(help="Name of an installed model, or a model's folder.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The ONNX file.")],
) -> None:
    """Write a model's network as an ONNX file, with what it takes and gives in its metadata."""
    from rich.console import Console

    from semeia.model import load
    from semeia.training.onnx import export as export_model

    if output.exists():
        raise StorageError(f"{output}: is there already; choose another file with -o, or remove it")
    loaded = load(model)
    with Console(stderr=True).status("Translating the network"):
        exported = export_model(loaded, output)
    shape = " × ".join(map(str, exported.shape))
    print(f"{exported.path}: takes {shape}, gives logits of each class; its metadata say the rest")
