"""``semeia detect``: find the likely seizures of recordings."""

from __future__ import annotations

import math
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from semeia.cli.stopping import STOPPED, stop_on
from semeia.errors import FileError, SemeiaError

if TYPE_CHECKING:
    from semeia.inference import Track
    from semeia.model import Found, Model
    from semeia.signals import Recording


def detect(
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT...", help="Recordings, or folders of them.")],
    *,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Events of one recording, as TSV.")] = None,
    output_dir: Annotated[Path | None, typer.Option(help="Folder for the events of many, one TSV each.")] = None,
    track: Annotated[Path | None, typer.Option(help="Probability track of one recording, as CSV.")] = None,
    save: Annotated[bool, typer.Option("--save", help="Put recordings and findings in the page's Library.")] = False,
    model: Annotated[str, typer.Option(help="Name of an installed model, or its folder.")] = "eeg-starter",
    threshold: Annotated[float | None, typer.Option(min=0, max=1, help="Probability; else the model's own.")] = None,
    hop: Annotated[float, typer.Option(min=0.01, help="Seconds between windows.")] = 1.0,
    allow_truncated: Annotated[bool, typer.Option(help="Read what is there of a truncated file.")] = False,
    rate: Annotated[float | None, typer.Option(help="Hz, of a file that does not say its sampling rate.")] = None,
    progress: Annotated[Path | None, typer.Option(help="Append progress to this file as JSON lines.")] = None,
    job: Annotated[str | None, typer.Option(hidden=True, help="The page's job that this is.")] = None,
) -> None:
    """Find the likely seizures of recordings."""
    for name, value in (("--hop", hop), ("--threshold", threshold or 0)):
        if not math.isfinite(value):
            raise typer.BadParameter(f"{name} {value}: that is no number to use")
    files = list(_recordings(inputs))
    if len(files) > 1 and (output or track):
        raise typer.BadParameter(f"{len(files)} recordings: use --output-dir instead of --output and --track")
    if output and output_dir:
        raise typer.BadParameter("--output and --output-dir: use one of them")
    targets = [output if output_dir is None else (output_dir / name).with_suffix(".tsv") for _, name in files]
    _check_targets([path for path, _ in files], targets, track)
    from semeia.cli.progress import json_lines
    from semeia.cli.saving import Library
    from semeia.model import load
    from semeia.signals import open_recording

    with stop_on(signal.SIGTERM) as stop, json_lines(progress) as write:
        library = Library(job) if save else None
        network = load(model)
        failed = 0
        for (path, _), target in zip(files, targets, strict=True):
            report = _Report(path.name, write, stop)
            try:
                row = library and library.recording(path)
                with open_recording(path, allow_truncated=allow_truncated, rate=rate) as recording:
                    found = _found(network, recording, threshold, hop, report)
                if library and row:
                    library.save(row, found, network, threshold)
                _write(found, target, track)
            except SemeiaError as error:
                if len(files) == 1:
                    raise
                print(f"semeia: {error}", file=sys.stderr)
                failed += 1
            else:
                report.done(len(found.events))
                _show(path, found)
    if failed:
        print(f"semeia: {failed} of {len(files)} recordings were left out, for the reasons above", file=sys.stderr)
        raise typer.Exit(1)


class _Report:
    """Says how far one recording is, as JSON lines, and ends the command if that was asked for."""

    def __init__(self, name: str, write: Callable[[dict[str, Any]], None], stop: threading.Event) -> None:
        self.name, self.write, self.stop = name, write, stop
        self.write({"event": "recording", "name": name})

    def progress(self, share: float) -> None:
        if self.stop.is_set():  # nothing is half-written
            print("Stopped.", file=sys.stderr)
            raise typer.Exit(STOPPED)
        self.write({"event": "progress", "share": round(share, 4)})

    def partial(self, track: Track, first: int) -> None:
        values = [None if math.isnan(value) else round(value, 4) for value in track.probability[first:].tolist()]
        self.write({"event": "track", "window": track.window, "hop": track.hop, "first": first, "values": values})

    def done(self, events: int) -> None:
        self.write({"event": "done", "events": events})


def _recordings(inputs: list[Path]) -> Iterator[tuple[Path, Path]]:
    """Yield each file, and the name that its events get under the output folder."""
    from semeia.signals.opening import files_under

    for path in inputs:
        for file in files_under(path):
            yield file, file.relative_to(path) if path.is_dir() else Path(path.name)


def _check_targets(files: list[Path], targets: list[Path | None], track: Path | None) -> None:
    """Refuse to write over a recording, or twice to one place."""
    recordings, taken = {file.resolve() for file in files}, set()
    for target in (target for target in (*targets, track) if target is not None):
        place = target.resolve()
        if place in recordings:
            raise typer.BadParameter(f"{target} is a recording, and would be overwritten")
        if place in taken:
            raise typer.BadParameter(f"{target} would be written twice")
        taken.add(place)


def _found(model: Model, recording: Recording, threshold: float | None, hop: float, report: _Report) -> Found:
    from semeia.cli.progress import bar

    with bar(report.name) as show:

        def progress(share: float) -> None:
            report.progress(share)
            show(share)

        try:
            return model.detect(recording, hop=hop, threshold=threshold, progress=progress, partial=report.partial)
        except FileError:
            raise
        except SemeiaError as error:
            raise type(error)(error.about(report.name)) from error


def _write(found: Found, events: Path | None, track: Path | None) -> None:
    from semeia.home import make_folder

    for path in (events, track):
        if path is not None:
            make_folder(path.parent)
    if events is not None:
        found.events.write(events)
    if track is not None:
        found.track.write(track)


def _show(path: Path, found: Found) -> None:
    from semeia.cli.text import plural
    from semeia.events.intervals import elapsed

    missing = found.track.unscored
    note = f" ({plural(missing, 'window')} at gaps not scored)" if missing else ""
    print(f"{path.name}: {plural(len(found.events), 'likely seizure')}{note}")
    for event in found.events:
        when = f"{elapsed(event.onset)} to {elapsed(event.stop)}"
        print(f"  {when}  {event.duration:5.0f} s  probability {event.confidence:.2f}")
