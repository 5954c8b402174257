"""``semeia open``: one recording, or one image set, in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def open_(file: Annotated[Path, typer.Argument(help="A recording, or a folder of images.")]) -> None:
    """Look at a recording or at images in the browser; they stay where they are."""
    from semeia.cli.import_ import holds_images
    from semeia.cli.serve import show
    from semeia.cli.text import note
    from semeia.web.serve import prepare

    home = prepare()
    from semeia.web.entrance import owner
    from semeia.web.library import add_file
    from semeia.web.permission import project_of
    from semeia.web.pictures import add_folder, guard

    user = owner()
    project = project_of(user, "write")
    if holds_images(file):
        images, _ = add_folder(project, file)
        guard(images, user)
        show(home, port=0, to=f"/review/images/{images.pk}")
    else:
        recording, _ = add_file(project, file, user=user, say=note)
        show(home, port=0, to=f"/review/{recording.pk}")
