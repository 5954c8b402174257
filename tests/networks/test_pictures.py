"""Networks for pictures: published sizes, any number of electrodes, and timm beside a torchvision that is not whole."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest
import torch
from torch import nn

from semeia.errors import RecipeError
from semeia.networks import build, check_fits, entry_of
from semeia.networks.freezing import stage_names, stages_of
from semeia.networks.picture_memory import laid_out, lay_out

NAMES = ("cnn2d", "resnet18", "resnet34", "resnet50", "inception-resnet-v2", "efficientnet-b0")
SMALLEST = {
    "cnn2d": 8,
    "resnet18": 17,
    "resnet34": 17,
    "resnet50": 17,
    "inception-resnet-v2": 75,
    "efficientnet-b0": 17,
}


def parameters(module: nn.Module) -> int:
    return sum(weight.numel() for weight in module.parameters())


@pytest.mark.parametrize(
    ("name", "published", "width"),
    [
        ("resnet18", 11_689_512, 512),
        ("resnet34", 21_797_672, 512),
        ("resnet50", 25_557_032, 2048),
        ("inception-resnet-v2", 55_843_464, 1536),
        ("efficientnet-b0", 5_288_548, 1280),
    ],
)
def test_with_colour_pictures_and_a_thousand_classes_it_is_the_published_network(
    name: str, published: int, width: int
) -> None:
    network = build(name, (3, 299, 299), 1000)
    assert parameters(network) == published
    assert network.embedding_width == width


def test_resnet18_has_the_maps_of_its_paper() -> None:
    network = build("resnet18", (3, 224, 224), 1000).eval()
    x, shapes = torch.zeros(1, 3, 224, 224), []
    with torch.inference_mode():
        for name, layer in network.features.named_children():
            x = layer(x)
            if name == "conv1" or name.startswith("layer"):
                shapes.append(tuple(x.shape[1:]))
    assert shapes == [(64, 112, 112), (64, 56, 56), (128, 28, 28), (256, 14, 14), (512, 7, 7)]


def test_it_computes_what_timm_computes() -> None:
    network = build("resnet18", (3, 64, 64), 10).eval()
    from timm import create_model

    original = create_model("resnet18", num_classes=10).eval()
    own = {name.removeprefix("features."): value for name, value in network.state_dict().items()}
    own |= {"fc.weight": own.pop("head.1.weight"), "fc.bias": own.pop("head.1.bias")}
    original.load_state_dict(own)
    x = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert torch.equal(network(x), original(x))


@pytest.mark.parametrize("name", NAMES)
def test_smallest_picture_works_and_a_smaller_one_is_explained(name: str) -> None:
    smallest = SMALLEST[name]
    channels = 48 if name == "inception-resnet-v2" else 16
    network = build(name, (channels, smallest, smallest), 2)
    x = torch.randn(2, channels, smallest, smallest)
    with torch.inference_mode():
        assert network.train()(x).shape == (2, 2)
        embedding = network.eval().embed(x)
        assert embedding.shape == (2, network.embedding_width)
        assert torch.equal(network.head(embedding), network(x))
    message = re.escape(f"{smallest - 1} × 300 is too small; the smallest that fits is {smallest} × {smallest}; ")
    with pytest.raises(RecipeError, match=f"network {name!r}: a picture of {message}"):
        build(name, (channels, smallest - 1, 300), 2)


@pytest.mark.parametrize("name", NAMES)
def test_stages_hold_each_weight_once(name: str) -> None:
    network = build(name, (16, 75, 75), 2)
    held = [id(weight) for stage in stages_of(network) for weight in stage.parameters()]
    assert sorted(held) == sorted(id(weight) for weight in network.parameters())
    assert stages_of(network)[-1] is network.head
    assert stage_names(network)[-1] == "head"


def test_first_stage_is_the_first_convolution_with_its_normalisation() -> None:
    first, *_ = stages_of(build("resnet18", (16, 32, 32), 2))
    assert parameters(first) == 64 * 16 * 7 * 7 + 2 * 64
    first, *_ = stages_of(build("inception-resnet-v2", (48, 75, 75), 2))
    assert parameters(first) == 32 * 48 * 3 * 3 + 2 * 32


def test_plain_cnn_has_the_parameters_of_its_formula() -> None:
    assert parameters(build("cnn2d", (16, 40, 39), 2)) == 9 * (16 * 16 + 16 * 32 + 32 * 64) + 2 * 112 + 64 * 5 * 2 + 2
    deeper = build("cnn2d", (3, 150, 150), 4, depth=5, width=8)
    assert deeper.embedding_width == 128 * (150 // 32)
    with pytest.raises(RecipeError, match="depth = 11, width = 16: depth is 1 to 10, width at least 1"):
        build("cnn2d", (3, 150, 150), 4, depth=11)


def test_plain_cnn_tells_rows_apart_but_not_columns() -> None:
    network = build("cnn2d", (1, 32, 32), 2).eval()
    low = torch.zeros(1, 1, 32, 32)
    low[0, 0, 8, 8] = 1.0
    with torch.inference_mode():
        assert torch.allclose(network(low), network(low.roll(8, dims=3)), atol=1e-6)
        assert not torch.allclose(network(low), network(low.roll(8, dims=2)), atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_it_takes_pictures_only(name: str) -> None:
    assert entry_of(name).takes == ("picture",)
    with pytest.raises(RecipeError, match=f"network {name!r} takes picture examples"):
        check_fits(name, "signal", "raw")


def child(code: str, path: Path | None = None) -> str:
    """Return what a new process prints that treats warnings as errors, with a folder before its packages."""
    places = f"import sys; sys.path.insert(0, {str(path)!r})\n" if path else ""
    asked = [sys.executable, "-W", "error", "-c", places + code]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_timm_and_torchaudio_are_imported_whatever_torchvision_is_installed() -> None:
    code = """
