"""The house rules: imports only go down the list of rooms, and nothing unsafe or heavy comes in."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "semeia"
ROOMS = [  # an import may only go down this list
    "cli",
    "web",
    "active",
    "report",
    "explanation",
    "training",
    "model",
    "inference",
    "networks",
    "transforms",
    "datasets",
    "recipe",
    "evaluation",
    "images",
    "signals",
    "events",
    "home",
    "cluster",
    "errors",
]
MODULES = sorted(SOURCE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).with_suffix("").parts[0]


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_only_go_down_the_house(path: Path) -> None:
    room = room_of(path)
    if room in {"__init__", "__main__"}:
        return
    for name in imports_of(path):
        parts = name.split(".")
        if parts[0] == "semeia" and len(parts) > 1:
            assert ROOMS.index(parts[1]) >= ROOMS.index(room), f"{room} must not import {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_module_says_what_it_is_for_and_is_safe(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "its first lines say what it is for"
    calls = [node.func for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    named = {call.id for call in calls if isinstance(call, ast.Name)}
    assert not named & {"eval", "exec", "__import__"}
    assert "pickle" not in set(imports_of(path))
    assert "torch.load(" not in text
    assert "shell=True" not in text


def imported_by(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(answer.stdout.split())


def test_help_needs_neither_torch_nor_django() -> None:
    loaded = imported_by(
        "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()):\n"
        " from semeia.cli import app\n try: app(['--help'])\n except SystemExit: pass\n"
    )
    assert not loaded & {"torch", "django", "scipy", "sklearn"}


@pytest.mark.parametrize(
    "module",
    ["recipe", "networks", "events", "signals", "inference", "evaluation", "datasets", "model", "transforms"],
)
def test_what_the_page_needs_is_free_of_torch(module: str) -> None:
    assert "torch" not in imported_by(f"import semeia.{module}")


def test_the_public_face_is_small() -> None:
    import semeia

    assert semeia.__all__ == ["__version__", "load", "open"]
