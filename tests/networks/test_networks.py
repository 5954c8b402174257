"""Networks: published shapes, torch-free arithmetic, and a catalogue that loads lazily."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from semeia.errors import RecipeError
from semeia.networks import build, names, title
from semeia.networks.convnet import LAYERS
from semeia.networks.shapes import TimeLayer, output_length, shortest_input


def parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_convnet_has_the_shapes_and_parameters_of_the_original() -> None:
    network = build("convnet", (23, 7680), 2).eval()
    assert parameters(network) == 3137
    lengths, x = [], torch.zeros(1, 23, 7680)
    for layer in network.features:
        x = layer(x)
        lengths.append(x.shape[-1])
    assert lengths == [1538, 1538, 153, 40, 40, 7]
    assert network(torch.zeros(5, 23, 7680)).shape == (5, 2)


@pytest.mark.parametrize(("samples", "same"), [(7661, False), (7662, True), (8661, True), (8662, False)])
def test_convnet_keeps_its_parameters_only_near_the_original_window(samples: int, same: bool) -> None:
    assert (parameters(build("convnet", (23, samples), 2)) == 3137) is same


def test_other_windows_than_the_originals_are_labelled_a_variant() -> None:
    assert title("convnet", (23, 7680)) == "convnet"
    assert title("convnet", (18, 7680)) == title("convnet", (23, 2560))
    assert title("convnet", (23, 2560)) == "convnet, a variant: the original takes examples of 23 × 7680"
    assert title("channelwise", (4, 800)) == "channelwise"


def test_convnet_gives_logits_not_probabilities() -> None:
    logits = build("convnet", (23, 7680), 2)(100 * torch.randn(8, 23, 7680))
    assert not torch.allclose(logits.sum(dim=1), torch.ones(8))


def test_convnet_says_which_window_is_the_shortest() -> None:
    with pytest.raises(RecipeError, match="1661 samples is too short; the shortest that fits is 1662"):
        build("convnet", (23, 1661), 2)
    assert build("convnet", (23, 1662), 2)(torch.zeros(1, 23, 1662)).shape == (1, 2)


def test_channelwise_takes_any_number_of_channels_in_any_order() -> None:
    network = build("channelwise", (4, 800), 2).eval()
    x = torch.randn(3, 19, 800)
    assert network(x[:, :4]).shape == network(x).shape == (3, 2)
    torch.testing.assert_close(network(x), network(x[:, torch.randperm(19)]), atol=1e-5, rtol=1e-4)


def test_unknown_network_and_parameter_are_named() -> None:
    with pytest.raises(RecipeError, match="did you mean 'convnet'"):
        build("convnett", (23, 7680), 2)
    with pytest.raises(RecipeError, match="network 'convnet' has no parameter 'depth': there are dropout"):
        build("convnet", (23, 7680), 2, depth=3)
    with pytest.raises(RecipeError, match="network 'channelwise' has no parameter 'widht': did you mean 'width'"):
        build("channelwise", (4, 800), 2, widht=8)


def test_every_network_of_the_catalogue_can_be_built() -> None:
    for name in names():
        assert build(name, (23, 7680), 2).eval()(torch.zeros(2, 23, 7680)).shape == (2, 2)


layers = st.lists(
    st.builds(TimeLayer, st.integers(1, 20), st.integers(1, 12), st.integers(0, 9)), min_size=1, max_size=5
)


@given(layers, st.integers(1, 3000))
def test_shape_arithmetic_equals_torch(layers: list[TimeLayer], samples: int) -> None:
    module = nn.Sequential(*(nn.Conv1d(1, 1, kernel, stride, padding) for kernel, stride, padding in layers))
    length = output_length(samples, layers)
    if length < 1:
        with pytest.raises(RuntimeError):
            module(torch.zeros(1, 1, samples))
    else:
        assert module(torch.zeros(1, 1, samples)).shape[-1] == length


@given(layers)
def test_the_shortest_input_is_the_shortest(layers: list[TimeLayer]) -> None:
    shortest = shortest_input(layers)
    assert output_length(shortest, layers) >= 1
    assert shortest == 1 or output_length(shortest - 1, layers) < 1


def test_the_shortest_input_of_the_original() -> None:
    assert shortest_input(LAYERS) == 1662
