"""Validation: equal to a plain computation, and the threshold that it chooses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from torch import nn

import semeia
from epilepsy import interrupt, write_patients, write_recording
from semeia.datasets import gather
from semeia.errors import DatasetError
from semeia.evaluation import Score, score
from semeia.events import Events
from semeia.inference import Track, find_events
from semeia.networks import build
from semeia.recipe import Detection
from semeia.recipe import Examples as ExampleSettings
from semeia.training.validation import NEAR, THRESHOLDS, Validation
from semeia.training.windows import Windows, prepare
from semeia.transforms import Transform, transform_named

SETTINGS = ExampleSettings(window=4.0, step=1.0)


@pytest.fixture(scope="module")
def transform() -> Transform:
    return transform_named("raw", rate=64.0, high_pass=0.5)


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory, transform: Transform) -> Windows:
    folder = write_patients(tmp_path_factory.mktemp("data"), 2)
    write_recording(folder / "patient2" / "more.edf", 60, [], seed=8)
    interrupt(folder / "patient1" / "patient1_01.edf", 120, 10)
    return prepare(gather("folder", path=folder), SETTINGS, transform)


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(1)
    return build("channelwise", (4, 256), 2, width=4).eval()


def plain(network: nn.Module, windows: Windows, transform: Transform) -> np.ndarray:
    """Return the seizure probability of every example, computed one by one."""
    probabilities = []
    for number, first in zip(windows.examples.recording, windows.first, strict=True):
        window = transform.apply(windows.signals[number].read(first, first + windows.window))
        with torch.inference_mode():
            logits = network(torch.from_numpy(window[None]))
        probabilities.append(float(logits.softmax(dim=1)[0, 1]))
    return np.array(probabilities)


def test_measures_equal_a_plain_computation(network, windows, transform) -> None:
    probability = plain(network, windows, transform)
    label, patient = windows.examples.label, windows.examples.patient
    losses, areas = [], []
    for name in np.unique(patient):
        of_class = [probability[(patient == name) & (label == k)] for k in (0, 1)]
        losses.append(np.mean([-np.log(1 - of_class[0]).mean(), -np.log(of_class[1]).mean()]))
        areas.append(roc_auc_score(label[patient == name], probability[patient == name]))
    measured = Validation(windows, transform)(network)
    assert measured["validation_loss"] == pytest.approx(np.mean(losses), rel=1e-5)
    assert measured["validation_auroc"] == pytest.approx(np.mean(areas), abs=1e-6)


def test_tracks_are_those_that_detection_gives(small_model: Path, tmp_path: Path) -> None:
    model = semeia.load(small_model)
    folder = write_patients(tmp_path / "data", 1)
    recordings = gather("folder", path=folder)
    judge = Validation(prepare(recordings, SETTINGS, model.transform), model.transform)
    with semeia.open(recordings[0].path) as recording:
        track = model.detect(recording, hop=1.0).track
    np.testing.assert_allclose(judge.tracks(model.module)[0], track.probability, atol=1e-5)


def test_without_a_seizure_there_is_a_loss_but_no_area(tmp_path: Path, network, transform) -> None:
    write_recording(tmp_path / "data" / "calm" / "calm.edf", 30, [])
    calm = prepare(gather("folder", path=tmp_path / "data"), SETTINGS, transform)
    measured = Validation(calm, transform)(network)
    assert set(measured) == {"validation_loss"}
    assert measured["validation_loss"] > 0


def test_a_network_whose_weights_are_no_numbers_has_no_loss(network, windows, transform) -> None:
    with torch.no_grad():
        network.head[-1].bias.fill_(torch.nan)
    assert np.isnan(Validation(windows, transform)(network)["validation_loss"])


def test_validation_needs_a_window(tmp_path: Path, transform) -> None:
    write_recording(tmp_path / "data" / "short" / "short.edf", 3, [])
    with pytest.raises(DatasetError, match="windows of 4 s are longer than every recording: .* short.edf, lasts 3 s"):
        prepare(gather("folder", path=tmp_path / "data"), SETTINGS, transform)
    path = write_recording(tmp_path / "data" / "short" / "short.edf", 5, [])
    interrupt(path, 3, 4)
    holed = prepare(gather("folder", path=tmp_path / "data"), SETTINGS, transform)
    with pytest.raises(DatasetError, match="the validation patients have no window of 4 s without a gap"):
        Validation(holed, transform)


def test_the_threshold_is_the_middle_of_those_with_nearly_the_best_event_f1(network, windows, transform) -> None:
    settings = Detection(smoothing=3.0, minimum_duration=2.0)
    judge = Validation(windows, transform)
    chosen, at_it = judge.operating_point(network, settings)
    f1 = []
    for threshold in THRESHOLDS.tolist():
        total = Score.nothing()
        for recording, values in zip(windows.examples.recordings, judge.tracks(network), strict=True):
            track = Track(values, 4.0, 1.0, recording.duration)
            found = find_events(track, threshold=threshold, smoothing=3.0, minimum_duration=2.0)
            total = total + score(recording.events, Events(found), recording.duration)
        f1.append(0.0 if np.isnan(total.events.f1) else total.events.f1)
    best = [threshold for threshold, value in zip(THRESHOLDS.tolist(), f1, strict=True) if value >= max(f1) - NEAR]
    assert chosen == best[len(best) // 2]
    assert (at_it["score"]["events"]["f1"] or 0.0) >= max(f1) - NEAR


def test_a_threshold_that_is_given_is_taken(network, windows, transform) -> None:
    assert Validation(windows, transform).operating_point(network, Detection(threshold=0.37))[0] == 0.37
