"""The Melbourne/AES/NIH seizure prediction contest of 2016: three people, intracranial, 16 channels.

Two releases are read: the contest's own (``train_1/1_17_0.mat``, ``test_1/1_17.mat``, ``test_1_new/new_1_17.mat``;
structs) and that of Epilepsy Ecosystem (``Pat1Train_17_0.mat``, ``Pat1Test_5_0.mat``; a bare matrix `data`). The class
stands last in the name of a training file: 0 interictal, 1 preictal. The lists of labels are read where they lie in the
folder.
Source: Kuhlmann et al., Brain 2018, https://doi.org/10.1093/brain/awy210.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from semeia.datasets.importing import chosen, contest_segment, distinct, nothing
from semeia.datasets.labelled import LabelledRecording
from semeia.errors import DatasetError, FileError

__all__ = ["melbourne2016"]

_NAMES = (
    re.compile(r"Pat(?P<patient>\d)(?P<part>Train|Test)_(?P<number>\d+)_(?P<kind>[01])", re.I),
    re.compile(r"(?:new_)?(?P<patient>\d)_(?P<number>\d+)(?:_(?P<kind>[01]))?", re.I),
)
_LISTS = (
    "train_and_test_data_labels_safe.csv",
    "contest_train_data_labels.csv",
    "contest_test_data_labels_public.csv",
)
_KINDS = {"0": "interictal", "1": "preictal"}
_RATE = 400.0  # Hz; what the release with bare matrices was sampled at, nominally


class _File(NamedTuple):
    path: Path
    test: bool
    number: int
    kind: str | None


class _Row(NamedTuple):
    """What a list says of a file."""

    source: str
    kind: str | None
    safe: bool


def melbourne2016(
    path: str | Path,
    *,
    patients: Sequence[str] | None = None,
    part: Literal["train", "test", "all"] = "train",
    only_safe: bool = True,
    progress: Callable[[int, int], None] = nothing,
) -> list[LabelledRecording]:
    """Return the files of the data set, or of the part of it that is there.

    Parameters
    ----------
    path : str or Path
        Folder that holds the files, in sub-folders or not, and the lists of labels.
    patients : sequence of str, optional
        ``Pat1``, ``Pat2``, ``Pat3``, in both releases; otherwise all.
    part : {"train", "test", "all"}
        A test file has a label when a list gives one that was public; otherwise ``labelled`` is False.
    only_safe : bool
        Leave out what ``train_and_test_data_labels_safe.csv`` calls unsafe: those files leaked their class.
    progress : callable
        Called with how many files are looked into, and how many there are.

    Raises
    ------
    FileError
        If a file or a list cannot be read.
    DatasetError
        If there is no such file, a patient is absent, or name and list contradict each other.
    """
    root = Path(path)
    rows, there = _rows(root), _files(root)
    files: list[tuple[str, _File]] = []
    for patient, found in chosen(root, there, patients).items():
        for file in found:
            row = rows.get(file.path.stem.lower())
            if (part != "all" and file.test != (part == "test")) or (only_safe and row and not row.safe):
                continue
            files.append((patient, _agreed(file, row)))
    segments = []
    for done, (patient, file) in enumerate(files, 1):
        # Test files are numbered in no order: which of them make an hour is not known.
        segments.append(contest_segment(file.path, patient, file.kind, file.number, in_order=not file.test, rate=_RATE))
        progress(done, len(files))
    return distinct(segments)


def _files(root: Path) -> dict[str, list[_File]]:
    there: dict[str, list[_File]] = {}
    for path in sorted(root.rglob("*.mat")):
        found = next(filter(None, (name.fullmatch(path.stem) for name in _NAMES)), None)
        if found is None:
            continue
        said = found.groupdict()
        test = said["part"].lower() == "test" if "part" in said else said["kind"] is None
        kind = None if test or said["kind"] is None else _KINDS[said["kind"]]
        there.setdefault(f"Pat{said['patient']}", []).append(_File(path, test, int(said["number"]), kind))
    if not there:
        raise DatasetError(f"{root}: holds no train_1/1_17_0.mat or Pat1Train_17_0.mat: is this Melbourne 2016?")
    return there


def _agreed(file: _File, row: _Row | None) -> _File:
    """Return a file with the class that its name and a list agree on."""
    if row is None or row.kind is None or file.kind == row.kind:
        return file
    if file.kind is None:
        return file._replace(kind=row.kind)
    raise DatasetError(f"{file.path.name} is {file.kind} by its name, but {row.kind} in {row.source}")


def _rows(root: Path) -> dict[str, _Row]:
    """Return what the lists say, by file name without ``.mat``."""
    rows: dict[str, _Row] = {}
    for name in _LISTS:
        if not (path := root / name).is_file():
            continue
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                table = list(csv.DictReader(file))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise FileError(path, f"cannot be read as a table ({type(error).__name__})") from None
        for line, cells in enumerate(table, 2):
            image, said = (cells.get("image") or "").removesuffix(".mat").lower(), (cells.get("class") or "").strip()
            if not image or said not in {"", *_KINDS}:
                raise FileError(path, f"line {line} does not say a file in 'image' and 0, 1 or nothing in 'class'")
            if (safe := (cells.get("safe", "1") or "").strip()) not in {"0", "1"}:
                raise FileError(path, f"line {line} does not say 0 or 1 in 'safe'")
            public = cells.get("usage", "Public") == "Public"  # others were not scored, or are kept back
            row = _Row(name, _KINDS.get(said) if public else None, safe == "1")
            before = rows.setdefault(image, row)
            if before.kind and row.kind and before.kind != row.kind:
                raise DatasetError(f"{image} is {before.kind} in {before.source}, but {row.kind} in {name}")
    return rows
