"""Vendors' formats as recordings, by MNE-Python: the extra ``formats``, imported when such a file is opened.

MNE reads a window at a time, as Semeia does; what it says is brought to the units, labels and errors of the house. No
file may name samples outside its own folder: whoever may bring in a header could read any file of the machine by it.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from semeia.errors import EventError, FileError, RecordingError
from semeia.events import Event, Events
from semeia.signals.memory_limit import at_most
from semeia.signals.recording import Channel, Gap, Recording
from semeia.signals.regular_file import open_regular
from semeia.signals.vendors import FOLDERS, format_of

__all__ = ["MneRecording"]

_Result = TypeVar("_Result")


class _Mark(NamedTuple):
    """What MNE calls an annotation, in seconds from the first sample."""

    onset: float
    duration: float
    text: str
    channels: tuple[str, ...]


_OPTIONS: dict[str, dict[str, Any]] = {
    "read_raw_fif": {"allow_maxshield": True},
    "read_raw_nicolet": {"ch_type": "eeg"},
}
_MORE = {"Nihon Kohden": (".21E", ".PNT", ".pnt", ".LOG"), "Nicolet": (".head",)}  # what MNE reads beside the samples
_LOCAL = {"CNT", "EGI"}  # whose clock MNE reads as that of this machine's time zone
_ANT = (b"RIFF", b"RF64")
_LEVEL_5 = (b"\x00\x01IM", b"\x01\x00MI")
_LARGEST_HEADER = 2**22  # bytes of a text header
_LARGEST_WHOLE = 2**30  # bytes of a .set file that MNE must hold whole
_SPARE, _TIMES = 2**29, 8  # bytes that MNE may take: so many, and so many times the file's own
_BLOCK = 2**19  # samples of 8 bytes that MNE is asked for at once
_UNITS = {107: "uV", 112: "T", 201: "T/m", 108: "F", 101: "Hz", 118: "Cel"}  # FIFF_UNIT_...
_VOLT = 107
_NO_UNIT = {"stim", "syst", "exci", "ias"}  # kinds of channels that count, though MNE calls them volts
_SKIPPED = "bad_acq_skip"
_COMMENT = "Comment/"  # what MNE puts before a text that a person typed into BrainVision's recorder
_UNKNOWN_YEAR = 1970


class MneRecording(Recording):
    """A recording that MNE-Python reads, a window at a time.

    Parameters
    ----------
    path : str or Path

    Raises
    ------
    FileError
        If MNE-Python is not installed, the file or one that belongs to it is missing, or it cannot be read.
    """

    path: Path

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        found = format_of(self.path)
        if found is None:
            raise FileError(self.path, "is in no format that is known by its name")
        self._format = found
        self._check_neighbours()
        is_ant = found.name == "CNT" and _beginning(self.path, 4) in _ANT
        self._reader = "read_raw_ant" if is_ant else found.reader
        self._mne = _imported(self.path, found.name)
        self._raw: Any = self._asked(self._opened)
        try:
            self._asked(self._describe)
        except BaseException:
            self.close()
            raise

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that it is kept in, its own first."""
        there = {self.path.absolute(): self.path} | {file.absolute(): file for file in self._others}
        return tuple(there.values())

    @cached_property
    def events(self) -> Events:
        """What is marked in the file, but for what was not recorded (`gaps`).

        Raises
        ------
        FileError
            If a mark is no interval of time.
        """
        try:
            events = [
                Event(mark.onset, mark.duration, mark.text or "event", mark.channels, source=self.path.name)
                for mark in self._marks
                if not _is_skip(mark.text)
            ]
        except EventError as error:
            raise FileError(self.path, str(error)) from None
        return Events(events, duration=self.duration, started_at=self.started_at)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Intervals that the file says were not recorded (``BAD_ACQ_SKIP``)."""
        return self._gaps

    def close(self) -> None:
        """Let go of the file; the recording can no longer be read."""
        if self._raw is not None:
            with suppress(Exception):
                self._raw.close()
        self._raw = None

    def _opened(self) -> Any:
        read = getattr(self._mne.io, self._reader)
        return read(self.path, preload=False, verbose="error", **_OPTIONS.get(self._reader, {}))

    def _describe(self) -> None:
        raw, info = self._raw, self._raw.info
        folder = _plain(self.path).parent
        named = [_plain(Path(file)) for file in raw.filenames if file is not None]
        if not all(file.is_relative_to(folder) for file in named):
            raise FileError(self.path, "names samples outside its folder: they are not read")
        self._others: list[Path] = [*self._neighbours, *(file for file in named if file.parent == folder)]
        rate, length, first = float(info["sfreq"]), int(raw.n_times), float(raw.first_time)
        if not (math.isfinite(rate) and rate > 0 and length > 0 and len(info["chs"])):
            raise FileError(self.path, f"holds no samples ({len(info['chs'])} channels, {length} samples)")
        kinds = raw.get_channel_types(unique=False)
        units = [_unit(int(ch["unit"]), kind) for ch, kind in zip(info["chs"], kinds, strict=True)]
        self.channels = tuple(
            Channel(str(ch["ch_name"]), rate, unit) for ch, unit in zip(info["chs"], units, strict=True)
        )
        self._factors = np.array([1e6 if unit == "uV" else 1.0 for unit in units])[:, None]
        self.subject = str((info["subject_info"] or {}).get("his_id") or "").strip()
        measured = info["meas_date"]
        if self._format.name in _LOCAL and self._reader != "read_raw_ant" and measured is not None:
            measured = measured.astimezone()
        self.started_at = _started_at(measured, first)
        self.duration = length / rate
        self._marks = _marks(raw, first)
        self._gaps = _joined(
            Gap(max(0.0, mark.onset), min(mark.onset + mark.duration, self.duration))
            for mark in self._marks
            if _is_skip(mark.text)
        )

    def _read_native(self, indices: Sequence[int], first: int, count: int) -> NDArray[np.float32]:
        if self._raw is None:
            raise RecordingError(f"{self.path.name}: the recording was closed")
        samples = np.empty((len(indices), count), np.float32)
        picks, places = np.unique(np.asarray(indices, int), return_inverse=True)
        step = max(1, _BLOCK // max(1, len(picks)))
        for at in range(0, count if len(picks) else 0, step):
            stop = min(at + step, count)
            data = self._asked(partial(self._raw.get_data, picks, first + at, first + stop, verbose="error"))
            with np.errstate(over="ignore"):
                samples[:, at:stop] = (data * self._factors[picks])[places]
        rate = self.channels[0].rate
        for gap in self._gaps:
            low, high = (math.ceil(time * rate - 1e-6) - first for time in gap)
            samples[:, max(0, low) : max(0, high)] = np.nan
        return samples

    def _asked(self, question: Callable[[], _Result]) -> _Result:
        """Ask MNE; its many kinds of errors become one; what it says and warns of, without a file, is kept quiet."""
        try:
            with at_most(self._spare), self._mne.use_log_level("error"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return question()
        except FileError:
            raise
        except MemoryError:
            raise FileError(
                self.path, f"cannot be read as {self._format.name}: it asks for more memory than it can need"
            ) from None
        except FileNotFoundError:
            if not self._format.others:
                raise FileError(
                    self.path, "there is no such file, or one that belongs to it is not beside it"
                ) from None
            raise FileError(self.path, self._lonely(self._format.others)) from None
        except Exception as error:  # MNE raises whatever its parsers meet
            said = str(error).replace(f"{self.path.parent}{os.sep}", "")  # no folder of the server is shown in the page
            said = " ".join(said.replace(f"{_plain(self.path).parent}{os.sep}", "").split())[:200]
            said = said or error.__class__.__name__
            raise FileError(self.path, f"cannot be read as {self._format.name} ({said})") from None

    def _lonely(self, others: str) -> str:
        return (
            f"a recording in the format {self._format.name} is several files, and {others} is not beside this one: "
            "put them into one folder, and open or import them from there"
        )

    def _check_neighbours(self) -> None:
        """Refuse what lies elsewhere or not at all, before MNE looks into it."""
        self._spare = _SPARE  # bytes
        beside = (self.path.with_suffix(ending) for ending in _MORE.get(self._format.name, ()))
        self._neighbours = [file for file in beside if file.is_file()]
        if self.path.suffix.lower() in FOLDERS and self.path.is_dir():
            return
        file, size = open_regular(self.path)
        os.close(file)
        self._spare += _TIMES * size
        if self._format.name == "BrainVision":
            names = _named_in(_beginning(self.path, _LARGEST_HEADER), self.path.stem)
            if any(Path(name.replace("\\", "/")).name != name for name in names):
                raise FileError(self.path, "names files outside its folder: they are not read")
            self._neighbours = [self.path.with_name(name) for name in names]
            absent = [file.name for file in self._neighbours if not file.is_file()]
            if absent:
                raise FileError(self.path, self._lonely(" and ".join(absent)))
        if self._format.name == "EEGLAB":
            _check_eeglab(self.path)


def _imported(path: Path, name: str) -> Any:
    try:
        return import_module("mne")
    except ImportError:
        raise FileError(
            path, f"{name} is read by MNE-Python, which is not installed: pip install 'semeia[formats]'"
        ) from None


def _check_eeglab(path: Path) -> None:
    """Refuse what SciPy, which reads the whole file for MNE, would run out of memory over: a size that cannot be."""
    from semeia.signals.mat.level5 import Level5File
    from semeia.signals.mat.variables import Broken

    file, size = open_regular(path)
    try:
        if size > _LARGEST_WHOLE:
            raise FileError(path, "is too large to be held whole: save it in EEGLAB with its samples in a .fdt file")
        if os.pread(file, 4, 124) in _LEVEL_5:
            Level5File(file, size).variables()
    except Broken as error:
        raise FileError(path, f"is damaged or truncated: {error}") from None
    finally:
        os.close(file)


def _beginning(path: Path, size: int) -> bytes:
    file, _ = open_regular(path)
    with os.fdopen(file, "rb") as stream:
        return stream.read(size)


def _named_in(header: bytes, stem: str) -> list[str]:
    """Return the files that a BrainVision header names; ``$b`` stands for its own name."""
    lines = header.decode("utf-8", "replace").splitlines()
    named = [line.partition("=")[2].strip() for line in lines if line.startswith(("DataFile=", "MarkerFile="))]
    return [name.replace("$b", stem) for name in named if name]


def _plain(path: Path) -> Path:
    """Return a path without ``..``; its links are kept, for archives keep each file behind one."""
    return Path(os.path.normpath(path.absolute()))


def _unit(code: int, kind: str) -> str:
    return "" if code == _VOLT and kind in _NO_UNIT else _UNITS.get(code, "")


def _is_skip(text: str) -> bool:
    return text.lower().startswith(_SKIPPED)


def _started_at(measured: datetime | None, first: float) -> datetime | None:
    if measured is None or measured.year <= _UNKNOWN_YEAR:  # the beginning of the clock: nobody set it
        return None
    try:
        return measured.replace(tzinfo=None) + timedelta(seconds=first)
    except OverflowError:
        return None


def _joined(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """Return gaps in order; those that overlap or touch become one."""
    joined: list[Gap] = []
    for gap in sorted(gap for gap in gaps if gap.start < gap.stop):
        if joined and gap.start <= joined[-1].stop:
            joined[-1] = Gap(joined[-1].start, max(joined[-1].stop, gap.stop))
        else:
            joined.append(gap)
    return tuple(joined)


def _marks(raw: Any, first: float) -> list[_Mark]:
    marks = raw.annotations
    columns = zip(marks.onset, marks.duration, marks.description, marks.ch_names, strict=True)
    return [
        _Mark(round(float(onset) - first, 9), float(duration), str(text).strip().removeprefix(_COMMENT), tuple(names))
        for onset, duration, text, names in columns
    ]
