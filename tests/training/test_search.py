"""Search: the same trials after any kill, hopeless ones given up, and wrong keys said in one line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from epilepsy import RECIPE, write_patients
from semeia.errors import RecipeError, TrainingError
from semeia.recipe import Recipe, read_recipe
from semeia.training.fit import Interrupted
from semeia.training.runs import list_runs
from semeia.training.search import Found, search
from semeia.training.train import train
from semeia.training.trial import Hunt

SEARCH = """
[search]
trials = 10
objective = "validation_loss"

[search.space]
"training.learning_rate" = [1e-2, 3e-7]
"network.width" = {low = 2, high = 4}
"augmentation.noise" = {low = 0.01, high = 1.0, log = true}
"""
SHORT = ["training.epochs=3", "training.examples_per_epoch=192"]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("search")
    write_patients(folder / "patients", 4)
    (folder / "small.toml").write_text(RECIPE + SEARCH)
    return folder / "small.toml"


@pytest.fixture(scope="module")
def recipe(file: Path) -> Recipe:
    return read_recipe(file, SHORT)


@pytest.fixture(scope="module")
def undisturbed(file: Path, recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Found, list[Any]]:
    folder, events = tmp_path_factory.mktemp("undisturbed") / "s", []
    found = search(Hunt(recipe, folder, beside=file.parent), workers=1, report=events.append)
    return folder, found, events


def lasting(found: Found) -> list[dict[str, Any]]:
    """Return the trials without how long they took."""
    return [{key: value for key, value in row.items() if key != "seconds"} for row in found.trials]


def test_hopeless_trials_are_given_up_and_the_best_is_written(undisturbed: tuple[Path, Found, list[Any]]) -> None:
    folder, found, events = undisturbed
    states = [row["state"] for row in found.trials]
    assert len(states) == 10 and set(states) == {"complete", "pruned"}
    for row in found.trials:
        assert row["epochs"] == 3 if row["state"] == "complete" else row["epochs"] < 3, row
        if row["state"] == "pruned":
            assert row["parameters"]["training.learning_rate"] == 3e-7
    best = min((row for row in found.trials if row["value"] is not None), key=lambda row: row["value"])
    assert best["parameters"]["training.learning_rate"] == 1e-2
    written = read_recipe(found.best)
    assert written.training.learning_rate == 1e-2 and written.search is None
    assert written.network.parameters["width"] == best["parameters"]["network.width"]
    assert [event["done"] for event in events if event["event"] == "trial"] == list(range(1, 11))
    assert len((folder / "trials.tsv").read_text().splitlines()) == 11
    assert not list(folder.glob("trial-*"))


def test_the_best_recipe_trains_to_what_was_found(undisturbed: tuple[Path, Found, list[Any]], tmp_path: Path) -> None:
    folder, found, _ = undisturbed
    train(read_recipe(found.best), tmp_path / "model", beside=folder)
    metrics = json.loads((tmp_path / "model" / "metrics.json").read_text())
    value = min(row["value"] for row in found.trials if row["value"] is not None)
    assert metrics["history"][metrics["best_epoch"]]["validation_loss"] == pytest.approx(value, rel=1e-6)


def test_each_trial_has_its_record(undisturbed: tuple[Path, Found, list[Any]]) -> None:
    folder, found, _ = undisturbed
    states = {Path(r.folder).name: r.state for r in list_runs() if Path(r.folder).parent == folder}
    ends = {"complete": "done", "pruned": "stopped"}
    assert states == {f"trial-{row['trial']}": ends[row["state"]] for row in found.trials}


@pytest.mark.slow
def test_a_search_killed_with_all_its_processes_goes_on_as_if_nothing_had_been(
    file: Path, recipe: Recipe, undisturbed: tuple[Path, Found, list[Any]], tmp_path: Path
) -> None:
    folder = tmp_path / "s"
    settings = [part for setting in SHORT for part in ("--set", setting)]
    command = [sys.executable, "-m", "semeia", "search", str(file), "-o", str(folder), "--workers", "1", *settings]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=True)
    end = time.monotonic() + 60
    while not (folder / "trial-3.training" / "state.safetensors").exists():
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    with (folder / "search.journal").open("ab") as journal:
        journal.write(b'{"op_code": 4, "wor')  # killed while it wrote
    found = search(Hunt(recipe, folder, beside=file.parent), workers=1)
    assert lasting(found) == lasting(undisturbed[1])


def test_a_search_that_is_stopped_goes_on_to_more_trials_with_several_workers(
    file: Path, recipe: Recipe, tmp_path: Path
) -> None:
    hunt, told = Hunt(recipe, tmp_path / "s", beside=file.parent), []
    with pytest.raises(Interrupted):
        search(hunt, trials=2, workers=1, report=told.append, stop_asked=lambda: told[-1]["event"] == "trial")
    assert {"event": "trials", "done": 0, "total": 2} in told
    found = search(hunt, trials=3, workers=2)
    assert [row["state"] for row in found.trials] == ["complete"] * 3
    assert [row["state"] for row in search(hunt, trials=2).trials] == ["complete"] * 3
    other = Hunt(read_recipe(file, [*SHORT, "training.clip=2.0"]), tmp_path / "s", beside=file.parent)
    with pytest.raises(TrainingError, match=r"s: what is trained changed .*\(recipe.training.clip was 1.0, is 2.0\)"):
        search(other)


def test_with_inner_folds_every_patient_but_those_left_out_validates_once(file: Path, tmp_path: Path) -> None:
    settings = ["split.exclude=['patient4']", "training.epochs=1", "search.objective=validation_auroc"]
    recipe = read_recipe(file, [*SHORT, *settings, "split.validation=0.3"])
    found = search(Hunt(recipe, tmp_path / "s", folds=3, beside=file.parent), trials=1, workers=1)
    (row,) = found.trials
    records = {Path(r.folder).name: r for r in list_runs() if Path(r.folder).parent == tmp_path / "s"}
    assert set(records) == {"trial-1-fold1", "trial-1-fold2", "trial-1-fold3"}
    held = [record.recipe["split"]["validation"] for record in records.values()]
    assert sorted(patient for units in held for patient in units) == ["patient1", "patient2", "patient3"]
    areas = [record.metrics["validation_auroc"] for record in records.values()]
    assert row["value"] == pytest.approx(sum(areas) / 3)
    assert read_recipe(found.best).split.validation == 0.3


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("search.space={'training.learning_rates' = [1.0]}", "training.learning_rates.*did you mean 'learning_rate'"),
        ("search.space={'network.depth' = [1]}", "with network.depth = 1: network 'channelwise' has no parameter"),
        ("search.space={'network.width' = [4, 'x']}", "with network.width = x: "),
        ("search.space={'data.7.path' = ['x']}", "the recipe has no place 'data.7.path'"),
        ("search.space={'training.clip' = {low = 2, high = 1}}", "training.clip: low must be below high"),
        ("search.space={'training.clip' = {low = 0, high = 1, log = true}}", "training.clip: with log, low must be"),
        ("search.space={'training.clip' = {low = 0}}", "training.clip.high: field required"),
        ("search.space={'training.clip' = []}", "training.clip: the list must hold numbers"),
        ("search.space={'training.clip' = {low = -1.0, high = 1.0}}", "training.clip = -1.0: "),
        ("search.space={'seed' = [1]}", "seed is not for searching"),
        ("search.space={}", "there is nothing to search"),
        ("search.objective=accuracy", "search.objective"),
    ],
)
def test_a_wrong_space_is_one_line(file: Path, tmp_path: Path, setting: str, words: str) -> None:
    with pytest.raises(RecipeError, match=words) as said:
        search(Hunt(read_recipe(file, [setting]), tmp_path / "s", beside=file.parent))
    assert "\n" not in str(said.value)
    assert not (tmp_path / "s").exists()


def test_a_recipe_without_a_search_says_what_to_write(file: Path, tmp_path: Path) -> None:
    plain = read_recipe(file).model_copy(update={"search": None})
    with pytest.raises(RecipeError, match=r"no table \[search\]"):
        search(Hunt(plain, tmp_path / "s"))
