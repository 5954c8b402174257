"""A MAT file as a recording: which of its variables are the samples, which of their axes is time, and how fast it goes.

What is understood:

- the struct of the American Epilepsy Society's contest of 2014: `data` (channel × time), `sampling_frequency`,
  `data_length_sec`, `channels`, `sequence`;
- the struct of the Melbourne contest of 2016: `data` (time × channel), `iEEGsamplingRate`, `nSamplesSegment`,
  `channelIndices`, `sequence`;
- a matrix of numbers by itself, under any name, whose sampling rate is given: its longer axis is time. Among several
  it is the one named ``data``.

Numbers count as µV, for no MAT file says its unit.
"""

from __future__ import annotations

import math
import os
import weakref
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semeia.errors import FileError, NothingRecordedError, RecordingError
from semeia.signals.mat.level5 import Level5File
from semeia.signals.mat.variables import Broken, Foreign, Numbers, Struct, Texts, Variable
from semeia.signals.recording import Channel, Recording
from semeia.signals.regular_file import open_regular

__all__ = ["MatRecording", "is_mat"]

_LEVEL_5 = {b"\x00\x01IM", b"\x01\x00MI"}
_VERSION_73 = {b"\x00\x02IM", b"\x02\x00MI"}
_HDF5 = b"\x89HDF\r\n\x1a\n"
_TIME_AXES = {"sampling_frequency": 1, "iEEGsamplingRate": 0}
"""Which axis of its data is time, in the struct of each contest, by how that names its rate."""
_BLOCK = 1 << 16  # samples that are looked through at once
_SLACK = 1.0  # seconds by which a length that is told may differ from that of the samples


def is_mat(start: bytes, path: Path) -> bool:
    """Whether a file that begins so is to be read as MAT, be it only to say why it is none."""
    return start[124:128] in _LEVEL_5 | _VERSION_73 or path.suffix.lower() == ".mat"


class _Found(NamedTuple):
    """The samples of a file, and what is said of them."""

    numbers: Numbers
    time_axis: int
    rate: float
    labels: tuple[str, ...]
    sequence: int | None = None
    seconds: float | None = None
    samples: float | None = None


