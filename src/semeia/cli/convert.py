"""``semeia convert``: any recording becomes one EDF+ file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from semeia.errors import StorageError

__all__ = ["Force", "Input", "Output", "Rate", "Truncated", "check_output", "convert"]

Input = Annotated[Path, typer.Argument(metavar="IN", help="A recording in any format that is read.")]
Output = Annotated[Path, typer.Argument(metavar="OUT", help="OUT.edf (16 bits a sample), or OUT.bdf (24 bits).")]
Force = Annotated[bool, typer.Option("--overwrite", help="Replace OUT if it is there.")]
Truncated = Annotated[bool, typer.Option("--allow-truncated", help="Read what is there of a truncated file.")]
Events = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Events of a TSV or CSV file, instead of the recording's own.")
]
Rate = Annotated[float | None, typer.Option(help="Hz, of a file that does not say its sampling rate.")]


def convert(
    source: Input,
    target: Output,
    *,
    overwrite: Force = False,
    allow_truncated: Truncated = False,
    rate: Rate = None,
    events: Events = None,
) -> None:
    """Write a recording as EDF+, with its events as annotations, and say what is lost."""
    from semeia.cli.progress import bar
    from semeia.cli.text import naming, printable
    from semeia.errors import RecordingError
    from semeia.events import read_events
    from semeia.signals import open_recording
    from semeia.signals.converting import convert as convert_recording

    check_output(source, target, overwrite)
    marked = None if events is None else read_events(events)
    with open_recording(source, allow_truncated=allow_truncated, rate=rate) as recording:
        try:
            with bar(f"Converting {printable(source.name)}") as show:
                lost = convert_recording(recording, target, show, events=marked)
        except RecordingError as error:
            raise naming(source, error) from None
    for line in lost:
        print(printable(f"lost     {line}"))
    print(printable(f"written  {target}{'' if lost else ': the samples bit for bit'}"))


def check_output(source: Path, target: Path, overwrite: bool) -> None:
    """Refuse a file that is there, or has a wrong name, before anything is read.

    Raises
    ------
    RecordingError
        If the name ends neither in ``.edf`` nor in ``.bdf``.
    StorageError
        If it is there and may not be replaced, or is the recording itself.
    """
    from semeia.signals.converting import kind_asked

    kind_asked(target)
    if target.exists() and source.exists() and target.samefile(source):
        raise StorageError(f"{target}: is the recording itself; choose another name")
    if target.exists() and not overwrite:
        raise StorageError(f"{target}: is there already; choose another name, or replace it with --overwrite")
