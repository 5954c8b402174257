"""Sliding a network: equal to scoring every window by itself, whatever the hop, the blocks and the gaps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor, nn

from semeia.errors import RecipeError
from semeia.inference.slide import _Local, _plan, slide, slide_plain
from semeia.networks import build
from semeia.transforms import transform_named


def blocks(x: NDArray[np.float32], size: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
    for first in range(0, x.shape[1], size):
        yield first, x[:, first : first + size]


def whole(scored: Iterator[tuple[int, NDArray[np.float32]]]) -> NDArray[np.float32]:
    parts = list(scored)
    assert [first for first, _ in parts] == list(np.cumsum([0] + [len(p) for _, p in parts[:-1]]))
    return np.concatenate([p for _, p in parts])


def noise(channels: int, samples: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((channels, samples)).astype(np.float32)


@pytest.mark.parametrize("hop", [1.0, 0.37, 3.90625])
def test_convnet_slid_equals_window_by_window(hop: float) -> None:
    torch.manual_seed(1)
    network = build("convnet", (23, 7680), 2).eval()
    x, step = noise(23, 256 * 150), round(hop * 256)
    fast = whole(slide(network, blocks(x, 256 * 60), 7680, step))
    assert len(fast) == (x.shape[1] - 7680) // step + 1
    np.testing.assert_allclose(fast, whole(slide_plain(network, blocks(x, 10**9), 7680, step)), atol=1e-6)


@pytest.mark.parametrize("hop", [1.0, 0.5, 0.37, 4.0])
def test_channelwise_slid_equals_window_by_window(hop: float) -> None:
    torch.manual_seed(1)
    network = build("channelwise", (4, 800), 2).eval()
    x, step = noise(7, 100 * 60), round(hop * 100)
    fast = whole(slide(network, blocks(x, 1234), 800, step))
    np.testing.assert_allclose(fast, whole(slide_plain(network, blocks(x, 10**9), 800, step)), atol=1e-6)


def test_all_convolutions_of_both_networks_are_shared_at_a_hop_of_one_second() -> None:
    convnet, channelwise = build("convnet", (23, 7680), 2), build("channelwise", (4, 800), 2)
    shared = [step.module for step in _plan(convnet.features, 7680, 256) if isinstance(step, _Local)]
    assert shared[0] is convnet.features[0]
    assert len(_plan(channelwise.features, 800, 100)) == len(channelwise.features)


@given(
    plan=st.lists(st.tuples(st.booleans(), st.integers(1, 9), st.integers(1, 6), st.integers(0, 4)), max_size=4),
    hop=st.integers(1, 90),
    size=st.integers(50, 700),
)
@settings(deadline=None, max_examples=60)
def test_any_stack_of_layers_slides_exactly(plan: list[tuple[bool, int, int, int]], hop: int, size: int) -> None:
    torch.manual_seed(0)
    layers: list[nn.Module] = []
    for pooled, kernel, stride, padding in plan:
        layer = (
            nn.MaxPool1d(kernel, stride, min(padding, kernel // 2))
            if pooled
            else nn.Conv1d(2, 2, kernel, stride, padding)
        )
        layers += [layer, nn.ELU()]
    network = nn.Module()
    network.features = nn.Sequential(*layers)
    window = 240

    class Head(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.stack([x[:, 0].sum(dim=1) + x[:, 0, 0], x[:, 1].mean(dim=1) - x[:, 1, -1]], dim=1)

    network.head = Head()
    network.forward = lambda x: network.head(network.features(x))
    try:
        network(torch.zeros(1, 2, window))
    except RuntimeError:
        return  # too short for these layers
    x = noise(2, 1500)
    network.eval()
    fast = whole(slide(network, blocks(x, size), window, hop))
    np.testing.assert_allclose(fast, whole(slide_plain(network, blocks(x, 10**9), window, hop)), atol=2e-5)


def test_windows_that_touch_a_gap_are_not_scored_and_others_are_untouched_by_it() -> None:
    network = build("channelwise", (4, 800), 2).eval()
    x = noise(5, 6000)
    clean = whole(slide(network, blocks(x, 1000), 800, 100))
    x[2, 3000] = np.nan
    holed = whole(slide(network, blocks(x, 1000), 800, 100))
    touched = [k for k in range(len(holed)) if k * 100 <= 3000 < k * 100 + 800]
    assert list(np.flatnonzero(np.isnan(holed[:, 0]))) == touched
    rest = np.setdiff1d(np.arange(len(holed)), touched)
    np.testing.assert_allclose(holed[rest], clean[rest], atol=1e-6)


def test_a_network_of_another_kind_is_slid_by_windows() -> None:
    class Mean(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.mean(dim=2)[:, :2]

    scored = whole(slide(Mean(), blocks(noise(3, 500), 77), 100, 50))
    assert scored.shape == (9, 2)


@pytest.mark.parametrize("hop", [32, 50, 256])
def test_a_transform_of_windows_is_applied_to_each_before_it_is_scored(hop: int) -> None:
    made = transform_named("spectrogram", rate=64.0, window=1.0, highest=30.0)
    x = noise(3, 1900)
    made = made.fit([x[None]])
    torch.manual_seed(0)
    network = build("cnn2d", made.shape(3, 256), 3, depth=2).eval()
    scored = whole(slide_plain(network, blocks(x, 700), 256, hop, apply=made.apply))
    windows = np.stack([x[:, first : first + 256] for first in range(0, 1900 - 256 + 1, hop)])
    with torch.inference_mode():
        wanted = network(torch.from_numpy(made.apply(windows))).softmax(dim=1).numpy()
    np.testing.assert_allclose(scored, wanted, atol=1e-5)
    x[1, 1000] = np.nan
    holed = whole(slide_plain(network, blocks(x, 700), 256, hop, apply=made.apply))
    touched = [first <= 1000 < first + 256 for first in range(0, 1900 - 256 + 1, hop)]
    np.testing.assert_array_equal(np.isnan(holed).all(axis=1), touched)
    np.testing.assert_allclose(holed[~np.array(touched)], wanted[~np.array(touched)], atol=1e-5)


@pytest.mark.parametrize("slider", [slide, slide_plain])
def test_several_labels_are_scored_each_by_itself_on_every_channel(slider) -> None:
    torch.manual_seed(0)
    network = build("pattern-detector", (5, 128), 2, width=4).eval()
    x = noise(6, 1000)
    scored = whole(slider(network, blocks(x, 300), 128, 64, multi_label=True))
    windows = np.stack([x[:, first : first + 128] for first in range(0, 873, 64)])
    with torch.inference_mode():
        wanted = network(torch.from_numpy(windows)).sigmoid().numpy()
    assert scored.shape == (14, 6, 2)
    np.testing.assert_allclose(scored, wanted, atol=1e-5)
    x[5, 500] = np.nan
    assert np.isnan(whole(slider(network, blocks(x, 300), 128, 64, multi_label=True))[7]).all()


def test_a_fault_of_a_transform_reaches_the_caller() -> None:
    def broken(windows: NDArray[np.float32]) -> NDArray[np.float32]:
        raise RecipeError("it was not fitted")

    network = build("channelwise", (4, 800), 2).eval()
    with pytest.raises(RecipeError, match="not fitted"):
        list(slide_plain(network, blocks(noise(4, 2000), 500), 800, 100, apply=broken))


def test_what_is_shorter_than_a_window_gives_nothing() -> None:
    assert list(slide(build("channelwise", (4, 800), 2).eval(), blocks(noise(4, 799), 100), 800, 100)) == []
