"""``semeia detect``: find the likely seizures of recordings."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from semeia.errors import FileError, SemeiaError

if TYPE_CHECKING:
    from semeia.model import Found, Model


def detect(
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT...", help="EDF or BDF files, or folders of them.")],
    *,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Events of one recording, as TSV.")] = None,
    output_dir: Annotated[Path | None, typer.Option(help="Folder for the events of many, one TSV each.")] = None,
    track: Annotated[Path | None, typer.Option(help="Probability track of one recording, as CSV.")] = None,
    model: Annotated[str, typer.Option(help="Name of an installed model, or its folder.")] = "eeg-starter",
    threshold: Annotated[float | None, typer.Option(min=0, max=1, help="Probability; else the model's own.")] = None,
    hop: Annotated[float, typer.Option(min=0.01, help="Seconds between windows.")] = 1.0,
    allow_truncated: Annotated[bool, typer.Option(help="Read what is there of a truncated file.")] = False,
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
    from semeia.model import load

    network = load(model)
    failed = 0
    for (path, _), target in zip(files, targets, strict=True):
        try:
            found = _found(network, path, threshold, hop, allow_truncated)
            _write(found, target, track)
            _show(path, found)
        except SemeiaError as error:
            if len(files) == 1:
                raise
            print(f"semeia: {error}", file=sys.stderr)
            failed += 1
    if failed:
        print(
            f"semeia: {failed} of {len(files)} recordings were left out, for the reasons above",
            file=sys.stderr,
        )
        raise typer.Exit(1)


def _recordings(inputs: list[Path]) -> Iterator[tuple[Path, Path]]:
    """Yield each file, and the name that its events get under the output folder."""
    for path in inputs:
        if not path.is_dir():
            yield path, Path(path.name)
            continue
        suffixes = {".edf", ".bdf"}
        files = sorted(f for f in path.rglob("*") if f.suffix.lower() in suffixes and f.is_file())
        if not files:
            raise FileError(path, "this folder holds no EDF or BDF file")
        yield from ((file, file.relative_to(path)) for file in files)


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


def _found(model: Model, path: Path, threshold: float | None, hop: float, allow_truncated: bool) -> Found:
    from semeia.cli.progress import bar
    from semeia.signals import open_recording

    with open_recording(path, allow_truncated=allow_truncated) as recording, bar(path.name) as progress:
        try:
            return model.detect(recording, hop=hop, threshold=threshold, progress=progress)
        except FileError:
            raise
        except SemeiaError as error:
            raise type(error)(error.about(path.name)) from error


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
    from semeia.cli.text import clock, plural

    missing = found.track.unscored
    note = f" ({plural(missing, 'window')} at gaps not scored)" if missing else ""
    print(f"{path.name}: {plural(len(found.events), 'likely seizure')}{note}")
    for event in found.events:
        when = f"{clock(event.onset)} to {clock(event.stop)}"
        print(f"  {when}  {event.duration:5.0f} s  probability {event.confidence:.2f}")
