"""Samples out of the data records of an EDF or BDF file: read into a reused buffer, scaled to float32.

A memory map would be as fast, but leaves every page that it touched resident: 1 GB after a day of 23
channels, where the buffer stays at half a megabyte.
"""

from __future__ import annotations

import os
import weakref
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semeia.errors import FileError, RecordingError
from semeia.home import reason
from semeia.signals.edf_header import EdfSignal, read_header
from semeia.signals.regular_file import open_regular

__all__ = ["EdfRecords"]

_BLOCK = 1 << 19  # bytes read at once: fits the second-level cache together with what they become
_WORTH_A_READ = 1 << 14  # bytes to skip that pay for a call of the system
_PAD = 1  # byte before the buffer's contents, see `_scaled_24_bit`


class _Run(NamedTuple):
    """Signals that stand side by side in a record, and in the order that was asked for."""

    rows: slice
    offset: int
    zero: NDArray[np.float32]
    gain: NDArray[np.float32]


class _Plan(NamedTuple):
    samples: int
    runs: list[_Run]
    start: int
    stop: int


class EdfRecords:
    """A file opened once: its header, and its data records.

    Parameters
    ----------
    path : Path

    Attributes
    ----------
    header : EdfHeader
    size : int
        Bytes of the file.

    Raises
    ------
    FileError
        If the file cannot be opened, or its header not be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file, self.size = open_regular(path)
        self._close = weakref.finalize(self, os.close, self._file)
        self._buffer: NDArray[np.uint8] | None = None
        self._plans: dict[tuple[int, ...], _Plan] = {}
        try:
            self.header = read_header(self._file, path)
        except BaseException:
            self.close()
            raise

    @property
    def file(self) -> int:
        """The file descriptor.

        Raises
        ------
        RecordingError
            If it was closed.
        """
        if not self._close.alive:
            raise RecordingError(f"{self._path.name}: the recording was closed")
        return self._file

    def close(self) -> None:
        """Close the file."""
        self._close()

    def bytes_of(self, signal: EdfSignal, record: int, most: int | None = None) -> bytes:
        """Return the bytes of a signal in a record, at most so many."""
        size = signal.samples * self.header.sample_bytes
        size = size if most is None else min(size, most)
        place = self.header.size + record * self.header.record_bytes + signal.offset
        try:
            data = os.pread(self.file, size, place)
        except OSError as error:
            raise FileError(self._path, f"record {record + 1} cannot be read ({reason(error)})") from error
        if len(data) < size:
            raise self._shrunk(record)
        return data

    def whole(self, record: int, count: int) -> NDArray[np.uint8]:
        """Return data records as they lie in the file, (count, bytes of a record)."""
        wide = self.header.record_bytes
        try:
            data = os.pread(self.file, count * wide, self.header.size + record * wide)
        except OSError as error:
            raise FileError(self._path, f"record {record + 1} cannot be read ({reason(error)})") from error
        if len(data) < count * wide:
            raise self._shrunk(record + len(data) // wide)
        return np.frombuffer(data, np.uint8).reshape(count, wide)

    def read(self, indices: tuple[int, ...], first: int, out: NDArray[np.float32]) -> None:
        """Fill `out` with samples of signals that have the same number in each record.

        Parameters
        ----------
        indices : tuple of int
            Places of the signals in the header.
        first : int
            First sample, counted through the records as if they had no gaps between them.
        out : ndarray of float32, (signals, samples)
        """
        plan = self._plans.get(indices) or self._planned(indices)
        wide, skipped = self.header.record_bytes, self.header.record_bytes - (plan.stop - plan.start)
        in_pieces = wide > _BLOCK or skipped > _WORTH_A_READ * len(indices)
        # The buffer is taken, not shared: a second thread that reads finds none and makes its own.
        buffer, self._buffer = self._buffer, None
        need = _BLOCK if in_pieces else min(_BLOCK, (out.shape[1] // plan.samples + 2) * wide)
        if buffer is None or len(buffer) < _PAD + need:
            buffer = np.empty(_PAD + need, np.uint8)
        if in_pieces:
            self._read_pieces(plan, first, out, buffer)
        else:
            self._read_blocks(plan, first, out, buffer)
        self._buffer = buffer

    def _planned(self, indices: tuple[int, ...]) -> _Plan:
        header = self.header
        signals = [header.signals[index] for index in indices]
        for signal in signals:
            if signal.problem:
                raise RecordingError(
                    f"{self._path.name}: channel {signal.label!r} cannot be read: {signal.problem}. "
                    "Name the channels to read, without it."
                )
        size = signals[0].samples * header.sample_bytes
        breaks = [row for row in range(1, len(signals)) if signals[row].offset != signals[row - 1].offset + size]
        runs = [
            _Run(
                slice(start, stop),
                signals[start].offset,
                _column([signal.zero for signal in signals[start:stop]]),
                _column([signal.gain for signal in signals[start:stop]]),
            )
            for start, stop in pairwise([0, *breaks, len(signals)])
        ]
        offsets = [signal.offset for signal in signals]
        plan = _Plan(signals[0].samples, runs, min(offsets), max(offsets) + size)
        self._plans = {indices: plan}
        return plan

    def _read_blocks(self, plan: _Plan, first: int, out: NDArray[np.float32], buffer: NDArray[np.uint8]) -> None:
        """Read many records at once, and take the wanted signals out of them."""
        each, wide = plan.samples, self.header.record_bytes
        end = first + out.shape[1]
        at_once = _BLOCK // wide
        for record in range(first // each, -(-end // each), at_once):
            begin = record * each
            low, high = max(first, begin), min(end, begin + at_once * each)
            records = -(-(high - begin) // each)
            size = (records - 1) * wide + plan.stop - plan.start
            self._fill(buffer, size, record * wide + plan.start, record)
            for start, stop in _whole_records(low, high, each):
                row, inside = divmod(start - begin, each)
                length = min(each, stop - start)
                for run in plan.runs:
                    place = run.offset - plan.start + row * wide + inside * self.header.sample_bytes
                    part = out[run.rows, start - first : stop - first]
                    part = part.reshape(len(run.zero), (stop - start) // length, length)
                    self._scale(buffer, place, (each * self.header.sample_bytes, wide), run, part)

    def _read_pieces(self, plan: _Plan, first: int, out: NDArray[np.float32], buffer: NDArray[np.uint8]) -> None:
        """Read each signal of each record by itself: where records are large, or little of them is wanted."""
        each, width = plan.samples, self.header.sample_bytes
        end, most = first + out.shape[1], _BLOCK // width
        for record in range(first // each, -(-end // each)):
            begin = record * each
            low, high = max(first, begin), min(end, begin + each)
            for run in plan.runs:
                for signal in range(len(run.zero)):
                    row = run.rows.start + signal
                    one = _Run(slice(row, row + 1), 0, run.zero[signal, None], run.gain[signal, None])
                    for start in range(low, high, most):
                        stop = min(start + most, high)
                        place = run.offset + (signal * each + start - begin) * width
                        self._fill(buffer, (stop - start) * width, record * self.header.record_bytes + place, record)
                        part = out[one.rows, start - first : stop - first].reshape(1, 1, -1)
                        self._scale(buffer, 0, (0, 0), one, part)

    def _fill(self, buffer: NDArray[np.uint8], size: int, place: int, record: int) -> None:
        try:
            read = os.preadv(self.file, [buffer[_PAD : _PAD + size].data], self.header.size + place)
        except OSError as error:
            raise FileError(self._path, f"record {record + 1} cannot be read ({reason(error)})") from error
        if read < size:
            raise self._shrunk(record)

    def _scale(
        self,
        buffer: NDArray[np.uint8],
        place: int,
        strides: tuple[int, int],
        run: _Run,
        out: NDArray[np.float32],
    ) -> None:
        """Put ``(digital + zero) * gain`` into `out`, (signals, records, samples)."""
        if self.header.kind == "EDF":
            digital = np.ndarray(out.shape, "<i2", buffer, _PAD + place, (*strides, 2))
            np.add(digital, run.zero, out=out)
        else:
            np.add(
                _scaled_24_bit(buffer, place, strides, out.shape),
                run.zero,
                out=out,
                dtype=np.float32,
                casting="same_kind",
            )
        np.multiply(out, run.gain, out=out)

    def _shrunk(self, record: int) -> FileError:
        return FileError(self._path, f"the file became shorter while it was open: record {record + 1} is gone")


def _column(values: list[float]) -> NDArray[np.float32]:
    return np.array(values, np.float32)[:, None, None]


def _scaled_24_bit(
    buffer: NDArray[np.uint8], place: int, strides: tuple[int, int], shape: tuple[int, ...]
) -> NDArray[np.int32]:
    """Return 24-bit samples as integers.

    Each is read as four bytes together with the one before it (which is why the buffer has a byte in front),
    and shifted down: the sign then comes out right without a branch.
    """
    four_bytes: NDArray[np.int32] = np.ndarray(shape, "<i4", buffer, _PAD + place - 1, (*strides, 3))
    return np.right_shift(four_bytes, 8)


def _whole_records(low: int, high: int, each: int) -> list[tuple[int, int]]:
    """Cut a range of samples into what lies before, in, and behind whole records."""
    head = min(-(-low // each) * each, high)
    tail = max(high // each * each, head)
    return [(start, stop) for start, stop in ((low, head), (head, tail), (tail, high)) if stop > start]
