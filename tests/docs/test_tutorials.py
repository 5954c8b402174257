"""Each tutorial runs from its first cell to its last, as a notebook that is made from its page, in an empty folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nbformat
import pytest
from documentation import DOCS, TUTORIALS
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

sys.path.insert(0, str(DOCS))
import notebooks

PAGES = [page for page in TUTORIALS if page.stem != "index"]


def run(notebook: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> nbformat.NotebookNode:
    """Run a notebook in a folder, with a home of its own and the commands of this Python first in the path."""
    commands = place / "bin"
    commands.mkdir()
    command = commands / "semeia"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m semeia "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SEMEIA_HOME", str(place / "home"))
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    work = place / "work"
    work.mkdir()
    made = nbformat.reads(notebook, as_version=4)
    nbformat.validate(made)
    return NotebookClient(made, timeout=120, resources={"metadata": {"path": str(work)}}).execute()


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_tutorial_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = run(page.with_suffix(".ipynb").read_text(encoding="utf-8"), tmp_path, monkeypatch)
    assert all(cell.execution_count for cell in ran.cells if cell.cell_type == "code")


@pytest.mark.slow
def test_a_command_that_fails_stops_a_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = notebooks.notebook_of("# Page\n\n```bash\nsemeia info nothing.edf\necho on\n```\n")
    with pytest.raises(CellExecutionError, match=r"nothing\.edf: there is no such file"):
        run(notebook, tmp_path, monkeypatch)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_notebooks_are_what_their_pages_make(page: Path) -> None:
    made = notebooks.notebook_of(page.read_text(encoding="utf-8"))
    assert page.with_suffix(".ipynb").read_text(encoding="utf-8") == made, "run python docs/notebooks.py"


def test_there_are_four_tutorials_and_a_notebook_of_each() -> None:
    assert len(PAGES) == 4
    assert {page.with_suffix(".ipynb") for page in PAGES} == set((DOCS / "tutorials").glob("*.ipynb"))


def test_toml_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="begins with the name of its file"):
        notebooks.notebook_of("```toml\nname = 1\n```\n")
