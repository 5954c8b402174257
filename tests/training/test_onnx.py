"""Networks as ONNX: onnxruntime gives what the module gives, for every batch and number of channels."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from semeia.errors import ModelError
from semeia.model import Component, Description, Input, Model, OperatingPoint, load
from semeia.networks import build
from semeia.training.onnx import export

pytest.importorskip("onnxscript")
onnxruntime = pytest.importorskip("onnxruntime")


def of_network(name: str, shape: tuple[int, int], montage: str, **parameters: object) -> Model:
    torch.manual_seed(1)
    description = Description(
        name=f"my-{name}",
        input=Input(montage=montage, channels=shape[0], window=shape[1]),
        transform=Component(name="raw", parameters={"rate": 256.0}),
        network=Component(name=name, parameters=parameters),
        operating_point=OperatingPoint(threshold=0.5),
    )
    return Model(description, build(name, shape, 2, **parameters))


def largest_difference(model: Model, path: Path, *shape: int) -> float:
    given = torch.randn(*shape, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        wanted = model.module(given).numpy()
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (found,) = session.run(["logits"], {"input": given.numpy()})
    return float(np.abs(found - wanted).max())


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, Path]:
    model = load("eeg-starter")
    exported = export(model, tmp_path_factory.mktemp("onnx") / "new" / "starter.onnx")
    assert exported.shape == ("batch", "channels", 800)
    return model, exported.path


@pytest.mark.parametrize("shape", [(1, 4, 800), (5, 19, 800), (2, 64, 800)], ids=str)
def test_the_starter_model_takes_any_batch_and_channels(starter: tuple[Model, Path], shape: tuple[int, ...]) -> None:
    model, path = starter
    assert largest_difference(model, path, *shape) < 1e-4
    assert [file.name for file in path.parent.iterdir()] == ["starter.onnx"]


def test_the_file_says_what_it_takes_and_gives(starter: tuple[Model, Path]) -> None:
    model, path = starter
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    about = session.get_modelmeta().custom_metadata_map
    assert json.loads(about["classes"]) == ["background", "seizure"]
    assert json.loads(about["transform"])["parameters"] == model.transform.state()
    assert (float(about["rate"]), int(about["window"]), about["montage"]) == (100.0, 800, "any")
    assert about["name"] == "eeg-starter" and "softmax" in about["output"]


def test_the_published_network_has_fixed_channels(tmp_path: Path) -> None:
    model = of_network("convnet", (23, 7680), "chbmit")
    exported = export(model, tmp_path / "convnet.onnx")
    assert exported.shape == ("batch", 23, 7680)
    for batch in (1, 7):
        assert largest_difference(model, exported.path, batch, 23, 7680) < 1e-4


def test_what_cannot_be_written_is_said_and_leaves_what_was_there(tmp_path: Path) -> None:
    class Odd(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.from_numpy(x.numpy()) if float(x.sum()) > 0 else x

    model = of_network("convnet", (23, 1700), "chbmit")
    model.module = Odd().eval()
    (tmp_path / "odd.onnx").write_bytes(b"before")
    with pytest.raises(ModelError, match=r"^model my-convnet: network 'convnet' cannot be written as ONNX: .+") as said:
        export(model, tmp_path / "odd.onnx")
    assert "\n" not in str(said.value)
    assert (tmp_path / "odd.onnx").read_bytes() == b"before"


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(ModelError, match=r"^writing ONNX needs more packages: pip install 'semeia\[onnx\]'$"):
        export(load("eeg-starter"), tmp_path / "starter.onnx")
