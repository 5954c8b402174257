"""A model as one file: what is packed is installed as it was, and nothing else is ever taken."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from semeia.errors import ModelError
from semeia.model import installed, load, read_description
from semeia.model.archive import install_model, pack_model


@pytest.fixture
def mine(home: Path, tmp_path: Path) -> Iterator[Path]:
    """Return the folder of a model that is not installed."""
    folder = tmp_path / "mine"
    shutil.copytree(installed()["eeg-starter"], folder)
    about = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(about | {"name": "mine"}))
    yield folder
    shutil.rmtree(home / "models" / "mine", ignore_errors=True)
    assert not list((home / "models").glob(".*"))


def zipped(parts: dict[str, bytes]) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    file.seek(0)
    return file


def test_what_is_packed_is_installed_and_finds_the_same(mine: Path) -> None:
    (mine / "notes.txt").write_text("not part of it")
    with pack_model(mine) as file:
        assert install_model(file) == "mine"
    folder = installed()["mine"]
    assert {part.name for part in folder.iterdir()} == {part.name for part in mine.iterdir()} - {"notes.txt"}
    assert read_description(folder).name == "mine"
    one, other = (load(name).module.state_dict() for name in ("mine", "eeg-starter"))
    assert all(torch.equal(one[key], value) for key, value in other.items())
    with pack_model(mine) as file, pytest.raises(ModelError, match="mine is installed already"):
        install_model(file)


def test_what_is_no_model_leaves_nothing_behind(mine: Path, home: Path) -> None:
    about, weights = (mine / "model.json").read_bytes(), (mine / "weights.safetensors").read_bytes()
    both = {"model.json": about, "weights.safetensors": weights}
    names = [json.dumps(json.loads(about) | {"name": name}).encode() for name in ("../evil", "a b", "")]
    for parts, words in (
        ({"model.json": about}, "lacks weights.safetensors"),
        (both | {"x/model.json": about}, "several folders"),
        (both | {"evil.py": b""}, "it holds evil.py"),
        (both | {"model.json": b"{"}, "model.json is damaged"),
        (both | {"model.json": b'{"name": "mine"}'}, "model.json"),
        (both | {"weights.safetensors": b"pickle"}, "no safetensors"),
        *((both | {"model.json": text}, "cannot be called") for text in names),
    ):
        with pytest.raises(ModelError, match=words):
            install_model(zipped(parts))
        assert "mine" not in installed()
    with pytest.raises(ModelError, match="no ZIP file"):
        install_model(io.BytesIO(b"PK nonsense"))
    assert not (home / "evil").exists()


def test_a_bomb_is_refused_before_it_is_unpacked(mine: Path) -> None:
    file = zipped({"model.json": (mine / "model.json").read_bytes(), "weights.safetensors": b"x" * 100})
    own, others = (size.to_bytes(4, "little") for size in (100, 2**31))
    lying = file.getvalue().replace(own + own, own + others)
    assert lying != file.getvalue()
    with pytest.raises(ModelError, match="more than 1 GiB"):
        install_model(io.BytesIO(lying))


def test_a_damaged_file_is_said(mine: Path) -> None:
    with pack_model(mine) as file:
        data = bytearray(file.read())
    rng = np.random.default_rng(3)
    for _ in range(60):
        changed = data.copy()
        for place in rng.integers(0, len(data), 20):
            changed[place] ^= int(rng.integers(1, 256))
        try:
            install_model(io.BytesIO(changed))
        except ModelError:
            continue
        shutil.rmtree(installed()["mine"])
