"""The residual network for raw series: depth and width as given, short windows explained."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from semeia.errors import RecipeError
from semeia.inference.slide import slide, slide_plain
from semeia.networks import build
from semeia.networks.resnet1d import ResNet1d


def parameters(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_the_published_network_has_seven_blocks_of_256_maps_at_full_length() -> None:
    network = build("resnet1d", (5, 768), 2, width=256, norm="time").eval()
    block = 2 * (256 * 256 * 3) + 2 * (2 * 768)
    assert parameters(network) == 5 * 256 * 3 + 7 * block + (256 * 2 + 2) == 2_778_370
    x = torch.zeros(1, 5, 768)
    for layer in network.features[:8]:
        x = layer(x)
        assert x.shape == (1, 256, 768)
    dilations = [layer.dilation[0] for layer in network.modules() if isinstance(layer, torch.nn.Conv1d)][1:]
    assert dilations == [1, 1, 2, 2, 4, 4, 8, 8, 16, 16, 32, 32, 64, 64]


@pytest.mark.parametrize(("depth", "width"), [(1, 8), (4, 12), (7, 32)])
def test_depth_and_width_are_those_asked_for(depth: int, width: int) -> None:
    network = build("resnet1d", (5, 768), 3, depth=depth, width=width)
    assert parameters(network) == 15 * width + depth * (6 * width**2 + 4 * width) + 3 * width + 3
    assert len(network.stages()) == depth + 2
    x = torch.randn(4, 5, 768)
    assert network(x).shape == (4, 3)
    assert network.embed(x).shape == (4, network.embedding_width) == (4, width)


def test_a_short_window_is_told_the_shortest_and_the_depth_that_fits() -> None:
    message = "window of 254 samples is too short for depth = 7; the shortest that fits is 255, and depth = 6 fits"
    with pytest.raises(RecipeError, match=message):
        build("resnet1d", (5, 254), 2)
    assert build("resnet1d", (5, 255), 2)(torch.zeros(2, 5, 255)).shape == (2, 2)
    assert build("resnet1d", (5, 254), 2, depth=6)(torch.zeros(2, 5, 254)).shape == (2, 2)
    with pytest.raises(RecipeError, match="window of 2 samples is too short for depth = 1; .* is 3$"):
        build("resnet1d", (5, 2), 2, depth=1)


@pytest.mark.parametrize("wrong", [{"depth": 0}, {"norm": "batch"}])
def test_what_cannot_be_is_named(wrong: dict[str, object]) -> None:
    name, value = next(iter(wrong.items()))
    with pytest.raises(RecipeError, match=f"'resnet1d': {name} = {value!r}"):
        build("resnet1d", (5, 768), 2, **wrong)


def test_amplitude_is_not_normalised_away() -> None:
    torch.manual_seed(0)
    network = ResNet1d((5, 768)).eval()
    x = torch.randn(2, 5, 768)
    assert network.embed(10 * x).norm() > 5 * network.embed(x).norm()


def test_it_can_be_slid_over_a_recording() -> None:
    torch.manual_seed(0)
    network = ResNet1d((3, 64), depth=3, width=8).eval()
    signal = np.random.default_rng(0).normal(size=(3, 400)).astype(np.float32)
    by_layers = np.concatenate([scores for _, scores in slide(network, [(0, signal)], 64, 16)])
    by_windows = np.concatenate([scores for _, scores in slide_plain(network, [(0, signal)], 64, 16)])
    np.testing.assert_allclose(by_layers, by_windows, atol=1e-5)


def test_it_learns_a_spike() -> None:
    torch.manual_seed(0)
    x, wanted = torch.randn(64, 5, 128), torch.arange(64) % 2
    x[1::2, 2, 60:66] += 6.0
    network = ResNet1d((5, 128), depth=3, width=8, dropout=0.0)
    optimiser = torch.optim.AdamW(network.parameters(), lr=5e-3)
    for _ in range(30):
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(network(x), wanted)
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.1
