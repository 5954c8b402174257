"""The Dockerfile against the tree: there is no Docker where the tests run, but what it copies must be there."""

from __future__ import annotations

import json
import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

from semeia.cli import app

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "Dockerfile").read_text()
LINES = [line for line in TEXT.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
IGNORED = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]


def said(instruction: str) -> list[str]:
    return [line.partition(" ")[2] for line in LINES if line.partition(" ")[0] == instruction]


COPIED = [name for line in said("COPY") for name in line.split()[:-1]]


def in_context(name: str) -> bool:
    """Whether the build sees a file: the last pattern that fits it, or a folder above it, decides."""
    seen = True
    places = [name, *map(str, Path(name).parents)][:-1] or [name]
    for pattern in IGNORED:
        plain = pattern.removeprefix("!")
        if any(fnmatch(place, plain) or fnmatch(place, plain.removeprefix("**/")) for place in places):
            seen = pattern.startswith("!")
        if plain.startswith("**/") and any(fnmatch(part, plain[3:]) for part in Path(name).parts):
            seen = pattern.startswith("!")
    return seen


@pytest.mark.parametrize("name", COPIED)
def test_what_is_copied_is_there_and_not_ignored(name: str) -> None:
    assert (ROOT / name).exists()
    assert in_context(name)


def test_what_the_package_is_built_from_is_copied() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = [project["project"]["readme"], *project["project"]["license-files"], *wheel["packages"]]
    for name in ["pyproject.toml", "constraints.txt", *needed, *wheel["force-include"]]:
        assert any(Path(name).is_relative_to(copied) for copied in COPIED), name


def test_what_the_container_runs_with_is_in_the_build() -> None:
    for name in (
        "src/semeia/models/eeg-starter/weights.safetensors",
        "src/semeia/cli/szcore.py",
        "recipes/eeg-starter.toml",
    ):
        assert (ROOT / name).exists() and in_context(name)
    for name in (
        "src/semeia/web/static/index.html",
        "src/semeia/__pycache__/x.pyc",
        ".git/config",
        "tests/conftest.py",
    ):
        assert not in_context(name)


def test_it_runs_a_command_that_there_is_and_not_as_root() -> None:
    (entry,) = said("ENTRYPOINT")
    program, command = json.loads(entry)
    assert program == "semeia"
    assert command in {known.name for known in app.registered_commands}
    assert said("USER")[-1] != "root"
    assert said("USER")[-1] in " ".join(said("RUN"))


def test_torch_is_pinned_and_no_host_is_named_but_that_of_the_image() -> None:
    assert any("--constraint constraints.txt" in line for line in said("RUN"))
    assert re.search(r"^torch==[\d.]+$", (ROOT / "constraints.txt").read_text(), re.M)
    assert said("FROM") == ["python:3.11-slim"]
    assert "://" not in TEXT and not said("ADD")
