"""Bars on the error stream for what takes more than a moment, and progress as JSON lines."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from semeia.errors import StorageError
from semeia.home import make_folder, reason

__all__ = ["bar", "json_lines"]


@contextmanager
def bar(text: str) -> Iterator[Callable[[float], None]]:
    """Show a bar with the time left; yield the function that takes the share done, 0..1."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    shown = sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not shown) as progress:
        task = progress.add_task(text, total=1.0)
        yield lambda share: progress.update(task, completed=share)


@contextmanager
def json_lines(path: Path | None) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Yield a function that appends a dictionary to a file as one JSON line; without a path it does nothing.

    Raises
    ------
    StorageError
        If the file cannot be written.
    """
    if path is None:
        yield lambda entry: None
        return
    make_folder(path.parent)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    except OSError as error:
        raise StorageError(f"{path}: cannot be written ({reason(error)})") from error

    def write(entry: dict[str, Any]) -> None:
        line = (json.dumps(entry, allow_nan=False) + "\n").encode()
        try:
            written = os.write(descriptor, line)
            if written < len(line):  # take the part of a line back
                os.ftruncate(descriptor, os.fstat(descriptor).st_size - written)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise StorageError(f"{path}: cannot be written ({reason(error)})") from error

    try:
        yield write
    finally:
        os.close(descriptor)
