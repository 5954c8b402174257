"""Files of marks, which are small: read whole, and refused when they are not."""

from __future__ import annotations

from pathlib import Path

from semeia.errors import FileError
from semeia.home import reason

__all__ = ["small_file"]

_LARGEST = 2**20  # those of the data sets have some kilobytes


def small_file(path: Path, foreign: str, largest: int = _LARGEST) -> bytes:
    """Return what a file of marks holds.

    Parameters
    ----------
    path : Path
    foreign : str
        What to say of a file that is too large to be one, such as "no list of seizures".
    largest : int
        Bytes that such a file may have.

    Raises
    ------
    FileError
        If it is missing, cannot be read, or is larger.
    """
    try:
        with path.open("rb") as file:
            data = file.read(largest + 1)
    except FileNotFoundError:
        raise FileError(path, "no such file") from None
    except OSError as error:
        raise FileError(path, f"cannot be read ({reason(error)})") from error
    if len(data) > largest:
        raise FileError(path, f"is larger than {largest >> 20} MiB: {foreign}")
    return data
