"""Logistic regression with batch normalisation."""

from __future__ import annotations

import pytest
import torch

from semeia.networks import build
from semeia.networks.logistic import Logistic


@pytest.mark.parametrize("shape", [(5, 768), (16, 33, 20), (64,)])
def test_it_takes_examples_of_every_kind(shape: tuple[int, ...]) -> None:
    numbers = torch.Size(shape).numel()
    network = build("logistic", shape, 3)
    assert network(torch.randn(4, *shape)).shape == (4, 3)
    assert network.embed(torch.randn(4, *shape)).shape == (4, network.embedding_width) == (4, numbers)
    assert sum(p.numel() for p in network.parameters()) == 2 * numbers + 3 * numbers + 3


def test_a_constant_or_huge_number_does_not_spoil_the_others() -> None:
    torch.manual_seed(0)
    x = torch.randn(64, 10) * torch.logspace(-6, 6, 10)
    x[:, 3] = 7.0
    embedded = Logistic((10,)).embed(x)
    assert torch.isfinite(embedded).all()
    assert embedded[:, 3].abs().max() < 1e-3  # rounding beside a standard deviation of 1
    torch.testing.assert_close(embedded[:, 9].std(), torch.tensor(1.0), atol=0.02, rtol=0)


def test_it_learns_what_is_linear() -> None:
    torch.manual_seed(0)
    x = torch.randn(256, 2, 6)
    wanted = (x[:, 0, 2] - x[:, 1, 4] > 0).long()
    network = Logistic((2, 6))
    optimiser = torch.optim.Adam(network.parameters(), lr=0.05)
    for _ in range(100):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(network(x), wanted).backward()
        optimiser.step()
    assert (network.eval()(x).argmax(dim=1) == wanted).float().mean() > 0.97
