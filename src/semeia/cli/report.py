"""``semeia report``: what was recorded, marked and proposed in one EEG, as a page to print."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from semeia.errors import FileError

if TYPE_CHECKING:
    from semeia.events import Event
    from semeia.report.eeg import Reading
    from semeia.signals import Recording
    from semeia.signals.filters import Filter

_LARGEST_NOTES = 1 << 20  # bytes


def report(
    recording: Annotated[Path, typer.Argument(help="An EDF, BDF or MAT file.")],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="The page.")] = Path("report.html"),
    events: Annotated[
        list[Path] | None,
        typer.Option(help="Events, as TSV or as CHB-MIT has them; else the Library's, or the file's."),
    ] = None,
    montage: Annotated[
        str,
        typer.Option(help="By name, recorded, or a .json file of one; else longitudinal where it can be made."),
    ] = "",
    high_pass: Annotated[float, typer.Option(min=0, help="Hz; 0: off.")] = 0.5,
    low_pass: Annotated[float | None, typer.Option(min=0, help="Hz; 0: off; else 70 where the rate allows.")] = None,
    notch: Annotated[float, typer.Option(min=0, help="Line frequency in Hz to take out; 0: off.")] = 0,
    note: Annotated[list[str] | None, typer.Option(help="A line on the background, or a remark.")] = None,
    notes: Annotated[Path | None, typer.Option(help="A text file of notes.")] = None,
    reader: Annotated[str, typer.Option(help="Who reads.")] = "",
    anonymous: Annotated[
        bool, typer.Option("--anonymous", help="Without names, ids, file names, free text of the file, and dates.")
    ] = False,
    allow_truncated: Annotated[bool, typer.Option(help="Read what is there of a truncated file.")] = False,
    rate: Annotated[float | None, typer.Option(help="Hz, of a file that does not say its sampling rate.")] = None,
) -> None:
    """Write what was recorded, marked and proposed in an EEG as one page to print."""
    from semeia.report.eeg import write_eeg_report
    from semeia.signals import open_recording
    from semeia.signals.montage import read_montage

    read = [recording, *(events or []), *([notes] if notes else [])]
    if output.resolve() in {path.resolve() for path in read}:
        raise typer.BadParameter(f"{output} is read, and would be overwritten")
    typed = [*(note or []), *([_text(notes)] if notes else [])]
    with open_recording(recording, allow_truncated=allow_truncated, rate=rate) as opened:
        reading = _from_files(opened, events) if events else _known(opened, reader)
        reading = replace(
            reading,
            montage=read_montage(Path(montage)) if montage.endswith(".json") else montage,
            filter=_filter(opened, high_pass, low_pass, notch),
            notes="\n".join(typed) or reading.notes,
            reader=reader,
            anonymous=anonymous,
        )
        write_eeg_report(output, opened, reading)
    _say(output, reading)


def _known(recording: Recording, reader: str) -> Reading:
    """Return what the Library has of a recording; of one that is not there, what the file itself marks."""
    from semeia.home import home_folder

    if recording.path is not None and (home_folder() / "semeia.sqlite3").is_file():
        from semeia.web.serve import prepare

        prepare()
        from semeia.web.reports import of_file

        if (known := of_file(recording.path, reader)) is not None:
            return known
    return replace(_from_files(recording, []), events=[replace(e, author="") for e in recording.events])


def _from_files(recording: Recording, files: list[Path]) -> Reading:
    """Return a reading of events from files, with the answers of those that tell of any (see `_answered`)."""
    from datetime import datetime

    from semeia.events import read_events
    from semeia.report.eeg import Proposer, Reading

    found = [event for file in files for event in read_events(file)]
    told = [_answered(event) for event in found]
    proposers = dict.fromkeys(event.source for event in told if event.confidence is not None)
    return Reading(
        [event for event in told if event.onset < recording.duration],
        [Proposer(name, is_model=False) for name in proposers],
        name=recording.path.name if recording.path else "",
        patient=recording.subject,
        written=datetime.now().astimezone(),
    )


def _answered(event: Event) -> Event:
    """Return an event as its file answers it.

    Of one with a probability, which a model found, only a file that names an author tells the answer, though not whose
    it was; otherwise nobody has looked at it.
    """
    if event.confidence is None:
        return event
    return replace(event, author="") if event.author else replace(event, status="proposed")


def _filter(recording: Recording, high_pass: float, low_pass: float | None, notch: float) -> Filter:
    from semeia.signals.filters import Filter

    if low_pass is None:
        low_pass = 70 if max((channel.rate for channel in recording.channels), default=0) > 140 else 0
    return Filter(high_pass=high_pass or None, low_pass=low_pass or None, notch=notch or None)


def _text(file: Path) -> str:
    from semeia.home import reason

    try:
        if file.stat().st_size > _LARGEST_NOTES:
            raise FileError(file, f"is larger than {_LARGEST_NOTES >> 20} MiB: no notes")
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(file, f"byte {error.start} is not UTF-8 text") from None
    except OSError as error:
        raise FileError(file, f"cannot be read ({reason(error)})") from error


def _say(output: Path, reading: Reading) -> None:
    from semeia.cli.text import plural
    from semeia.report.eeg import sorted_out

    events = sorted_out(reading.events)
    open = f", {plural(len(events.open), 'proposal')} not reviewed" if events.open else ""
    print(f"{output}: {plural(len(events.confirmed), 'confirmed seizure')}{open}")
