"""``semeia import``: recordings into the page's library."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from semeia.errors import SemeiaError


def import_(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="EDF or BDF files, or folders of them.")],
    copy: Annotated[bool, typer.Option("--copy", help="Copy them into the home folder.")] = False,
    patient: Annotated[str, typer.Option(help="Whose they are; else as the files and folders say.")] = "",
) -> None:
    """Take recordings into the library, with the events that they mark."""
    from semeia.cli.text import clock, plural, printable
    from semeia.signals.opening import files_under
    from semeia.web.serve import prepare

    prepare()
    from semeia.web.entrance import owner
    from semeia.web.library import add_file
    from semeia.web.marks import counts
    from semeia.web.permission import project_of

    user = owner()
    project, taken, refused = project_of(user, "write"), 0, 0
    for path in paths:
        try:
            files = files_under(path)
        except SemeiaError as error:
            print(printable(f"refused  {error}"))
            refused += 1
            continue
        for file in files:
            try:
                row, new = add_file(project, file, copy=copy, patient=patient.strip(), user=user)
            except SemeiaError as error:
                print(printable(f"refused  {error.about(file.name)}"))
                refused += 1
                continue
            taken += 1
            seizures, _ = counts([row.pk])[row.pk]
            about = f"{row.patient.name}, {clock(row.duration)}, {plural(len(row.channels), 'channel')}"
            print(printable(f"{'taken  ' if new else 'known  '}  {row.name}: {about}, {plural(seizures, 'seizure')}"))
    print(f"{plural(taken, 'recording')} in the library, {refused or 'none'} refused")
    if refused:
        raise typer.Exit(1)
