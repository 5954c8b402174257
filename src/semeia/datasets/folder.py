"""A folder of recordings that carry their own marks: EDF+ annotations, or a TSV beside each."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from semeia.datasets.labelled import LabelledRecording
from semeia.errors import DatasetError, FileError, RecipeError
from semeia.evaluation import events_of
from semeia.events import Events
from semeia.signals import Recording, open_recording
from semeia.signals.edf import files_under

__all__ = ["folder"]

PatientFrom = Literal["auto", "folder", "header", "file"]
_UNKNOWN = {"", "x"}  # EDF+ writes X for what is unknown


def folder(path: str | Path, *, patient_from: PatientFrom = "auto") -> list[LabelledRecording]:
    """Return the recordings of a folder and its sub-folders.

    The marks of ``a.edf`` are those in ``a_events.tsv`` or ``a.tsv`` beside it (``a_eeg.edf``: also
    ``a_events.tsv``), otherwise its own annotations. A file of EDF+ or BDF+ that marks no seizure has none.
    Plain EDF cannot say so and needs its TSV.

    Parameters
    ----------
    path : str or Path
    patient_from : {"auto", "folder", "header", "file"}
        Whose a recording is: the first sub-folder it lies in, the patient code of its header, or its file
        name up to the first ``_``. ``auto`` takes the first of these that there is.

    Raises
    ------
    FileError
        If a recording or a TSV cannot be read.
    DatasetError
        If there is no recording, one has no marks or no patient, or a seizure lies outside its recording.
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
        raise DatasetError(f"{root}: holds no EDF or BDF file") from None
    return [_labelled(file, root, patient_from) for file in files]


def _labelled(path: Path, root: Path, patient_from: PatientFrom) -> LabelledRecording:
    table = _table_beside(path)
    with open_recording(path) as recording:
        marked = events_of(table) if table else _own_events(path)
        patient = _patient(recording, path.relative_to(root), patient_from)
        duration, started_at = recording.duration, recording.started_at
    events = Events(marked, duration=duration, started_at=started_at)
    return LabelledRecording(path, patient, events, duration, group=path.stem).checked()


def _table_beside(path: Path) -> Path | None:
    stem = path.stem
    names = (f"{stem}_events.tsv", f"{stem}.tsv", f"{stem.removesuffix('_eeg')}_events.tsv")
    return next((path.with_name(name) for name in names if path.with_name(name).is_file()), None)


def _own_events(path: Path) -> Events:
    try:
        return events_of(path)
    except FileError as error:
        raise DatasetError(
            f"{error}; put {path.stem}_events.tsv beside it, with one bckg row if it has no seizure"
        ) from error


def _patient(recording: Recording, place: Path, patient_from: PatientFrom) -> str:
    known = {
        "folder": place.parts[0] if len(place.parts) > 1 else "",
        "header": "" if recording.subject.strip().lower() in _UNKNOWN else recording.subject.strip(),
        "file": place.stem.partition("_")[0],
    }
    patient = known[patient_from] if patient_from != "auto" else next(filter(None, known.values()), "")
    if not patient:
        raise DatasetError(f"{place.name}: its {patient_from} names no patient; choose another patient_from")
    return patient
