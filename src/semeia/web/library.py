"""The library: a file becomes a recording's row, its patient and its marks; shared by the command line and the page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from semeia.errors import FileError, StorageError
from semeia.events import Event, read_events, read_summary
from semeia.home import make_folder, reason
from semeia.signals import Recording as SignalRecording
from semeia.signals import open_recording
from semeia.web import marks
from semeia.web.models import Patient, Project, Recording, User, new_id

__all__ = [
    "add_file",
    "add_recording",
    "forget_if_alone",
    "move_in",
    "patient_named",
    "remove",
    "safe_name",
]

Say = Callable[[str], None]
_UNKNOWN = frozenset({"", "x"})  # EDF+ writes X for what is unknown
_LONGEST_NAME = 200  # bytes: the longest that a file system takes, with room for what we put around it


@dataclass(frozen=True)
class _Header:
    """What a file says of itself, as its row keeps it, and whose it says to be."""

    columns: dict[str, Any]
    subject: str
    events: list[Event]
    files: int


def add_file(
    project: Project,
    path: Path,
    *,
    copy: bool = False,
    patient: str = "",
    user: User | None = None,
    say: Say = lambda line: None,
) -> tuple[Recording, bool]:
    """Take a file of this machine into the library; a file that is there already, by reference, is found again.

    Parameters
    ----------
    project : Project
    path : Path
    copy : bool
        Copy it into the home folder; otherwise it stays where it is.
    patient : str
        Whose it is; otherwise as the file says (see `_patient_of`).
    user : User, optional
        Who takes it in.
    say : callable, optional
        Told in a line which events of the file do not lie in the recording.

    Returns
    -------
    (Recording, bool)
        The row, and whether it is new.

    Raises
    ------
    SemeiaError
        If the file cannot be read, or not be copied.
    """
    path = Path(os.path.realpath(path))
    header = _read_header(path)
    owner = patient or _patient_of(path, header.subject)
    if copy and (header.files > 1 or path.is_dir()):
        raise FileError(path, "is kept in several files: import it where it lies, or make one of it: semeia convert")
    if copy:
        id, name = new_id(), safe_name(path.name)
        target = move_in(_copied(path, id), settings.HOME / "recordings" / id, name)
        return add_recording(project, target, header, id=id, patient=owner, copied=True, user=user, say=say), True
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise FileError(path, "its name or folder is not written in UTF-8: rename it, or use --copy") from None
    with transaction.atomic():
        known = Recording.objects.filter(project=project, path=str(path)).first()
        if known is None:
            id = new_id()
            return add_recording(project, path, header, id=id, patient=owner, copied=False, user=user, say=say), True
        for column, value in header.columns.items():  # the file may have changed since
            setattr(known, column, value)
        known.save()
        return known, False


def add_recording(
    project: Project,
    path: Path,
    header: _Header | None = None,
    *,
    id: str,
    patient: str = "",
    copied: bool,
    user: User | None,
    say: Say = lambda line: None,
) -> Recording:
    """Add the row of a file that lies where it will stay, with what the file marks.

    Raises
    ------
    SemeiaError
        If the file cannot be read.
    """
    header = header or _read_header(path)
    with transaction.atomic():
        row = Recording.objects.create(
            id=id,
            project=project,
            patient=patient_named(project, patient or _patient_of(path, header.subject)),
            name=safe_name(path.name),
            path=str(path),
            copied=copied,
            **header.columns,
        )
        lost = marks.add_events(row, user, header.events).lost
    if lost:
        say(f"{row.name}: {lost}")
    return row


def patient_named(project: Project, name: str) -> Patient:
    """Return the project's patient of a name, made if there is none."""
    return Patient.objects.get_or_create(project=project, name=name[:200])[0]


