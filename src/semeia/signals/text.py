"""Plain text as a recording of one channel: one number a line, as in the Bonn data set."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np

from semeia.errors import FileError, NothingRecordedError
from semeia.home import reason
from semeia.signals.recording import ArrayRecording
from semeia.signals.regular_file import open_regular

__all__ = ["open_text"]

_LARGEST_FILE = 64 * 2**20  # half a day at 173.61 Hz; whoever has more has it in a format for signals
_LONGEST = 40


def open_text(path: str | Path, *, rate: float | None) -> ArrayRecording:
    """Read a text of one number a line as µV of one channel; ``NaN`` where nothing was recorded.

    Parameters
    ----------
    path : str or Path
    rate : float or None
        Hz; a text cannot say it.

    Raises
    ------
    FileError
        If the file is missing, empty, too large or holds anything but numbers (the message names the line), or no
        `rate` is given.
    """
    path = Path(path)
    samples = np.array([_number(path, line, text) for line, text in enumerate(_lines(path), 1)], np.float32)
    if np.isnan(samples).all():
        raise NothingRecordedError(path, "holds nothing but NaN: nothing was recorded; leave it out")
    if rate is None:
        raise FileError(
            path,
            "is text, which does not say its sampling rate: "
            "give it in Hz as --rate 400, --set rate=400, or rate = 400 in a recipe",
        )
    return ArrayRecording(samples[None], rate, ["ch 1"], path=path)


def _lines(path: Path) -> list[str]:
    file, size = open_regular(path)
    with os.fdopen(file, "rb") as stream:
        if size > _LARGEST_FILE:
            raise FileError(path, f"is larger than {_LARGEST_FILE >> 20} MiB: no text of one channel")
        try:
            text = stream.read().decode("ascii").rstrip()
        except UnicodeDecodeError as error:
            raise FileError(path, f"is no recording: byte {error.start + 1} is not a character of a number") from None
        except OSError as error:
            raise FileError(path, f"cannot be read ({reason(error)})") from None
    if not text:
        raise FileError(path, "is empty")
    return text.splitlines()


def _number(path: Path, line: int, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.inf
    if math.isinf(value) or abs(value) > float(np.finfo(np.float32).max):
        shown = repr(text if len(text) <= _LONGEST else text[:_LONGEST] + "...")
        raise FileError(path, f"line {line}: {shown} is not a number: one number a line is one channel")
    return value
