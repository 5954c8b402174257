"""The second level: whole files, cut into pieces that any network with embeddings reads."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from semeia.errors import RecipeError
from semeia.networks import build, catalogue, takes_any_channels
from semeia.networks.catalogue import NetworkEntry, names_with_embed
from semeia.networks.sequence import CHUNK, Sequence


@pytest.mark.parametrize("kind", ["gru", "transformer"])
@pytest.mark.parametrize("pooling", ["attention", "mean", "last"])
def test_a_file_gets_one_answer(kind: str, pooling: str) -> None:
    parameters = {"encoder": "resnet1d", "encoder_parameters": {"depth": 3, "width": 8}, "parts": 6, "width": 16}
    network = build("sequence", (4, 600), 3, kind=kind, pooling=pooling, layers=2, **parameters).eval()
    x = torch.randn(2, 4, 600)
    assert network(x).shape == (2, 3)
    assert network.embed(x).shape == (2, network.embedding_width) == (2, 16)
    assert [stage is part for stage, part in zip(network.stages(), (network.encoder, network.second), strict=True)]


def test_pictures_are_cut_along_time() -> None:
    seen: list[torch.Tensor] = []
    network = Sequence((2, 8, 40), encoder="electrodes", parts=5).eval()
    network.encoder.embed = lambda x: seen.append(x) or torch.zeros(len(x), network.encoder.embedding_width)
    x = torch.arange(2.0 * 2 * 8 * 40).reshape(2, 2, 8, 40)
    network(x)
    assert seen[0].shape == (10, 2, 8, 8)
    for file in range(2):
        for part in range(5):
            assert torch.equal(seen[0][5 * file + part], x[file, ..., 8 * part : 8 * part + 8])


def test_the_order_of_the_pieces_counts() -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 3, 320)
    backwards = x.reshape(2, 3, 10, 32).flip(2).reshape(2, 3, 320)
    for kind in ("gru", "transformer"):
        network = build("sequence", (3, 320), 2, encoder="logistic", parts=10, kind=kind, pooling="mean").eval()
        nn.init.normal_(network.second.place) if kind == "transformer" else None
        assert not torch.allclose(network(x), network(backwards), atol=1e-4)


def test_on_electrodes_it_takes_any_of_them() -> None:
    network = build("sequence", (4, 600), 2, parts=6).eval()
    assert network(torch.zeros(2, 15, 600)).shape == network(torch.zeros(2, 16, 600)).shape == (2, 2)
    assert takes_any_channels("sequence", {}) and takes_any_channels("sequence", {"encoder": "channelwise"})
    assert not takes_any_channels("sequence", {"encoder": "resnet1d"})
    assert not takes_any_channels("convnet", {})


def test_every_network_of_ours_can_be_its_encoder() -> None:
    shapes = {"signal": (4, 2 * 2000), "picture": (4, 96, 2 * 96)}
    assert {"convnet", "logistic", "resnet18"} < set(names_with_embed())
    large, others = {"inception-resnet-v2", "resnet34", "resnet50", "alexnet"}, {"layers", "sequence", "timm"}
    for name in set(names_with_embed()) - large - others:
        kind = next(kind for kind in catalogue.entry_of(name).takes if kind in shapes)
        network = build("sequence", shapes[kind], 2, encoder=name, parts=2).eval()
        assert network(torch.zeros(2, *shapes[kind])).shape == (2, 2), name


def test_what_cannot_be_cut_is_told_lengths_and_parts_that_can() -> None:
    message = "last axis of 239766 cannot be cut into 30 equal pieces; .* 239760 or 239790; or parts = 2, 3, 6$"
    with pytest.raises(RecipeError, match=message):  # 10 minutes of AES 2014's dogs, at 399.6 Hz
        build("sequence", (16, 239766), 2, parts=30)
    with pytest.raises(RecipeError, match="last axis of 7 .* lengths near it that can: 30; or parts = 1, 7"):
        build("sequence", (16, 7), 2, parts=30)
    with pytest.raises(RecipeError, match="parts = 0: at least 1"):
        build("sequence", (16, 600), 2, parts=0)


def test_pieces_too_short_for_the_encoder_are_told_how_many_would_do() -> None:
    message = (
        "pieces of 100 do not suit its encoder .*a window of 100 samples is too short .* the shortest that fits is 255"
        ".*; parts = 20 gives pieces of 300, which do"
    )
    with pytest.raises(RecipeError, match=message):
        build("sequence", (4, 6000), 2, encoder="resnet1d", parts=60)
    with pytest.raises(RecipeError, match="'sequence': its encoder: network 'resnet1d': a window of 20 samples"):
        build("sequence", (4, 200), 2, encoder="resnet1d", parts=10)


def test_a_wrong_encoder_or_choice_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RecipeError, match="its encoder: network 'resnet2d' is not in .* did you mean"):
        build("sequence", (4, 600), 2, encoder="resnet2d", parts=2)
    with pytest.raises(RecipeError, match="its encoder: network 'logistic' has no parameter 'width'"):
        build("sequence", (4, 600), 2, encoder="logistic", encoder_parameters={"width": 3}, parts=2)
    with pytest.raises(RecipeError, match="kind = 'lstm': choose gru or transformer"):
        build("sequence", (4, 600), 2, parts=2, kind="lstm")
    with pytest.raises(RecipeError, match="pooling = 'max': choose attention, mean or last"):
        build("sequence", (4, 600), 2, parts=2, pooling="max")
    with pytest.raises(RecipeError, match="width = 30 is not a multiple of 4"):
        build("sequence", (4, 600), 2, parts=2, kind="transformer", width=30)
    monkeypatch.setitem(catalogue._CATALOGUE, "bare", NetworkEntry(__name__, "Bare", "gives no embeddings"))
    with pytest.raises(RecipeError, match="encoder 'bare' gives no embeddings; networks that do: .*resnet1d") as error:
        build("sequence", (4, 600), 2, encoder="bare", parts=2)
    assert "bare" not in str(error.value).partition("that do")[2]


class Bare(nn.Sequential):
    def __init__(self, shape: tuple[int, int], classes: int) -> None:
        super().__init__(nn.Flatten(), nn.Linear(shape[0] * shape[1], classes))


def trained_on_windows(classes: int = 2) -> nn.Module:
    torch.manual_seed(1)
    return build("resnet1d", (4, 100), classes, depth=3, width=8)


SECOND = {"encoder": "resnet1d", "encoder_parameters": {"depth": 3, "width": 8}, "parts": 6}


@pytest.mark.parametrize("classes", [2, 3])
def test_the_encoder_takes_the_weights_of_a_network_trained_on_windows(classes: int) -> None:
    windows = trained_on_windows(classes).eval()
    network = build("sequence", (4, 600), 2, **SECOND).eval()
    network.take_encoder(windows.state_dict())
    x = torch.randn(5, 4, 100)
    torch.testing.assert_close(network.encoder.embed(x), windows.embed(x))


def test_weights_of_another_network_are_refused_and_none_is_taken() -> None:
    network = build("sequence", (4, 600), 2, **SECOND)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    other = build("resnet1d", (4, 100), 2, depth=3, width=16)
    with pytest.raises(
        RecipeError, match=r"'features.0.weight' .* shape \(8, 4, 3\), but the model .* has \(16, 4, 3\)"
    ):
        network.take_encoder(other.state_dict())
    with pytest.raises(RecipeError, match="'features.0.weight' .* lacks it"):
        network.take_encoder({})
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def test_a_frozen_encoder_stays_as_it_is_and_reads_a_chunk_at_a_time() -> None:
    torch.manual_seed(0)
    network = build("sequence", (4, 18000), 2, encoder="channelwise", parts=90, encoder_parameters={"width": 2})
    network.train()
    network.encoder.requires_grad_(requires_grad=False)
    before = {name: tensor.clone() for name, tensor in network.encoder.state_dict().items()}
    sizes: list[int] = []
    network.encoder.features.register_forward_hook(lambda _, inputs, __: sizes.append(len(inputs[0])))
    network(torch.randn(2, 4, 18000)).sum().backward()
    assert max(sizes) == CHUNK and sum(sizes) == 180
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.encoder.state_dict().items())
    assert all(p.grad is None for p in network.encoder.parameters())
    assert all(p.grad is not None for p in network.second.parameters())


def test_while_it_is_trained_the_encoder_learns_too() -> None:
    network = build("sequence", (4, 600), 2, **SECOND)
    network(torch.randn(2, 4, 600)).sum().backward()
    assert all(p.grad is not None for p in network.encoder.features.parameters())
