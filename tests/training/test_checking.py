"""Whether a recipe can be trained is found out before anything is read: every fault, one line each."""

from __future__ import annotations

from pathlib import Path

import pytest

from semeia.errors import RecipeError
from semeia.recipe import ImageRecipe, Recipe, read_recipe
from semeia.training.checking import check, check_whole
from semeia.training.explaining import explain
from semeia.training.shipped import recipe_path, shipped_recipes


@pytest.fixture
def changed(recipe_file: Path):
    def changed(*settings: str) -> Recipe:
        return read_recipe(recipe_file, settings)

    return changed


def faults(recipe: Recipe, beside: Path) -> list[str]:
    return check(recipe, beside).faults


def test_a_recipe_that_is_in_order_has_a_shape_and_a_network(changed, recipe_file: Path) -> None:
    checked = check(changed(), recipe_file.parent)
    assert (checked.faults, checked.notes) == ([], [])
    assert (checked.channels, checked.window, checked.shape) == (4, 256, (4, 256))
    assert checked.module is not None
    assert {weight.device.type for weight in checked.module.parameters()} == {"meta"}


def test_the_published_network_has_its_3137_parameters() -> None:
    checked = check(read_recipe(recipe_path("eeg-detection-convnet")))
    assert checked.shape == (23, 7680) and checked.module is not None
    assert sum(weight.numel() for weight in checked.module.parameters()) == 3137


@pytest.mark.parametrize("name", sorted(shipped_recipes()))
def test_every_shipped_recipe_is_in_order_and_explained(name: str) -> None:
    path = recipe_path(name)
    recipe = read_recipe(path)
    assert recipe.name == name
    assert faults(recipe, path.parent) == []
    said = explain(recipe, path.parent)
    headings = ["Data", "Task", "Windows", "Split", "Transform", "Network", "Training", "Written"]
    if isinstance(recipe, ImageRecipe):
        headings.remove("Windows")
    assert list(said)[: len(headings)] == headings
    assert "parameters" in said["Network"][0]


