"""The records of trainings: what they say, and that none is lost or torn when a process is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from semeia.errors import FileError, RecipeError, StorageError, TrainingError
from semeia.recipe import Recipe, read_recipe
from semeia.training.fit import Interrupted
from semeia.training.recorder import Run, recorded
from semeia.training.runs import damaged_runs, epochs_of, list_runs, read_run, remove_run

BEGUN = """
import os, signal, sys
from semeia.recipe import read_recipe
from semeia.training.recorder import Run
run = Run.start(read_recipe(sys.argv[1]), sys.argv[2], resume=len(sys.argv) > 3)
print(run.id, flush=True)
run.record({"event": "epoch", "epoch": 0, "training_loss": 1.0, "validation_loss": 0.9})
if len(sys.argv) == 3:
    os.kill(os.getpid(), signal.SIGKILL)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMEIA_HOME", str(tmp_path / "home"))


@pytest.fixture
def recipe(recipe_file: Path) -> Recipe:
    return read_recipe(recipe_file)


def epoch(number: int, loss: float) -> dict[str, object]:
    measures = {"training_loss": loss + 0.1, "validation_loss": loss, "validation_auroc": 1 - loss}
    return {"event": "epoch", "epoch": number, "best_epoch": 0, **measures}


def test_a_training_leaves_a_record_of_what_it_was_and_how_it_went(recipe: Recipe, tmp_path: Path) -> None:
    with recorded(recipe, tmp_path / "model", command=["semeia", "train", "x.toml"]) as report:
        report({"event": "data", "source": "folder", "recordings": 4})
        report({"event": "split", "training": {"recordings": 3}, "validation": {"recordings": 1}})
        report({"event": "prepared", "fingerprint": "abc"})
        for number, loss in enumerate([0.9, 0.5, float("nan")]):
            report({"event": "step", "epoch": number, "step": 1, "steps": 1})
            report(epoch(number, loss))
        report({"event": "done", "folder": "x", "threshold": 0.4})
    (record,) = list_runs()
    assert record == read_run("small-1")
    assert (record.standing, record.name, record.seed) == ("done", "small", recipe.seed)
    assert record.command == ["semeia", "train", "x.toml"]
    assert record.folder == str(tmp_path / "model")
    assert record.data == {"training": {"recordings": 3}, "validation": {"recordings": 1}}
    assert record.fingerprint == "abc"
    assert record.metrics == {
        **{"best_epoch": 1, "epochs": 3, "training_loss": 0.6, "validation_loss": 0.5, "validation_auroc": 0.5},
        "threshold": 0.4,
    }
    assert {"semeia", "python", "torch", "numpy"} <= set(record.environment["versions"])
    assert record.environment["threads"] == 1 or isinstance(record.environment["threads"], int)
    assert Recipe.model_validate(record.recipe) == recipe
    epochs = epochs_of("small-1")
    assert [entry["epoch"] for entry in epochs] == [0, 1, 2]
    assert epochs[2]["validation_loss"] is None
    assert all(entry["seconds"] >= 0 for entry in epochs)
    assert record.ended is not None and record.ended >= record.started


@pytest.mark.parametrize(
    ("error", "state", "problem"),
    [
        (Interrupted(), "stopped", ""),
        (KeyboardInterrupt(), "stopped", ""),
        (TrainingError("the loss is no longer a number"), "failed", "the loss is no longer a number"),
        (ZeroDivisionError("oh"), "failed", "ZeroDivisionError: oh"),
    ],
)
def test_how_a_training_ended_is_told(
    recipe: Recipe, tmp_path: Path, error: BaseException, state: str, problem: str
) -> None:
    with pytest.raises(type(error)), recorded(recipe, tmp_path / "model") as report:
        report(epoch(0, 0.5))
        raise error
    record = read_run("small-1")
    assert (record.standing, record.problem) == (state, problem)
    assert record.metrics["best_epoch"] == 0


def test_runs_of_one_recipe_are_numbered_on(recipe: Recipe, tmp_path: Path) -> None:
    ids = [Run.start(recipe, tmp_path / "model").id for _ in range(3)]
    assert ids == ["small-1", "small-2", "small-3"]
    for name in ids:
        Run(tmp_path / "home" / "runs" / name, read_run(name)).finish("stopped")
    remove_run("small-2")
    assert Run.start(recipe, tmp_path / "model").id == "small-4"
    assert [record.id for record in list_runs()] == ["small-1", "small-3", "small-4"]


