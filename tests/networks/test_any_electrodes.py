"""The network for any number of electrodes: order is of no account, and each example may have its own number."""

from __future__ import annotations

import pytest
import torch

from semeia.errors import RecipeError
from semeia.networks import build, entry_of
from semeia.networks.residual import AttentionPool, Encoder

SERIES, PICTURES = (16, 512), (16, 40, 24)
"""One example: series or a spectrogram of each of 16 electrodes."""


@pytest.mark.parametrize("shape", [SERIES, PICTURES])
@pytest.mark.parametrize("pooling", ["attention", "mean", "max"])
def test_any_number_of_electrodes_in_any_order(shape: tuple[int, ...], pooling: str) -> None:
    torch.manual_seed(0)
    network = build("electrodes", shape, 2, pooling=pooling).eval()
    assert entry_of("electrodes").any_channels
    x = torch.randn(3, *shape)
    assert network(x[:, :1]).shape == network(x[:, :15]).shape == network(x).shape == (3, 2)
    torch.testing.assert_close(network(x), network(x[:, torch.randperm(16)]), atol=1e-5, rtol=1e-4)
    assert network.embed(x).shape == (3, network.embedding_width)


@pytest.mark.parametrize("shape", [SERIES, PICTURES])
def test_the_number_of_electrodes_changes_no_weight(shape: tuple[int, ...]) -> None:
    one, many = (build("electrodes", (count, *shape[1:]), 2) for count in (1, 64))
    assert [p.shape for p in one.parameters()] == [p.shape for p in many.parameters()]


def test_attention_weighs_electrodes_and_its_weights_sum_to_one() -> None:
    torch.manual_seed(0)
    pool, x = AttentionPool(8), torch.randn(4, 19, 8)
    weights = pool.weights(x)
    assert weights.shape == (4, 19)
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(4))
    torch.testing.assert_close(pool(x), torch.einsum("be,bew->bw", weights, x))


def test_attention_learns_which_electrode_counts() -> None:
    torch.manual_seed(0)
    x, wanted = torch.randn(64, 6, 64), torch.arange(64) % 2
    where = torch.randint(6, (64,))
    for example in range(1, 64, 2):
        x[example, where[example]] += 4 * torch.sin(torch.arange(64) / 2)
    network = build("electrodes", (6, 64), 2, width=8, dropout=0.0)
    optimiser = torch.optim.AdamW(network.parameters(), lr=5e-3)
    for _ in range(40):
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(network(x), wanted)
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.1


@pytest.mark.parametrize(
    ("shape", "depth", "blocks"),
    [((1, 51), None, 2), ((1, 768), None, 6), ((1, 100_000), None, 6), ((1, 6, 20), None, 1), ((1, 64, 64), 5, 5)],
)
def test_depth_suits_the_example_unless_it_is_given(shape: tuple[int, ...], depth: int | None, blocks: int) -> None:
    encoder = Encoder(shape[1:], network="electrodes", depth=depth)
    assert len(encoder) == blocks + 2
    assert encoder(torch.zeros(2, *shape)).shape == (2, encoder.outputs)
    assert encoder.outputs == 2 * 16 * 2 ** min((blocks - 1) // 2, 2)


def test_too_small_an_example_is_told_what_fits() -> None:
    with pytest.raises(
        RecipeError, match="a window of 63 samples is too small for depth = 5, which needs 64; depth = 4"
    ):
        build("electrodes", (4, 63), 2, depth=5)
    with pytest.raises(RecipeError, match="a picture of 6 × 50 is too small for depth = 3, which needs 16; depth = 1"):
        build("electrodes", (4, 6, 50), 2, depth=3)
    with pytest.raises(RecipeError, match="a window of 3 samples is too small for depth = 1, which needs 4$"):
        build("electrodes", (4, 3), 2)
    build("electrodes", (4, 63), 2, depth=4)
    build("electrodes", (4, 6, 50), 2, depth=1)


def test_an_unknown_pooling_is_named() -> None:
    with pytest.raises(RecipeError, match="'electrodes': pooling = 'median': choose attention, mean or max"):
        build("electrodes", SERIES, 2, pooling="median")