def test_all_faults_are_told_at_once(changed, recipe_file: Path) -> None:
    recipe = changed(
        *("data.0.source='foldr'", "transform.scael=3", "network.name='chanelwise'", "weights.freeze='all but last'")
    )
    assert faults(recipe, recipe_file.parent) == [
        "data source 'foldr' is not in the catalogue: did you mean 'folder'?",
        "network 'chanelwise' is not in the catalogue: did you mean 'channelwise'?",
        "transform 'raw' has no parameter 'scael': did you mean 'scale'?",
        "weights.freeze = 'all but last' would keep random weights for good: name trained ones in weights.init, or set "
        "weights.random_frozen = true",
    ]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["examples.window=0.5"], "network 'channelwise': a window of 32 samples is too short; the shortest that fits"),
        (["network.widht=3"], "network 'channelwise' has no parameter 'widht': did you mean 'width'?"),
        (["network.width='x'"], "network 'channelwise': "),
        (["network.name='convnet'"], "network 'convnet' needs its channels in order: name a montage in [examples]"),
        (["examples.montage='chbmitt'"], "examples.montage: "),
        (["data.0.paht='x'"], "data source 'folder' has no parameter 'paht': did you mean 'path'?"),
        (["data.0.patient_from='x'"], "data source 'folder': patient_from = 'x': "),
        (["transform.rate=-1"], "transform 'raw': rate is -1"),
        (["task.kind='prediction'"], "transform 'raw' sees the future, and prediction must not: set transform.causal"),
        (["network.name='resnet18'", "examples.montage='chbmit'"], "network 'resnet18' takes picture examples, but tr"),
        (["network.name='pattern-detector'"], "network 'pattern-detector' judges each channel by itself: it does not"),
        (
            ["augmentation.channels=true", "network.name='convnet'", "examples.montage='chbmit'"],
            "augmentation.channels: network 'convnet' needs its channels in order",
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_fault_is_one_clear_line(changed, recipe_file: Path, settings: list[str], said: str) -> None:
    found = faults(changed(*settings), recipe_file.parent)
    assert any(fault.startswith(said) for fault in found), found
    assert all("\n" not in fault for fault in found)


def test_a_network_that_fails_on_the_shape_says_so_without_computing(
    changed, recipe_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    from torch import nn

    import semeia.networks.channelwise as module

    monkeypatch.setattr(module, "Channelwise", lambda shape, classes=2, *, width=1: nn.Linear(7, classes))
    (said,) = faults(changed(), recipe_file.parent)
    assert said.startswith("network 'channelwise' does not fit examples of 4 × 256: ")
    five = nn.Sequential(nn.Flatten(), nn.Linear(1024, 5))
    monkeypatch.setattr(module, "Channelwise", lambda shape, classes, *, width: five.to("meta"))
    assert faults(changed(), recipe_file.parent) == ["network 'channelwise' gives (5,) for an example; (2,) is wanted"]
    assert torch.get_default_device().type == "cpu"


def test_a_network_that_needs_values_is_built_with_them(
    changed, recipe_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    from torch import nn

    import semeia.networks.channelwise as module

    class Curious(nn.Module):
        def __init__(self, shape: tuple[int, int], classes: int, *, width: int) -> None:
            super().__init__()
            self.linear = nn.Linear(shape[1], classes)
            self.norm = float(self.linear.weight.norm())

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = self.linear(x.mean(dim=1)) / self.norm
            return logits

    monkeypatch.setattr(module, "Channelwise", Curious)
    checked = check(changed(), recipe_file.parent)
    assert checked.faults == [] and checked.module is not None
    assert next(checked.module.parameters()).device.type == "cpu"
    assert "linear Linear  2" in explain(changed(), recipe_file.parent)["Network"][1]


def test_data_that_are_not_here_are_a_note(changed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEMEIA_DATA", raising=False)
    checked = check(changed(), tmp_path)
    assert checked.faults == []
    looked = "beside the recipe, under $SEMEIA_DATA or in the working folder"
    assert checked.notes == [f"data source 'folder': patients is not here; {looked}"]
    absent = ["data.0.source='chbmit'", "data.0.optional=true"]
    checked = check(changed(*absent, "data.0.path='chbmit'"), tmp_path)
    assert checked.notes == [
        "data source 'chbmit': chbmit is not here, and will be left out; semeia datasets download chbmit"
    ]
    checked = check(changed(*absent, "data.0.path='no'"), tmp_path)  # where a download would not put it
    assert checked.notes == [f"data source 'chbmit': no is not here, and will be left out; {looked}"]


def test_first_weights_that_are_not_here_are_a_note(changed, recipe_file: Path) -> None:
    assert check(changed("weights.init='eeg-starter'"), recipe_file.parent).notes == []
    (note,) = check(changed("weights.init='eeg-startr'"), recipe_file.parent).notes
    assert note == "weights.init: 'eeg-startr' is no model that is installed, and no file here"


def test_an_explanation_says_what_would_be_done(changed, recipe_file: Path) -> None:
    recipe = changed(
        *("task.kind='prediction'", "task.horizons=[10.0, 60.0]", "transform.causal_filter=true", "split.by='hour'"),
        *("training.schedule='step'", "training.clip=1.0", "augmentation.mixup=0.2", "weights.init='eeg-starter'"),
        *("weights.freeze='all but last'", "weights.thaw=3", "examples.dropouts.most=0.3"),
    )
    said = {heading: " ".join(sentences) for heading, sentences in explain(recipe, recipe_file.parent).items()}
    assert "Faults" not in said
    for heading, words in {
        "Task": "Tell interictal, preictal 10 min and preictal 60 min apart.",
        "Windows": "Drop-outs up to 30% of a window are filled with a random piece of the last 30 s",
        "Split": "The files of one hour are never on both sides",
        "Transform": "It does not see the future.",
        "Network": "thaw one stage every 3 epochs",
        "Training": "falls tenfold after each third; gradients clipped at 1.",
    }.items():
        assert words in said[heading], said[heading]
    assert "mixup = 0.2" in said["Training"]
    assert "Events" not in said["Written"]


def test_an_explanation_of_what_cannot_be_trained_says_what_is_wrong(changed, recipe_file: Path) -> None:
    said = explain(changed("network.name='no'", "data.0.source='no'", "transform.name='no'"), recipe_file.parent)
    assert len(said["Faults"]) == 3
    assert said["Network"] == ["no: does not fit; see the faults."]


def test_a_recipe_is_found_by_its_file_or_by_the_name_of_a_shipped_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shipped = shipped_recipes()["eeg-starter"]
    assert recipe_path("eeg-starter") == shipped and shipped.name == "eeg-starter.toml"
    (tmp_path / "eeg-starter").mkdir()  # the model that it made
    assert recipe_path("eeg-starter") == shipped
    (tmp_path / "siena").write_text("name = 'mine'")
    for file in ("siena", "eeg-starter.toml", "elsewhere/eeg-starter"):
        assert recipe_path(file) == Path(file)
    with pytest.raises(RecipeError, match="recipe 'eeg-startr': neither a file nor one that is shipped: did you mean"):
        recipe_path("eeg-startr")


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        (["training.class_weights.seizur=2"], "training.class_weights: 'seizur' is no class: did you mean 'seizure'?"),
        (
            ["weights.init=imagenet"],
            "network 'channelwise' has no ImageNet weights: weights.init takes random, a model or a file for it",
        ),
    ],
)
def test_what_would_be_refused_after_hours_is_refused_at_once(
    changed, recipe_file: Path, settings: list[str], fault: str
) -> None:
    assert faults(changed(*settings), recipe_file.parent) == [fault]
    with pytest.raises(RecipeError) as said:
        check_whole(changed(*settings), recipe_file.parent)
    assert str(said.value) == fault


def test_first_weights_are_found_beside_the_recipe_and_in_the_working_folder(
    changed, recipe_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = changed("weights.init=first.safetensors")
    with pytest.raises(RecipeError, match="'first.safetensors' is no model that is installed, and no file here"):
        check_whole(recipe, recipe_file.parent)
    (tmp_path / "first.safetensors").touch()
    check_whole(recipe, tmp_path)
    monkeypatch.chdir(tmp_path)
    check_whole(recipe, recipe_file.parent)
