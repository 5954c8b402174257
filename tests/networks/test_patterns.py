"""The pattern detector: each channel by itself, several patterns at once, any number of channels."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from semeia.errors import RecipeError
from semeia.networks import build, entry_of


def test_the_catalogue_says_that_it_answers_for_each_channel() -> None:
    assert entry_of("pattern-detector").per_channel
    assert entry_of("pattern-detector").any_channels
    assert not entry_of("electrodes").per_channel


@pytest.mark.parametrize("samples", [51, 102, 768, 2560, 5120])  # 0.2 to 10 s at 256 or 512 Hz
def test_windows_of_many_lengths_and_any_channels(samples: int) -> None:
    network = build("pattern-detector", (5, samples), 4).eval()
    for channels in (1, 5, 20):
        x = torch.randn(2, channels, samples)
        assert network(x).shape == (2, channels, 4)
        assert network.embed_channels(x).shape == (2, channels, network.embedding_width)
        assert network.embed(x).shape == (2, network.embedding_width)


def test_a_channel_is_judged_by_itself() -> None:
    torch.manual_seed(0)
    network = build("pattern-detector", (5, 768), 4).eval()
    x = torch.randn(2, 5, 768)
    alone = network(x[:, 2:3])
    torch.testing.assert_close(network(x)[:, 2:3], alone, atol=1e-5, rtol=1e-4)


def test_beside_the_others_it_sees_their_mean_in_any_order() -> None:
    torch.manual_seed(0)
    network = build("pattern-detector", (5, 256), 3, others=True).eval()
    x, order = torch.randn(2, 5, 256), torch.randperm(5)
    torch.testing.assert_close(network(x)[:, order], network(x[:, order]), atol=1e-5, rtol=1e-4)
    changed = x.clone()
    changed[:, 4] += 3.0
    assert not torch.allclose(network(x)[:, 0], network(changed)[:, 0], atol=1e-3)
    assert network(x[:, :1]).isfinite().all()


def test_depth_and_width_are_parameters_and_a_short_window_is_told_what_fits() -> None:
    count = [
        sum(p.numel() for p in build("pattern-detector", (5, 768), 1, depth=depth, width=width).parameters())
        for depth, width in ((1, 8), (2, 8), (6, 8), (6, 16))
    ]
    assert count == sorted(set(count))
    with pytest.raises(RecipeError, match="'pattern-detector': a window of 51 samples is too small for depth = 6"):
        build("pattern-detector", (5, 51), 4, depth=6)


def test_it_learns_two_patterns_that_may_stand_on_one_channel() -> None:
    torch.manual_seed(0)
    x = 0.5 * torch.randn(48, 3, 64)
    wanted = torch.rand(48, 3, 2) < 0.4
    x += wanted[..., 0:1] * 5 * (torch.arange(64) == 20)
    x += wanted[..., 1:2] * 2 * torch.sin(torch.arange(64.0))
    network = build("pattern-detector", (3, 64), 2, width=8, dropout=0.0)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-2)
    for _ in range(40):
        optimiser.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(network(x), wanted.float())
        loss.backward()
        optimiser.step()
    assert ((network.eval()(x) > 0) == wanted).float().mean() > 0.97


def test_beside_its_differences_a_fast_oscillation_outdoes_a_slow_wave_fifty_times_its_size() -> None:
    network = build("pattern-detector", (2, 1000), 1, differences=True).eval()
    seen: list[Tensor] = []
    network.encoder.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    time = torch.arange(1000) / 1000
    slow, fast = 50 * torch.sin(2 * torch.pi * 3 * time), torch.sin(2 * torch.pi * 150 * time)
    network(torch.stack([slow, fast])[None])
    raw, differences = seen[0].std(dim=-1).T
    assert raw[0] > 40 * raw[1]
    assert differences[1] > 40 * differences[0]
