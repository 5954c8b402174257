"""The Siena scalp EEG database as PhysioNet lays it out: ``PNxx/PNxx-n.edf`` and ``PNxx/Seizures-list-PNxx.txt``.

Source: Detti et al., Processes 2020, https://physionet.org/content/siena-scalp-eeg/1.0.0/ (CC BY 4.0).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from semeia.datasets.importing import distinct, patient_folders
from semeia.datasets.labelled import LabelledRecording
from semeia.errors import DatasetError
from semeia.events import Event, Events
from semeia.events.siena import ClockedSeizure, read_seizures_list
from semeia.signals import open_recording

__all__ = ["siena"]

_DAY = 86400.0
_ERRATA = {("PN00-3.edf", 70169.0): 66569.0}
"""Ends that a list has wrong: 19.29.29 is an hour late, for the file ends at 18.57.13."""


def siena(
    path: str | Path, *, patients: Sequence[str] | None = None, check_times: bool = True
) -> list[LabelledRecording]:
    """Return the recordings of the data set, or of the part of it that is there.

    A recording that its patient's list does not name has no seizure. Times are counted from the start in the EDF
    header, with which the lists disagree here and there (PN05-3, PN14-3); where that puts a seizure outside its file,
    from the start in the list. The headers' dates were taken out: how far a seizure in another file is, is not known.

    Parameters
    ----------
    path : str or Path
        Folder that holds ``PN00`` and so on.
    patients : sequence of str, optional
        Such as ``PN05``; otherwise all.
    check_times : bool
        Refuse seizures that lie outside their file, and files that are there twice. Without it, files that were cut
        short are taken with the times of the originals: to look at the layout, never to train.

    Raises
    ------
    FileError
        If a list or a recording cannot be read.
    DatasetError
        If the folder is not laid out so, a patient is absent, a list names a file that may be one of several, or a
        seizure lies outside its file.
    """
    root = Path(path)
    there = patient_folders(root, "PN[0-9][0-9]", patients, "holds no folders PN00, PN01, ...: is this Siena?")
    found = [recording for folder in there.values() for recording in _patient(folder)]
    if not found:
        raise DatasetError(f"{root.name}: holds no recording PN00-1.edf or the like")
    return distinct(found) if check_times else found


def _patient(folder: Path) -> list[LabelledRecording]:
    files = {file.name: file for file in sorted(folder.glob("*.edf"))}
    if not files:
        return []
    table = folder / f"Seizures-list-{folder.name}.txt"
    seizures: dict[str, list[ClockedSeizure]] = {name: [] for name in files}
    unknown = []
    for seizure in read_seizures_list(table):
        name = _matched(seizure.file, list(files))
        if name is None:
            unknown.append(seizure)
        else:
            seizures[name].append(seizure)
    unnamed = [name for name, own in seizures.items() if not own]
    if unknown and unnamed:  # one of these may be meant: it must not pass for a recording without a seizure
        raise DatasetError(
            f"{table.name}, line {unknown[0].line}: {unknown[0].file!r} is not there, and the list does not name "
            f"{unnamed[0]}: rename one of them"
        )
    return [_labelled(files[name], folder.name, own, table.name) for name, own in seizures.items()]


def _matched(told: str, names: list[str]) -> str | None:
    """Return the file that a list means: ``PNO6-1.edf`` is PN06-1.edf, ``PN01.edf`` and ``PN11-.edf`` the only one."""
    plain = re.sub(r"\s", "", told).upper().replace("O", "0").removesuffix(".EDF")
    for name in names:
        if name.upper().removesuffix(".EDF") == plain:
            return name
    return names[0] if len(names) == 1 and names[0].upper().startswith(plain.rstrip("-")) else None


def _labelled(path: Path, patient: str, seizures: list[ClockedSeizure], source: str) -> LabelledRecording:
    with open_recording(path) as recording:
        duration, start = recording.duration, recording.started_at
    header = None if start is None else 3600.0 * start.hour + 60 * start.minute + start.second
    events = []
    for seizure in seizures:
        begins = [begin for begin in (header, seizure.registered) if begin is not None]
        if not begins:
            raise DatasetError(f"{path.name}: neither its header nor {source} says when it began")
        length = (_ERRATA.get((path.name, seizure.stop), seizure.stop) - seizure.start) % _DAY
        onsets = [(seizure.start - begin) % _DAY for begin in begins]
        onset = next((onset for onset in onsets if onset + length <= duration), onsets[0])
        events.append(Event(onset, length, "seizure", source=source))
    return LabelledRecording(path, patient, Events(events, duration=duration), duration, group=path.stem)
