"""Every command line that a job is run by is one that the command line understands."""

from __future__ import annotations

from pathlib import Path

import typer
from typer.core import TyperGroup
from working import find, in_library

from semeia.cli import app
from semeia.web.jobs import commands
from semeia.web.models import Job


def parsed(arguments: list[str]) -> tuple[str, dict[str, object]]:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    command = group.commands[arguments[0]]
    return arguments[0], command.make_context(arguments[0], list(arguments[1:])).params


def test_find_is_detect_with_its_findings_saved_for_the_job(recording_file: Path, home: Path) -> None:
    row = in_library(recording_file)
    job = find(row)
    name, options = parsed(job.argv)
    given = {option: value for option, value in options.items() if value not in (None, False)}
    assert name == "detect"
    assert given == {
        "inputs": [Path(row.path)],
        "save": True,
        "model": "eeg-starter",
        "hop": 1.0,
        "progress": home / "jobs" / f"{job.pk}.jsonl",
        "job": job.pk,
    }


def test_there_is_a_command_line_for_every_kind_of_job(recording_file: Path) -> None:
    row = in_library(recording_file)
    for kind in commands._KINDS:
        job = Job(project=row.project, kind=kind, recording=row, parameters={"model": "eeg-starter"})
        parsed(commands.arguments(job))
