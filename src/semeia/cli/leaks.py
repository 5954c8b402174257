"""``semeia leaks``: images that are twins of others, which no split may put on both sides."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from semeia.datasets.leaks import Leaks, SortedImage

_SHOWN = 10  # groups and problems that are listed on the screen


def leaks(
    data: Annotated[
        list[Path], typer.Argument(metavar="DATA...", help="Folder with a folder per class; or one for each part.")
    ],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write every twin into this CSV file.")] = None,
    save: Annotated[bool, typer.Option("--save", help="Put image set and twins in the page's Library.")] = False,
    progress: Annotated[Path | None, typer.Option(help="Append progress to this file as JSON lines.")] = None,
    job: Annotated[str | None, typer.Option(hidden=True, help="The page's job that this is.")] = None,
) -> None:
    """Find exact and near twins in an image set: within and across classes and splits."""
    if save and len(data) > 1:
        raise typer.BadParameter("--save takes one folder, which is one image set of the Library")
    from semeia.datasets.leaks import sorted_images

    found = _found(sorted_images(data), progress)
    if save:
        from semeia.cli.saving import save_twins

        save_twins(data[0], found, job)
    if out is not None:
        _write(found, out)
    _show(found, out)


def _found(images: Sequence[SortedImage], progress: Path | None) -> Leaks:
    from semeia.cli.progress import bar, json_lines
    from semeia.datasets.twins import known_twins

    told = 0.0
    with bar("Looking for twins") as show, json_lines(progress) as write:

        def tell(what: str, share: float) -> None:
            nonlocal told
            done = (0.5 if what == "comparing" else 0) + share / 2
            show(done)
            if done >= told + 0.01:
                told = done
                write({"event": "progress", "share": round(done, 2)})

        return known_twins(images, tell)


def _show(found: Leaks, out: Path | None) -> None:
    from semeia.cli.tables import console, new_table
    from semeia.cli.text import plural, printable
    from semeia.datasets.leaks import crossing

    parts = sorted({image.part for image in found.images if image.part})
    classes = len({image.label for image in found.images})
    of = f" in {', '.join(parts)}" if parts else ""
    print(printable(f"{plural(len(found.images), 'image')} of {classes} class{'' if classes == 1 else 'es'}{of}"))
    table = new_table("", "groups", "surplus images", "across classes", "across splits")
    for name, groups in (("exact twins", found.exact), ("with near twins", found.near), ("together", found.groups)):
        count = crossing(groups)
        across_parts = str(count.across_parts) if len(parts) > 1 else "-"
        table.add_row(name, str(count.groups), str(count.surplus), str(count.across_classes), across_parts)
    console().print(table)
    if found.groups:
        largest = len(found.groups[0].images)
        print(f"largest group: {largest} images, {largest / len(found.images):.2%} of the set")
    if found.apart:
        print(f"{plural(len(found.apart), 'pair')} of near twins in different groups")
    _list(found, out)


def _list(found: Leaks, out: Path | None) -> None:
    from semeia.cli.text import plural, printable

    for number, group in enumerate(found.groups[:_SHOWN], 1):
        print(f"group {number}: {'exact' if group.exact else 'near'} twins")
        for image, alike in zip(group.images, group.alike, strict=True):
            print(printable(f"  {alike:.3f}  {image.label}  {image.path}"))
    if len(found.groups) > _SHOWN:
        where = f"all are in {out}" if out else "-o twins.csv writes all"
        print(printable(f"... and {plural(len(found.groups) - _SHOWN, 'group')} more: {where}"))
    if found.unread:
        print(f"{plural(len(found.unread), 'file')} left out")
        for problem in found.unread[:_SHOWN]:
            print(printable(f"  {problem}"))
        if len(found.unread) > _SHOWN:
            print(f"  ... and {len(found.unread) - _SHOWN} more")


def _write(found: Leaks, out: Path) -> None:
    """Write a row for each image that has a twin."""
    import csv

    from semeia.home import make_folder, replacing

    make_folder(out.parent)
    with replacing(out) as beside, beside.open("w", encoding="utf-8", errors="backslashreplace", newline="") as text:
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(["group", "twins", "alike", "class", "part", "path"])
        for number, group in enumerate(found.groups, 1):
            for image, alike in zip(group.images, group.alike, strict=True):
                sort = "exact" if group.exact else "near"
                rows.writerow([number, sort, f"{alike:.3f}", image.label, image.part, image.path])
