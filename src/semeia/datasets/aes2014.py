"""The American Epilepsy Society's seizure prediction challenge of 2014: five dogs and two people, intracranial.

Layout: ``Dog_1/Dog_1_preictal_segment_0001.mat`` (``interictal``, ``test``), ten minutes each, as a struct that says
its rate and its place in the hour. Interictal files are at least a week (dogs) or four hours (people) from any seizure.
Source: Brinkmann et al., Brain 2016, https://doi.org/10.1093/brain/aww045.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from semeia.datasets.importing import chosen, contest_segment, distinct, nothing
from semeia.datasets.labelled import LabelledRecording
from semeia.errors import DatasetError

__all__ = ["aes2014"]

_NAME = re.compile(
    r"(?P<patient>(?:Dog|Patient)_\d+)_(?P<kind>preictal|interictal|test)_segment_(?P<number>\d+)\.mat", re.I
)


def aes2014(
    path: str | Path,
    *,
    patients: Sequence[str] | None = None,
    part: Literal["train", "test", "all"] = "train",
    progress: Callable[[int, int], None] = nothing,
) -> list[LabelledRecording]:
    """Return the files of the data set, or of the part of it that is there.

    Parameters
    ----------
    path : str or Path
        Folder that holds ``Dog_1`` and so on.
    patients : sequence of str, optional
        Such as ``Dog_1``, ``Patient_2``; otherwise all.
    part : {"train", "test", "all"}
        Test files have no label.
    progress : callable
        Called with how many files are looked into, and how many there are.

    Raises
    ------
    FileError
        If a file cannot be read.
    DatasetError
        If the folder is not laid out so, or a patient is absent.
    """
    root = Path(path)
    there: dict[str, list[tuple[Path, str, int]]] = {}
    for file in sorted(root.rglob("*.mat")):
        if found := _NAME.fullmatch(file.name):
            patient = found["patient"].capitalize()
            there.setdefault(patient, []).append((file, found["kind"].lower(), int(found["number"])))
    if not there:
        raise DatasetError(f"{root}: holds no Dog_1/Dog_1_preictal_segment_0001.mat or the like: is this AES 2014?")
    files = [
        (patient, *file)
        for patient, files in chosen(root, there, patients).items()
        for file in files
        if part == "all" or (file[1] == "test") == (part == "test")
    ]
    segments = []
    for done, (patient, file, kind, number) in enumerate(files, 1):
        segments.append(contest_segment(file, patient, None if kind == "test" else kind, number))
        progress(done, len(files))
    return distinct(segments)