class MatRecording(Recording):
    """A recording in a MAT file of level 5 or version 7.3; opening reads no sample that it can pass over.

    Parameters
    ----------
    path : str or Path
    rate : float, optional
        Hz, for a plain array; what a contest's struct says comes first.

    Attributes
    ----------
    sequence : int or None
        Place of a contest's file in its hour, from 1 to 6, where the file says it.

    Raises
    ------
    FileError
        If the file is missing, truncated, damaged, no MAT file, or holds no matrix of samples, several, or one whose
        rate is unknown.
    """

    path: Path

    def __init__(self, path: str | Path, *, rate: float | None = None) -> None:
        self.path, self.subject, self.started_at = Path(path), "", None
        self._seen = False
        file, size = open_regular(self.path)
        self._close = weakref.finalize(self, partial(os.close, file))
        try:
            self._describe(self._found(self._variables(file, size), rate))
        except Broken as error:
            self.close()
            raise self._damaged(error) from None
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file; the recording can no longer be read."""
        self._close()

    def _variables(self, file: int, size: int) -> Struct:
        start = os.pread(file, 128, 0)
        if start[124:128] in _LEVEL_5:
            return Level5File(file, size).variables()
        if start[124:128] in _VERSION_73 or start.startswith(_HDF5):
            from semeia.signals.mat.hdf5 import Hdf5File

            opened = Hdf5File(self.path)
            self.close()  # h5py has its own descriptor
            self._close = weakref.finalize(self, opened.close)
            return opened.variables()
        if not size:
            raise FileError(self.path, "is empty")
        raise FileError(self.path, "is no MAT file of level 5 (save -v6, -v7) or version 7.3")

    def _found(self, variables: Struct, rate: float | None) -> _Found:
        structs = {name: value for name, value in variables.items() if isinstance(value, dict)}
        contests = [name for name, value in structs.items() if _contest_of(value)]
        matrices = {
            name: value
            for name, value in variables.items()
            if isinstance(value, Numbers) and len(value.shape) == 2 and max(value.shape) > 1
        }
        named = [name for name in matrices if name.lower() == "data"]
        chosen = contests or (named if len(named) == 1 else list(matrices))
        if len(chosen) > 1:
            raise FileError(self.path, f"holds several recordings ({_listed(variables, chosen)}): keep one in a file")
        if not chosen:
            held = _listed(variables, list(variables)) or "nothing"
            raise FileError(self.path, f"holds no matrix of numbers, channels by samples, but {held}")
        if contests:
            return self._struct(chosen[0], structs[chosen[0]])
        return self._plain(chosen[0], matrices[chosen[0]], rate)

    def _struct(self, name: str, fields: Struct) -> _Found:
        data = fields["data"]
        if not isinstance(data, Numbers) or len(data.shape) != 2:
            raise FileError(self.path, f"{_shown(name)}.data is no matrix of numbers, but {_what(data)}")
        rate_field = _contest_of(fields)
        time_axis, rate = _TIME_AXES[rate_field], _number(fields.get(rate_field))
        if rate is None or not (math.isfinite(rate) and rate > 0):
            raise FileError(self.path, f"{_shown(name)}.{rate_field} is no sampling rate")
        sequence, count = _number(fields.get("sequence")), data.shape[1 - time_axis]
        return _Found(
            data,
            time_axis,
            rate,
            _labels(fields.get("channels", fields.get("channelIndices")), count),
            int(sequence) if sequence is not None and sequence.is_integer() else None,
            _number(fields.get("data_length_sec")),
            _number(fields.get("nSamplesSegment")),
        )

    def _plain(self, name: str, data: Numbers, rate: float | None) -> _Found:
        if rate is None:
            raise FileError(
                self.path,
                f"{_what(data)} ({_shown(name)}) does not say its sampling rate: "
                "give it in Hz as --rate 400, --set rate=400, or rate = 400 in a recipe",
            )
        rows, columns = data.shape
        if rows == columns:
            raise FileError(self.path, f"{_shown(name)} is {rows}×{columns}: nothing tells which axis is time")
        return _Found(data, 0 if rows > columns else 1, rate, _labels(None, min(rows, columns)))

    def _describe(self, found: _Found) -> None:
        count = found.numbers.shape[found.time_axis]
        told = found.samples if found.samples is not None else (found.seconds or 0) * found.rate
        if told and not abs(told - count) <= _SLACK * found.rate:
            raise FileError(self.path, f"says that it has {told:g} samples, but has {count}: it is cut or turned")
        self.duration = count / found.rate
        self.channels = tuple(Channel(label, found.rate) for label in found.labels)
        self.sequence = found.sequence
        self._numbers, self._time_axis = found.numbers, found.time_axis

    def _read_native(self, indices: Sequence[int], first: int, count: int) -> NDArray[np.float32]:
        if not self._close.alive:
            raise RecordingError(f"{self.path.name}: the recording was closed")
        try:
            samples = self._numbers.window(self._time_axis, indices, first, count)
            if not self._seen and samples.size:
                self._seen = not np.isnan(samples).all() or self._holds_numbers()
        except Broken as error:
            raise self._damaged(error) from None
        return samples

    def _holds_numbers(self) -> bool:
        """Look for a number anywhere: asked until one was read, for a window may well be a gap."""
        rows, total = range(len(self.channels)), self._numbers.shape[self._time_axis]
        for first in range(0, total, _BLOCK):
            if not np.isnan(self._numbers.window(self._time_axis, rows, first, min(_BLOCK, total - first))).all():
                return True
        raise NothingRecordedError(self.path, "holds nothing but NaN: nothing was recorded; leave it out")

    def _damaged(self, error: Broken) -> FileError:
        return FileError(self.path, f"is damaged or truncated: {error}")


def _contest_of(fields: Struct) -> str:
    """Return how a contest's struct names its rate; nothing for another struct."""
    return next((name for name in _TIME_AXES if name in fields and "data" in fields), "")


def _number(value: Variable | None) -> float | None:
    numbers = value.values() if isinstance(value, Numbers) else None
    return None if numbers is None or len(numbers) != 1 else float(numbers[0])


def _labels(names: Variable | None, count: int) -> tuple[str, ...]:
    if isinstance(names, Texts) and len(names.values) == count:
        return tuple(name.strip() for name in names.values)
    indices = names.values() if isinstance(names, Numbers) else None
    if indices is None or len(indices) != count or not np.isfinite(indices).all():
        indices = np.arange(1.0, count + 1)
    return tuple(f"ch {index:g}" for index in indices)


def _listed(variables: Struct, names: Sequence[str]) -> str:
    shown = ", ".join(f"{_shown(name)}: {_what(variables[name])}" for name in names[:4])
    return shown + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _shown(name: str) -> str:
    """Return a name that may stand in a message, whatever a hostile file has made of it."""
    return (name if name.isprintable() else ascii(name)[1:-1])[:40]


def _what(value: Variable) -> str:
    if isinstance(value, Numbers):
        return "×".join(map(str, value.shape)) + " numbers"
    if isinstance(value, Foreign):
        return value.kind
    return "text" if isinstance(value, Texts) else "a struct"
