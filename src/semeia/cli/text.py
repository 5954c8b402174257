"""How counts, tracks and tables are written in the terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from semeia.errors import FileError, SemeiaError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["naming", "note", "plural", "printable", "sparkline", "write_or_print"]

BARS = " ▁▂▃▄▅▆▇█"


def plural(number: int, noun: str) -> str:
    """Return a number with its noun: no seizures, 1 seizure, 2 seizures."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def printable(text: str) -> str:
    """Return a text as one line that no terminal takes for a command: files may hold anything."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def note(text: str) -> None:
    """Say something beside the output, in a line of its own."""
    print(printable(text), file=sys.stderr)


def naming(file: Path, error: SemeiaError) -> SemeiaError:
    """Return an error that says which file it is of."""
    return error if isinstance(error, FileError) else type(error)(error.about(file.name))


def write_or_print(text: str, output: Path | None) -> None:
    """Write a table to a file, whole or not at all, or print it where none is given.

    Raises
    ------
    StorageError
    """
    from semeia.home import make_folder, replacing

    if output is None:
        print(text, end="")
        return
    make_folder(output.parent)
    with replacing(output) as part:
        part.write_text(text, encoding="utf-8", newline="")


def sparkline(values: NDArray[np.float32], width: int) -> str:
    """Return values in 0..1 as one line of bars, the highest of each stretch; ``·`` where there is none."""
    import numpy as np

    line = []
    for stretch in np.array_split(values, min(width, len(values))):
        scored = stretch[~np.isnan(stretch)]
        line.append(BARS[round(float(scored.max()) * (len(BARS) - 1))] if len(scored) else "·")
    return "".join(line)
