"""Which reader opens a file: told by how it begins; vendors' formats and plain text by their names."""

from __future__ import annotations

import math
import os
from pathlib import Path

from semeia.errors import FileError, RecordingError
from semeia.signals.recording import Recording
from semeia.signals.regular_file import open_regular, regular_files
from semeia.signals.vendors import belongs_to_another, format_of, is_named_as_recording

__all__ = ["files_of", "files_under", "is_recording", "open_recording"]

_OWN = frozenset({".edf", ".bdf", ".mat"})


def is_recording(path: Path) -> bool:
    """Whether a search through folders takes a file for a recording; text (``.txt``) is opened when it is named."""
    return (path.suffix.lower() in _OWN and path.is_file()) or is_named_as_recording(path)


def files_under(path: Path) -> list[Path]:
    """Return the recordings of a folder and its sub-folders, in order; of a file, itself.

    Raises
    ------
    FileError
        If a folder holds none.
    """
    return [path] if is_recording(path) else regular_files(path, is_recording, "EDF, BDF, MAT or other EEG")


def files_of(path: Path) -> tuple[Path, ...]:
    """Return the files that a recording is kept in: its own first, and in some vendors' formats others.

    Raises
    ------
    FileError
        If a recording in a vendor's format cannot be opened.
    """
    if path.is_dir():
        return tuple(sorted(file for file in path.rglob("*") if file.is_file()))
    if format_of(path) is None:
        return (path,)
    with open_recording(path) as recording:
        return recording.files


def open_recording(path: str | Path, *, allow_truncated: bool = False, rate: float | None = None) -> Recording:
    """Open a biosignal file: EDF, EDF+, BDF, BDF+, MAT (5, 7, 7.3), text of one channel, or what MNE-Python reads.

    Only what describes it is read; samples when they are asked for.

    Parameters
    ----------
    path : str or Path
    allow_truncated : bool
        Read the whole records of an EDF or BDF file that ends before its header says.
    rate : float, optional
        Sampling rate in Hz of a file that does not say its own (a plain array, a text); what a file says comes first.

    Raises
    ------
    FileError
        If the file is missing, empty, truncated, of another kind, contradicts itself, needs a `rate`, or is only a
        part of a recording.
    RecordingError
        If `rate` is not a positive number.

    Examples
    --------
    >>> with open_recording("chb01_03.edf") as recording:  # doctest: +SKIP
    ...     page = recording.read(2990, 3000)  # float32 (23, 2560), µV
    """
    path = Path(path)
    if rate is not None and not (math.isfinite(rate) and rate > 0):
        raise RecordingError(f"a sampling rate of {rate:g} Hz is not possible")
    vendor = format_of(path)
    if vendor is not None and path.is_dir():
        return _of_vendor(path)
    start = _beginning(path)
    if not _is_edf(start):
        if problem := belongs_to_another(path, start):
            raise FileError(path, f"is {problem}")
        if vendor is not None:
            return _of_vendor(path)
    return _own(path, start, allow_truncated, rate)


def _of_vendor(path: Path) -> Recording:
    from semeia.signals.mne_formats import MneRecording

    return MneRecording(path)


def _own(path: Path, start: bytes, allow_truncated: bool, rate: float | None) -> Recording:
    from semeia.signals.mat import MatRecording, is_mat

    if is_mat(start, path):
        return MatRecording(path, rate=rate)
    if path.suffix.lower() == ".txt" and not _is_edf(start):
        from semeia.signals.text import open_text

        return open_text(path, rate=rate)
    from semeia.signals.edf import EdfRecording

    return EdfRecording(path, allow_truncated=allow_truncated)


def _beginning(path: Path) -> bytes:
    """Return what tells the formats apart: the first bytes of a file."""
    file, _ = open_regular(path)
    try:
        return os.read(file, 128)
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror})") from None
    finally:
        os.close(file)


def _is_edf(start: bytes) -> bool:
    return start[:8] in {b"0       ", b"\xffBIOSEMI"}
