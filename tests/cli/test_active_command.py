"""``semeia active simulate``: from recipe and model to a table, figures and a page; bad input in one line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from blobs import IMAGE_RECIPE, write_pictures
from epilepsy import RECIPE, write_patients


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a recipe for pictures of patients whom the small image model never saw."""
    folder = tmp_path_factory.mktemp("others")
    write_pictures(folder / "images", patients=40)
    for one in sorted((folder / "images").glob("*/p*")):
        one.rename(one.with_name(one.name.replace("p", "p9")))
    recipe = folder / "others.toml"
    recipe.write_text(IMAGE_RECIPE)
    return recipe


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a recipe for recordings of patients whom the small model never saw."""
    folder = tmp_path_factory.mktemp("strangers")
    write_patients(folder / "patients")
    for one in sorted((folder / "patients").iterdir()):
        one.rename(one.with_name(f"new-{one.name}"))
    recipe = folder / "strangers.toml"
    recipe.write_text(RECIPE.replace('["patient4"]', "0.4"))
    return recipe


def simulate(run, recipe: Path, model: Path, output: Path, *more: str) -> tuple[int, str, str]:
    usual = {"--budget": "24", "--batch": "8", "--seeds": "2", "--workers": "1"}
    usual |= {"--strategies": "random,typiclust,0.5*margin+0.5*badge"}
    usual |= dict(zip(more[::2], more[1::2], strict=True))
    options = [part for pair in usual.items() for part in pair]
    return run("active", "simulate", str(recipe), "--model", str(model), "-o", str(output), *options)


def test_images_are_asked_about(run, images: Path, small_image_model: Path, tmp_path: Path) -> None:
    progress = tmp_path / "progress"
    code, out, err = simulate(run, images, small_image_model, tmp_path / "study", "--progress", str(progress))
    assert code == 0, err
    assert "0.5*margin+0.5*badge" in out and "asked for is 95%" in out
    assert str(tmp_path / "study" / "study.html") in out
    figures = json.loads((tmp_path / "study" / "study.json").read_text())
    assert figures["labels"] == [8, 16, 24] and figures["seeds"] == 2
    assert list(figures["strategies"]) == ["random", "typiclust", "0.5*margin+0.5*badge"]
    assert figures["full"]["value"] > 0.9  # the network looks for blobs already
    assert any("no patient was in the training" in note for note in figures["about"])
    assert "<svg" in (tmp_path / "study" / "study.html").read_text()
    events = [json.loads(line) for line in progress.read_text().splitlines()]
    assert [event["done"] for event in events if event["event"] == "seeds"] == [1, 2]


def test_windows_are_asked_about(run, recordings: Path, small_model: Path, tmp_path: Path) -> None:
    code, _, err = simulate(run, recordings, small_model, tmp_path / "study")
    assert code == 0, err
    figures = json.loads((tmp_path / "study" / "study.json").read_text())
    assert figures["full"]["value"] > 0.9
    assert any("background, seizure" in note for note in figures["about"])


def test_bad_input_is_one_line(run, images: Path, small_image_model: Path, small_model: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    for arguments, said in (
        ((images, small_image_model, tmp_path / "full"), "holds other things already"),
        ((images, small_model, tmp_path / "o"), "is for recordings, and the recipe is on images"),
        (("bonn-classification", small_image_model, tmp_path / "o"), "is for images, and the recipe is on recordings"),
        (("ieeg-patterns", small_model, tmp_path / "o"), "task.kind = 'patterns'"),
        ((images, tmp_path / "nothing", tmp_path / "o"), "nothing"),
        ((images, small_image_model, tmp_path / "o", "--strategies", "margn"), "did you mean 'margin'"),
        ((images, small_image_model, tmp_path / "o", "--budget", "5000"), "a budget of 5000 answers"),
        ((images, small_image_model, tmp_path / "o", "--batch", "25"), "batches of 25 in a budget of 24"),
        ((images, small_image_model, tmp_path / "o", "--committee", "friends"), "committee 'friends'"),
        ((images, small_image_model, tmp_path / "o", "--set", "split.by=random"), "other patients"),
    ):
        code, _, err = simulate(run, *arguments)
        lines = [line for line in err.splitlines() if line.startswith("semeia: ")]
        assert code == 1, err
        assert len(lines) == 1 and said in lines[0] and "fault of Semeia" not in err
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("recipe", "model"), [("recipe_file", "small_model"), ("image_recipe_file", "small_image_model")]
)
def test_a_model_that_knows_a_patient_is_refused(
    run, recipe: str, model: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    code, _, err = simulate(run, request.getfixturevalue(recipe), request.getfixturevalue(model), tmp_path / "o")
    assert code == 1
    assert re.search(r"semeia: model \w+ was trained on .*it has seen their labels", err)
