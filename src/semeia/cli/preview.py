"""``semeia preview``: a contact sheet of what a network would be shown, before anything is trained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from semeia.cli.recipe import File, Settings, given_recipe

if TYPE_CHECKING:
    from semeia.datasets import LabelledImage
    from semeia.recipe import ImageRecipe

__all__ = ["preview"]

IMAGES, COPIES = 3, 6
"""Images of each class, and augmented copies of each image."""


def preview(
    recipe: File,
    output: Annotated[Path, typer.Option("--output", "-o", help="The sheet, a .png file.")],
    *,
    settings: Settings = None,
) -> None:
    """Show a few training examples of each class as the network sees them; images with their augmentation."""
    if output.suffix.lower() != ".png":
        raise typer.BadParameter(f"--output {output}: it must end in .png")
    from semeia.home import make_folder, replacing
    from semeia.recipe import ImageRecipe

    read, file = given_recipe(recipe, settings)
    make_folder(output.parent)
    if not isinstance(read, ImageRecipe):
        from semeia.cli.signal_sheet import signal_sheet

        figure, windows = signal_sheet(read, file.parent)
        with replacing(output) as part:
            figure.savefig(part, format="png", dpi=110)
        print(f"{output}: {windows} windows, each as it was recorded and as the network sees it")
        return
    images = _chosen(read, file.parent)
    from semeia.cli.contact_sheet import contact_sheet

    sheet = contact_sheet(read, images, COPIES)
    with replacing(output) as part:
        sheet.save(part, format="PNG")
    print(f"{output}: {len(images)} images of {len(read.task.classes)} classes, each with {COPIES} augmented copies")


def _chosen(recipe: ImageRecipe, beside: Path) -> list[LabelledImage]:
    """Return a few training images of each class, drawn from the recipe's seed."""
    import numpy as np

    from semeia.cli.progress import bar
    from semeia.training.image_parts import gathered_images

    with bar("Gathering images") as show:
        parts = gathered_images(
            recipe, beside, report=lambda event: None, gathered=lambda source, done, total: show(done / max(1, total))
        )
    rng, chosen = np.random.default_rng(recipe.seed), []
    for name in recipe.task.classes:
        there = [image for image in parts.training if image.label == name]
        some = rng.choice(len(there), min(IMAGES, len(there)), replace=False)
        chosen += [there[number] for number in sorted(some.tolist())]
    return chosen
