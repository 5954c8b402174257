"""``semeia datasets``: the public data sets that importers read, what they are, and their download."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from semeia.cli.tables import console, new_table

if TYPE_CHECKING:
    from semeia.datasets.download import Progress
    from semeia.datasets.known import KnownDataset

app = typer.Typer(help="Public data sets: list, describe, download.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """List what importers can read, and what of it is here."""
    from semeia.datasets import entry_of, names
    from semeia.datasets.download import found_at
    from semeia.datasets.known import KNOWN

    table = new_table("dataset", "gives", "size", "here", "what it is")
    for name in [*names(), *(name for name in KNOWN if name not in names())]:
        known = KNOWN.get(name)
        entry = entry_of(name) if name in names() else None
        about = entry.description if entry else known.title if known else ""
        place = found_at(known) if known else None
        here = str(place) if place else _how(name, known)
        table.add_row(name, entry.gives if entry else "", known.size if known else "", here, about)
    console().print(table)


def _how(name: str, known: KnownDataset | None) -> str:
    if known is None:
        return ""
    if known.fetchable:
        return f"semeia datasets download {name}"
    return "takes an account" if known.account else f"by hand: semeia datasets describe {name}"


@app.command()
def describe(name: Annotated[str, typer.Argument(help="As semeia datasets list names it.")]) -> None:
    """Say what a data set holds, whose it is, where it comes from, and what its importer takes."""
    from semeia.cli.catalogue import lines_of, show
    from semeia.datasets import names
    from semeia.datasets.known import KNOWN
    from semeia.recipe import look_up

    known = KNOWN.get(name)
    if known is not None:
        _describe(name, known)
    else:
        look_up("data set", name, dict.fromkeys([*names(), *KNOWN]))
    if name in names():
        for line in lines_of("datasets", name):
            show(line)


def _describe(name: str, known: KnownDataset) -> None:
    from semeia.datasets.download import found_at

    table = new_table(show_header=False)
    for key in ("contents", "layout", "size", "licence", "citation", "page", "address"):
        if said := getattr(known, key):
            table.add_row(key, said)
    place = found_at(known)
    table.add_row("here", str(place) if place else f"no; {known.how if not known.fetchable else _how(name, known)}")
    out = console()
    out.print(known.title)
    out.print(table)
    out.print()


@app.command()
def download(
    name: Annotated[str, typer.Argument(help="As semeia datasets list names it.")],
    to: Annotated[
        Path | None, typer.Option(help="Folder; otherwise under $SEMEIA_DATA, or in the home folder.")
    ] = None,
    patients: Annotated[
        list[str] | None, typer.Option("--patient", help="Only this one, such as chb01. May be repeated.")
    ] = None,
    address: Annotated[str | None, typer.Option("--from", help="Address of a mirror with the same files.")] = None,
) -> None:
    """Fetch a data set; what is here already is checked and kept, and what was cut goes on."""
    from semeia.datasets.download import download as fetch
    from semeia.datasets.known import KNOWN

    with _Bar() as bar:
        try:
            folder = fetch(name, to, address=address, patients=patients or (), progress=bar.show)
        except KeyboardInterrupt:
            print("Stopped; what was fetched is kept, and the same command goes on.", file=sys.stderr)
            raise typer.Exit(75) from None
    known = KNOWN[name]
    print(f"{folder}: {known.title} is here. Licence: {known.licence}. Cite: {known.citation}")


class _Bar:
    """Shows which file is fetched, and how far."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
        )
        shown = sys.stderr.isatty()
        self.bar = Progress(*columns, console=Console(stderr=True), disable=not shown, transient=True)
        self.task = self.bar.add_task("", total=None)
        self.file = ""

    def __enter__(self) -> _Bar:
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def show(self, step: Progress) -> None:
        if step.file != self.file:
            self.file = step.file
            self.bar.reset(self.task, total=step.size, description=f"{step.number} of {step.files}  {step.file}")
        self.bar.update(self.task, completed=step.done, total=step.size)
