"""MAT-file level 5 (``save -v6``, ``-v7``): variables found by their tags, samples read when they are asked for.

Layout: a header of 128 bytes, then elements: a tag (type, bytes; 32 bits each) and data padded to 8 bytes, or up to 4
bytes packed into the tag. A variable is an element of type 14 that holds elements: flags, dimensions, name, and the
numbers, column by column, in the smallest type that holds them. With ``-v7`` each variable is compressed by zlib by
itself: to find a rate that stands behind the samples they are inflated and let go; reading them inflates them once and
keeps them, in the type of the file. Any number in a file may be a lie, so none is believed beyond the bytes that are
there: zlib makes at most 1032 bytes out of one.

Source: MathWorks, "MAT-File Level 5 File Format", 2019.
"""

from __future__ import annotations

import math
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semeia.signals.mat.variables import SMALL, Broken, Foreign, Numbers, Struct, Texts, Variable

__all__ = ["Level5File"]

_HEADER = 128
_MATRIX, _COMPRESSED = 14, 15
_NUMERIC = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_INTEGERS = {1, 2, 3, 4, 5, 6, 12, 13}
_TEXT = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
_CELL, _STRUCT, _CHAR, _OPAQUE = 1, 2, 4, 17
_NUMBER_CLASSES = range(6, 16)
_KINDS = {_CELL: "cell array", 3: "object", 5: "sparse array", 16: "function"}
_COMPLEX = 0x0800

_BLOCK = 1 << 20  # bytes that are inflated or turned at once
_INPUT = 1 << 14  # compressed bytes that are read at once: zlib copies what it leaves
_LARGEST = 2**31  # bytes of a variable: the format's own limit
_MOST_INFLATED = 1032  # bytes that zlib makes out of one, at most (deflate, RFC 1951)
_LONGEST_TEXT = 1 << 16
_MOST_VARIABLES = 10_000
_DEEPEST = 8


class _Stored:
    """Bytes of a file between two places, read in order."""

    compressed = False

    def __init__(self, file: int, start: int, stop: int) -> None:
        self.file, self.start, self.stop, self.place = file, start, stop, start

    def take(self, count: int) -> bytes:
        if count > self.stop - self.place:
            raise Broken("a variable claims more bytes than it has")
        data = os.pread(self.file, count, self.place)
        if len(data) < count:
            raise Broken("the file became shorter while it was open")
        self.place += count
        return data

    def skip(self, count: int) -> None:
        if not 0 <= count <= self.stop - self.place:
            raise Broken("a variable claims more bytes than it has")
        self.place += count


class _Inflated:
    """The bytes that a compressed stretch of a file becomes; `place` counts them."""

    compressed = True

    def __init__(self, file: int, start: int, stop: int) -> None:
        self.file, self.start, self.stop, self.place = file, start, stop, 0
        self._inflate, self._tail, self._next = zlib.decompressobj(), b"", start

    def take(self, count: int) -> bytes:
        return b"".join(self.pieces(count))

    def skip(self, count: int) -> None:
        if count < 0:
            raise Broken("a variable claims more bytes than it has")
        for _ in self.pieces(count):
            pass

    def pieces(self, count: int) -> Iterator[bytes]:
        """Yield the next bytes piece by piece."""
        while count:
            piece = self._next_piece(min(count, _BLOCK))
            if piece:
                self.place += len(piece)
                count -= len(piece)
                yield piece
            elif not self._tail:
                self._more()

    def check_sum(self) -> None:
        """Inflate what little follows, so that zlib compares the sum that stands behind it."""
        for _ in range(_BLOCK >> 10):
            if self._inflate.eof:
                return
            if not self._next_piece(1 << 10) and not self._tail:
                self._more()

    def _next_piece(self, most: int) -> bytes:
        try:
            piece = self._inflate.decompress(self._tail, most)
        except zlib.error as error:
            raise Broken(f"its compressed data cannot be inflated ({str(error).rpartition(': ')[2]})") from None
        self._tail = self._inflate.unconsumed_tail
        return piece

    def _more(self) -> None:
        size = min(_INPUT, self.stop - self._next)
        self._tail = b"" if self._inflate.eof else os.pread(self.file, size, self._next)
        if not self._tail:
            raise Broken("its compressed data end too early")
        self._next += len(self._tail)


_Source = _Stored | _Inflated


