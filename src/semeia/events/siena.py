"""The seizure lists of the Siena data set: ``Seizures-list-PNxx.txt``, written by hand in clock times.

What varies: ``.`` or ``:`` between the numbers, blanks within them (``1 6.49.25``), ``Seizure start time`` or ``Start
time``, the file's name and start told once for several seizures, two times on a line (``15.43.53 (CLINICAL ONSET);
15.43.59 (ELECTRIC ONSET)``: the electric one is taken, as the marks of other sets are; else the first).
Source: Detti et al. 2020, Siena Scalp EEG Database (https://physionet.org/content/siena-scalp-eeg/1.0.0/).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from semeia.errors import FileError
from semeia.events.small_file import small_file

__all__ = ["ClockedSeizure", "read_seizures_list"]


_FILE = re.compile(r"file\s*name\s*:?\s*(.+?)\s*", re.I)
_REGISTRATION = re.compile(r"registration\s+(start|end)\s+time\s*:?\s*(.*)", re.I)
_MARK = re.compile(r"(?:seizure\s+)?(start|end)\s+time\s*:?\s*(.*)", re.I)
_TIME = re.compile(r"(?<!\d)(\d{1,2})[.:](\d{1,2})[.:](\d{1,2})(?!\d)")
_ELECTRIC = re.compile(r"([\d.:]+)\s*\(\s*electric", re.I)
_SPLIT_NUMBER = re.compile(r"(?<=\d)\s+(?=\d)")


@dataclass(frozen=True, slots=True)
class ClockedSeizure:
    """One seizure of a list; times are seconds after midnight, of no certain day.

    Parameters
    ----------
    file : str
        Name of the recording, as it is spelled.
    registered : float or None
        When the recording began, as the list has it.
    start, stop : float
    line : int
        Where its end stands in the list.
    """

    file: str
    registered: float | None
    start: float
    stop: float
    line: int


def read_seizures_list(path: str | Path) -> list[ClockedSeizure]:
    """Read a ``Seizures-list-PNxx.txt``.

    Parameters
    ----------
    path : str or Path

    Raises
    ------
    FileError
        If the file is missing, no such list, or a time cannot be understood; the message names the line.
    """
    path = Path(path)
    found: list[ClockedSeizure] = []
    file, registered, start = "", None, None
    for number, raw in enumerate(small_file(path, "no list of seizures").decode("latin-1").splitlines(), 1):
        line = raw.strip()
        if named := _FILE.fullmatch(line):
            if named[1] != file:
                file, registered = named[1], None
        elif told := _REGISTRATION.fullmatch(line):
            if told[1].lower() == "start":
                registered = _seconds(path, number, told[2])
        elif told := _MARK.fullmatch(line):
            time = _seconds(path, number, told[2])
            if (told[1].lower() == "start") is (start is not None):
                raise FileError(path, f"line {number}: starts and ends of seizures do not alternate")
            if start is None:
                start = time
                continue
            if not file:
                raise FileError(path, f"line {number}: no 'File name' says which recording this seizure is in")
            found.append(ClockedSeizure(file, registered, start, time, number))
            start = None
    if start is not None:
        raise FileError(path, "its last seizure has no end")
    if not found:
        raise FileError(path, "is no list of seizures: no line has a 'Seizure start time'")
    return found


def _seconds(path: Path, line: int, text: str) -> float:
    told = _SPLIT_NUMBER.sub("", text)
    if electric := _ELECTRIC.search(told):
        told = electric[1]
    time = _TIME.search(told)
    hours, minutes, seconds = map(int, time.groups()) if time else (24, 0, 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        raise FileError(path, f"line {line}: {text[:40]!r} is not a time of day like 19.58.36")
    return 3600.0 * hours + 60 * minutes + seconds
