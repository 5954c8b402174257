"""A regular file opened for reading: what the readers of signals do first; no folder, pipe or device passes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from semeia.errors import FileError

__all__ = ["open_regular"]


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
