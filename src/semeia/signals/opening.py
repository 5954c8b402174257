"""Which reader opens a file: told by how it begins, and only for plain text by its name."""

from __future__ import annotations

import math
import os
from pathlib import Path

from semeia.errors import FileError, RecordingError
from semeia.signals.recording import Recording
from semeia.signals.regular_file import open_regular, regular_files

__all__ = ["SUFFIXES", "files_under", "open_recording"]

SUFFIXES = frozenset({".edf", ".bdf", ".mat"})
"""How the names of recordings end, in small letters. Text (``.txt``) is opened when it is named."""


def files_under(path: Path) -> list[Path]:
    """Return the recordings of a folder and its sub-folders, in order; of a file, itself.

    Raises
    ------
    FileError
        If a folder holds none.
    """
    return regular_files(path, lambda file: file.suffix.lower() in SUFFIXES, "EDF, BDF or MAT")


def open_recording(path: str | Path, *, allow_truncated: bool = False, rate: float | None = None) -> Recording:
    """Open a biosignal file by its contents: EDF, EDF+, BDF, BDF+, MAT (5, 7, 7.3), or text of one channel.

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
        If the file is missing, empty, truncated, of another kind, contradicts itself, or needs a `rate`.
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
    from semeia.signals.mat import MatRecording, is_mat

    if is_mat(start := _beginning(path), path):
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
