"""``semeia import``: recordings and image sets into the page's library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from semeia.errors import SemeiaError

if TYPE_CHECKING:
    from semeia.web.models import Project, User


def import_(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Recordings, folders of them, or folders of images.")
    ],
    copy: Annotated[bool, typer.Option("--copy", help="Copy recordings into the home folder.")] = False,
    patient: Annotated[str, typer.Option(help="Whose recordings they are; else as the files and folders say.")] = "",
) -> None:
    """Take recordings into the library, with the events that they mark; a folder of images becomes an image set."""
    from semeia.cli.text import plural, printable
    from semeia.signals.opening import files_under
    from semeia.web.serve import prepare

    prepare()
    from semeia.web.entrance import owner
    from semeia.web.permission import project_of

    user = owner()
    project, taken, sets, refused = project_of(user, "write"), 0, 0, 0
    for path in paths:
        try:
            if holds_images(path):
                _import_images(project, path, user)
                sets += 1
                continue
            files = files_under(path)
        except SemeiaError as error:
            print(printable(f"refused  {error}"))
            refused += 1
            continue
        for file in files:
            try:
                _import_recording(project, file, user, copy=copy, patient=patient.strip())
            except SemeiaError as error:
                print(printable(f"refused  {error.about(file.name)}"))
                refused += 1
                continue
            taken += 1
    counted = [plural(taken, "recording")] if taken or not sets else []
    counted += [plural(sets, "image set")] if sets else []
    print(f"{' and '.join(counted)} in the library, {refused or 'none'} refused")
    if refused:
        raise typer.Exit(1)


def holds_images(path: Path) -> bool:
    """Return whether a path is about images: an image file, or a folder with images and without recordings."""
    from semeia.errors import FileError
    from semeia.images import files_under as images_under
    from semeia.images.opening import SUFFIXES
    from semeia.signals.opening import files_under

    if not path.is_dir():
        return path.name.lower().endswith(SUFFIXES)
    try:
        files_under(path)
    except FileError:
        try:
            return bool(images_under(path))
        except FileError:
            return False
    return False


def _import_recording(project: Project, file: Path, user: User, *, copy: bool, patient: str) -> None:
    from semeia.cli.text import plural, printable
    from semeia.events.intervals import elapsed
    from semeia.web.library import add_file
    from semeia.web.marks import counts

    notes: list[str] = []
    row, new = add_file(project, file, copy=copy, patient=patient, user=user, say=notes.append)
    seizures, _ = counts([row.pk])[row.pk]
    about = f"{row.patient.name}, {elapsed(row.duration)}, {plural(len(row.channels), 'channel')}"
    print(printable(f"{'taken  ' if new else 'known  '}  {row.name}: {about}, {plural(seizures, 'seizure')}"))
    for note in notes:
        print(printable(f"note     {note}"))


def _import_images(project: Project, folder: Path, user: User) -> None:
    """Take in the images of a folder; twins are looked for when the page is served."""
    from semeia.cli.progress import bar
    from semeia.cli.text import plural, printable
    from semeia.web.pictures import add_folder, guard

    with bar(f"Reading {folder.name}") as show:
        row, new = add_folder(project, folder, progress=show)
    guard(row, user)
    good = row.pictures.filter(problem="").count()
    bad = row.pictures.exclude(problem="")
    sorts = f" ({', '.join(row.classes)})" if row.classes else ""
    print(printable(f"{'taken  ' if new else 'known  '}  {row.name}: {plural(good, 'image')}{sorts}"))
    for problem in bad.order_by("name").values_list("problem", flat=True):
        print(printable(f"left out {problem}"))
