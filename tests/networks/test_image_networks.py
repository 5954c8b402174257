"""Networks for X-rays and MRI: published counts, smallest pictures, and that they learn, freeze and hand on weights."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional

from semeia.errors import ModelError, RecipeError
from semeia.networks import build, title
from semeia.networks.freezing import freeze, stage_names, stages_of, train_mode
from semeia.networks.weights import Trained, adapted_channels, first_weights, take_weights
from semeia.recipe import Weights

SMALLEST = {"xray-cnn": 94, "mri-cnn": 16, "alexnet": 63, "small-resnet": 17}
PARAMETERS = {"alexnet": {"width": 64}}
"""Fewer weights, so that tests are quick."""


def made(name: str, channels: int, side: int, classes: int, **parameters: object) -> nn.Module:
    torch.manual_seed(0)
    return build(name, (channels, side, side), classes, **PARAMETERS.get(name, {}) | parameters)


def parameters(module: nn.Module) -> int:
    return sum(weight.numel() for weight in module.parameters())


# the network for X-rays


def test_xray_cnn_has_the_shapes_and_parameters_of_the_original() -> None:
    network = build("xray-cnn", (1, 600, 600), 2).eval()
    assert parameters(network) == 2_179_841
    sides, x = [], torch.zeros(1, 1, 600, 600)
    with torch.inference_mode():
        for stage in network.features:
            x = stage(x)
            sides.append(tuple(x.shape[1:]))
    assert sides == [(32, 299, 299), (32, 148, 148), (32, 73, 73), (64, 35, 35), (64, 16, 16)]
    assert [layer.in_features for layer in network.head if isinstance(layer, nn.Linear)] == [16 * 16 * 64, 128, 64]
    assert title("xray-cnn", (1, 600, 600)) == "xray-cnn"
    assert title("xray-cnn", (1, 224, 224)) == "xray-cnn, a variant: the original takes examples of 1 × 600 × 600"


def test_xray_cnn_computes_what_the_published_layers_do() -> None:
    network, layers, maps = made("xray-cnn", 1, 100, 2).eval(), [], 1
    for wider in (32, 32, 32, 64, 64):
        layers += [nn.Conv2d(maps, wider, 3), nn.ReLU(), nn.MaxPool2d(2)]
        maps = wider
    layers += [nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 1)]
    published = nn.Sequential(*layers)
    published.load_state_dict(dict(zip(published.state_dict(), network.state_dict().values(), strict=True)))
    x, sick = torch.rand(4, 1, 100, 100), torch.tensor([0, 1, 1, 0])
    z = published(x).squeeze(1)
    torch.testing.assert_close(network(x).softmax(dim=1)[:, 1], z.sigmoid())
    torch.testing.assert_close(
        functional.cross_entropy(network(x), sick), functional.binary_cross_entropy_with_logits(z, sick.float())
    )


def test_xray_cnn_begins_with_weights_as_keras_draws_them() -> None:
    dense = made("xray-cnn", 1, 200, 2).head[2]
    limit = (6 / (dense.in_features + 128)) ** 0.5
    assert 0.99 * limit < dense.weight.abs().max() <= limit
    assert not dense.bias.any()


def test_xray_cnn_takes_a_training_step_at_its_own_size() -> None:
    network = made("xray-cnn", 1, 600, 2)
    x, sick = torch.rand(2, 1, 600, 600), torch.tensor([0, 1])
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
    before = functional.cross_entropy(network(x), sick)
    before.backward()
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in network.parameters())
    optimiser.step()
    assert functional.cross_entropy(network(x), sick) < before


# the others


def test_alexnet_has_the_papers_weights_but_for_its_normalisation() -> None:
    biases = 96 + 256 + 384 + 384 + 256
    convolutions = 96 * 3 * 121, 256 * 48 * 25, 384 * 256 * 9, 384 * 192 * 9, 256 * 192 * 9
    dense = 9217 * 4096, 4097 * 4096, 4097 * 1000
    assert sum(convolutions) + biases + sum(dense) == 60_965_224  # as the paper's layers add up
    with torch.device("meta"):
        network = build("alexnet", (3, 224, 224), 1000)
        assert parameters(network) == 60_965_224 + biases == 60_966_600
        assert parameters(build("alexnet", (3, 224, 224), 10, width=256)) == 4_763_370
        assert len(stages_of(network)) == 8
        assert network.features(torch.zeros(1, 3, 224, 224)).shape == (1, 256, 13, 13)
        assert network(torch.zeros(1, 3, 100, 300)).shape == (1, 1000)


def test_counts_that_the_documentation_states() -> None:
    assert parameters(build("mri-cnn", (3, 150, 150), 4)) == parameters(build("mri-cnn", (3, 224, 224), 4)) == 422_308
    assert parameters(build("small-resnet", (1, 224, 224), 2)) == 690_794


def test_small_resnet_is_as_wide_and_deep_as_asked() -> None:
    network = build("small-resnet", (3, 64, 64), 2, width=8, blocks=[2, 1, 3])
    assert network.embedding_width == 32
    assert stage_names(network) == ["features.0", "features.1", "features.2", "features.3", "head"]
    assert network.features(torch.zeros(1, 3, 64, 64)).shape == (1, 32, 4, 4)
    for wrong in ({"blocks": []}, {"blocks": [1, 0]}, {"width": 0}, {"blocks": 4}):
        with pytest.raises(RecipeError, match=r"both are positive, as in width = 24, blocks = \[1, 1, 1, 1\]"):
            build("small-resnet", (3, 64, 64), 2, **wrong)
    with pytest.raises(RecipeError, match="the smallest that fits is 33 × 33; fewer levels"):
        build("small-resnet", (3, 32, 32), 2, blocks=[1] * 5)


# all of them


@pytest.mark.parametrize("name", SMALLEST)
@pytest.mark.parametrize("channels", [1, 3])
def test_smallest_picture_works_and_a_smaller_one_is_explained(name: str, channels: int) -> None:
    side = SMALLEST[name]
    for classes in (2, 4):
        network = made(name, channels, side, classes)
        x = torch.rand(3, channels, side, side)
        assert network(x).shape == (3, classes)
        assert network.eval().embed(x).shape == (3, network.embedding_width)
    message = re.escape(f"{side - 1} × 300 is too small; the smallest that fits is {side} × {side}; ")
    with pytest.raises(RecipeError, match=f"network {name!r}: a picture of {message}"):
        build(name, (1, side - 1, 300), 2)


@pytest.mark.parametrize("name", SMALLEST)
def test_it_learns_whether_something_bright_is_there(name: str) -> None:
    side = max(64, SMALLEST[name])
    network, generator = made(name, 1, side, 2, dropout=0.0), torch.Generator().manual_seed(0)
    x, there = 0.2 * torch.rand(8, 1, side, side, generator=generator), torch.arange(8) % 2
    x[there == 1, :, 20:50, 10:40] += 0.6
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
    for _ in range(20):
        optimiser.zero_grad()
        loss = functional.cross_entropy(network(x), there)
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.2


@pytest.mark.parametrize("name", [*SMALLEST, "efficientnet-b0"])
def test_frozen_stages_do_not_move(name: str) -> None:
    network = made(name, 1, 96, 2)
    last = stages_of(network)[-1]
    freeze(network, Weights(freeze="all but last", random_frozen=True))
    train_mode(network)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    optimiser = torch.optim.SGD(network.parameters(), lr=1.0)
    functional.cross_entropy(network(torch.rand(4, 1, 96, 96)), torch.arange(4) % 2).backward()
    optimiser.step()
    moved = {key for key, value in network.state_dict().items() if not torch.equal(value, before[key])}
    kept = {id(value) for value in last.state_dict(keep_vars=True).values()}
    assert moved
    assert moved <= {key for key, value in network.state_dict(keep_vars=True).items() if id(value) in kept}


# from one kind of picture to another


@pytest.mark.parametrize("name", SMALLEST)
@pytest.mark.parametrize(("given", "wanted"), [(1, 3), (3, 1), (1, 1)])
def test_an_xray_model_hands_its_stages_on_to_mri_of_another_size(name: str, given: int, wanted: int) -> None:
    model, network = made(name, given, 110, 2), made(name, wanted, 96, 4)
    head = [value.clone() for value in stages_of(network)[-1].parameters()]
    first = first_weights(
        network,
        Weights(init="xray", freeze="all but last"),
        network=name,
        beside=Path(),
        of_model=lambda _: Trained(model.state_dict(), same_classes=False),
    )
    assert first.taken == first.frozen == tuple(stage_names(network)[:-1])
    assert bool(first.adapted) is (given != wanted)
    own, its = next(iter(network.parameters())), next(iter(model.parameters()))
    torch.testing.assert_close(own, its if given == wanted else adapted_channels(its, wanted))
    assert all(map(torch.equal, stages_of(network)[-1].parameters(), head))


def test_at_the_same_size_with_the_same_classes_all_is_taken_and_at_another_all_but_the_dense_layers() -> None:
    model = made("xray-cnn", 1, 130, 2)
    taken = take_weights(build("xray-cnn", (1, 130, 130), 2), model.state_dict(), except_last=False)
    assert taken.stages[-1] == "head"
    network = build("xray-cnn", (1, 224, 224), 2)
    assert parameters(network.head) > parameters(network.features)
    taken = take_weights(network, model.state_dict(), except_last=False)
    assert taken.stages == tuple(f"features.{number}" for number in range(5))
    assert torch.equal(network.features[4][0].weight, model.features[4][0].weight)


def built(side: int, units: int = 256, maps: int = 8) -> nn.Module:
    layers = [{"kind": "conv2d", "maps": maps, "kernel": 3}, {"kind": "relu"}, {"kind": "maxpool2d", "kernel": 2}]
    layers += [{"kind": "flatten"}, {"kind": "linear", "units": units}, {"kind": "relu"}]
    return build("layers", (1, side, side), 2, layers=layers)


def test_a_dense_layer_that_reads_pictures_of_another_size_begins_anew() -> None:
    model, network = built(30), built(62)
    taken = take_weights(network, model.state_dict(), except_last=True)
    assert taken.stages == ("features.0",)
    assert torch.equal(network.features[0].weight, model.features[0].weight)


def test_layers_that_are_others_still_do_not_fit() -> None:
    with pytest.raises(ModelError, match=r"layer head.1 has weight of shape \(100, 1568\) here, and \(256, 1568\)"):
        take_weights(built(30, units=100), built(30).state_dict(), except_last=True)
    with pytest.raises(ModelError, match=r"layer features.0 has weight of shape \(4, 1, 3, 3\) here"):
        take_weights(built(62, maps=4), built(30).state_dict(), except_last=True)
    dense = [{"kind": "flatten"}, {"kind": "linear", "units": 256}, {"kind": "relu"}]
    small, large = (build("layers", (1, side, side), 2, layers=dense) for side in (30, 62))
    with pytest.raises(ModelError, match=r"layer head.1 has weight of shape \(256, 3844\) here, and \(256, 900\)"):
        take_weights(large, small.state_dict(), except_last=True)


def test_the_catalogue_lists_them_without_torch() -> None:
    code = (
        "import semeia.networks as n, sys\n"
        f"for name in {[*SMALLEST, 'efficientnet-b0', 'timm']}:\n"
        "    assert n.entry_of(name).takes == ('picture',) and name in n.names()\n"
        "n.title('xray-cnn', (1, 300, 300))\n"
        "assert not {'timm', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
