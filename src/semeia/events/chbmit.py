"""The seizure marks of the CHB-MIT data set: ``chbNN-summary.txt`` and binary ``.edf.seizures`` files.

Source: Shoeb 2009, CHB-MIT Scalp EEG Database (https://physionet.org/content/chbmit/1.0.0/).

The binary files are WFDB annotations in the MIT format (https://wfdb.io/spec/annot-files.html): little-endian
words of 16 bits, the code in the upper 6 and the time since the last annotation, in ticks, in the lower 10::

    00 58                   code 22, a note, at tick 0 ...
    17 fc "## time ..."     code 63: 0x17 bytes of text, padded to an even number: "## time resolution: 256"
    00 ec ff ff ff ff       code 59: skip ahead by 32 bits, the upper half first; here by -1
    01 00                   code 0, one tick on: back at 0
    00 ec 0b 00 00 b4       skip 0x000bb400 = 766976 ticks = 2996 s
    00 80                   code 32: the seizure begins
    00 ec 00 00 00 28       skip 0x00002800 = 10240 ticks = 40 s
    00 84                   code 33: it ends
    00 00                   end of the file
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from semeia.errors import FileError
from semeia.events.event import Event, Events
from semeia.events.small_file import small_file

__all__ = ["SummaryEntry", "clock_seconds", "on_one_clock", "read_seizures", "read_summary"]

_DAY = 24 * 3600
_BACK = 600  # seconds that a file may begin before the one ahead of it ended; more is another day

_TIME_RESOLUTION = re.compile(rb"## time resolution: (\d{1,9}(?:\.\d{1,9})?)\s*\0?")
_NUM, _SUB, _CHN, _SKIP, _AUX = 60, 61, 62, 59, 63  # codes that tell about an annotation, and are none
_BEGIN, _END = 32, 33

_RATE = re.compile(r"data sampling rate\s*:\s*(\d+(?:\.\d+)?)\s*hz", re.I)
_CHANNELS = re.compile(r"channels\b.*", re.I)
_CHANNEL = re.compile(r"channel\s+\d+\s*:\s*(.*)", re.I)
_FILE = re.compile(r"file name\s*:\s*(.+)", re.I)
_CLOCK = re.compile(r"file (start|end) time\s*:\s*(.*)", re.I)
_COUNT = re.compile(r"number of seizures in file\s*:\s*(\d{1,6})", re.I)
_MARK = re.compile(r"seizure\s*\d*\s*(start|end) time\s*:\s*(\d{1,9}(?:\.\d{1,9})?)\s*(?:s\b|sec|$).*", re.I)


@dataclass(frozen=True, slots=True)
class SummaryEntry:
    """What a summary says of one file.

    Parameters
    ----------
    channels : tuple of str
        Labels in the order of the file, dummies (``-``) among them.
    rate : float or None
        Sampling rate in Hz.
    started, ended : str
        Clock times as written, empty where absent (chb24); the hours may pass 24.
    seizures : Events
        Seconds from the file's start; their `duration` is that of the file by its clock times, or None.
    """

    channels: tuple[str, ...]
    rate: float | None
    started: str
    ended: str
    seizures: Events


@dataclass
class _Block:
    """One file's lines, as they are collected."""

    channels: tuple[str, ...]
    clock: dict[str, str] = field(default_factory=dict)
    count: int | None = None
    marks: list[tuple[str, float, int]] = field(default_factory=list)


def read_summary(path: str | Path) -> dict[str, SummaryEntry]:
    """Read a ``chbNN-summary.txt``.

    The numbers in ``Seizure 2 End Time`` are passed over, for they are optional and sometimes wrong
    (chb09_08.edf): starts and ends are paired in the order they stand. A new list of channels holds for the
    files after it.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    dict of str to SummaryEntry
        By file name, in the order of the summary.

    Raises
    ------
    FileError
        If the file is missing, no summary, or contradicts itself; the message names file or line.
    """
    path = Path(path)
    rate: float | None = None
    channels: list[str] = []
    blocks: dict[str, _Block] = {}
    block: _Block | None = None
    for number, raw in enumerate(_bytes(path).decode("latin-1").splitlines(), 1):
        line = raw.strip()
        if found := _RATE.match(line):
            rate = float(found[1])
        elif found := _CHANNEL.fullmatch(line):
            channels.append(found[1])
        elif _CHANNELS.fullmatch(line):
            channels = []
        elif found := _FILE.fullmatch(line):
            if found[1] in blocks:
                raise FileError(path, f"line {number}: {found[1]} stands there twice")
            block = blocks[found[1]] = _Block(tuple(channels))
        elif block is not None:
            _collect(path, number, line, block)
    if not blocks:
        raise FileError(path, "is no CHB-MIT summary: no line begins with 'File Name:'")
    return {name: _entry(path, name, block, rate) for name, block in blocks.items()}


