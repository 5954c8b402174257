"""Labels as they stood at one moment: what people marked in the page, written down before a job learns from it.

::

    home/datasets/3f2a9c.../     named by what is in it: the same labels are the same folder
      frozen.json                which recordings, whose they are, and which table is whose
      events/0001.tsv            every event of the first, nothing lost
      images.csv                 instead, of an image set: path, label, patient (`semeia.datasets.image_table`)

The recordings and images themselves stay where they are.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from semeia.datasets.importing import distinct, with_clocks
from semeia.datasets.labelled import LabelledRecording
from semeia.errors import FileError
from semeia.events import Event, Events, read_tsv, write_tsv
from semeia.home import home_folder, make_folder, reason, replacing_folder
from semeia.signals import open_recording

__all__ = [
    "FrozenImage",
    "FrozenRecording",
    "freeze_images",
    "freeze_recordings",
    "frozen",
    "frozen_folder",
    "frozen_recordings",
]

_MANIFEST, _IMAGES = "frozen.json", "images.csv"


@dataclass(frozen=True, slots=True)
class FrozenRecording:
    """A recording with its labels, to be written down.

    Parameters
    ----------
    path : Path
    patient : str
        Whose it is.
    events : Events
    size, modified_ns : int
        Of the file when it was marked: bytes, nanoseconds since the epoch.
    marked : bool
        False where nobody has looked, so that no event means nothing.
    """

    path: Path
    patient: str
    events: Events
    size: int
    modified_ns: int
    marked: bool = True


@dataclass(frozen=True, slots=True)
class FrozenImage:
    """An image with its class; `patient` is empty where nobody says whose it is."""

    path: Path
    label: str
    patient: str = ""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True)

    path: Path
    patient: str
    size: int
    modified_ns: int
    events: str
    marked: bool


class _Manifest(BaseModel):
    model_config = ConfigDict(frozen=True)

    format: Literal[1] = 1
    recordings: list[_Entry]


def frozen_folder() -> Path:
    """Return the folder of all frozen labels, made if it is absent."""
    return make_folder(home_folder() / "datasets")


def freeze_recordings(recordings: Sequence[FrozenRecording]) -> str:
    """Write down the labels of recordings, and return the name of their folder: what a recipe says as ``path``.

    Raises
    ------
    StorageError
        If the disk is full.
    """
    ordered = sorted(recordings, key=lambda recording: str(recording.path))
    name = _name([[*_about(recording), *map(_said, recording.events)] for recording in ordered])
    if (frozen_folder() / name).exists():
        return name
    with replacing_folder(frozen_folder() / name) as part:
        entries = []
        (part / "events").mkdir()
        for number, recording in enumerate(ordered, 1):
            table = f"events/{number:04d}.tsv"
            write_tsv(recording.events, part / table, whole=True)
            path, patient, size, modified_ns, marked = _about(recording)
            entries.append(
                _Entry(path=path, patient=patient, size=size, modified_ns=modified_ns, events=table, marked=marked)
            )
        text = _Manifest(recordings=entries).model_dump_json(indent=1)
        (part / _MANIFEST).write_text(text + "\n", encoding="utf-8")
    return name


def freeze_images(images: Sequence[FrozenImage]) -> str:
    """Write down the classes of images, and return the path, of a table, that a recipe says (``image-table``).

    Raises
    ------
    StorageError
        If the disk is full.
    """
    rows = sorted([str(image.path), image.label, image.patient] for image in images)
    name = _name(rows)
    if not (frozen_folder() / name).exists():
        with replacing_folder(frozen_folder() / name) as part, (part / _IMAGES).open("w", newline="") as text:
            table = csv.writer(text)
            table.writerow(["path", "label", "patient"])
            table.writerows(rows)
    return f"{name}/{_IMAGES}"


def frozen(path: str | Path) -> list[LabelledRecording]:
    """Return recordings with the labels that were frozen.

    Parameters
    ----------
    path : str or Path
        The folder, or its name, as the page's Train writes it into a recipe.

    Raises
    ------
    FileError
        If the folder is damaged, a recording is gone, or it is not the one any more that was marked.
    DatasetError
        If two recordings are the same, or marks contradict each other.
    """
    root = Path(path)
    return distinct(with_clocks([_labelled(entry, root) for entry in _manifest(root).recordings]))


def frozen_recordings(name: str) -> list[FrozenRecording]:
    """Return what is frozen under a name; no recording is opened.

    Raises
    ------
    FileError
        If the folder is missing or damaged.
    """
    root = frozen_folder() / Path(name).name
    return [
        FrozenRecording(one.path, one.patient, read_tsv(root / one.events), one.size, one.modified_ns, one.marked)
        for one in _manifest(root).recordings
    ]


def _manifest(root: Path) -> _Manifest:
    try:
        return _Manifest.model_validate_json((root / _MANIFEST).read_bytes())
    except (OSError, ValidationError) as error:
        raise FileError(root / _MANIFEST, "these labels are missing or damaged: choose the data again") from error


def _labelled(entry: _Entry, root: Path) -> LabelledRecording:
    try:
        found = entry.path.stat()
    except OSError as error:
        raise FileError(entry.path, f"is gone, though labels of it were frozen ({reason(error)})") from error
    if (found.st_size, found.st_mtime_ns) != (entry.size, entry.modified_ns):
        raise FileError(entry.path, "has changed since its labels were frozen; import it again")
    marks = read_tsv(root / entry.events)
    with open_recording(entry.path) as recording:
        duration, started_at = recording.duration, recording.started_at
    events = Events(marks, duration=duration, started_at=started_at)
    group = entry.path.stem
    return LabelledRecording(
        entry.path, entry.patient, events, duration, group, started_at=started_at, marked=entry.marked
    )


def _about(recording: FrozenRecording) -> tuple[Path, str, int, int, bool]:
    return recording.path, recording.patient, recording.size, recording.modified_ns, recording.marked


def _said(event: Event) -> dict[str, Any]:
    return {key: value for key, value in asdict(event).items() if key not in {"id", "replaces"}}


def _name(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()[:16]
