"""``semeia train`` with its record, folds and seeds, and ``semeia search``, as they are typed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from semeia.training.runs import list_runs

SETTINGS = ("--set", "split.validation=0.3", "--set", "training.epochs=1", "--set", "training.examples_per_epoch=64")


def test_a_training_is_recorded_with_what_was_typed(run, recipe_file: Path, tmp_path: Path) -> None:
    code, _, err = run("train", str(recipe_file), "-o", str(tmp_path / "model"), *SETTINGS)
    assert code == 0
    assert "network: 3,382 parameters; one example is 4 × 256" in err and "training: 3 patients" in err
    (record,) = (record for record in list_runs() if record.folder == str(tmp_path / "model"))
    assert record.state == "done" and record.fingerprint and record.metrics["epochs"] == 1
    assert record.command == ["semeia", "train", str(recipe_file), "-o", str(tmp_path / "model"), *SETTINGS]


def test_a_shipped_recipe_is_trained_and_searched_by_its_name(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = run("train", "eeg-detection-siena", "-o", "model", "--set", "data.0.path=nowhere")
    assert (code, err) == (1, "semeia: data source 'siena': nowhere does not exist\n")
    assert "no table [search]" in run("search", "eeg-detection-siena", "-o", "s")[2]
    for command in ("train", "search"):
        code, _, err = run(command, "eeg-detection-sienna", "-o", "model")
        assert code == 1 and "neither a file nor one that is shipped: did you mean 'eeg-detection-siena'?" in err
        code, _, err = run(command, "mine.toml", "-o", "model")
        assert (code, err) == (1, "semeia: mine.toml: no such recipe\n")
    assert list(tmp_path.iterdir()) == []


def test_a_training_that_cannot_begin_leaves_no_record(run, recipe_file: Path, small_model: Path) -> None:
    before = len(list_runs())
    code, _, err = run("train", str(recipe_file), "-o", str(small_model))
    assert code == 1 and "is there already" in err
    assert len(list_runs()) == before


def test_folds_and_seeds_end_in_a_table_and_lines_of_progress(run, recipe_file: Path, tmp_path: Path) -> None:
    progress = tmp_path / "progress.jsonl"
    code, out, err = run(
        *("train", str(recipe_file), "-o", str(tmp_path / "cv"), "--folds", "2", "--seeds", "2", "--workers", "2"),
        *("--progress", str(progress), *SETTINGS),
    )
    assert code == 0, err
    assert "fold 2 of 2, seed 4: " in err and "(4 of 4)" in err
    for words in ("fold 1", "mean of folds", "95 % interval", "chance", "± is the standard deviation over 2 seeds"):
        assert words in " ".join(out.split())
    told = [json.loads(line) for line in progress.read_text().splitlines()]
    assert [event["done"] for event in told if event["event"] == "fold"] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (("--workers", "2"), 2, "--workers and --scheduler are for --folds and"),
        (("--folds", "1"), 2, "than or equal to 2"),
        (("--folds", "2"), 1, "split.validation names patients"),
        (("--seeds", "2", "--resume"), 1, "no folds or seeds to go on with"),
    ],
)
def test_what_cannot_be_is_said(run, recipe_file: Path, tmp_path: Path, *, options, status: int, words: str) -> None:
    code, _, err = run("train", str(recipe_file), "-o", str(tmp_path / "cv"), *options)
    assert code == status and words in " ".join(err.split())
    assert not (tmp_path / "cv").exists()


def test_a_search_ends_in_a_table_and_the_best_recipe(run, recipe_file: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "searched.toml"
    recipe.write_text(recipe_file.read_text() + '\n[search.space]\n"network.width" = [2, 4]\n')
    shutil.copytree(recipe_file.parent / "patients", tmp_path / "patients")
    folder = tmp_path / "s"
    code, out, err = run("search", str(recipe), "-o", str(folder), "--trials", "2", "--workers", "1", *SETTINGS)
    assert code == 0, err
    assert "trial 1: " in err and "(2 of 2)" in err
    assert "width" in out and "the best recipe. Train it with: semeia train" in out
    code, _, err = run("search", str(recipe_file), "-o", str(tmp_path / "t"), *SETTINGS)
    assert code == 1 and "no table [search]" in err and err.count("\n") == 1