def test_a_resumed_training_goes_on_with_its_record(recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(Interrupted), recorded(recipe, tmp_path / "model") as report:
        for number in range(3):
            report(epoch(number, 0.9))
        raise Interrupted
    with recorded(recipe, tmp_path / "model", resume=True) as report:
        saved = [{"epoch": number, "validation_loss": 0.9} for number in range(2)]
        report({"event": "resumed", "history": saved})
        report(epoch(2, 0.4))
        report(epoch(3, 0.6))
    record = read_run("small-1")
    assert (len(list_runs()), record.standing, len(record.resumed)) == (1, "done", 1)
    assert [(e["epoch"], e["validation_loss"]) for e in epochs_of("small-1")] == [
        (0, 0.9),
        (1, 0.9),
        (2, 0.4),
        (3, 0.6),
    ]
    assert record.metrics["best_epoch"] == 2
    other = recipe.model_copy(update={"seed": 99})
    with pytest.raises(Interrupted), recorded(recipe, tmp_path / "half"):
        raise Interrupted
    with pytest.raises(TrainingError), recorded(other, tmp_path / "half", resume=True):  # refused: nothing went on
        raise TrainingError("what is trained changed")
    refused = read_run("small-2")
    assert (refused.standing, refused.resumed, refused.recipe["seed"]) == ("failed", [], 3)
    with recorded(recipe, tmp_path / "other", resume=True):  # nothing is known of it
        pass
    assert [record.id for record in list_runs()] == ["small-1", "small-2", "small-3"]


def test_epochs_that_were_saved_but_never_told_are_filled_in(recipe: Recipe, tmp_path: Path) -> None:
    run = Run.start(recipe, tmp_path / "model")
    run.record(epoch(0, 0.9))
    run.record({"event": "resumed", "history": [{"epoch": n, "validation_loss": 0.1 * n} for n in range(3)]})
    assert [entry["validation_loss"] for entry in epochs_of(run.id)] == [0.9, 0.1, 0.2]


def test_a_killed_training_is_said_to_be_killed_and_its_record_goes_on(
    recipe: Recipe, recipe_file: Path, tmp_path: Path
) -> None:
    program = [sys.executable, "-c", BEGUN, str(recipe_file), str(tmp_path / "model")]
    answer = subprocess.run(program, capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout) == (-9, "small-1\n"), answer.stderr
    assert (read_run("small-1").state, read_run("small-1").standing) == ("running", "killed")
    lines = tmp_path / "home" / "runs" / "small-1" / "metrics.jsonl"
    with lines.open("a") as file:
        file.write('{"epoch": 1, "validation_lo')
    assert len(epochs_of("small-1")) == 1
    with recorded(recipe, tmp_path / "model", resume=True) as report:
        assert read_run("small-1").standing == "running"
        report(epoch(1, 0.3))
    assert [entry["epoch"] for entry in epochs_of("small-1")] == [0, 1]
    for line in lines.read_text().splitlines():
        json.loads(line)


def test_a_training_that_still_runs_is_neither_resumed_nor_removed(
    recipe: Recipe, recipe_file: Path, tmp_path: Path
) -> None:
    program = [sys.executable, "-c", BEGUN, str(recipe_file), str(tmp_path / "model"), "stay"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        name = child.stdout.readline().strip()
        assert read_run(name).standing == "running"
        with pytest.raises(TrainingError, match=rf"^model: process {child.pid} trains it already \(run small-1\)"):
            Run.start(recipe, tmp_path / "model", resume=True)
        with pytest.raises(TrainingError, match="run small-1 is running; stop it first"):
            remove_run(name)
        child.kill()
    assert read_run(name).standing == "killed"
    remove_run(name)
    assert list_runs() == []


def test_a_process_of_the_same_number_is_not_the_training(recipe: Recipe, tmp_path: Path) -> None:
    run = Run.start(recipe, tmp_path / "model")
    file = tmp_path / "home" / "runs" / run.id / "run.json"
    about = json.loads(file.read_text())
    assert about["process"]["number"] == os.getpid()
    about["process"]["started"] -= 100
    file.write_text(json.dumps(about))
    assert read_run(run.id).standing == "killed"
    about["process"]["host"] = "elsewhere"  # which nobody here can tell of
    file.write_text(json.dumps(about))
    assert read_run(run.id).standing == "running"


def test_a_damaged_record_hides_no_other_and_can_be_removed(recipe: Recipe, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        with recorded(recipe, tmp_path / folder):
            pass
    (tmp_path / "home" / "runs" / "small-1" / "run.json").write_text('{"format": 1')
    assert [record.id for record in list_runs()] == ["small-2"]
    assert damaged_runs() == ["run.json: the record of run small-1 is damaged: semeia runs remove small-1"]
    with pytest.raises(FileError):
        read_run("small-1")
    with pytest.raises(RecipeError, match="run 'small1' is not recorded: did you mean 'small-"):
        read_run("small1")
    remove_run("small-1")
    assert damaged_runs() == []


def test_a_record_that_cannot_be_written_is_said(recipe: Recipe, tmp_path: Path) -> None:
    run = Run.start(recipe, tmp_path / "model")
    (tmp_path / "home" / "runs" / run.id / "metrics.jsonl").mkdir()
    with pytest.raises(StorageError, match=r"metrics.jsonl: cannot be written \(is a directory\)"):
        run.record(epoch(0, 0.5))


def test_listing_runs_needs_no_torch() -> None:
    code = "import sys, semeia.training.runs as runs; runs.list_runs(); print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
