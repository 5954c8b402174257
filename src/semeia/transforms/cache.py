"""Transformed examples kept on disk, known by the content they were made from, and read row by row.

::

    cache/
      contents/   what each file held when it was last read, by path, size and time of change
      examples/   one .npy a key: (examples, ...), float32, or uint8 for images
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import DTypeLike, NDArray

from semeia.errors import FileError, StorageError
from semeia.home import home_folder, make_folder, reason, remove_leftovers, replacing

__all__ = ["RowFile", "cached_rows", "content_hash", "digest", "recording_hash"]

_KINDS = {np.dtype("<f4"), np.dtype("u1")}
_SETTLED = 2_000_000_000  # ns after which a change also shows in the time of change, on the coarsest file system (FAT)


def content_hash(path: Path) -> str:
    """Return the BLAKE2b hash of a file's bytes (128 bits, hexadecimal).

    It is kept in the cache by path, size and time of change, so that a file is read once; a file that was moved is
    read again and has the same hash.

    Raises
    ------
    FileError
        If the file is missing or cannot be read.
    StorageError
        If the cache cannot be written.
    """
    try:
        about = path.stat()
        place = str(path.resolve())
        key = [place, about.st_size, about.st_mtime_ns]
        # One small file for each path: whoever replaces it replaces it whole, and no other process waits or loses.
        memo = home_folder() / "cache" / "contents" / f"{digest(place)}.json"
        known = _remembered(memo, key)
        if known is not None:
            return known
        with path.open("rb") as file:
            found = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
            after = os.fstat(file.fileno())
    except FileNotFoundError:
        raise FileError(path, "no such file") from None
    except OSError as error:
        raise FileError(path, f"cannot be read ({reason(error)})") from error
    # A file that changed just now may change once more within one tick of the clock, and nobody would see it.
    unchanged = (after.st_size, after.st_mtime_ns) == (about.st_size, about.st_mtime_ns)
    if unchanged and time.time_ns() - about.st_mtime_ns > _SETTLED:
        make_folder(memo.parent)
        with replacing(memo) as part:
            part.write_text(json.dumps([*key, found]), encoding="utf-8")
    return found


def recording_hash(path: Path) -> str:
    """Return the hash of a recording's bytes: of its file, or of all that it is kept in (`files_of`).

    Raises
    ------
    FileError
        If a file is missing or cannot be read.
    StorageError
        If the cache cannot be written.
    """
    from semeia.signals.opening import files_of

    files = files_of(path)
    return content_hash(path) if files == (path,) else digest(" ".join(content_hash(file) for file in files))


def _remembered(memo: Path, key: list[Any]) -> str | None:
    """Return the hash kept for a file, or None if there is none, or the file has changed."""
    try:
        *known, found = json.loads(memo.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):  # absent or damaged: the file is read again
        return None
    return found if known == key and isinstance(found, str) else None


class RowFile:
    """Rows of an array on disk, read by their number; only what is asked for is ever in memory.

    The file is open only while it is read, so that there may be thousands.

    Parameters
    ----------
    path : str or Path
        ``.npy``, float32 or uint8, (rows, ...), in C order.

    Attributes
    ----------
    path : Path
    shape : tuple of int
        Of all rows together.
    dtype : dtype

    Raises
    ------
    StorageError
        If it is not such a file, or damaged.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            with self.path.open("rb") as file:
                version = np.lib.format.read_magic(file)
                if version != (1, 0):
                    raise ValueError("another version")
                self.shape, in_columns, self.dtype = np.lib.format.read_array_header_1_0(file)
                self._begin = file.tell()
                size = os.fstat(file.fileno()).st_size
        except OSError as error:
            raise StorageError(f"{self.path}: cannot be read ({reason(error)})") from error
        except ValueError as error:
            raise StorageError(f"{self.path}: is damaged; remove it and start again") from error
        self._row = self.dtype.itemsize * math.prod(self.shape[1:])
        whole = size == self._begin + self.dtype.itemsize * math.prod(self.shape)
        if in_columns or self.dtype not in _KINDS or not self.shape or not whole:
            raise StorageError(f"{self.path}: is damaged; remove it and start again")

    def __len__(self) -> int:
        return self.shape[0]

    def read(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Return some rows in the order asked for, (rows, ...).

        Parameters
        ----------
        rows : array, int64
            Numbers of rows, in any order; any may be there twice.

        Raises
        ------
        IndexError
            If there is no such row.
        StorageError
            If the file is gone or damaged.
        """
        rows = np.asarray(rows, np.int64)
        found = np.empty((len(rows), *self.shape[1:]), self.dtype)
        self._fill([(int(rows[start]), found[start:stop]) for start, stop in _runs(rows)], rows)
        return found

    def read_slice(self, first: int, stop: int, into: NDArray[Any] | None = None) -> NDArray[Any]:
        """Return rows ``first <= k < stop``, read into an array in C order if one is given.

        Raises
        ------
        IndexError, StorageError
            As `read`.
        """
        found = np.empty((stop - first, *self.shape[1:]), self.dtype) if into is None else into
        self._fill([(first, found)], np.array([first, max(first, stop - 1)][: stop - first]))
        return found

    def _fill(self, pieces: list[tuple[int, NDArray[Any]]], rows: NDArray[np.int64]) -> None:
        """Read stretches of rows, each from its first on, into arrays in C order."""
        if rows.size and not 0 <= rows.min() <= rows.max() < len(self):
            raise IndexError(f"{self.path.name} has rows 0 to {len(self) - 1}; {rows.min()} to {rows.max()} were asked")
        try:
            file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                for first, array in pieces:
                    if array.size:
                        _read_fully(file, array.data.cast("B"), self._begin + first * self._row)
            finally:
                os.close(file)
        except OSError as error:
            raise StorageError(f"{self.path}: cannot be read ({reason(error)})") from error
        except EOFError as error:
            raise StorageError(f"{self.path}: is damaged; remove it and start again") from error


def cached_rows(
    key: Mapping[str, Any],
    shape: tuple[int, ...],
    batches: Callable[[], Iterable[NDArray[Any]]],
    dtype: DTypeLike = np.float32,
) -> RowFile:
    """Return rows from the cache, computed if they are not there.

    Several processes may ask at once: each then writes its own, and the last one stays.

    Parameters
    ----------
    key : mapping
        Plain JSON values: all that the rows depend on, such as the `content_hash` of a file and a transform's state.
    shape : tuple of int
        Of one row.
    batches : callable
        Called when the rows are not there yet; gives them, (some, *shape), in order. One batch is held at a time.
    dtype : dtype
        float32 or uint8.

    Raises
    ------
    StorageError
        If the disk is full.
    ValueError
        If a batch has another shape or dtype.
    """
    kept = np.dtype(dtype).newbyteorder("<")
    other = {} if kept == np.float32 else {"dtype": kept.str}
    text = json.dumps({"shape": shape, "key": dict(key)} | other, sort_keys=True, allow_nan=False)
    path = home_folder() / "cache" / "examples" / f"{digest(text)}.npy"
    if path.is_file():
        try:
            return RowFile(path)
        except StorageError:  # damaged: made anew
            path.unlink(missing_ok=True)
    remove_leftovers(make_folder(path.parent))
    with replacing(path) as part, part.open("wb") as file:
        _write(file, shape, kept, batches())
    return RowFile(path)


def _write(file: BinaryIO, shape: tuple[int, ...], dtype: np.dtype[Any], batches: Iterable[NDArray[Any]]) -> None:
    """Write batches as ``.npy``; the number of rows is put into the header when it is known."""
    # Not through a memory map: a disk that fills would end the process with a bus error instead of an exception.
    _write_header(file, 0, shape, dtype)
    begin, count = file.tell(), 0
    for batch in batches:
        if batch.shape[1:] != shape:
            raise ValueError(f"a row has shape {batch.shape[1:]} instead of {shape}")
        if not np.can_cast(batch.dtype, dtype, "same_kind"):
            raise ValueError(f"a row has dtype {batch.dtype} instead of {dtype}")
        if batch.size:
            file.write(np.ascontiguousarray(batch, dtype).data)
        count += len(batch)
    file.seek(0)
    _write_header(file, count, shape, dtype)
    assert file.tell() == begin  # numpy leaves room in the header for the number of rows to grow


def _write_header(file: BinaryIO, count: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    header = {"descr": dtype.str, "fortran_order": False, "shape": (count, *shape)}
    np.lib.format.write_array_header_1_0(file, header)


def _runs(rows: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Return (start, stop) of stretches of neighbouring rows, which are read at once."""
    borders = [0, *(np.flatnonzero(np.diff(rows) != 1) + 1).tolist(), len(rows)]
    return pairwise(borders if len(rows) else [])


def _read_fully(file: int, buffer: memoryview, place: int) -> None:
    """Fill a buffer; one call gives 2 GB at most, and may give less.

    Raises
    ------
    EOFError
        If the file ends before.
    """
    while len(buffer):
        count = os.preadv(file, [buffer], place)
        if count == 0:
            raise EOFError
        buffer, place = buffer[count:], place + count


def digest(text: str) -> str:
    """Return a short hash of a text, for the name of a file."""
    return hashlib.blake2b(text.encode(errors="surrogateescape"), digest_size=16).hexdigest()
