"""What importers share: patients and their folders, recordings there twice, clocks that hold, files of contests."""

from __future__ import annotations

import filecmp
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from semeia.datasets.labelled import LabelledRecording
from semeia.errors import DatasetError
from semeia.events import Event, Events
from semeia.signals.mat import MatRecording

__all__ = ["chosen", "contest_segment", "distinct", "is_date", "nothing", "patient_folders", "with_clocks"]

T = TypeVar("T")

_SAMPLE = 1 << 16  # bytes that are compared first, at three places of a file
_OVERLAP = timedelta(seconds=60)  # that recordings of one patient may overlap by rounded times
_SEGMENTS = 6  # files of ten minutes in a contest's hour
_BEFORE_SEIZURE = 300.0  # seconds between the end of a contest's preictal hour and the seizure


def nothing(done: int, total: int) -> None:
    """Be told of progress, and do nothing."""


def chosen(root: Path, there: dict[str, T], patients: Sequence[str] | None) -> dict[str, T]:
    """Return those of the patients of a data set that are asked for.

    Raises
    ------
    DatasetError
        If one is not there.
    """
    for name in patients or ():
        if name not in there:
            raise DatasetError(f"{root.name}: patient {name!r} is not there; there are {', '.join(there)}")
    return {name: value for name, value in there.items() if patients is None or name in patients}


def patient_folders(root: Path, pattern: str, patients: Sequence[str] | None, otherwise: str) -> dict[str, Path]:
    """Return the folders of the patients that are asked for, by name, of a data set with a folder a patient.

    Parameters
    ----------
    root : Path
    pattern : str
        What their names fit, such as ``chb[0-9][0-9]``.
    patients : sequence of str or None
        Names; None for all.
    otherwise : str
        What is said when there is none at all.

    Raises
    ------
    DatasetError
        If there is none, or a patient is not there.
    """
    there = {folder.name: folder for folder in sorted(root.glob(pattern)) if folder.is_dir()}
    if not there:
        raise DatasetError(f"{root}: {otherwise}")
    return chosen(root, there, patients)


def distinct(recordings: Iterable[LabelledRecording]) -> list[LabelledRecording]:
    """Return recordings whose marks hold (`LabelledRecording.checked`), none of them twice.

    Files of one size are compared at their beginning, middle and end, and where these are the same, whole.

    Raises
    ------
    DatasetError
        If marks contradict each other or their file, or two files are the same byte for byte: on two sides of a
        split they would leak.
    """
    checked = [recording.checked() for recording in recordings]
    sizes: dict[int, list[Path]] = defaultdict(list)
    for recording in checked:
        sizes[recording.path.stat().st_size].append(recording.path)
    for size, paths in sizes.items():
        seen: dict[bytes, Path] = {}
        for path in paths if len(paths) > 1 else ():
            twin = seen.setdefault(_digest(path, size), path)
            if twin is not path and filecmp.cmp(twin, path, shallow=False):
                raise DatasetError(
                    f"{twin.parent.name}/{twin.name} and {path.parent.name}/{path.name} are the same recording: "
                    "leave one of them out"
                )
    return checked


def _digest(path: Path, size: int) -> bytes:
    digest = hashlib.blake2b()
    with path.open("rb") as file:
        for place in (0, size // 2, max(0, size - _SAMPLE)):
            file.seek(place)
            digest.update(file.read(_SAMPLE))
    return digest.digest()


def is_date(started_at: datetime | None) -> bool:
    """Whether a header's start says a day; 1 January stands for one that was taken out, as EDF+ advises."""
    return started_at is not None and (started_at.month, started_at.day) != (1, 1)


def with_clocks(recordings: Sequence[LabelledRecording]) -> list[LabelledRecording]:
    """Return recordings that keep `started_at` only where it can be one clock for all recordings of the patient.

    Headers whose date was taken out often keep the time of day, or none: a patient with such a date, or with recordings
    that would overlap, has no clock.
    """
    starts: dict[str, list[tuple[datetime, float]]] = defaultdict(list)
    without = {recording.patient for recording in recordings if not is_date(recording.started_at)}
    for recording in recordings:
        if recording.started_at is not None:
            starts[recording.patient].append((recording.started_at, recording.duration))
    for patient, found in starts.items():
        for (start, duration), (following, _) in pairwise(sorted(found)):
            if following < start + timedelta(seconds=duration) - _OVERLAP:
                without.add(patient)
    return [replace(r, started_at=None) if r.patient in without else r for r in recordings]


def contest_segment(
    path: Path, patient: str, kind: str | None, number: int, *, in_order: bool = True, rate: float | None = None
) -> LabelledRecording:
    """Return one of the ten-minute files that the contests of 2014 and 2016 cut their hours into.

    Parameters
    ----------
    path : Path
    patient : str
    kind : {"preictal", "interictal"} or None
        None for a file whose class is kept back.
    number : int
        As in the file's name, from 1.
    in_order : bool
        Six numbers in a row are an hour, where the file does not say its `sequence`; otherwise its hour is not known.
    rate : float, optional
        Hz, where the file does not say it.

    Returns
    -------
    LabelledRecording
        Its group is the hour (itself, where that is not known). A preictal one knows how far the seizure is: the
        sixth file of its hour ends 5 minutes before the onset (Brinkmann et al., Brain 2016; Kuhlmann et al., Brain
        2018).

    Raises
    ------
    FileError
        If the file cannot be read, or its rate is unknown.
    DatasetError
        If it says a place that an hour does not have.
    """
    with MatRecording(path, rate=rate) as recording:
        duration, sequence = recording.duration, recording.sequence
    place = (number - 1) % _SEGMENTS + 1 if sequence is None and in_order else sequence
    if place is not None and not 1 <= place <= _SEGMENTS:
        raise DatasetError(f"{path.name}: its sequence is {place}; an hour has files 1 to {_SEGMENTS}")
    if kind is None or place is None:
        group, around = path.stem, []
    else:
        group = f"{patient} {kind} hour from {number - place + 1}"
        around = [(_SEGMENTS + 1 - place) * duration + _BEFORE_SEIZURE] if kind == "preictal" else []
    return LabelledRecording(
        path,
        patient,
        Events([Event(0, duration, kind, source=path.name)] if kind else [], duration=duration),
        duration,
        group,
        around=tuple(around),
        labelled=kind is not None,
        rate=rate,
    )
