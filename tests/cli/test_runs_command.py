"""``semeia runs``: lists, shows, compares and removes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from semeia.recipe import read_recipe
from semeia.training.recorder import recorded


@pytest.fixture
def two_runs(recipe_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMEIA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "250")
    for folder, rate, losses in (("a", 0.001, [0.9, 0.5]), ("b", 0.01, [0.8, 0.3, 0.4])):
        recipe = read_recipe(recipe_file, [f"training.learning_rate={rate}"])
        with recorded(recipe, tmp_path / folder, command=["semeia", "train", "my recipe.toml"]) as report:
            report({"event": "split", "training": {"patients": 3}, "validation": {"patients": 1}})
            for number, loss in enumerate(losses):
                report({"event": "epoch", "epoch": number, "validation_loss": loss, "validation_auroc": 1 - loss})


@pytest.mark.usefixtures("two_runs")
def test_runs_are_listed_with_what_they_reached(run, tmp_path: Path) -> None:
    assert run("runs", "--json") == run("runs", "list", "--json")
    for command in (("runs",), ("runs", "list")):
        code, out, err = run(*command)
        assert (code, err) == (0, "")
        first, second = (line for line in out.splitlines() if line.startswith("small-"))
        assert first.split()[:2] == ["small-1", "done"] and second.split()[:2] == ["small-2", "done"]
        assert "loss 0.5, auroc 0.5" in first and "loss 0.3, auroc 0.7" in second
        assert str(tmp_path / "b") in second
    rows = json.loads(run("runs", "list", "--json")[1])
    assert [row["standing"] for row in rows] == ["done", "done"]


@pytest.mark.usefixtures("two_runs")
def test_a_run_is_shown_with_all_its_epochs(run) -> None:
    code, out, _ = run("runs", "show", "small-2")
    assert code == 0
    shown = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    assert "semeia train 'my recipe.toml'" in shown["command"]
    assert "3 patients" in shown["training"]
    assert "torch" in shown and "processor" in shown
    assert shown["best"].split() == ["best", "epoch", "2"]
    assert shown["2"].split()[-3:] == ["0.3", "0.7", "best"]
    assert len(json.loads(run("runs", "show", "small-2", "--json")[1])["epochs"]) == 3


@pytest.mark.usefixtures("two_runs")
def test_two_runs_are_compared_where_they_differ(run) -> None:
    code, out, _ = run("runs", "compare", "small-1", "small-2")
    assert code == 0
    rows = {" ".join(line.split()[:-2]): line.split()[-2:] for line in out.splitlines()[1:] if line.strip()}
    assert rows["training.learning_rate"] == ["0.001", "0.01"]
    assert rows["validation loss"] == ["0.5", "0.3"]
    assert rows["best epoch"] == ["2", "2"] and rows["epochs"] == ["2", "3"]
    assert not [key for key in rows if "." in key and key != "training.learning_rate"]
    same = json.loads(run("runs", "compare", "small-1", "small-2", "--json")[1])
    assert same["training.learning_rate"] == {"small-1": 0.001, "small-2": 0.01}


@pytest.mark.usefixtures("two_runs")
def test_runs_are_removed_by_name(run, tmp_path: Path) -> None:
    assert run("runs", "remove", "small-1") == (0, "small-1: removed\n", "")
    assert not (tmp_path / "home" / "runs" / "small-1").exists()
    code, _, err = run("runs", "show", "small-1")
    assert (code, err) == (1, "semeia: run 'small-1' is not recorded: did you mean 'small-2'?\n")
    assert run("runs", "compare", "small-2", "small-2")[2].startswith("semeia: name two runs or more")


@pytest.mark.usefixtures("two_runs")
def test_a_damaged_run_is_named_when_runs_are_listed(run, tmp_path: Path) -> None:
    (tmp_path / "home" / "runs" / "small-1" / "run.json").write_text("{")
    code, out, err = run("runs")
    assert code == 0 and "small-2" in out
    assert err == "semeia: run.json: the record of run small-1 is damaged: semeia runs remove small-1\n"


def test_without_a_run_it_says_how_to_begin_one(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMEIA_HOME", str(tmp_path))
    assert run("runs")[1].startswith("No training has been recorded yet: semeia train RECIPE")