def _collect(path: Path, number: int, line: str, block: _Block) -> None:
    if found := _CLOCK.fullmatch(line):
        block.clock[found[1].lower()] = found[2]
    elif found := _COUNT.fullmatch(line):
        block.count = int(found[1])
    elif found := _MARK.fullmatch(line):
        block.marks.append((found[1].lower(), float(found[2]), number))
    elif line.lower().startswith(("seizure", "number of seizures")):
        raise FileError(path, f"line {number}: {line[:60]!r} is not a time or number of seizures")


def _entry(path: Path, name: str, block: _Block, rate: float | None) -> SummaryEntry:
    if len(block.marks) % 2 or any(mark[0] != ("start", "end")[k % 2] for k, mark in enumerate(block.marks)):
        raise FileError(path, f"{name}: starts and ends of seizures do not alternate")
    pairs = list(zip(block.marks[::2], block.marks[1::2], strict=True))
    if block.count is not None and block.count != len(pairs):
        raise FileError(path, f"{name}: 'Number of Seizures in File' is {block.count}, but {len(pairs)} have times")
    for (_, start, _), (_, stop, number) in pairs:
        if stop <= start:
            raise FileError(path, f"line {number}: the seizure of {name} ends at {stop:g} s, but begins at {start:g} s")
    started, ended = block.clock.get("start", ""), block.clock.get("end", "")
    events = (Event(start, stop - start, "seizure", source=path.name) for (_, start, _), (_, stop, _) in pairs)
    return SummaryEntry(block.channels, rate, started, ended, Events(events, duration=_between(started, ended)))


def _between(started: str, ended: str) -> float | None:
    """Return the seconds between two clock times; None when either is not one, or they are the same."""
    begin, end = clock_seconds(started), clock_seconds(ended)
    return None if begin is None or end is None else (end - begin) % _DAY or None


def clock_seconds(text: str) -> float | None:
    """Return a summary's clock time in seconds after midnight, 25:12:01 as 01:12:01; None where it is none."""
    parts = [part.strip() for part in text.split(":")]
    if len(parts) != 3 or not all(re.fullmatch(r"[0-9]{1,4}", part) for part in parts):
        return None
    hours, minutes, seconds = map(int, parts)
    return float((hours * 3600 + minutes * 60 + seconds) % _DAY)


def on_one_clock(entries: Mapping[str, SummaryEntry]) -> dict[str, float]:
    """Return when each file of a summary began, in seconds after the midnight before the first.

    The files stand in the order they were recorded in, so a time that goes back is of the next day. A whole day without
    a file cannot be seen. Files without clock times (chb24) are not there.
    """
    starts: dict[str, float] = {}
    end = 0.0
    for name, entry in entries.items():
        start = clock_seconds(entry.started)
        if start is None:
            continue
        start += _DAY * (end // _DAY)
        while start < end - _BACK:
            start += _DAY
        starts[name] = start
        end = start + (entry.seizures.duration or 0.0)
    return starts


def read_seizures(path: str | Path) -> Events:
    """Read a binary ``.edf.seizures`` file (layout: see the module).

    Parameters
    ----------
    path : str or Path

    Raises
    ------
    FileError
        If the file is missing, truncated or of another kind.
    """
    path = Path(path)
    data = _bytes(path)
    resolution = _TIME_RESOLUTION.search(data[:64])
    ticks = float(resolution[1]) if resolution else 0.0
    if not ticks:
        raise FileError(path, "is no CHB-MIT seizure file: it does not begin with its time resolution")
    events, begun = [], None
    for code, tick in _annotations(path, data):
        if code == _BEGIN:
            if begun is not None or tick < 0:
                raise FileError(path, f"a seizure begins at {tick / ticks:g} s, where none can")
            begun = tick
        elif code == _END:
            if begun is None or tick <= begun:
                raise FileError(path, f"a seizure ends at {tick / ticks:g} s that did not begin before")
            events.append(Event(begun / ticks, (tick - begun) / ticks, "seizure", source=path.name))
            begun = None
    if begun is not None:
        raise FileError(path, f"the seizure that begins at {begun / ticks:g} s has no end")
    return Events(events)


class _Annotation(NamedTuple):
    code: int
    tick: int


def _annotations(path: Path, data: bytes) -> Iterator[_Annotation]:
    """Yield the annotations of a WFDB file in the MIT format."""
    place = tick = 0
    while place + 2 <= len(data):
        word = int.from_bytes(data[place : place + 2], "little")
        code, low = word >> 10, word & 0x3FF
        place += 2
        if word == 0:
            return
        if code == _SKIP:
            upper, lower = data[place : place + 2], data[place + 2 : place + 4]
            tick += int.from_bytes(lower + upper, "little", signed=True)
            place += 4
        elif code == _AUX:
            place += low + low % 2
        elif code not in {_NUM, _SUB, _CHN}:
            tick += low
            yield _Annotation(code, tick)
    raise FileError(path, f"is truncated: {len(data)} bytes without the mark that ends the file")


def _bytes(path: Path) -> bytes:
    data = small_file(path, "not one of the CHB-MIT data set's")
    if not data:
        raise FileError(path, "is empty")
    return data
