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
    path: str | Path, *, sets: Annotated[Sequence[Set], Field(min_length=1)] | None = None
) -> list[LabelledRecording]:
    """Return the segments, each with its class (``healthy``, ``interictal``, ``ictal``) as one event over all of it.

    Parameters
    ----------
    path : str or Path
        Folder that holds ``setA`` to ``setE``, or ``Z``, ``O``, ``N``, ``F``, ``S``; the first letter of a file's name
        says its set.
    sets : sequence of str, optional
        Such as ``A`` and ``E``; otherwise all that are there.

    Raises
    ------
    FileError
        If a file is no text of numbers.
    DatasetError
        If there are none, or a set is not there.

    Notes
    -----
    Who a segment comes from was not published (ten people in all), so each counts as a patient of its own, and a split
    by patient cannot keep one person on one side.
    """
    root = Path(path)
    segments = [
        (file, _SETS[match[1].upper()])
        for file in sorted(root.rglob("*"))
        if (match := _NAME.fullmatch(file.name)) and file.is_file()
    ]
    if not segments:
        raise DatasetError(f"{root}: holds no files Z001.txt, O001.txt ...: is this Bonn?")
    there = sorted({of for _, of in segments})
    for name in sets or ():
        if name not in there:
            raise DatasetError(f"{root.name}: set {name!r} is not there; there are {', '.join(there)}")
    return distinct(_segment(file, of) for file, of in segments if sets is None or of in sets)


def _segment(file: Path, of: str) -> LabelledRecording:
    with open_recording(file, rate=_RATE) as recording:
        duration = recording.duration
    events = Events([Event(0, duration, _CLASSES[of], source=file.name)], duration=duration)
    return LabelledRecording(file, file.stem, events, duration, group=file.stem, patient_known=False, rate=_RATE)
