"""Every command line that the documentation shows is one that the real command line takes."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import typer
from documentation import PAGES, commands, name_of

from semeia.cli import app

UsageError = typer.BadParameter.__base__  # Typer's own, or Click's, by its version
UNSAID = ("Missing argument", "Missing option", "Missing parameter", "Invalid value for '--folder'")
"""A sentence may name a command without all that it needs, or with a folder that stands for any."""


def fault(arguments: list[str]) -> str | None:
    """Return what is wrong with a command line: an unknown command, option or value; nothing is run."""
    command, rest = typer.main.get_command(app), arguments
    while hasattr(command, "commands"):
        if not rest or rest[0].startswith("-"):
            return None if rest in ([], ["--help"], ["--version"]) else f"no option of semeia: {rest[0]}"
        name, *rest = rest
        if name not in command.commands:
            return f"no command: {name}"
        command = command.commands[name]
    try:
        command.make_context(name, list(rest))
    except UsageError as error:
        said = error.format_message()
        return None if said.startswith(UNSAID) else said
    return None


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_exist_with_their_options(page: Path) -> None:
    wrong = {shlex.join(command): said for command in commands(page) if (said := fault(command))}
    assert wrong == {}


def test_the_documentation_shows_commands() -> None:
    assert sum(len(list(commands(page))) for page in PAGES) > 100


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("detekt patient.edf", "no command: detekt"),
        ("detect patient.edf --modle x", "No such option: --modle"),
        ("detect patient.edf --threshold 2", "threshold"),
        ("recipe chek mine.toml", "no command: chek"),
        ("active simulate a -m b -o c --budget many", "budget"),
    ],
)
def test_a_wrong_command_is_found(line: str, said: str) -> None:
    assert said in (fault(shlex.split(line)) or "")


def test_continued_commented_and_joined_lines_are_whole_commands(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("    semeia a -o b \\\n        --c 1   # why\n\n    $ semeia d && semeia e\n\nand `semeia f g`.\n")
    assert list(commands(page)) == [["a", "-o", "b", "--c", "1"], ["d"], ["e"], ["f", "g"]]