from semeia.networks.compiled_parts import make_importable
make_importable("torchvision")
import timm, torch, torchvision
if not torchvision.extension._has_ops():
    try:
        torchvision.ops.nms(torch.zeros(1, 4), torch.zeros(1), 0.5)
    except RuntimeError as error:
        assert "Couldn't load custom C++ ops" in str(error)
make_importable()
make_importable()
print(timm.create_model("resnet18").num_classes)
"""
    assert child(code) == "1000\n"


FAKE = {
    "torchvision": "",
    "torchaudio": "from torchaudio import _extension\nloaded = _extension.compiled",
    "torchaudio._extension": "compiled = True",
}


def fake(folder: Path, **sources: str) -> None:
    for name, source in (FAKE | sources).items():
        package = folder.joinpath(*name.split("."))
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").write_text(source)


def test_packages_that_load_are_left_as_they_are(tmp_path: Path) -> None:
    fake(tmp_path)
    code = """
from semeia.networks.compiled_parts import make_importable
make_importable()
import torchaudio, sys
print(torchaudio.loaded, "torch" in sys.modules)
"""
    assert child(code, tmp_path) == "True False\n"


def test_other_faults_of_torchvision_are_not_hidden(tmp_path: Path) -> None:
    fault = "PyTorch and torchvision were compiled with different CUDA major versions"
    fake(tmp_path, torchvision=f"raise RuntimeError({fault!r})")
    code = """
from semeia.networks.compiled_parts import make_importable
try:
    make_importable("torchvision")
except RuntimeError as error:
    print(error)
"""
    assert child(code, tmp_path) == f"{fault}\n"


def test_the_catalogue_lists_them_without_timm() -> None:
    code = (
        "import semeia.networks as n, sys; n.entry_of('resnet18'); print('timm' in sys.modules, 'torch' in sys.modules)"
    )
    assert child(code) == "False False\n"


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_of_any_number_of_channels_go_through_a_network_with_channels_last(channels: int) -> None:
    pictures = torch.randn(2, channels, 32, 40)
    network = build("small-resnet", (channels, 32, 40), 2).eval()
    expected = network(pictures)
    lay_out(network)
    batch = laid_out(pictures)
    assert torch.equal(batch, pictures)
    assert cast(nn.Sequential, network.features)[0](batch).is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(network(batch), expected)
