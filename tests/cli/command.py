"""Run the command line as a person does, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

WITH_A_FULL_DISK = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
from semeia.cli import main
main()
"""


class Answer(NamedTuple):
    """What a command said."""

    status: int
    out: str
    err: str


def semeia(*arguments: object, full_at: int | None = None, **environment: str) -> Answer:
    """Run a command; `full_at` is the number of bytes after which no file can grow, as on a full disk."""
    program = ["-m", "semeia"] if full_at is None else ["-c", WITH_A_FULL_DISK, str(full_at)]
    answer = subprocess.run(
        [sys.executable, *program, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "COLUMNS": "200", **environment},
        check=False,
    )
    return Answer(answer.returncode, answer.stdout, answer.stderr)


def assert_one_line(answer: Answer, *words: str) -> None:
    """Check that a command failed as it should: exit status 1, and one line on the error stream."""
    assert answer.status == 1, answer
    assert answer.err.startswith("semeia: "), answer.err
    assert answer.err.count("\n") == 1 and answer.err.endswith("\n"), answer.err
    assert "Traceback" not in answer.err and "fault of Semeia" not in answer.err, answer.err
    for word in words:
        assert word in answer.err, answer.err


def files_under(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}
