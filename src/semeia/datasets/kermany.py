"""Chest X-rays of children of one to five years, Guangzhou: healthy, bacterial and viral pneumonia.

Source: Kermany et al., Cell 2018, https://doi.org/10.1016/j.cell.2018.02.010; Mendeley Data, version 2.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from semeia.datasets.image_importing import Found, known_folders, labelled, place_in

__all__ = ["kermany"]

Part = Literal["train", "val", "test"]
_FOLDERS = {"NORMAL": "healthy", "PNEUMONIA": "pneumonia"}
_KINDS = {"bacteria": "bacterial", "virus": "viral"}
_ILL = re.compile(r"(person\d+)_(bacteria|virus)_", re.I)
_HEALTHY = re.compile(r"(?:NORMAL2-)?IM-\d+(?=-)", re.I)


def kermany(
    path: str | Path,
    *,
    classes: Literal["two", "three"] = "two",
    parts: Annotated[Sequence[Part], Field(min_length=1)] | None = None,
) -> Found:
    """Return the X-rays, each with its class: healthy or pneumonia, or healthy, bacterial or viral.

    Parameters
    ----------
    path : str or Path
        Folder that holds ``train`` and ``test`` (and perhaps ``val``), or one of these; in each ``NORMAL`` and
        ``PNEUMONIA``.
    classes : {"two", "three"}
        healthy and pneumonia; or healthy, bacterial and viral, as the file names say.
    parts : sequence of str, optional
        Such as ``train``; otherwise all that are there.

    Returns
    -------
    images : list of LabelledImage
    left_out : list of str
        A line for each file whose name does not say which of three classes it is of.

    Raises
    ------
    DatasetError
        If there are none, or a part is not there.

    Notes
    -----
    The patient is ``personN`` of ``personN_virus_M``, and ``IM-N`` or ``NORMAL2-IM-N`` (two countings) of the healthy.
    The publisher says that train and test are of different children, and yet both have a ``person161``: bacterial and
    viral files were counted apart, and each counting goes through both parts (bacterial 1 to 77 and from 253 on in
    train, those between in test). So N of test is another child than N of train, and is called ``test personN``. Within
    a part, N of both countings counts as one patient, although X-rays of both are no more alike than those of two
    children (mean correlation of thumbnails .693 in 808 pairs of one number, .695 in shuffled ones; .730 within the
    bacterial counting): that can only keep more together than must be. ``val`` was taken out of train by those who
    republished the set, so these two are one counting.
    """
    root, found, left_out = Path(path), [], []
    otherwise = "holds no folders train/NORMAL, train/PNEUMONIA: is this the set of Kermany et al.?"
    for file, label, part in known_folders(root, _FOLDERS, ("train", "val", "test"), parts, otherwise):
        ill, healthy = _ILL.match(file.name), _HEALTHY.match(file.name)
        kind = label
        if label == "pneumonia" and classes == "three":
            if ill is None:
                left_out.append(f"{file.name}: its name says neither bacteria nor virus")
                continue
            kind = _KINDS[ill[2].lower()]
        patient = ("test " if part == "test" else "") + ill[1].lower() if ill else healthy[0] if healthy else ""
        found.append(labelled(file, kind, part, patient=patient, place=place_in(root, file)))
    return found, left_out
