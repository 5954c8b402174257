"""Images explained: maps point at what a network was taught to see, follow its weights, and suit every network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from blobs import SIDE, picture
from semeia.errors import ModelError
from semeia.explanation import cascade, correlation, image_attribution, image_target
from semeia.model import Component, ImageDescription, ImageModel, OperatingPoint, load_image_model
from semeia.networks import build
from semeia.networks.ensemble import Ensemble
from semeia.recipe import read_recipe
from semeia.training.train import train
from semeia.transforms import image_transform_named

METHODS = ["gradcam", "occlusion", "gradients"]
NEAR = 0.2
"""Of a side: how far from the middle of a blob (standard deviation .1) what points at it may lie."""


@pytest.fixture(scope="module")
def blob_model(image_recipe_file: Path, tmp_path_factory: pytest.TempPathFactory) -> ImageModel:
    """Return a network that tells blobs surely, with a last map of 8 × 8 places."""
    settings = ("transform.size=32", "training.epochs=8", "network.width=8", "training.examples_per_epoch=128")
    folder = tmp_path_factory.mktemp("explained") / "blobs"
    train(read_recipe(image_recipe_file, settings), folder, beside=image_recipe_file.parent)
    return load_image_model(folder)


def model_of(module: nn.Module, shape: tuple[int, int, int], classes: int = 2) -> ImageModel:
    """Return a model of a module, whose transform shows it values from -1 to 1."""
    size = {"size": list(shape[1:]), "channels": shape[0], "mean": [0.5] * shape[0], "sd": [0.5] * shape[0]}
    about = ImageDescription(
        name="known",
        task="images",
        classes=["clear", "blob", "ring"][:classes],
        transform=Component(name="image", parameters=image_transform_named("image", **size).state()),
        network=Component(name="mri-cnn"),
        operating_point=OperatingPoint(threshold=0.5),
    )
    return ImageModel(about, module)


class Corner(nn.Module):
    """A blob is what is bright in the upper left quarter, and nothing else is looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.AvgPool2d(4))
        with torch.no_grad():
            self.features[0].weight.fill_(1 / 9)
            self.features[0].bias.zero_()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (batch, 1, height, width) to logits (batch, 2)."""
        maps = self.features(x)
        rows, columns = maps.shape[-2] // 2, maps.shape[-1] // 2
        one = maps[:, :, :rows, :columns].mean(dim=(1, 2, 3))
        return torch.stack([torch.zeros_like(one), 8 * one], dim=1)


def blob_of(seed: int) -> tuple[float, float]:
    """Return where the middle of the blob of a picture lies, as shares of its sides."""
    rng = np.random.default_rng(seed)
    rng.uniform(0, 120, (6, 6))
    row, column = rng.uniform(0.25, 0.75, 2)
    return float(row), float(column)


@pytest.mark.parametrize("method", METHODS)
def test_maps_point_at_the_blob_and_change_with_the_weights(
    blob_model: ImageModel, method: str, count: Callable[[int], int]
) -> None:
    hits, against = [], []
    seeds = range(9000, 9000 + max(6, count(40)))
    for seed in seeds:
        found = image_attribution(blob_model, picture("blob", seed)[None], method)
        assert found.target == "blob" and found.map.shape == (SIDE, SIDE)
        assert found.map.dtype == np.float32 and found.map.min() >= 0 and found.map.max() == 1
        row, column = np.unravel_index(int(found.map.argmax()), found.map.shape)
        away = np.hypot(*(np.array([row + 0.5, column + 0.5]) / SIDE - blob_of(seed)))
        hits.append(away < NEAR)
        others = [
            image_attribution(other, found.picture, method, target="blob") for _, other in cascade(blob_model, seed)
        ]
        against.append([correlation(found, other) for other in others])
    assert sum(hits) >= len(seeds) - 1  # by chance one in eight
    assert np.nanmean(np.array(against)[:, -1]) < 0.4
    assert correlation(found, found) == pytest.approx(1)


@pytest.mark.parametrize("method", ["occlusion", "gradients"])  # Grad-CAM averages gradients over places
def test_what_is_not_looked_at_has_no_evidence(method: str) -> None:
    shown = np.random.default_rng(0).integers(0, 60, (1, 48, 64)).astype(np.uint8)
    shown[:, 8:16, 10:18] += 180
    shown[:, 30:40, 40:60] += 180
    found = image_attribution(model_of(Corner(), (1, 48, 64)), shown, method)
    row, column = np.unravel_index(int(found.map.argmax()), found.map.shape)
    assert 4 <= row < 20 and 6 <= column < 22
    assert found.map[30:, 40:].max() < 0.02


def test_occlusion_is_what_the_logit_loses_without_the_place() -> None:
    shown = np.zeros((1, 48, 64), np.uint8)
    shown[:, 8:16, 10:18] = 240
    model = model_of(Corner(), (1, 48, 64))
    found = image_attribution(model, shown, "occlusion")
    without = np.full_like(shown, round(shown.mean()))
    others = image_attribution(model, without, "occlusion")
    assert found.values[8:16, 10:18].mean() > 0.2
    assert found.logit > others.logit
    assert np.abs(others.values).max() < 0.02  # an even grey, hidden by itself


def test_gradients_sum_to_the_gain_and_say_by_how_much_they_miss_it(blob_model: ImageModel) -> None:
    found = image_attribution(blob_model, picture("blob", 9001)[None], "gradients")
    assert found.gained is not None and found.error is not None
    assert found.values.sum() == pytest.approx(found.gained, abs=found.error + 1e-4)
    assert found.error <= 0.01 * max(1, abs(found.gained))


@pytest.mark.parametrize("method", METHODS)
def test_an_ensemble_is_explained_as_the_mean_of_its_members(blob_model: ImageModel, method: str) -> None:
    same = ImageModel(blob_model.description, Ensemble([blob_model.module, blob_model.module]))
    shown = picture("blob", 9002)[None]
    one, both = image_attribution(blob_model, shown, method), image_attribution(same, shown, method)
    np.testing.assert_allclose(both.map, one.map, atol=0.02)
    assert both.probability == pytest.approx(one.probability, abs=1e-5)
    assert len(list(cascade(same))) == 3


NETWORKS = [
    ("xray-cnn", (1, 128, 128), {}),
    ("mri-cnn", (3, 96, 80), {}),
    ("alexnet", (3, 96, 96), {}),
    ("small-resnet", (1, 64, 48), {}),
    ("efficientnet-b0", (3, 64, 64), {}),
    ("resnet18", (1, 64, 64), {}),
    ("timm", (3, 64, 64), {"model": "convnext_atto"}),
    ("timm", (3, 64, 64), {"model": "densenet121"}),
    ("timm", (3, 64, 64), {"model": "mobilenetv3_small_050"}),
]


@pytest.mark.parametrize(("network", "shape", "parameters"), NETWORKS, ids=str)
def test_every_network_for_pictures_has_a_map(network: str, shape: tuple[int, int, int], parameters: dict) -> None:
    torch.manual_seed(0)
    model = model_of(build(network, shape, 3, **parameters), shape, 3)
    shown = np.random.default_rng(1).integers(0, 255, shape).astype(np.uint8)
    for target in ("clear", "blob", "ring"):
        found = image_attribution(model, shown, "gradcam", target=target)
        assert found.values.shape == shape[1:] and (found.values >= 0).all()
        if found.values.any():
            return
    pytest.fail("no class has a map")


def test_a_transformer_has_no_grad_cam_and_the_error_names_what_does() -> None:
    shape = (3, 64, 64)
    model = model_of(build("timm", shape, 2, model="vit_tiny_patch16_224"), shape)
    shown = np.zeros(shape, np.uint8)
    with pytest.raises(ModelError, match=r"model known keeps no map .* take occlusion \(a transformer\)"):
        image_attribution(model, shown, "gradcam")
    assert image_attribution(model, shown, "gradients").values.shape == (64, 64)
    flat = nn.Sequential(nn.Flatten(), nn.Linear(64, 2))
    with pytest.raises(ModelError, match="keeps no map of the picture"):
        image_attribution(model_of(flat, (1, 8, 8)), np.zeros((1, 8, 8), np.uint8), "gradcam")


def test_the_second_of_two_classes_is_asked_about_and_of_more_the_likeliest(blob_model: ImageModel) -> None:
    assert image_target(blob_model, picture("clear", 9003)[None]) == "blob"
    assert image_target(blob_model, picture("blob", 9003)[None], "clear") == "clear"
    with pytest.raises(ModelError, match="knows no class 'ring'; it tells clear, blob apart"):
        image_target(blob_model, picture("clear", 9003)[None], "ring")
    torch.manual_seed(0)
    model = model_of(build("small-resnet", (1, 32, 32), 3), (1, 32, 32), 3)
    shown = picture("blob", 9004)[None]
    likeliest = model.description.classes[int(model.probabilities(shown[None])[0].argmax())]
    assert image_target(model, shown) == likeliest


def test_ever_more_stages_are_drawn_anew_and_the_model_keeps_its_own(blob_model: ImageModel) -> None:
    before = {name: value.clone() for name, value in blob_model.module.state_dict().items()}
    changed = []
    for _, other in cascade(blob_model):
        state = other.module.state_dict()
        changed.append({n for n in before if n.endswith("weight") and not torch.equal(before[n], state[n])})
    last, half, whole = changed
    assert last < half < whole
    assert last == {name for name in whole if name.startswith("head.")}
    assert all(torch.equal(value, before[name]) for name, value in blob_model.module.state_dict().items())
