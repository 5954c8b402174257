"""Cross-validation: every unit tested once, and the same models however often its processes are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from epilepsy import RECIPE, write_patients
from semeia.errors import RecipeError, TrainingError
from semeia.recipe import Recipe, read_recipe
from semeia.training.fit import Interrupted
from semeia.training.folds import Folds, cross_validate, only_here, standing
from semeia.training.parts import Fold, gathered_parts
from semeia.training.runs import list_runs
from semeia.training.summary import Scored, as_markdown, summary_of

SETTINGS = ["split.validation=0.3", "training.epochs=3", "training.examples_per_epoch=256"]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a recipe, with the recordings of six patients beside it."""
    folder = tmp_path_factory.mktemp("folds")
    write_patients(folder / "patients", 6)
    (folder / "small.toml").write_text(RECIPE)
    return folder / "small.toml"


@pytest.fixture(scope="module")
def recipe(file: Path) -> Recipe:
    return read_recipe(file, SETTINGS)


@pytest.fixture(scope="module")
def undisturbed(file: Path, recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any]]:
    """Return the folder of three folds, and what was reported."""
    folder, events = tmp_path_factory.mktemp("undisturbed") / "cv", []
    cross_validate(Folds(recipe, folder, 3, 1, file.parent), workers=2, report=events.append)
    return folder, events


def weights(folder: Path) -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in folder.glob("*/weights.safetensors")}


