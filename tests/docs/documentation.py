"""What the documentation consists of: its pages, their blocks of code, and the commands that they show."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
TUTORIALS = sorted((DOCS / "tutorials").glob("*.md"))

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    """A fenced block: its language, its text, and the line of the page on which the text begins."""

    language: str
    text: str
    line: int


def name_of(page: Path) -> str:
    """Return a page's path in the repository, by which a test is called."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [Block(found[1], found[2], text.count("\n", 0, found.start(2)) + 1) for found in _FENCE.finditer(text)]


def commands(page: Path) -> Iterator[list[str]]:
    """Yield the arguments of every ``semeia`` command line of a page: indented, fenced, or within a sentence."""
    text = page.read_text(encoding="utf-8")
    lines = re.findall(r"^(?: {4})?(?:\$ )?(?:\.venv/bin/)?semeia (.+)$", text.replace("\\\n", " "), re.MULTILINE)
    within = re.findall(r"`semeia (\w[^`\n]*)`", text)
    for line in (*lines, *within):
        for command in line.split(" && "):
            yield shlex.split(command.removeprefix("semeia "), comments=True)
