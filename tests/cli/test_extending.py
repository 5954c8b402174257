"""A new network, transform and importer: one file and one catalogue line each, and everything knows them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from semeia.datasets import catalogue as datasets
from semeia.model import load
from semeia.networks import catalogue as networks
from semeia.transforms import catalogue as transforms

NETWORK = '''
"""The mean power of each channel, and a linear layer."""

from torch import nn


class MeanPower(nn.Module):
    """Logistic regression on the mean square of each channel.

    Parameters
    ----------
    gain : float
        Factor of the input.
    """

    def __init__(self, shape, classes, *, gain: float = 1.0):
        super().__init__()
        self.gain, self.head = gain, nn.Sequential(nn.BatchNorm1d(shape[0]), nn.Linear(shape[0], classes))

    def forward(self, x):
        return self.head((self.gain * x).square().mean(dim=2))
'''

TRANSFORM = '''
"""The difference between neighbouring samples."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from semeia.transforms.signal import SignalTransform


@dataclass(frozen=True, kw_only=True)
class Slope(SignalTransform):
    """How much the signal rises from sample to sample.

    Parameters
    ----------
    scale : float
        µV that become 1.
    """

    scale: float = 100.0
    name: ClassVar = "slope"
    gives: ClassVar = "signal"

    def shape(self, channels, samples):
        return channels, samples - 1

    def apply(self, batch):
        return (np.diff(batch, axis=-1) / self.scale).astype(np.float32)
'''

IMPORTER = '''
"""Recordings whose seizure is written in their name: NAME_onset_duration.edf."""

from semeia.datasets import LabelledRecording
from semeia.events import Event, Events
from semeia.signals import open_recording


def named(path, *, patients: list[str] | None = None):
    """Return the recordings of a folder.

    Parameters
    ----------
    path : Path
    patients : list of str, optional
        Only these.
    """
    found = []
    for file in sorted(path.glob("*.edf")):
        name, onset, duration = file.stem.split("_")
        if patients is None or name in patients:
            with open_recording(file) as recording:
                events = Events([Event(float(onset), float(duration))])
                found.append(LabelledRecording(file, name, events, recording.duration, file.stem))
    return found
'''

RECIPE = """
name = "extended"

[[data]]
source = "named"
path = "named"

[examples]
window = 4.0
montage = "recorded"

[transform]
name = "slope"
rate = 64.0

[network]
name = "mean-power"
gain = 2.0

[training]
epochs = 1
examples_per_epoch = 64
"""


@pytest.fixture
def extended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the three files and the three lines; return a recipe that names them."""
    from epilepsy import write_recording

    monkeypatch.setenv("SEMEIA_HOME", str(tmp_path / "home"))
    monkeypatch.syspath_prepend(tmp_path)
    texts = {"mean_power": NETWORK, "slope": TRANSFORM, "named_importer": IMPORTER}
    for name, text in texts.items():
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.setitem(
        networks._CATALOGUE, "mean-power", networks.NetworkEntry("mean_power", "MeanPower", "power of each channel")
    )
    monkeypatch.setitem(transforms._CATALOGUE, "slope", transforms.TransformEntry("slope", "Slope", "how it rises"))
    monkeypatch.setitem(
        datasets._CATALOGUE, "named", datasets.SourceEntry("named_importer", "named", "seizures named in the file")
    )
    for number in range(4):
        write_recording(tmp_path / "named" / f"patient{number}_20_20.edf", 60, [(20, 20)], seed=number)
    recipe = tmp_path / "extended.toml"
    recipe.write_text(RECIPE)
    return recipe


def test_they_are_trained_with_and_used(run, extended: Path, tmp_path: Path) -> None:
    code, _, err = run("train", str(extended), "-o", str(tmp_path / "model"))
    assert code == 0, err
    assert load(tmp_path / "model").description.network.parameters == {"gain": 2.0}
    code, _, err = run("detect", str(tmp_path / "named" / "patient0_20_20.edf"), "--model", str(tmp_path / "model"))
    assert code == 0, err


def test_they_are_listed_with_their_parameters(run, extended: Path) -> None:
    code, out, _ = run("catalogue", "--json")
    assert code == 0
    rows = {row["name"]: row for row in json.loads(out)}
    for name, parameter in {"mean-power": "gain", "slope": "scale", "named": "patients"}.items():
        assert parameter in json.dumps(rows[name])
    assert "named" in run("datasets", "list")[1]


def test_a_recipe_with_them_is_checked_and_explained(run, extended: Path) -> None:
    code, out, err = run("recipe", "check", str(extended))
    assert code == 0, out + err
    code, out, _ = run("recipe", "explain", str(extended))
    assert code == 0
    assert "mean-power" in out and "slope" in out and "5 × 255" not in err
    extended.write_text(RECIPE.replace("gain", "gian"))
    code, out, err = run("recipe", "check", str(extended))
    assert code == 1 and "did you mean 'gain'" in out + err