def wait_for(condition: Callable[[], Any], seconds: float = 150) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def child(file: Path, folder: Path, *options: str) -> subprocess.Popen[str]:
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    return subprocess.Popen(
        [sys.executable, "-m", "semeia", "train", str(file), "-o", str(folder), "--folds", "3", *options, *settings],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_every_unit_is_tested_once_and_one_summary_says_how(
    file: Path, recipe: Recipe, undisturbed: tuple[Path, list[Any]]
) -> None:
    tested = []
    for number in range(3):
        how: Any = {"report": lambda event: None, "gathered": lambda *_: None}
        parts = gathered_parts(recipe, file.parent, fold=Fold(number, 3), **how)
        tested += [recording.patient for recording in parts.test]
    assert sorted(tested) == [f"patient{number}" for number in range(1, 7)]

    folder, events = undisturbed
    summary = json.loads((folder / "summary.json").read_text())
    assert [fold["data"]["patients"] for fold in summary["folds"]] == [2, 2, 2]
    assert summary["data"] == {"patients": 6, "recordings": 6, "hours": 0.249, "seizures": 12}
    assert summary["part"] == "test" and summary["sources"] == ["folder"] and summary["scorer"]["name"] == "SzCORE"
    for number, model in enumerate(summary["models"], 1):
        assert (model["fold"], model["seed"], model["folder"]) == (number, 3, f"fold{number}-seed3")
        metrics = json.loads((folder / model["folder"] / "metrics.json").read_text())
        assert model["figures"]["AUROC"] == metrics["test"]["auroc"]
        assert model["figures"]["event F1"] == metrics["test"]["score"]["events"]["f1"]
    assert summary["chance"] == {
        **{"event sensitivity": 0, "event F1": 0, "false alarms per 24 h": 0, "balanced accuracy": 0.5, "AUROC": 0.5},
        "accuracy": pytest.approx(0.6, abs=0.05),
    }
    page = (folder / "summary.md").read_text()
    assert "split by patient, seed 3" in page and "| mean of folds | 6 | 6 |" in page and "Nadeau" in page
    told = [event for event in events if event["event"] == "fold"]
    assert [event["done"] for event in told] == [1, 2, 3] and {event["fold"] for event in told} == {1, 2, 3}
    assert [event["recordings"] for event in events if event["event"] == "data"] == [6]


def test_each_model_has_its_own_record(undisturbed: tuple[Path, list[Any]]) -> None:
    folder, _ = undisturbed
    records = [record for record in list_runs() if Path(record.folder).parent == folder]
    assert sorted(Path(record.folder).name for record in records) == ["fold1-seed3", "fold2-seed3", "fold3-seed3"]
    assert all(record.state == "done" and record.metrics["epochs"] == 3 for record in records)


@pytest.mark.slow
def test_killed_workers_and_a_killed_parent_change_no_model(
    file: Path, recipe: Recipe, undisturbed: tuple[Path, list[Any]], tmp_path: Path
) -> None:
    folder = tmp_path / "cv"
    process = child(file, folder, "--workers", "1")
    try:
        wait_for(lambda: standing(folder / "fold1-seed3") == "begun")
        (worker,) = (p for p in psutil.Process(process.pid).children() if "spawn_main" in " ".join(p.cmdline()))
        worker.kill()
        places = [folder / f"fold{number}-seed3" for number in (1, 2, 3)]
        wait_for(lambda: "whole" in map(standing, places))  # which one, after the kill, is not said
        wait_for(lambda: "begun" in map(standing, places))
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert not (folder / "summary.json").exists()
    plan = Folds(recipe, folder, 3, 1, file.parent)
    with pytest.raises(TrainingError, match="cv: these trainings were begun; go on with --resume"):
        cross_validate(plan)
    cross_validate(plan, resume=True, workers=1)
    assert weights(folder) == weights(undisturbed[0])
    assert json.loads((folder / "summary.json").read_text()) == json.loads(
        (undisturbed[0] / "summary.json").read_text()
    )


@pytest.mark.slow
def test_a_cross_validation_that_is_asked_to_stop_exits_with_75_and_says_how_to_go_on(
    file: Path, recipe: Recipe, tmp_path: Path, undisturbed: tuple[Path, list[Any]]
) -> None:
    folder = tmp_path / "cv"
    process = child(file, folder, "--workers", "2")
    wait_for(lambda: standing(folder / "fold1-seed3") == "begun")
    process.terminate()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 75, err
    said = err.strip().splitlines()[-1]
    assert said.startswith(f"Stopped and saved. Go on with: semeia train {file} -o {folder} --folds 3 --workers 2 --re")
    cross_validate(Folds(recipe, folder, 3, 1, file.parent), resume=True, workers=1)
    assert weights(folder) == weights(undisturbed[0])


def test_seeds_alone_share_one_split_and_their_figures_are_said_to_flatter(
    file: Path, recipe: Recipe, tmp_path: Path
) -> None:
    quick = recipe.model_copy(update={"training": recipe.training.model_copy(update={"epochs": 1})})
    summary = cross_validate(Folds(quick, tmp_path / "seeds", None, 2, file.parent), workers=1)
    assert [model["folder"] for model in summary["models"]] == ["seed3", "seed4"]
    assert summary["part"] == "validation" and summary["pooled"] is None
    assert len(set(weights(tmp_path / "seeds").values())) == 2
    page = (tmp_path / "seeds" / "summary.md").read_text()
    assert "chosen on it, so they flatter" in page and "knows nothing of other patients" in page


def test_nothing_is_trained_when_it_cannot_come_to_an_end(file: Path, recipe: Recipe, tmp_path: Path) -> None:
    folder = tmp_path / "cv"
    with pytest.raises(RecipeError, match="split.validation names patients, and folds test every patient in turn"):
        Folds(read_recipe(file), folder, 3)
    with pytest.raises(RecipeError, match="^7 folds: choose at least 2, and no more than the 6 patients"):
        cross_validate(Folds(recipe, folder, 7, 1, file.parent))
    with pytest.raises(TrainingError, match="cv: no folds or seeds to go on with"):
        cross_validate(Folds(recipe, folder, 3, 1, file.parent), resume=True)
    with pytest.raises(Interrupted) as stopped:
        cross_validate(Folds(recipe, folder, 3, 1, file.parent), stop_asked=lambda: True)
    assert not stopped.value.saved and not folder.exists()
    with only_here(folder), pytest.raises(TrainingError, match="another process works there"):
        cross_validate(Folds(recipe, folder, 3, 1, file.parent))
    (folder / "notes.txt").touch()
    with pytest.raises(TrainingError, match="cv: is there already"):
        cross_validate(Folds(recipe, folder, 3, 1, file.parent))


def test_another_recipe_is_not_taken_for_the_one_that_was_begun(
    file: Path, undisturbed: tuple[Path, list[Any]]
) -> None:
    other = read_recipe(file, [*SETTINGS, "training.clip=2.0"])
    with pytest.raises(TrainingError, match=r"cv: what is trained changed .*\(recipe.training.clip was 1.0, is 2.0\)"):
        cross_validate(Folds(other, undisturbed[0], 3, 1, file.parent), resume=True)


def scored(fold: int, seed: int, f1: tuple[int, int, int], auroc: float | None) -> Scored:
    """Return a fold's figures: reference, found and falsely found events, and the windows' AUROC."""
    from semeia.evaluation import Counts

    events = Counts(*f1, seconds=86400.0).as_dict()
    score = {"scorer": {"name": "SzCORE", "package": "timescoring 1"}, "hours": 24.0, "events": events}
    counts = {"patients": 1, "recordings": 1, "hours": 24.0, "seizures": f1[0]}
    windows = {"accuracy": 0.9, "balanced_accuracy": 0.8, "auroc": auroc, "chance": 0.75, "classes": ["a", "b"]}
    metrics = {"sources": ["x"], "split": "patient", "test": counts | windows | {"score": score}}
    return Scored(fold, seed, f"fold{fold}-seed{seed}", metrics)


def test_means_spreads_and_intervals_are_right() -> None:
    found = summary_of(
        "x",
        [
            *(scored(1, 1, (4, 4, 0), 0.9), scored(2, 1, (4, 2, 2), 0.7), scored(3, 1, (0, 0, 0), None)),
            *(scored(1, 2, (4, 2, 0), 0.7), scored(2, 2, (4, 0, 0), 0.5), scored(3, 2, (0, 0, 1), None)),
        ],
        folds=3,
        split_seed=0,
    )
    first, second, third = (fold["figures"] for fold in found["folds"])
    assert first["AUROC"] == {"mean": 0.8, "spread": pytest.approx(0.1414, abs=1e-4)}
    assert second["event sensitivity"]["mean"] == 0.25 and third["event sensitivity"]["mean"] is None
    area = found["figures"]["AUROC"]  # 0.8 and 0.6; t of one degree of freedom is 12.706; (1/2 + 1/1) instead of 1/2
    assert area["mean"] == 0.7 and area["undefined"] == 1 and (area["low"], area["high"]) == (0.0, 1.0)
    alarms = found["figures"]["false alarms per 24 h"]  # 0, 1, 0.5: 4.303 * 0.5 * sqrt(1/3 + 1/2)
    assert (alarms["low"], alarms["high"]) == (0.0, pytest.approx(0.5 + 1.964, abs=1e-3))
    assert found["pooled"]["event sensitivity"] == pytest.approx((6 / 8 + 2 / 8) / 2)
    assert "undefined: event sensitivity, AUROC" in as_markdown(found)
