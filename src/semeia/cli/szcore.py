"""``semeia szcore``: what a container after SzCORE runs; one recording in, its seizures out.

The contract (Dan et al. 2024, https://doi.org/10.1111/epi.18113, and its challenge of 2025): the environment names an
EDF file in ``INPUT`` and a TSV file in ``OUTPUT``, relative to ``/data``, which is only read, and ``/output``. There is
no network.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from semeia.errors import FileError, RecordingError, SemeiaError, StorageError

if TYPE_CHECKING:
    from semeia.events import Events


def szcore(
    model: Annotated[str, typer.Option(help="Name of an installed model, or its folder.")] = "eeg-starter",
) -> None:
    """Find the seizures of /data/$INPUT and write them to /output/$OUTPUT, as SzCORE's containers do."""
    source = _place("INPUT", os.environ.get("SZCORE_DATA", "/data"))
    target = _place("OUTPUT", os.environ.get("SZCORE_OUTPUT", "/output"))
    from semeia.cli.text import plural
    from semeia.events import Events
    from semeia.model import load
    from semeia.signals import open_recording

    with open_recording(source) as recording:
        network = load(model)
        try:
            found = network.detect(recording)
        except FileError:
            raise
        except RecordingError as error:  # too short, or without what the model needs: still a whole, valid answer
            _put(Events(duration=recording.duration, started_at=recording.started_at), target)
            raise type(error)(f"{error.about(source.name)}; {target.name} says no seizure") from error
    _put(found.events, target)
    if found.track.unscored:
        print(f"note: {plural(found.track.unscored, 'window')} at gaps not scored", file=sys.stderr)
    print(f"{source.name}: {plural(len(found.events), 'likely seizure')}")


def _place(variable: str, root: str) -> Path:
    """Return the file that a variable of the environment names, within a folder."""
    said = os.environ.get(variable, "")
    name = PurePosixPath(said)
    if not name.name or name.is_absolute() or ".." in name.parts:
        raise SemeiaError(f"{variable} = {said!r}: it must name a file relative to {root}")
    return Path(root) / name


def _put(events: Events, target: Path) -> None:
    """Write events; into the file itself where only that, and not its folder, may be written to."""
    from semeia.home import make_folder, reason

    make_folder(target.parent)
    if os.access(target.parent, os.W_OK) or not target.exists():
        events.write(target)
        return
    with TemporaryDirectory() as folder:
        whole = Path(folder) / "events.tsv"
        events.write(whole)
        try:
            target.write_bytes(whole.read_bytes())
        except OSError as error:
            raise StorageError(f"{target}: cannot be written ({reason(error)})") from error
