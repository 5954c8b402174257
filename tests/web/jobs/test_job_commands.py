"""Every command line that a job is run by is one that the command line understands."""

from __future__ import annotations

from pathlib import Path

import typer
from typer.core import TyperGroup
from working import find, in_library

from semeia.cli import app
from semeia.web.entrance import owner
from semeia.web.jobs import commands, lifecycle
from semeia.web.models import Job, Queue
from semeia.web.permission import project_of
from semeia.web.pictures import add_folder


def parsed(arguments: list[str]) -> tuple[str, dict[str, object]]:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    name, *rest = arguments
    command = group.commands[name]
    if isinstance(command, TyperGroup):
        name, *rest = rest
        command = command.commands[name]
    return name, command.make_context(name, list(rest)).params


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


def test_a_set_is_judged_by_predict(image_folder: Path, home: Path) -> None:
    images, _ = add_folder(project_of(owner()), image_folder)
    job = lifecycle.queue("classify", images, None, {"model": "spots"})
    name, options = parsed(job.argv)
    assert (name, options["inputs"], options["model"]) == ("predict", [Path(images.path)], "spots")
    assert options["progress"] == home / "jobs" / f"{job.pk}.jsonl"
    assert options["output"] == home / "jobs" / f"{job.pk}.csv"


def test_a_picture_is_explained_with_a_map(image_folder: Path, home: Path, image_model: str) -> None:
    images, _ = add_folder(project_of(owner()), image_folder)
    picture = images.pictures.get(name="dense/dense_1.png")
    parameters = {"picture": picture.pk, "model": image_model, "target": "dense"}
    name, options = parsed(lifecycle.queue("explain", images, None, parameters).argv)
    assert (name, options["model"], options["target"]) == ("explain", image_model, "dense")
    assert options["files"] == [Path(picture.path)]
    assert Path(str(options["map_"])).parent == home / "cache" / "maps"


def test_a_queue_is_looked_at_by_active_embed(recording_file: Path, home: Path) -> None:
    row = in_library(recording_file)
    queue = Queue.objects.create(project=row.project, model="eeg-starter", classes=["background", "seizure"])
    queue.recordings.add(row)
    job = lifecycle.queue("embed", row.project, None, {"queue": queue.pk})
    name, options = parsed(job.argv)
    assert (name, options["inputs"], options["model"]) == ("embed", [Path(row.path)], "eeg-starter")
    assert options["progress"] == home / "jobs" / f"{job.pk}.jsonl"
    assert options["output"] == home / "queues" / f"{queue.pk}.npz"


def test_there_is_a_command_line_for_every_kind_of_job(
    recording_file: Path, image_folder: Path, image_model: str
) -> None:
    row = in_library(recording_file)
    images, _ = add_folder(project_of(owner()), image_folder)
    picture = images.pictures.get(name="dense/dense_1.png")
    parameters = {"model": image_model, "picture": picture.pk, "target": "dense"}
    parameters |= {"recipe": "", "name": "mine", "folds": 3}
    queue = Queue.objects.create(project=row.project, model=image_model, classes=[], images=images)
    parameters |= {"queue": queue.pk}
    for kind in commands._KINDS:
        job = Job(project=row.project, kind=kind, recording=row, images=images, parameters=parameters)
        parsed(commands.arguments(job))
