"""Pictures: one clean SVG each, in the page's colours, for any kind of network; and the command that writes them."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from explained import CHANNELS, RATE, model_of, noise

import semeia
from epilepsy import write_recording
from semeia.errors import RecordingError
from semeia.explanation import (
    Picture,
    integrated_gradients,
    most_probable,
    pictures_of_model,
    pictures_of_window,
    standalone,
    window_at,
)
from semeia.explanation.pictures import _thinned
from semeia.model import load
from semeia.signals.montage import MONTAGES

LABELS = ["Fp1", "Fp2", "C3", "C4", "O<1"]
VARIABLES = {"ink", "muted", "hairline", "accent", "second"}


def checked(picture: Picture) -> ET.Element:
    """Return the picture's root, when it keeps all promises of a `Picture`."""
    root = ET.fromstring(picture.svg)
    assert root.tag.endswith("svg") and root.get("role") == "img" and root.get("aria-label")
    assert "#01020" not in picture.svg and set(re.findall(r"var\(--(\w+)\)", picture.svg)) <= VARIABLES
    assert not re.search(r"(href|url)[=(]\"?(https?:|//)", picture.svg)
    assert picture.title and picture.caption.endswith(".")
    return root


@pytest.mark.parametrize(
    ("network", "transform"),
    [("channelwise", "raw"), ("resnet1d", "raw"), ("electrodes", "spectrogram"), ("cnn2d", "spectrogram")],
)
@pytest.mark.parametrize("method", ["gradients", "occlusion", "gradcam"])
def test_every_method_draws_every_kind_of_network(network: str, transform: str, method: str) -> None:
    parameters = {} if network == "channelwise" else {"width": 4, "depth": 1}
    model = model_of(network=network, transform=transform, parameters=parameters, samples=512, montage="any")
    pictures = pictures_of_window(model, method, noise(samples=512), LABELS, start=60.0)
    for picture in pictures:
        checked(picture)
    text = "".join(checked(pictures[0]).itertext())
    assert all(label in text for label in LABELS) and "µV" in text and "seconds" in text and "66" in text
    assert len(pictures) == (2 if transform == "spectrogram" and method != "occlusion" else 1)


@pytest.mark.parametrize("method", ["kernels", "maximise"])
@pytest.mark.parametrize("transform", ["raw", "spectrogram"])
def test_models_are_drawn(method: str, transform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "semeia.explanation.maximisation.maximise.__kwdefaults__", {"target": None, "seed": 0, "steps": 3}
    )
    for picture in pictures_of_model(model_of(network="electrodes", transform=transform), method):
        checked(picture)


def test_a_window_made_for_a_named_montage_bears_its_labels() -> None:
    (picture,) = pictures_of_model(load("eeg-resnet1d"), "maximise")
    text = "".join(checked(picture).itertext())
    assert all(label in text for label in MONTAGES["longitudinal"].labels)


def test_two_pictures_in_one_page_share_no_identifier_and_the_same_picture_is_the_same_text() -> None:
    model = model_of()
    first, second, same = (pictures_of_window(model, "gradients", noise(n), LABELS)[0].svg for n in (1, 2, 1))
    assert first == same
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (first, second)]
    assert not ids[0] & ids[1]
    assert set(re.findall(r'(?:href="|url\()#([^")]+)', first)) <= ids[0]


def test_a_picture_alone_brings_its_colours() -> None:
    text = standalone(pictures_of_window(model_of(), "gradients", noise(), LABELS)[0])
    ET.fromstring(text.encode())
    assert all(f"--{name}:" in text for name in VARIABLES) and "prefers-color-scheme: dark" in text


def test_a_long_trace_keeps_its_extremes() -> None:
    trace = noise(samples=100_000)[0]
    time, values = _thinned(trace, RATE)
    assert len(time) <= 600 and (np.diff(time) >= 0).all()
    assert values.max() == trace.max() and values.min() == trace.min()


def test_the_window_that_is_explained_is_the_one_that_was_scored(small_model: Path, tmp_path: Path) -> None:
    model = semeia.load(small_model)
    with semeia.open(write_recording(tmp_path / "a.edf", seed=7)) as recording:
        at = most_probable(model, recording)
        start, window, labels = window_at(model, recording, at)
        track = model.track(recording)
        found = integrated_gradients(model, window)
    best = int(np.nanargmax(track.probability))
    assert at == track.time[best] and start == at - 2 and labels == ["Fp1", "Fp2", "C3", "C4", "O1"]
    assert found.probability == pytest.approx(float(track.probability[best]), abs=1e-4)


def test_windows_at_the_ends_stay_within_the_recording(small_model: Path, tmp_path: Path) -> None:
    model = semeia.load(small_model)
    with semeia.open(write_recording(tmp_path / "a.edf", seconds=20, seizures=())) as recording:
        assert window_at(model, recording, 0.0)[0] == 0.0
        assert window_at(model, recording, 20.0)[0] == 16.0
        with pytest.raises(RecordingError, match="25 s is not within the recording of 20 s"):
            window_at(model, recording, 25.0)


def test_the_room_is_entered_without_torch_or_matplotlib() -> None:
    code = "import semeia.explanation, sys; print({'torch', 'matplotlib', 'captum'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"
    assert CHANNELS == 5
