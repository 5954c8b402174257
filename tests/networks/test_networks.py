"""Networks: published shapes, torch-free arithmetic, and a catalogue that loads lazily."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from semeia.errors import RecipeError
from semeia.networks import build, entry_of, names, title
from semeia.networks.convnet import LAYERS
from semeia.networks.freezing import stages_of
from semeia.networks.shapes import TimeLayer, output_length, shortest_input
from semeia.networks.time_major import Conv1d, MaxPool1d, is_time_major


def parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_convnet_has_the_shapes_and_parameters_of_the_original() -> None:
    network = build("convnet", (23, 7680), 2).eval()
    assert parameters(network) == 3137
    lengths, x = [], torch.zeros(1, 23, 7680)
    for layer in network.features:
        x = layer(x)
        lengths.append(x.shape[-1])
    assert lengths == [1538, 153, 153, 40, 7, 7]
    assert network(torch.zeros(5, 23, 7680)).shape == (5, 2)


def test_convnet_computes_what_the_published_layers_do() -> None:
    network = build("convnet", (23, 7680), 2).eval()
    published = nn.Sequential(
        *(nn.Conv1d(23, 10, 10, 5, 9), nn.ReLU(), nn.MaxPool1d(15, 10)),
        *(nn.Conv1d(10, 5, 5, 4, 4), nn.ReLU(), nn.MaxPool1d(10, 5)),
        *(nn.Flatten(), nn.Dropout(0.5), nn.Linear(35, 15), nn.Linear(15, 2)),
    ).eval()
    published.load_state_dict(dict(zip(published.state_dict(), network.state_dict().values(), strict=True)))
    x = torch.randn(4, 23, 7680)
    torch.testing.assert_close(network(x), published(x), atol=1e-5, rtol=0)
    torch.testing.assert_close(gradients(network, x), gradients(published, x), atol=1e-5, rtol=1e-4)


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
    shapes = {"signal": (23, 7680), "picture": (23, 96, 120), "features": (23,)}
    needed = {"layers": {"layers": [{"kind": "relu"}]}, "timm": {"model": "mobilenetv3_small_050"}}
    tried = {name: entry_of(name) for name in names() if not entry_of(name).extra}
    for name, entry in tried.items():
        for kind in entry.takes:
            with torch.device("meta"):  # shapes without numbers
                network = build(name, shapes[kind], 2, **needed.get(name, {})).eval()
                x = torch.zeros(2, *shapes[kind])
                assert network(x).shape == ((2, 23, 2) if entry.per_channel else (2, 2)), name
                assert network.embed(x).shape == (2, network.embedding_width), name
            assert sum(map(parameters, stages_of(network))) == parameters(network), name


def time_major(x: Tensor) -> Tensor:
    """Return the same batch with the channels of one moment side by side in memory."""
    return x.transpose(1, 2).contiguous().transpose(1, 2)


def gradients(network: nn.Module, x: Tensor) -> Tensor:
    network.zero_grad()
    nn.functional.cross_entropy(network(x), torch.arange(len(x)) % 2).backward()
    return torch.cat([p.grad.flatten() for p in network.parameters()])


@pytest.mark.parametrize("name", ["convnet", "channelwise"])
def test_time_major_batches_give_the_same_scores_and_gradients(name: str) -> None:
    torch.manual_seed(0)
    network, x = build(name, (5, 2000), 2, dropout=0.0), torch.randn(6, 5, 2000)
    assert is_time_major(time_major(x))
    assert not is_time_major(x)
    torch.testing.assert_close(network(time_major(x)), network(x), atol=1e-5, rtol=0)
    torch.testing.assert_close(gradients(network, time_major(x)), gradients(network, x), atol=1e-5, rtol=1e-4)


def test_convnet_hands_time_major_batches_on_as_such() -> None:
    network, x = build("convnet", (23, 7680), 2), time_major(torch.randn(2, 23, 7680))
    for layer in network.features:
        x = layer(x)
        assert is_time_major(x)


def test_channelwise_trains_in_the_order_of_pictures_and_scores_the_same_as_before() -> None:
    network, x = build("channelwise", (4, 800), 2), torch.randn(3, 7, 800)
    first = network.features[1]
    assert first(network.train().features[0](x)).is_contiguous(memory_format=torch.channels_last)
    assert first(network.eval().features[0](x)).is_contiguous()


@given(st.builds(TimeLayer, st.integers(1, 9), st.integers(1, 6), st.integers(0, 8)), st.integers(1, 4), st.data())
@settings(deadline=None)
def test_layers_over_time_equal_their_parents_in_either_order(
    layer: TimeLayer, channels: int, data: st.DataObject
) -> None:
    kernel, stride, padding = layer
    dilation, samples = data.draw(st.integers(1, 3)), data.draw(st.integers(30, 60))
    torch.manual_seed(0)
    convolution = Conv1d(channels, 3, kernel, stride, padding, dilation)
    pooling = MaxPool1d(kernel, stride, min(padding, kernel // 2), dilation)
    x = torch.randn(2, channels, samples, dtype=torch.float64)
    for module, parent in ((convolution.double(), nn.Conv1d), (pooling, nn.MaxPool1d)):
        results = []
        for batch, forward in ((x, parent.forward), (x, type(module).forward), (time_major(x), type(module).forward)):
            leaf = batch.detach().requires_grad_()
            given = forward(module, leaf)
            given.square().sum().backward()
            results.append((given.detach(), leaf.grad))
        for scores, gradient in results[1:]:
            torch.testing.assert_close(scores, results[0][0])
            torch.testing.assert_close(gradient, results[0][1])


def test_layers_over_time_take_single_examples_and_odd_settings_as_their_parents_do() -> None:
    x = torch.randn(3, 40)
    same = Conv1d(3, 2, 5, padding="same", padding_mode="circular")
    torch.testing.assert_close(same(time_major(x[None])), nn.Conv1d.forward(same, x[None]))
    assert Conv1d(3, 2, 5)(x).shape == (2, 36)
    assert MaxPool1d(4)(x).shape == (3, 10)


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