def move_in(part: Path, folder: Path, name: str) -> Path:
    """Move a whole file to its place in a folder of the home folder, and return that."""
    make_folder(folder)
    with _storing(name):
        target = part.replace(folder / name)
        for place in (folder, folder.parent):  # a power cut must not take back what was acknowledged
            descriptor = os.open(place, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)
    return target


def remove(recording: Recording) -> None:
    """Remove a recording with its marks and tracks; its file only where it was copied."""
    tracks = [settings.HOME / "tracks" / f"{id}.npy" for id in recording.tracks.values_list("id", flat=True)]
    id, copied, patient = recording.pk, recording.copied, recording.patient
    with transaction.atomic():
        recording.delete()
        forget_if_alone(patient)
    for track in tracks:
        track.unlink(missing_ok=True)
    if copied:
        shutil.rmtree(settings.HOME / "recordings" / id, ignore_errors=True)


def forget_if_alone(patient: Patient) -> None:
    """Remove a patient without recordings."""
    if not patient.recordings.exists():
        patient.delete()


def safe_name(name: str) -> str:
    """Return a file's name without folders and without what a file system or a terminal takes for more than a name."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join("_" if c in '<>:"|?*' or not c.isprintable() else c for c in last).strip(". ")
    stem, dot, suffix = plain.rpartition(".")
    if not dot:
        stem, suffix = suffix, ""
    ending = (dot + suffix).encode()[:16]
    kept = stem.encode()[: _LONGEST_NAME - len(ending)] + ending
    return kept.decode(errors="ignore") or "recording"


def _read_header(path: Path) -> _Header:
    with open_recording(path) as recording:
        status = path.stat()
        started_at = recording.started_at
        columns = {
            "size": status.st_size,
            "modified_ns": status.st_mtime_ns,
            "duration": recording.duration,
            "started_at": started_at and started_at.replace(tzinfo=UTC),  # the clock on the wall, wherever that was
            "channels": [{"label": c.label, "rate": c.rate, "unit": c.unit} for c in recording.channels],
            "gaps": [[gap.start, gap.stop] for gap in recording.gaps],
        }
        return _Header(columns, recording.subject.strip(), list(_events_of(path, recording)), len(recording.files))


def _events_of(path: Path, recording: SignalRecording) -> Iterator[Event]:
    """Yield what a file marks; where that is no seizure, also what is marked beside it, in CHB-MIT's ways or as TSV."""
    own = recording.events
    yield from (_from_file(event) for event in own)
    if own.seizures():
        return
    summary = path.with_name(f"{path.parent.name}-summary.txt")
    for name in (f"{path.name}.seizures", f"{path.stem}_events.tsv", f"{path.stem}.tsv"):
        if (beside := path.with_name(name)).is_file():
            yield from (_from_file(event) for event in read_events(beside))
            return
    if summary.is_file() and (entry := read_summary(summary).get(path.name)) is not None:
        yield from (_from_file(event) for event in entry.seizures)


def _from_file(event: Event) -> Event:
    return event if event.author else replace(event, author="file")


def _patient_of(path: Path, subject: str) -> str:
    """Return whose a recording is, by its header, else its folder (``chb01/chb01_03.edf``), else its name."""
    if subject.lower() not in _UNKNOWN:
        return subject
    folder = path.parent.name
    if folder and path.stem.lower().startswith(folder.lower()):
        return folder
    return Path(safe_name(path.name)).stem.partition("_")[0] or "unknown"


def _copied(path: Path, id: str) -> Path:
    """Return a whole copy of a file, on the disk, that waits for its place."""
    part = make_folder(settings.HOME / "uploads") / f".{id}.part"
    try:
        with _storing(path.name), path.open("rb") as source, part.open("xb") as target:
            shutil.copyfileobj(source, target, 2**22)
            target.flush()
            os.fsync(target.fileno())
    except StorageError:
        part.unlink(missing_ok=True)
        raise
    return part


@contextmanager
def _storing(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"{name}: cannot be stored in the home folder ({reason(error)})") from error