class _Array(Numbers):
    """Numbers in a file: those that were small are here, others where they are."""

    def __init__(
        self, source: _Source, size: int, shape: tuple[int, ...], kind: np.dtype[np.generic], data: bytes | None
    ) -> None:
        self.shape = shape
        self._kind, self._size, self._place = kind, size, source.place
        self._file, self._start, self._stop, self._compressed = (
            source.file,
            source.start,
            source.stop,
            source.compressed,
        )
        self._here = None if data is None else np.frombuffer(data, kind)

    def values(self) -> NDArray[np.float64] | None:
        return None if self._here is None or self._size > SMALL else self._here.astype(np.float64)

    def window(self, time_axis: int, rows: Sequence[int], first: int, count: int) -> NDArray[np.float32]:
        out = np.empty((len(rows), count), np.float32)
        samples, channels = self.shape[time_axis], self.shape[1 - time_axis]
        with np.errstate(over="ignore", invalid="ignore"):
            if time_axis == 0:
                for place, row in enumerate(rows):
                    out[place] = self._numbers(row * samples + first, count)
                return out
            step = max(1, _BLOCK // (channels * self._kind.itemsize))
            for begin in range(0, count, step):
                length = min(step, count - begin)
                block = self._numbers((first + begin) * channels, length * channels).reshape(length, channels)
                out[:, begin : begin + length] = block[:, list(rows)].T
        return out

    def _numbers(self, first: int, count: int) -> NDArray[np.generic]:
        """Return numbers in the order of the file."""
        if self._compressed and self._here is None:
            self._here = self._inflated()
        if self._here is not None:
            return self._here[first : first + count]
        width = self._kind.itemsize
        data = os.pread(self._file, count * width, self._place + first * width)
        if len(data) < count * width:
            raise Broken("the file became shorter while it was open")
        return np.frombuffer(data, self._kind)

    def _inflated(self) -> NDArray[np.generic]:
        source = _Inflated(self._file, self._start, self._stop)
        source.skip(self._place)
        data, filled = np.empty(self._size, np.uint8), 0
        for piece in source.pieces(self._size):
            data[filled : filled + len(piece)] = np.frombuffer(piece, np.uint8)
            filled += len(piece)
        source.check_sum()
        return data.view(self._kind)


class _Tag(NamedTuple):
    """What an element is, its bytes, and its data where they are packed into the tag."""

    kind: int
    size: int
    packed: bytes | None


class Level5File:
    """The variables of a MAT file of level 5; whoever opened the file closes it.

    Parameters
    ----------
    file : int
        File descriptor.
    size : int
        Bytes of the file.
    """

    def __init__(self, file: int, size: int) -> None:
        self._file, self._size = file, size
        self._order = "<" if os.pread(file, 2, _HEADER - 2) == b"IM" else ">"
        self._left = _MOST_VARIABLES

    def variables(self) -> Struct:
        """Return the variables by name.

        Raises
        ------
        Broken
            If the file is truncated or damaged.
        """
        found: Struct = {}
        place = _HEADER
        while place + 8 <= self._size:
            kind, size = struct.unpack(self._order + "II", os.pread(self._file, 8, place))
            stop = place + 8 + size
            if stop > self._size:
                raise Broken(f"variable {len(found) + 1} ends at byte {stop}, but the file at {self._size} (truncated)")
            if kind == _COMPRESSED:
                source: _Source = _Inflated(self._file, place + 8, stop)
                kind, size, _ = self._tag(source)
                if size > min(_LARGEST, (stop - place) * _MOST_INFLATED):
                    raise Broken(f"variable {len(found) + 1} claims {size} bytes, more than its compressed data become")
            else:
                source = _Stored(self._file, place + 8, stop)
            if kind != _MATRIX:
                raise Broken(f"what stands at byte {place} is no variable (type {kind})")
            name, value = self._matrix(source, size, 0)
            if name:  # without one it is MATLAB's own workspace of functions
                found[name] = value
            place = stop
        return found

    def _matrix(self, source: _Source, size: int, depth: int) -> tuple[str, Variable]:
        """Return a variable's name and value, and leave the source behind it."""
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            raise Broken("it holds more variables in variables than any recording")
        if not size:
            return "", Foreign("empty array")
        stop = source.place + size
        flags = self._numbers_of(source, 16)
        kind, complex_ = (flags[0] & 0xFF, bool(flags[0] & _COMPLEX)) if flags else (0, False)
        value: Variable
        if kind == _OPAQUE:
            name, value = self._text(source), Foreign("object")
        else:
            shape = tuple(self._numbers_of(source, 4 * 32))
            if len(shape) < 2 or min(shape) < 0:
                raise Broken(f"a variable of the dimensions {shape}")
            name = self._text(source)
            if kind in _NUMBER_CLASSES:
                value = Foreign("complex array") if complex_ else self._array(source, shape, stop)
            else:
                value = self._other(source, kind, shape, depth)
        if depth or not source.compressed:  # what is left of a compressed variable need not be inflated to be skipped
            source.skip(stop - source.place)
        return name, value

    def _other(self, source: _Source, kind: int, shape: tuple[int, ...], depth: int) -> Variable:
        """Return what is no number."""
        count = math.prod(shape)
        if kind == _CHAR:
            return self._characters(source, shape)
        if kind == _STRUCT:
            return self._struct(source, depth) if count == 1 else Foreign("array of structs")
        if kind == _CELL and 0 < count <= _MOST_VARIABLES:
            cells = [self._element(source, depth) for _ in range(count)]
            texts = [cell.values[0] for cell in cells if isinstance(cell, Texts) and len(cell.values) == 1]
            if len(texts) == count:
                return Texts(tuple(texts))
        return Foreign(_KINDS.get(kind, "unknown variable"))

    def _array(self, source: _Source, shape: tuple[int, ...], stop: int) -> Variable:
        tag = self._tag(source)
        if tag.kind not in _NUMERIC:
            raise Broken(f"numbers of an unknown type ({tag.kind})")
        kind = np.dtype(self._order + _NUMERIC[tag.kind])
        if (
            tag.size != math.prod(shape) * kind.itemsize
            or source.place + (tag.size if tag.packed is None else 0) > stop
        ):
            raise Broken(f"an array of {'×'.join(map(str, shape))} has {tag.size} bytes of {kind.name}")
        if not tag.size:
            return Foreign("empty array")
        if tag.packed is not None or tag.size <= SMALL:
            return _Array(source, tag.size, shape, kind, self._data(source, tag))
        return _Array(source, tag.size, shape, kind, None)

    def _struct(self, source: _Source, depth: int) -> Variable:
        width, *_ = self._numbers_of(source, 4) or [0]
        names = self._data(source, self._tag(source))
        if not 0 < width <= 64:
            raise Broken(f"a struct whose names have {width} characters")
        fields: Struct = {}
        for start in range(0, len(names), width):
            name = names[start : start + width].split(b"\0")[0].decode("latin-1")
            fields[name] = self._element(source, depth)
        return fields

    def _element(self, source: _Source, depth: int) -> Variable:
        """Return what stands in a struct or a cell array: a variable without a name."""
        tag = self._tag(source)
        if tag.kind != _MATRIX or tag.packed is not None:
            raise Broken(f"a struct or cell array holds what is no variable (type {tag.kind})")
        return self._matrix(source, tag.size, depth + 1)[1]

    def _characters(self, source: _Source, shape: tuple[int, ...]) -> Variable:
        tag = self._tag(source)
        if tag.kind not in _TEXT or tag.size > _LONGEST_TEXT or len(shape) != 2:
            return Foreign("text")
        encoding = _TEXT[tag.kind]
        if encoding in {"utf-16", "utf-32"}:
            encoding += "-le" if self._order == "<" else "-be"
        text = self._data(source, tag).decode(encoding, "replace")
        rows = max(1, min(shape[0], len(text)))
        return Texts(tuple(text[row::rows] for row in range(rows)))

    def _text(self, source: _Source) -> str:
        return self._data(source, self._tag(source)).decode("latin-1")

    def _numbers_of(self, source: _Source, most: int) -> list[int]:
        """Return the integers of an element that describes a variable."""
        tag = self._tag(source)
        if tag.kind not in _INTEGERS or tag.size > most:
            raise Broken(f"a variable is described by {tag.size} bytes of type {tag.kind}")
        kind = np.dtype(self._order + _NUMERIC[tag.kind])
        data = self._data(source, tag)
        return [int(number) for number in np.frombuffer(data[: len(data) // kind.itemsize * kind.itemsize], kind)]

    def _tag(self, source: _Source) -> _Tag:
        head = source.take(8)
        kind, size = struct.unpack(self._order + "II", head)
        packed = kind >> 16
        if not packed:
            return _Tag(kind, size, None)
        if packed > 4:
            raise Broken(f"an element of {packed} bytes where 4 have room")
        return _Tag(kind & 0xFFFF, packed, head[4 : 4 + packed])

    def _data(self, source: _Source, tag: _Tag) -> bytes:
        """Return the data of an element that is no array of samples."""
        if tag.packed is not None:
            return tag.packed
        if tag.size > _LONGEST_TEXT:
            raise Broken(f"a name or description of {tag.size} bytes")
        data = source.take(tag.size)
        source.skip(-tag.size % 8)
        return data
