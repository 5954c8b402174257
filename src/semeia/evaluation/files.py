"""Files against files: which belong together, what they mark, and the score of each pair."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from semeia.errors import EventError, FileError, SemeiaError
from semeia.evaluation.scoring import Score, score
from semeia.events import Events, read_events
from semeia.home import reason

__all__ = ["Pair", "events_of", "pairs_of", "score_pair"]

KINDS = (".tsv", ".seizures", ".edf", ".bdf")
"""Endings of files that can mark events; of files with the same name the first kind is taken."""
_ENDINGS = (".edf", ".bdf", "_events", "_eeg")
_BIDS_TABLES = ("participants", "_channels", "_electrodes", "_scans", "_sessions")
_DIFFERENCE = 1.0  # seconds by which two files may differ about one recording


class Pair(NamedTuple):
    """What is true and what was found in one recording."""

    name: str
    reference: Path
    hypothesis: Path


def events_of(path: str | Path) -> Events:
    """Return the events that a file marks: TSV, CHB-MIT ``.seizures``, or the annotations of EDF+ and BDF+.

    Raises
    ------
    FileError
        If the file is missing, of another kind, or EDF that has no place for annotations.
    """
    path = Path(path)
    start = _start(path)
    if start[:8] not in {b"0       ", b"\xffBIOSEMI"}:
        return read_events(path)
    if start[192:196] not in {b"EDF+", b"BDF+"}:
        raise FileError(path, "marks nothing: it is plain EDF or BDF, which has no annotations")
    from semeia.signals import open_recording

    with open_recording(path) as recording:
        return Events(recording.events, duration=recording.duration, started_at=recording.started_at)


def pairs_of(reference: Path, hypothesis: Path) -> list[Pair]:
    """Return the files that belong together: two files, or those of two folders by name.

    ``chb01_03.edf``, ``chb01_03.tsv``, ``chb01_03_events.tsv`` and ``chb01_03.edf.seizures`` share a name.
    Sub-folders are looked through too; they need not be the same where a name stands once on each side. Where
    a folder has several files of a name, the TSV is taken before ``.seizures``, and that before annotations.

    Raises
    ------
    FileError
        If a folder has no such files, or a file has no partner on the other side.
    """
    if not reference.is_dir():
        return [Pair(_name(reference), reference, hypothesis)]
    sides = [_files(folder) for folder in (reference, hypothesis)]
    pairs = []
    for key, path in sides[0].items():
        partner = _partner(key, *sides)
        if partner is None:
            raise FileError(path, f"has no partner in {hypothesis}: an events file named {key.name}.tsv is missing")
        pairs.append(Pair(key.as_posix(), path, sides[1].pop(partner)))
    for key, path in sides[1].items():
        raise FileError(path, f"has no partner in {reference}: an events file named {key.name}.tsv is missing")
    return pairs


def score_pair(pair: Pair, duration: float | None = None) -> Score:
    """Score one pair of files.

    Parameters
    ----------
    pair : Pair
    duration : float, optional
        Length of the recording in seconds, for when neither file says it.

    Raises
    ------
    FileError
        If a file cannot be read.
    EventError
        If the length of the recording is unknown, or the two files disagree about it.
    """
    reference, hypothesis = events_of(pair.reference).answered(), events_of(pair.hypothesis)
    told = [
        (name, length)
        for name, length in (
            ("--duration", duration),
            (pair.reference.name, reference.duration or _length_beside(pair.reference)),
            (pair.hypothesis.name, hypothesis.duration),
        )
        if length is not None
    ]
    if not told:
        raise EventError(f"{pair.reference.name}: the recording's length is not known: say it with --duration SECONDS")
    for name, length in told[1:]:
        if abs(length - told[0][1]) > _DIFFERENCE:
            raise EventError(
                f"{pair.name}: the recording has {told[0][1]:g} s by {told[0][0]}, {length:g} s by {name}: "
                "are these of the same recording?"
            )
    try:
        return score(reference, hypothesis, told[0][1])
    except EventError as error:
        raise EventError(f"{pair.name}: {error}") from None


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(256)
    except FileNotFoundError:
        raise FileError(path, "no such file") from None
    except OSError as error:
        raise FileError(path, f"cannot be read ({reason(error)})") from error


def _name(path: Path) -> str:
    """Return the name that a recording's files share."""
    name = path.name[: -len(path.suffix)] if path.suffix else path.name
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return name


def _files(folder: Path) -> dict[Path, Path]:
    """Return the files of a folder that can mark events, by sub-folder and name; the best kind of each."""
    found: dict[Path, Path] = {}
    for path in sorted(folder.rglob("*"), key=lambda path: (_rank(path), path)):
        aside = path.name.startswith(".") or path.stem.endswith(_BIDS_TABLES)
        if _rank(path) < len(KINDS) and path.is_file() and not aside:
            found.setdefault(path.relative_to(folder).with_name(_name(path)), path)
    if not found:
        raise FileError(folder, "this folder holds no TSV, .seizures, EDF or BDF file")
    return dict(sorted(found.items()))


def _rank(path: Path) -> int:
    suffix = path.suffix.lower()
    return KINDS.index(suffix) if suffix in KINDS else len(KINDS)


def _partner(key: Path, own: dict[Path, Path], other: dict[Path, Path]) -> Path | None:
    if key in other:
        return key
    mine, theirs = ([k for k in side if k.name == key.name] for side in (own, other))
    return theirs[0] if len(mine) == len(theirs) == 1 else None


def _length_beside(path: Path) -> float | None:
    """Return the length of the recording that lies beside an events file, if one does."""
    for beside in _recordings_beside(path):
        try:
            from semeia.signals import open_recording

            with open_recording(beside) as recording:
                return recording.duration
        except SemeiaError:
            continue
    return None


def _recordings_beside(path: Path) -> Iterator[Path]:
    name = _name(path)
    for ending in (".edf", ".bdf", "_eeg.edf", "_eeg.bdf"):
        beside = path.with_name(name + ending)
        if beside != path and beside.is_file():
            yield beside
