"""How far a job is: files of JSON lines that its process appends to, and that anyone may read on in.

A line is whole when it ends; what a killed process left of one is passed over. Each attempt at a job begins with a line
of its own, and what earlier ones said does not count.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from semeia.home import make_folder

__all__ = ["Progress", "begin", "log_file", "progress_file", "read_progress"]


def progress_file(job: str) -> Path:
    """Return the file of a job's progress."""
    return make_folder(settings.HOME / "jobs") / f"{job}.jsonl"


def log_file(job: str) -> Path:
    """Return the file that holds what a job's process said."""
    return progress_file(job).with_suffix(".log")


def begin(job: str, attempt: int) -> None:
    """Say that a job is begun; what a killed process left of a line ends here."""
    line = json.dumps({"event": "attempt", "number": attempt}) + "\n"
    descriptor = os.open(progress_file(job), os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        os.write(descriptor, ("\n" + line if torn else line).encode())
    finally:
        os.close(descriptor)


@dataclass
class Progress:
    """What a job has said so far.

    Parameters
    ----------
    job : str
        Its id.
    share : float, optional
        How much is done, 0..1.
    doing : str
        What a training does: ``gather``, ``prepare`` or ``train``; else empty.
    window, hop : float, optional
        Of the probability track that is coming, in seconds.
    values : list of float or None
        The track so far; None where a window was not scored.
    """

    job: str
    share: float | None = None
    doing: str = ""
    window: float | None = None
    hop: float | None = None
    values: list[float | None] = field(default_factory=list)
    offset: int = 0
    epochs: int = 1

    def advance(self) -> bool:
        """Read what was said since the last time; return whether there was anything."""
        said = False
        for entry in self.entries():
            said = True
            match entry:
                case {"event": "attempt" | "recording"}:
                    self.share, self.doing, self.window, self.hop, self.values = None, "", None, None, []
                case {"event": "progress", "share": share}:
                    self.share = share
                case {"event": "begin", "epochs": epochs}:
                    self.epochs = epochs
                case {"event": "gather" | "prepare" as doing, "done": done, "total": total}:
                    self.doing, self.share = doing, done / max(1, total)
                case {"event": "step", "epoch": epoch, "step": step, "steps": steps}:
                    self.doing, self.share = "train", (epoch + step / steps) / self.epochs
                case {"event": "folds" | "fold" | "trials" | "trial", "done": done, "total": total}:
                    self.doing, self.share = "train", done / max(1, total)
                case {"event": "track", "window": window, "hop": hop, "first": first, "values": values}:
                    self.window, self.hop = window, hop
                    self.values[first:] = values
        return said

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield what was said since the last time, as it was said."""
        try:
            with progress_file(self.job).open("rb") as file:
                file.seek(self.offset)
                new = file.read()
        except FileNotFoundError:
            return
        whole = new[: new.rfind(b"\n") + 1]
        self.offset += len(whole)
        for line in whole.splitlines():
            try:
                entry = json.loads(line)
            except ValueError:  # what a killed process left of a line
                continue
            if isinstance(entry, dict):
                yield entry


def read_progress(job: str) -> Progress:
    """Return what a job has said so far."""
    progress = Progress(job)
    progress.advance()
    return progress
