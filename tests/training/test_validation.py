"""Validation: equal to a plain computation, and the threshold that it chooses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from torch import nn

import semeia
from epilepsy import interrupt, write_patients, write_recording
from semeia.datasets import LabelledRecording, balanced_weights, gather
from semeia.errors import DatasetError
from semeia.evaluation import Score, classify, score
from semeia.events import Event, Events
from semeia.inference import Track, find_events
from semeia.networks import build
from semeia.recipe import Detection, Patterns, Prediction
from semeia.recipe import Examples as ExampleSettings
from semeia.training.validation import NEAR, THRESHOLDS, Validation
from semeia.training.windows import Windows, fitted, prepare, selected
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


def test_a_piece_is_judged_within_its_span_only(network, transform, windows) -> None:
    whole = windows.examples.recordings
    spans = [(0.0, 63.99999999999999), (63.99999999999999, 150.0)]  # a cut by seizure that is off the grid by a hair
    halves = [replace(whole[0], span=span) for span in spans]
    made = prepare(halves, SETTINGS, transform)
    judge, of_all = Validation(made, transform), Validation(prepare(whole[:1], SETTINGS, transform), transform)
    tracks, (track,) = judge.tracks(network), of_all.tracks(network)
    assert [len(part) for part in tracks] == [61, 83]
    np.testing.assert_allclose(np.concatenate(tracks), np.concatenate([track[:61], track[64:147]]), atol=1e-5)
    np.testing.assert_allclose(judge.probabilities(network)[:, 1], plain(network, made, transform), atol=1e-5)
    scored = judge.operating_point(network, Detection(threshold=0.5))[1]
    assert scored["windows"] == len(made.examples)
    assert scored["score"]["hours"] == pytest.approx(150 / 3600)
    assert scored["score"]["events"]["reference"] == 2  # one in each: SzCORE joins those less than 90 s apart


def test_what_is_shorter_than_a_window_has_an_empty_track(tmp_path: Path, network, transform) -> None:
    folder = write_patients(tmp_path / "data", 1)
    write_recording(folder / "patient1" / "short.edf", 3, [])
    made = prepare(gather("folder", path=folder), SETTINGS, transform)
    judge = Validation(made, transform)
    assert sorted(map(len, judge.tracks(network))) == [0, 147]
    assert judge.operating_point(network, Detection(threshold=0.5))[0] == 0.5


@pytest.mark.parametrize("by_events", [True, False])
def test_signals_kept_as_the_transform_gives_them_are_judged_alike(
    network, transform, windows, by_events: bool
) -> None:
    kept = prepare(windows.examples.recordings, SETTINGS, transform, applied=True)
    one, other = (Validation(made, transform, by_events=by_events) for made in (windows, kept))
    np.testing.assert_allclose(one.probabilities(network), other.probabilities(network), atol=1e-5)
    np.testing.assert_allclose(np.concatenate(one.tracks(network)), np.concatenate(other.tracks(network)), atol=1e-5)


def test_windows_drawn_at_random_are_judged_one_by_one(network, transform, windows) -> None:
    mask = np.random.default_rng(0).random(len(windows.examples)) < 0.3
    few = selected(windows, mask)
    judge = Validation(few, transform, by_events=False)
    np.testing.assert_allclose(judge.probabilities(network)[:, 1], plain(network, few, transform), atol=1e-5)
    threshold, measures = judge.operating_point(network, Detection())
    wanted = classify.classes(
        judge.probabilities(network), few.examples.label.astype(np.int64), ["background", "seizure"]
    )
    assert (threshold, measures) == wanted and "score" not in measures


# --- other tasks


def test_prediction_is_judged_by_windows(tmp_path: Path) -> None:
    transform = transform_named("spectrogram", rate=64.0, high_pass=0.5, causal_filter=True, window=1.0, highest=30.0)
    task = Prediction(kind="prediction", horizons=[0.5, 1.0], gap=0.2, clear=1.5, after=0.5)
    recordings = []
    for number in (1, 2):
        path = write_recording(tmp_path / f"{number}.edf", 240, [(200, 10)], seed=number)
        recordings.append(LabelledRecording(path, f"p{number}", Events([Event(200, 10)]), 240.0, "a"))
    made = prepare(recordings, SETTINGS, transform, task=task)
    transform = fitted(made, transform, 0)
    torch.manual_seed(0)
    network = build("cnn2d", transform.shape(5, 256), 3, depth=2).eval()
    inputs = np.stack([made.read(row).T for row in range(len(made.examples))])
    with torch.inference_mode():
        probability = network(torch.from_numpy(transform.apply(inputs))).softmax(dim=1).numpy()
    judge = Validation(made, transform)
    np.testing.assert_allclose(judge.probabilities(network), probability, atol=1e-5)
    label, patient = made.examples.label, made.examples.patient
    assert set(label) == {0, 1, 2}
    told = -np.log(probability[np.arange(len(label)), label])
    losses = [np.mean([told[(patient == name) & (label == k)].mean() for k in range(3)]) for name in ("p1", "p2")]
    areas = [roc_auc_score(label[patient == p] > 0, 1 - probability[patient == p, 0]) for p in ("p1", "p2")]
    measured = judge(network)
    assert measured["validation_loss"] == pytest.approx(np.mean(losses), rel=1e-4)
    assert measured["validation_auroc"] == pytest.approx(np.mean(areas), abs=1e-6)
    threshold, measures = judge.operating_point(network, Detection())
    assert threshold == pytest.approx(classify.best_threshold(label > 0, 1 - probability[:, 0]), abs=1e-5)
    assert measures["classes"] == ["interictal", "preictal 0.5 min", "preictal 1 min"]
    assert judge.operating_point(network, Detection(threshold=0.3))[0] == 0.3


def test_patterns_are_judged_channel_by_channel(tmp_path: Path) -> None:
    transform = transform_named("raw", rate=64.0, high_pass=0.5)
    path = write_recording(tmp_path / "a.edf", 60, [(20, 10)])
    wide = write_recording(tmp_path / "b.edf", 40, [(10, 5)], labels=("F3", "F4", "C3", "C4", "P3", "P4", "O2"))
    events = Events([Event(20, 10, "slow"), Event(5, 1, "spike", ("C3",)), Event(40, 3, "spike", ("C3", "O1"))])
    recordings = [
        LabelledRecording(path, "p", events, 60.0, "a"),
        LabelledRecording(wide, "q", Events([Event(10, 5, "slow")]), 40.0, "b"),
    ]
    task = Patterns(kind="patterns", patterns=["spike", "slow"])
    network = build("pattern-detector", (5, 256), 2, width=4).eval()
    for chosen in (recordings[:1], recordings[1:]):
        made = prepare(chosen, SETTINGS, transform, task=task)
        judge = Validation(made, transform)
        rows = np.arange(len(made.examples))
        with torch.inference_mode():
            inputs = transform.apply(np.stack([made.read(row).T for row in rows]))
            probability = network(torch.from_numpy(inputs)).sigmoid().numpy()
        np.testing.assert_allclose(judge.probabilities(network), probability, atol=1e-5)
        targets = made.targets(rows)
        told = np.where(targets == 1, probability, 1 - probability)
        weight = balanced_weights(made.examples)
        measured = judge(network)
        assert measured["validation_loss"] == pytest.approx(-(weight * np.log(told).mean(axis=(1, 2))).sum(), rel=1e-4)
        kinds = [k for k in (0, 1) if targets[..., k].any()]
        areas = [roc_auc_score(targets[..., k].ravel(), probability[..., k].ravel()) for k in kinds]
        assert measured["validation_auroc"] == pytest.approx(np.mean(areas), abs=1e-5)
        _, measures = judge.operating_point(network, Detection())
        assert measures == classify.patterns(judge.probabilities(network), targets, task.patterns)[1]


def test_patterns_of_recordings_with_other_channels_are_judged_together(tmp_path: Path) -> None:
    transform = transform_named("raw", rate=64.0, high_pass=0.5)
    narrow = write_recording(tmp_path / "a.edf", 40, [(10, 5)])
    wide = write_recording(tmp_path / "b.edf", 40, [(10, 5)], labels=("F3", "F4", "C3", "C4", "P3", "P4", "O2"))
    slow = Events([Event(10, 5, "slow")])
    both = [LabelledRecording(path, path.stem, slow, 40.0, "a") for path in (narrow, wide)]
    task = Patterns(kind="patterns", patterns=["slow"])
    network = build("pattern-detector", (5, 256), 1, width=4).eval()
    judge = Validation(prepare(both, SETTINGS, transform, task=task), transform)
    alone = [Validation(prepare([one], SETTINGS, transform, task=task), transform)(network) for one in both]
    measured = judge(network)
    assert measured["validation_loss"] == pytest.approx(np.mean([one["validation_loss"] for one in alone]), rel=1e-4)
    threshold, measures = judge.operating_point(network, Detection())
    assert 0 <= threshold <= 1 and set(measures["patterns"]) == {"slow"}
