"""Embeddings: what enters the last layer of any network of the catalogue."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from semeia.active.embeddings import MOST, embed, embedded
from semeia.errors import ModelError
from semeia.networks import build, entry_of
from semeia.networks.catalogue import _CATALOGUE
from semeia.networks.ensemble import Ensemble

LARGE = {"timm", "inception-resnet-v2", "resnet34", "resnet50", "efficientnet-b0", "resnet18"}
"""All of timm, whose import alone takes seconds; tests of networks see that they embed."""
SHAPES = {"signal": (4, 1800), "picture": (1, 96, 96), "features": (20,)}
PARAMETERS: dict[str, dict[str, Any]] = {
    "layers": {"layers": [{"kind": "flatten"}, {"kind": "linear", "units": 7}]},
    "alexnet": {"width": 64},
}


@pytest.mark.parametrize("name", [name for name in _CATALOGUE if name not in LARGE])
def test_every_network_gives_a_vector_for_each_example(name: str) -> None:
    shape = SHAPES["features" if name == "logistic" else entry_of(name).takes[0]]
    module = build(name, shape, 3, **PARAMETERS.get(name, {})).eval()
    found = embedded(module, iter([np.ones((2, *shape), np.float32), np.zeros((1, *shape), np.float32)]))
    assert found.shape[0] == 3 and found.shape[1] > 1
    assert found.dtype == np.float32 and np.isfinite(found).all()
    assert found[0] == pytest.approx(found[1], abs=1e-5)


def test_the_last_layer_makes_logits_of_it() -> None:
    module = build("small-resnet", (1, 64, 64), 4).eval()
    x = np.random.default_rng(0).standard_normal((3, 1, 64, 64)).astype(np.float32)
    found = embedded(module, [x])
    with torch.inference_mode():
        assert module.head[-1](torch.from_numpy(found)) == pytest.approx(module(torch.from_numpy(x)), abs=1e-5)


def test_a_network_of_another_make_is_asked_what_enters_its_last_layer() -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 2)).eval()
    x = torch.randn(4, 2, 3)
    assert (embed(module, x) == module[:-1](x)).all()
    assert not module[-1]._forward_pre_hooks


def test_an_ensemble_gives_what_its_members_give_side_by_side() -> None:
    members = [build("convnet", (2, 1800), 2).eval() for _ in range(3)]
    x = torch.randn(2, 2, 1800)
    assert (embed(Ensemble(members), x) == torch.cat([member.embed(x) for member in members], dim=1)).all()


def test_a_network_without_a_vector_is_refused() -> None:
    with pytest.raises(ModelError, match="no linear layer"):
        embedded(nn.Conv1d(2, 2, 3), [np.ones((1, 2, 9), np.float32)])
    with pytest.raises(ModelError, match=r"makes 2 × 3 of an example"):
        embedded(nn.Linear(3, 2), [np.ones((4, 2, 3), np.float32)])
    wide = nn.Sequential(nn.Flatten(), nn.Linear(MOST + 1, 2))
    with pytest.raises(ModelError, match="4,097 numbers"):
        embedded(wide, [np.ones((1, MOST + 1), np.float32)])
    assert embedded(wide, []).shape == (0, 0)
