"""Other people's decoders, held: whatever they raise becomes one line of ours, and what they mutter is not heard."""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from semeia.errors import FileError, ImageError, SemeiaError
from semeia.signals.regular_file import open_regular

__all__ = ["BoundedReader", "decoding", "in_one_line", "opened", "quiet"]

_LONGEST = 120  # characters of what a decoder said
_FILTERS = threading.RLock()  # the list of warning filters is one for all threads


class BoundedReader(io.BufferedReader):
    """A file of which no more is read than it holds: a false length in a header costs no memory."""

    def __init__(self, raw: io.FileIO, size: int) -> None:
        super().__init__(raw)
        self.size = size

    def read(self, count: int | None = -1, /) -> bytes:
        """Return so many bytes, or those that are left."""
        whole = count is None or count < 0 or count > self.size
        return super().read(max(0, self.size - self.tell()) if whole else count)


@contextmanager
def opened(path: Path) -> Iterator[BoundedReader]:
    """Yield a regular file opened for reading.

    Raises
    ------
    FileError
        If it is missing, empty, may not be read, or is a folder, a pipe or a device.
    """
    file, size = open_regular(path)
    with BoundedReader(io.FileIO(file), size) as stream:
        if not size:
            raise FileError(path, "the file is empty")
        yield stream


@contextmanager
def decoding(path: Path, *, quote: bool = True) -> Iterator[None]:
    """Turn whatever a decoder raises into one line.

    Parameters
    ----------
    path : Path
    quote : bool
        Say what the decoder said. Not where that could be what a header holds, such as a patient's name.

    Raises
    ------
    FileError
        If it is damaged.
    ImageError
        If it does not fit into memory.
    """
    try:
        yield
    except SemeiaError:
        raise
    except MemoryError:
        raise ImageError(f"{path.name}: it does not fit into memory") from None
    except Exception as error:  # decoders raise everything there is on damaged files
        said = in_one_line(str(error)) if quote else ""
        raise FileError(path, f"is damaged or cut short ({said or type(error).__name__})") from None


def in_one_line(text: str) -> str:
    """Return what a decoder said, without what no terminal should see, and not all of a long text."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


@contextmanager
def quiet() -> Iterator[None]:
    """Keep warnings of decoders from the terminal: what matters to a user is an error, or nothing."""
    with _FILTERS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
