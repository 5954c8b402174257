"""A folder of recordings: marked by EDF+ annotations, by a TSV beside each, or as a whole by the name of the file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field

from semeia.datasets.importing import distinct, with_clocks
from semeia.datasets.labelled import LabelledRecording
from semeia.errors import DatasetError, FileError, RecipeError
from semeia.evaluation import events_of
from semeia.events import Event, Events
from semeia.signals import Recording, open_recording
from semeia.signals.opening import files_under

__all__ = ["folder"]

PatientFrom = Literal["auto", "folder", "header", "file", "recording", "root"]
_UNKNOWN = {"", "x"}  # EDF+ writes X for what is unknown


def folder(
    path: str | Path,
    *,
    patient_from: PatientFrom = "auto",
    rate: float | None = None,
    labels: Mapping[str, Annotated[str, Field(min_length=1)]] | None = None,
    group: str | None = None,
) -> list[LabelledRecording]:
    """Return the recordings of a folder and its sub-folders: EDF, BDF and MAT.

    A file that a pattern of `labels` fits is of that class as a whole. The marks of another, ``a.edf``, are those in
    ``a_events.tsv`` or ``a.tsv`` beside it (``a_eeg.edf``: also ``a_events.tsv``), otherwise its own annotations. A
    file of EDF+ or BDF+ that marks no seizure has none. Plain EDF and MAT cannot say so: they need a TSV or label.

    Parameters
    ----------
    path : str or Path
    patient_from : {"auto", "folder", "header", "file", "recording", "root"}
        Whose a recording is: the first sub-folder it lies in, the patient code of its header, or its file
        name up to the first ``_``. ``auto`` takes the first of these that there is. With ``recording`` each is a
        patient by itself: where nobody says whose they are. With ``root`` all are of one patient, named as `path` is.
    rate : float, optional
        Sampling rate in Hz of files that do not say their own (plain MAT arrays).
    labels : mapping of str to str, optional
        Label of the files whose name, or path below the folder, fits a pattern: ``{"*_ict_*": "ictal"}``.
    group : str, optional
        Regular expression: files of a patient whose names begin with the same match of it belong together and are
        never on both sides of a split by the hour, as the parts of one seizure: ``sz[0-9]+``. Otherwise each file is
        by itself.

    Raises
    ------
    FileError
        If a recording or a TSV cannot be read.
    DatasetError
        If there is no recording; if one has no marks, no patient or two labels, is there twice, or its marks contradict
        each other or leave it.
    RecipeError
        If `patient_from` is none of these.
    """
    root = Path(path)
    if patient_from not in get_args(PatientFrom):
        raise RecipeError(f"patient_from = {patient_from!r}: it is one of {', '.join(get_args(PatientFrom))}")
    if not root.is_dir():
        raise DatasetError(f"{root}: no such folder")
    try:
        files = files_under(root)
    except FileError:
        raise DatasetError(f"{root}: holds no EDF, BDF, MAT or other EEG file") from None
    found = [_labelled(file, root, patient_from, rate, labels or {}) for file in files]
    if group is not None:
        found = [replace(recording, group=_group(recording.path, group)) for recording in found]
    return distinct(with_clocks(found))


def _labelled(
    path: Path, root: Path, patient_from: PatientFrom, rate: float | None, labels: Mapping[str, str]
) -> LabelledRecording:
    place = path.relative_to(root)
    label, table = _label(place, labels), _table_beside(path)
    with open_recording(path, rate=rate) as recording:
        duration, started_at = recording.duration, recording.started_at
        patient = root.name if patient_from == "root" else _patient(recording, place, patient_from)
    if label is not None:
        marks = Events([Event(0, duration, label, source=path.name)])
    else:
        marks = events_of(table) if table else _own_events(path)
    events = Events(marks, duration=duration, started_at=started_at)
    return LabelledRecording(
        path,
        patient,
        events,
        duration,
        group=path.stem,
        started_at=started_at,
        marked=bool(events or table),
        patient_known=patient_from != "recording",
        rate=rate,
    )


def _group(path: Path, expression: str) -> str:
    """Return the beginning of a file's name that the expression matches."""
    try:
        match = re.match(expression, path.stem)
    except re.error as error:
        raise RecipeError(f"group = {expression!r} is no regular expression: {error}") from error
    if not match or not match[0]:
        raise DatasetError(f"{path.name}: group = {expression!r} does not match the beginning of its name")
    return match[0]


def _label(place: Path, labels: Mapping[str, str]) -> str | None:
    """Return the label of the patterns that fit a file."""
    fitting = {
        pattern: label
        for pattern, label in labels.items()
        if fnmatchcase(place.name, pattern) or fnmatchcase(place.as_posix(), pattern)
    }
    if len(set(fitting.values())) > 1:
        said = ", ".join(f"{pattern!r} = {label!r}" for pattern, label in fitting.items())
        raise DatasetError(f"{place.name}: labels contradict each other: {said}")
    return next(iter(fitting.values()), None)


def _table_beside(path: Path) -> Path | None:
    stem = path.stem
    names = (f"{stem}_events.tsv", f"{stem}.tsv", f"{stem.removesuffix('_eeg')}_events.tsv")
    return next((path.with_name(name) for name in names if path.with_name(name).is_file()), None)


def _own_events(path: Path) -> Events:
    wanted = f"put {path.stem}_events.tsv beside it, with one bckg row if it has no seizure"
    if path.suffix.lower() == ".mat":
        raise DatasetError(f"{path.name}: nothing says what is in it; {wanted}, or name its label in labels")
    try:
        return events_of(path)
    except FileError as error:
        raise DatasetError(f"{error}; {wanted}") from error


def _patient(recording: Recording, place: Path, patient_from: PatientFrom) -> str:
    known = {
        "folder": place.parts[0] if len(place.parts) > 1 else "",
        "header": "" if recording.subject.strip().lower() in _UNKNOWN else recording.subject.strip(),
        "file": place.stem.partition("_")[0],
        "recording": place.with_suffix("").as_posix(),
    }
    patient = known[patient_from] if patient_from != "auto" else next(filter(None, known.values()), "")
    if not patient:
        raise DatasetError(f"{place.name}: its {patient_from} names no patient; choose another patient_from")
    return patient
