"""Feature maps at successive scales, from every network for pictures: the encoder of a later segmentation."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import nn

from semeia.errors import RecipeError
from semeia.networks import build, entry_of, names
from semeia.networks.encoder import encoder_of

SIDE = 128
LAYERS = [
    {"kind": "conv2d", "maps": 4, "kernel": 3},
    {"kind": "relu"},
    {"kind": "maxpool2d", "kernel": 2},
    {"kind": "residual", "maps": 8, "stride": 2},
    {"kind": "flatten"},
]
PARAMETERS = {
    "layers": {"layers": LAYERS},
    "timm": {"model": "mobilenetv3_small_050"},
    "alexnet": {"width": 64},
}
WITHOUT = ("logistic", "electrodes", "sequence")
FROM_PICTURES = [name for name in names() if "picture" in entry_of(name).takes]
SCALES = {"cnn2d": 3, "mri-cnn": 4, "alexnet": 3, "layers": 3}
"""Of all others: five."""


def made(name: str) -> nn.Module:
    torch.manual_seed(0)
    return build(name, (1, SIDE, SIDE), 2, **PARAMETERS.get(name, {})).eval()


@pytest.mark.parametrize("name", [name for name in FROM_PICTURES if name not in WITHOUT])
def test_maps_halve_from_scale_to_scale_and_the_weights_are_the_networks_own(name: str) -> None:
    with torch.device("meta"):  # shapes without numbers
        network = made(name)
        encoder = encoder_of(network)
        maps = encoder(torch.zeros(2, 1, SIDE, SIDE))
    assert len(maps) == SCALES.get(name, 5)
    sides = [SIDE, *(each.shape[-1] for each in maps)]
    assert all(each.ndim == 4 and each.shape[0] == 2 and each.shape[2] == each.shape[3] for each in maps)
    assert all(0.25 <= b / a <= 0.55 for a, b in pairwise(sides[1:]))
    own = dict(network.named_parameters())
    assert all(weight is own[key] for key, weight in encoder.named_parameters())
    assert list(encoder.parameters())
    maps[-1].sum().backward()
    assert next(iter(network.parameters())).grad is not None


@pytest.mark.parametrize("name", ["xray-cnn", "mri-cnn", "small-resnet", "alexnet"])
def test_the_smallest_maps_are_what_the_head_sees(name: str) -> None:
    network, x = made(name), torch.rand(2, 1, SIDE, SIDE)
    assert torch.equal(network.head[:-1](encoder_of(network)(x)[-1]), network.embed(x))


def test_a_transformer_of_one_scale_gives_that_one_and_one_of_several_gives_them() -> None:
    with torch.device("meta"):
        x = torch.zeros(2, 1, 64, 64)
        vit = encoder_of(build("timm", (1, 64, 64), 2, model="vit_tiny_patch16_224").eval())(x)
        swin = encoder_of(build("timm", (1, 64, 64), 2, model="swin_tiny_patch4_window7_224").eval())(x)
    assert [tuple(each.shape) for each in vit] == [(2, 192, 4, 4)]
    assert [tuple(each.shape[1:]) for each in swin] == [(96, 16, 16), (192, 8, 8), (384, 4, 4), (768, 2, 2)]


@pytest.mark.parametrize(
    ("name", "shape"),
    [*((name, (2, 96, 96)) for name in WITHOUT), ("convnet", (23, 7680)), ("resnet1d", (4, 768))],
)
def test_a_network_without_maps_of_a_picture_says_so(name: str, shape: tuple[int, ...]) -> None:
    network = build(name, shape, 2, **({"parts": 4} if name == "sequence" else {}))
    with pytest.raises(RecipeError, match="keeps no maps of a picture at several scales; networks that do: xray-cnn"):
        encoder_of(network)
