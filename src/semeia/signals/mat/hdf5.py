"""MAT files of version 7.3, which are HDF5: samples read slice by slice through h5py.

HDF5 keeps the dimensions of a MATLAB matrix in reverse. What would lead out of the file (external links, raw data in
other files, virtual sets) is not followed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from semeia.errors import RecordingError
from semeia.signals.mat.variables import SMALL, Broken, Foreign, Numbers, Struct, Texts, Variable

__all__ = ["Hdf5File"]

_CACHE = 16 << 20  # bytes of inflated chunks that are kept, so that pages which share a chunk inflate it once
_LARGEST_CHUNK = 512 << 20  # bytes; HDF5 itself makes none above 4 GiB, MATLAB none above some MiB
_BLOCK = 16 << 20  # bytes that are read at once
_LONGEST_TEXT = 1 << 16
_MOST_VARIABLES = 10_000
_KINDS = {"cell": "cell array", "function_handle": "function", "struct": "array of structs"}


class _Dataset(Numbers):
    """Numbers in an HDF5 file."""

    def __init__(self, data: Any) -> None:
        self.shape = tuple(int(size) for size in reversed(data.shape))
        self._data = data

    def values(self) -> NDArray[np.float64] | None:
        if self._data.size * self._data.dtype.itemsize > SMALL:
            return None
        return np.asarray(_guarded(lambda: self._data[()]), np.float64).ravel()

    def window(self, time_axis: int, rows: Sequence[int], first: int, count: int) -> NDArray[np.float32]:
        out = np.empty((len(rows), count), np.float32)
        if not out.size:
            return out
        low, high = min(rows), max(rows) + 1
        picked = [row - low for row in rows]
        step = max(1, _BLOCK // ((high - low) * self._data.dtype.itemsize))
        for begin in range(0, count, step):
            stop = min(begin + step, count)
            times = slice(first + begin, first + stop)
            place = (slice(low, high), times) if time_axis == 0 else (times, slice(low, high))
            block = _guarded(lambda place=place: self._data[place])
            with np.errstate(over="ignore", invalid="ignore"):
                out[:, begin:stop] = (block if time_axis == 0 else block.T)[picked]
        return out


class Hdf5File:
    """The variables of a MAT file of version 7.3.

    Parameters
    ----------
    path : Path

    Raises
    ------
    Broken
        If HDF5 cannot read it.
    """

    def __init__(self, path: Path) -> None:
        self._file = _guarded(lambda: h5py.File(path, "r", rdcc_nbytes=_CACHE))
        self._left = _MOST_VARIABLES

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def variables(self) -> Struct:
        """Return the variables by name.

        Raises
        ------
        Broken
            If the file is damaged.
        """
        members: Struct = _guarded(lambda: self._members(self._file, 0))
        return members

    def _members(self, group: Any, depth: int) -> Struct:
        found: Struct = {}
        for name in group:
            if not depth and name.startswith("#"):  # what cells and objects refer to
                continue
            self._left -= 1
            if self._left < 0 or depth > 2:
                raise Broken("it holds more variables in variables than any recording")
            if isinstance(group.get(name, getlink=True), h5py.HardLink):
                found[name] = self._variable(group[name], depth)
            else:
                found[name] = Foreign("link")
        return found

    def _variable(self, item: Any, depth: int) -> Variable:
        kind = _text_of(item.attrs.get("MATLAB_class", ""))
        if isinstance(item, h5py.Group):
            if "MATLAB_sparse" in item.attrs:
                return Foreign("sparse array")
            return self._members(item, depth + 1) if kind in {"struct", ""} else Foreign("object")
        if not isinstance(item, h5py.Dataset) or not item.size or item.attrs.get("MATLAB_empty", 0):
            return Foreign("empty array")
        if kind in {"char", "cell"}:
            return self._cells(item) if kind == "cell" else _text(item)
        if item.dtype.kind in "iuf" and "MATLAB_object_decode" not in item.attrs:
            return _numbers(item)
        return Foreign("complex array" if item.dtype.names or item.dtype.kind == "c" else _KINDS.get(kind, "object"))

    def _cells(self, item: Any) -> Variable:
        """Return a cell array of texts, which HDF5 keeps as references."""
        if h5py.check_ref_dtype(item.dtype) is not h5py.Reference or item.size > self._left:
            return Foreign("cell array")
        self._left -= item.size
        cells = [self._file[reference] for reference in item[()].T.ravel()]  # MATLAB counts down the columns
        if all(isinstance(cell, h5py.Dataset) and _is_text(cell) for cell in cells):
            return Texts(tuple(_characters(cell) for cell in cells))
        return Foreign("cell array")


def _numbers(item: Any) -> Variable:
    if item.external or item.is_virtual:
        raise Broken(f"the samples of {item.name[1:]!r} are in another file")
    if math.prod(item.chunks or ()) * item.dtype.itemsize > _LARGEST_CHUNK:
        raise Broken(f"the samples of {item.name[1:]!r} are in pieces of more than {_LARGEST_CHUNK >> 20} MiB")
    return _Dataset(item)


def _text(item: Any) -> Variable:
    return Texts((_characters(item),)) if _is_text(item) else Foreign("text")


def _is_text(item: Any) -> bool:
    return item.dtype == np.uint16 and item.ndim == 2 and 1 in item.shape and item.size <= _LONGEST_TEXT


def _characters(item: Any) -> str:
    return np.asarray(item[()], "<u2").tobytes().decode("utf-16-le", "replace")


def _text_of(attribute: Any) -> str:
    return attribute.decode("latin-1") if isinstance(attribute, bytes) else str(attribute)


def _guarded(read: Any) -> Any:
    """Return what a call of h5py gives; a damaged file makes it raise exceptions of nearly every kind."""
    try:
        return read()
    except (Broken, MemoryError, RecordingError):
        raise
    except Exception as error:
        said = " ".join(str(error).split())
        raise Broken(f"HDF5 cannot read it: {said[:120] or type(error).__name__}") from None
