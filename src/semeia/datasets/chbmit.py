"""The CHB-MIT scalp EEG database as it is laid out by PhysioNet: ``chbNN/chbNN_MM.edf`` and a summary.

Source: Shoeb 2009, https://physionet.org/content/chbmit/1.0.0/ (ODC-BY).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from semeia.datasets.labelled import LabelledRecording
from semeia.errors import DatasetError
from semeia.events import Events, read_seizures, read_summary
from semeia.signals import open_recording

__all__ = ["chbmit"]

_SAME_PATIENT = {"chb21": "chb01"}
"""Case chb21 was recorded 1.5 years after chb01, from the same girl: a split must not part them."""


def chbmit(
    path: str | Path,
    *,
    patients: Sequence[str] | None = None,
    only_with_seizures: bool = False,
    check_times: bool = True,
) -> list[LabelledRecording]:
    """Return the recordings of the data set, or of the part of it that is there.

    Only headers are read. A file that the summary does not list is taken if it has a ``.edf.seizures`` beside
    it, and is otherwise left out: nobody says whether it has seizures.

    Parameters
    ----------
    path : str or Path
        Folder that holds ``chb01`` and so on.
    patients : sequence of str, optional
        Cases by folder, such as ``chb05``; otherwise all.
    only_with_seizures : bool
        Leave out recordings without a seizure.
    check_times : bool
        Refuse seizures that lie outside their file. Without it, files that were cut short are taken with the
        times of the originals: to look at the layout, never to train.

    Raises
    ------
    FileError
        If a summary or a recording cannot be read.
    DatasetError
        If the folder is not laid out so, a patient is absent, or a seizure lies outside its file.
    """
    root = Path(path)
    cases = {folder.name: folder for folder in sorted(root.glob("chb[0-9][0-9]")) if folder.is_dir()}
    if not cases:
        raise DatasetError(f"{root}: holds no folders chb01, chb02, ...: is this CHB-MIT?")
    for name in patients or ():
        if name not in cases:
            raise DatasetError(f"{root.name}: patient {name!r} is not there; there are {', '.join(cases)}")
    found = [
        recording
        for name, folder in cases.items()
        if patients is None or name in patients
        for recording in _case(folder, only_with_seizures)
    ]
    if not found:
        raise DatasetError(
            f"{root.name}: no recording there is listed in its summary; "
            "a folder of EDF+ files with annotations is the source 'folder'"
        )
    return [recording.checked() for recording in found] if check_times else found


def _case(folder: Path, only_with_seizures: bool) -> list[LabelledRecording]:
    summary = folder / f"{folder.name}-summary.txt"
    listed = read_summary(summary) if summary.is_file() else {}
    found = []
    for path in sorted(folder.glob("*.edf")):
        marks = path.with_name(path.name + ".seizures")
        if path.name in listed:
            seizures: Events = listed[path.name].seizures
        elif marks.is_file():
            seizures = read_seizures(marks)
        else:
            continue
        if only_with_seizures and not len(seizures):
            continue
        with open_recording(path) as recording:
            events = Events(seizures, duration=recording.duration, started_at=recording.started_at)
            patient = _SAME_PATIENT.get(folder.name, folder.name)
            found.append(LabelledRecording(path, patient, events, recording.duration, group=path.stem))
    return found
