"""``semeia open``: one recording in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def open_(file: Annotated[Path, typer.Argument(help="An EDF or BDF file.")]) -> None:
    """Look at a recording in the browser; it stays where it is."""
    from semeia.cli.serve import show
    from semeia.web.serve import prepare

    home = prepare()
    from semeia.web.entrance import owner
    from semeia.web.library import add_file
    from semeia.web.permission import project_of

    user = owner()
    recording, _ = add_file(project_of(user, "write"), file, user=user)
    show(home, port=0, to=f"/review/{recording.pk}")
