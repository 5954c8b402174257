"""Recipes: what is wrong is named, with the nearest right thing."""

from __future__ import annotations

from pathlib import Path

import pytest

from semeia.errors import FileError, RecipeError
from semeia.recipe import Prediction, SeizureDetection, read_recipe

RECIPES = sorted((Path(__file__).parents[1] / "recipes").glob("*.toml"))
TEXT = """
name = "small"
[[data]]
source = "simulated"
patients = 4
[examples]
window = 8.0
[transform]
name = "raw"
rate = 100.0
[network]
name = "channelwise"
"""


PREDICTION = ["task.kind=prediction"]


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(TEXT)
    return path


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_shipped_recipe_is_right_and_named_after_its_file(path: Path) -> None:
    assert read_recipe(path).name == path.stem


def test_defaults_fill_what_is_not_said(recipe: Path) -> None:
    read = read_recipe(recipe)
    assert read.training.epochs == 30
    assert read.data[0].parameters == {"patients": 4}
    assert read.network.parameters == {}


def test_settings_change_keys_at_any_depth(recipe: Path) -> None:
    read = read_recipe(recipe, ["training.epochs=3", "data.0.patients=9", "name=other", "network.width=8"])
    assert (read.training.epochs, read.data[0].parameters["patients"], read.name) == (3, 9, "other")
    assert read.network.parameters == {"width": 8}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["training.epoch=3"], r"small.toml: unknown key 'training.epoch': did you mean 'epochs'\?"),
        (["trainning.epochs=3"], r"unknown key 'trainning': did you mean 'training'\?"),
        (["split.validation=1.5"], r"split.validation = 1.5: it should be a list, or it should be less than 1$"),
        (["detection.threshold=2"], r"detection.threshold = 2: it should be less than or equal to 1"),
        (["examples.window=inf"], r"examples.window = Infinity: it should be a finite number"),
        (["seed=9223372036854775808"], r"seed = 9223372036854775808: it should be less than"),
        (["training.epochs=0"], r"training.epochs = 0: it should be greater than or equal to 1"),
        (["training.epochs=many"], r'training.epochs = "many": it should be a whole number'),
        (["name=Not A Name"], r'name = "Not A Name": '),
        (["task.kind=detectoin"], r"""task.kind = "detectoin": did you mean 'detection'\?$"""),
        (["task.horizons=[3]"], r"key 'task.kind' is missing: there are detection, prediction, classification, patt"),
        ([*PREDICTION, "task.horizon=[3]"], r"unknown key 'task.horizon': did you mean 'horizons'\?$"),
        ([*PREDICTION, "task.horizons=[3, -1]"], r"task.horizons.1 = -1: it should be greater than 0"),
        ([*PREDICTION, "task.horizons=[60, 10]"], r"task.horizons = \[60, 10\]: horizons must ascend"),
        (["task.kind=classification"], r"key 'task.classes' is missing$"),
        (["task.kind=classification", "task.classes=['a']"], r"task.classes = \[\"a\"\]: it should have at least 2"),
        (["task.kind=classification", "task.classes=['a', 'A ']"], r"task.classes = .*: a name is there twice$"),
        (
            ["task.kind=patterns", f"task.patterns={[f'p{k}' for k in range(16)]}"],
            r"task.patterns = .* at most 15 items",
        ),
        (
            ["split.by=hours"],
            r"split.by = \"hours\": it should be 'patient', 'seizure', 'hour', 'recording' or 'random'",
        ),
        (["examples.dropouts.most=1"], r"examples.dropouts.most = 1: it should be less than 1"),
        (
            ["examples.dropouts.impute=median"],
            r"examples.dropouts.impute = \"median\": it should be 'sample' or 'av",
        ),
        (["training.class_weights=heavy"], r"training.class_weights = \"heavy\": it should be 'none' or 'balanced'"),
        (["training.class_weights={a=-1}"], r"training.class_weights = .*"),
        (["weights.thaw=-1"], r"weights.thaw = -1: it should be greater than or equal to 0"),
        (
            ["augmentation.mirror=true", "augmentation.channels=true"],
            r"augmentation = .*: channels in random order have",
        ),
        (["training"], r"--set training: write it as key=value"),
        (["data.7.patients=1"], r"--set data.7.patients=1: the recipe has no place 'data.7.patients'"),
    ],
)
def test_a_wrong_key_or_value_is_named(recipe: Path, settings: list[str], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        read_recipe(recipe, settings)


def test_a_task_is_detection_unless_another_is_named(recipe: Path) -> None:
    assert read_recipe(recipe).task == SeizureDetection()
    prediction = read_recipe(recipe, [*PREDICTION, "task.horizons=[5, 60]"]).task
    assert prediction == Prediction(kind="prediction", horizons=[5, 60], gap=5, clear=240, after=60)
    assert read_recipe(recipe, ["task.kind=patterns", 'task.patterns=["spike"]']).task.patterns == ["spike"]


def test_a_missing_key_is_named(recipe: Path) -> None:
    recipe.write_text(TEXT.replace("window = 8.0", ""))
    with pytest.raises(RecipeError, match=r"small.toml: key 'examples.window' is missing"):
        read_recipe(recipe)


def test_what_is_no_recipe_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="absent.toml: no such recipe"):
        read_recipe(tmp_path / "absent.toml")
    (tmp_path / "broken.toml").write_text("name = ")
    with pytest.raises(FileError, match=r"broken.toml: is not TOML: "):
        read_recipe(tmp_path / "broken.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileError, match="binary.toml: cannot be read"):
        read_recipe(tmp_path / "binary.toml")
    with pytest.raises(FileError, match="is a folder; a recipe is a file that ends in .toml"):
        read_recipe(tmp_path)
