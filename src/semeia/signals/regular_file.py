"""Regular files found and opened for reading: what the readers do first; no folder, pipe or device passes."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from semeia.errors import FileError

__all__ = ["open_regular", "regular_files"]


def regular_files(path: Path, wanted: Callable[[Path], bool], kinds: str) -> list[Path]:
    """Return what is wanted of a folder and its sub-folders, in order; of a file, itself.

    Parameters
    ----------
    path : Path
    wanted : callable
        Whether a file, or a folder that is one thing, is.
    kinds : str
        What they are, for the message: ``EDF, BDF or MAT``.

    Raises
    ------
    FileError
        If a folder holds none.
    """
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.rglob("*") if wanted(file))
    if not found:
        raise FileError(path, f"this folder holds no {kinds} file")
    return found


def open_regular(path: Path) -> tuple[int, int]:
    """Return a file descriptor, which the caller closes, and the file's size in bytes.

    Raises
    ------
    FileError
        If the file is missing, may not be read, or is a folder, a pipe or a device.
    """
    try:
        # Without O_NONBLOCK a named pipe would wait for its writer for ever.
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise FileError(path, f"there is no such file in {path.absolute().parent}") from None
    except (OSError, ValueError) as error:
        raise FileError(path, f"cannot be opened ({getattr(error, 'strerror', None) or error})") from None
    about = os.fstat(file)
    if stat.S_ISREG(about.st_mode):
        return file, about.st_size
    os.close(file)
    raise FileError(path, "is a folder, not a file" if stat.S_ISDIR(about.st_mode) else "is not a regular file")
