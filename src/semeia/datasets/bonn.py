"""The Bonn EEG segments: 5 sets of 100 texts, one channel of 23.6 s each, at 173.61 Hz.

Sets A (files ``Z``) and B (``O``): healthy volunteers, eyes open and closed, scalp. C (``N``) and D (``F``): between
seizures, opposite and within the epileptogenic zone, intracranial. E (``S``): seizures, intracranial.
Source: Andrzejak et al., Phys Rev E 2001, https://doi.org/10.1103/PhysRevE.64.061907.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from semeia.datasets.importing import distinct
from semeia.datasets.labelled import LabelledRecording
from semeia.errors import DatasetError
from semeia.events import Event, Events
from semeia.signals import open_recording

__all__ = ["bonn"]

Set = Literal["A", "B", "C", "D", "E"]
_RATE = 173.61  # Hz
_SETS = {"Z": "A", "O": "B", "N": "C", "F": "D", "S": "E"}
_CLASSES = {"A": "healthy", "B": "healthy", "C": "interictal", "D": "interictal", "E": "ictal"}
_NAME = re.compile(r"([ZONFS])\d{3}\.txt", re.I)


def bonn(
    path: str | Path, *, sets: Annotated[Sequence[Set], Field(min_length=1)] = ("A", "B", "C", "D", "E")
) -> list[LabelledRecording]:
    """Return the segments, each with its class (``healthy``, ``interictal``, ``ictal``) as one event over all of it.

    Parameters
    ----------
    path : str or Path
        Folder that holds ``setA`` to ``setE``, or ``Z``, ``O``, ``N``, ``F``, ``S``; the first letter of a file's name
        says its set.
    sets : sequence of str

    Raises
    ------
    FileError
        If a file is no text of numbers.
    DatasetError
        If there are none.

    Notes
    -----
    Who a segment comes from was not published (ten people in all), so each counts as a patient of its own, and a split
    by patient cannot keep one person on one side.
    """
    root, found = Path(path), []
    for file in sorted(root.rglob("*")):
        if not (name := _NAME.fullmatch(file.name)) or _SETS[name[1].upper()] not in sets or not file.is_file():
            continue
        with open_recording(file, rate=_RATE) as recording:
            duration = recording.duration
        whole = Event(0, duration, _CLASSES[_SETS[name[1].upper()]], source=file.name)
        events = Events([whole], duration=duration)
        found.append(LabelledRecording(file, file.stem, events, duration, group=file.stem, rate=_RATE))
    if not found:
        raise DatasetError(f"{root}: holds no files Z001.txt, O001.txt ... of set {', '.join(sets)}: is this Bonn?")
    return distinct(found)
