"""Integrated gradients and occlusion: exact where the answer is known, honest about their error elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from explained import CHANNELS, RATE, SAMPLES, Energy, Weighted, model_of, noise

import semeia
from semeia.errors import ModelError, RecordingError
from semeia.explanation import evidence, integrated_gradients, occlusion
from semeia.explanation.attribution import column_centres, spread_over_time
from semeia.transforms import transform_named


def test_gradients_of_a_weighted_sum_are_its_terms() -> None:
    weights = torch.from_numpy(noise(1) / 20)
    found = integrated_gradients(model_of(Weighted(weights)), noise())
    np.testing.assert_allclose(found.values, weights.numpy() * noise() / 50, atol=0.2)  # but for noise of 1 µV
    silent = integrated_gradients(model_of(Weighted(weights)), noise(), baseline=np.zeros((CHANNELS, SAMPLES)))
    np.testing.assert_allclose(silent.values, weights.numpy() * noise() / 50, rtol=1e-3, atol=1e-4)
    assert found.logit == pytest.approx(silent.values.sum(), rel=1e-3)
    assert found.probability == pytest.approx(1 / (1 + np.exp(-found.logit)))


@pytest.mark.parametrize("network", ["channelwise", "electrodes", "resnet1d"])
def test_gradients_sum_to_the_gain_in_logit_and_the_error_is_reported(network: str) -> None:
    parameters = {"depth": 3, "width": 8} if network != "channelwise" else {}
    found = integrated_gradients(model_of(network=network, parameters=parameters), 2 * noise())
    assert found.gained is not None and found.error is not None
    assert abs(found.values.sum() - found.gained) == pytest.approx(found.error, abs=1e-3)
    assert found.error <= 0.02 * max(1.0, abs(found.gained))


def test_the_gain_is_that_over_a_baseline_which_may_be_given() -> None:
    model = model_of(Weighted(torch.ones(CHANNELS, SAMPLES)))
    half = model.transform.apply(noise()[None])[0] / 2
    found = integrated_gradients(model, noise(), baseline=half)
    assert found.gained == pytest.approx(half.sum(), rel=1e-3)


def test_the_class_against_is_the_other_with_two() -> None:
    model, window = model_of(), 3 * noise()
    one, other = (integrated_gradients(model, window, target=name) for name in ("seizure", "background"))
    assert one.logit == pytest.approx(-other.logit, rel=1e-4)
    np.testing.assert_allclose(one.values, -other.values, atol=1e-4 * np.abs(one.values).max())


def test_gradients_on_a_spectrogram_are_mapped_to_its_time_and_channels() -> None:
    model = model_of(network="electrodes", transform="spectrogram", parameters={"depth": 1, "width": 4})
    found = integrated_gradients(model, noise())
    assert found.picture is not None and found.picture.shape == model.transform.shape(CHANNELS, SAMPLES)
    assert found.values.shape == (CHANNELS, SAMPLES)
    np.testing.assert_allclose(found.values.sum(axis=1), found.picture.sum(axis=(1, 2)), rtol=1e-3, atol=1e-4)


def test_the_colours_of_an_electrode_are_added() -> None:
    model = model_of(Weighted(torch.ones(15, 20, 20)), transform="psd", network="cnn2d", samples=2048)
    model = _with(model, height=20, width=20)
    found = integrated_gradients(model, noise(samples=2048))
    assert found.picture is not None and found.picture.shape == (CHANNELS, 20, 20)
    assert found.values.sum() == pytest.approx(found.gained, rel=1e-3)


def _with(model: semeia.model.Model, **changed: int) -> semeia.model.Model:
    part = model.description.transform
    part = part.model_copy(update={"parameters": part.parameters | changed})
    return semeia.model.Model(model.description.model_copy(update={"transform": part}), model.module)


def test_columns_are_spread_over_the_samples_nearest_to_them() -> None:
    transform = transform_named("spectrogram", rate=RATE, window=1.0, step=0.5)
    centres = column_centres(transform, 7, SAMPLES)
    np.testing.assert_array_equal(centres, 32 + 32 * np.arange(7))
    columns = np.eye(7, dtype=np.float32)[3:4]
    spread = spread_over_time(columns, transform, SAMPLES)
    assert spread.sum() == pytest.approx(1)
    np.testing.assert_array_equal(np.flatnonzero(spread[0]), np.arange(112, 144))


@pytest.mark.parametrize("transform", ["raw", "spectrogram", "features"])
def test_occlusion_finds_the_channel_and_time_that_count_whatever_the_transform(transform: str) -> None:
    shape = transform_named(transform, rate=RATE).shape(CHANNELS, SAMPLES)
    weights = torch.zeros(CHANNELS, int(np.prod(shape)) // CHANNELS)
    weights[3] = 1
    network = {"raw": "channelwise", "spectrogram": "cnn2d", "features": "logistic"}[transform]
    model = model_of(Weighted(weights.reshape(shape)), transform=transform, network=network)
    window = noise() / 1e6
    window[3, 128:192] = np.abs(noise()[3, 128:192])
    found = occlusion(model, window, patch=0.5)
    channel, sample = np.unravel_index(np.argmax(evidence(found)), found.values.shape)
    assert channel == 3 and (transform == "features" or 120 <= sample < 200)
    assert np.abs(found.values[[0, 1, 2, 4]]).max() < 1e-3 * np.abs(found.values).max()


def test_occlusion_of_a_weighted_sum_takes_away_what_is_under_the_patch() -> None:
    model, window = model_of(Weighted(torch.ones(CHANNELS, SAMPLES))), np.full((CHANNELS, SAMPLES), 50.0)
    found = occlusion(model, window, patch=0.5)
    assert found.values[2, 128] == pytest.approx(0.5 * RATE, rel=0.02)  # a raised cosine holds as much as its patch


def test_both_point_at_the_one_loud_place() -> None:
    window = noise() / 10
    window[1, 200:206] = 300
    for method in (integrated_gradients, occlusion):
        found = method(model_of(Energy()), window)
        channel, sample = np.unravel_index(np.argmax(found.values), found.values.shape)
        assert channel == 1 and 195 <= sample < 211


def test_a_network_of_patterns_is_explained_by_channel() -> None:
    model = model_of(network="pattern-detector", montage="any", classes=("spike", "artefact"), parameters={"width": 4})
    found = integrated_gradients(model, 3 * noise(), target="spike")
    alone = noise() * 3
    alone[1:] = 0
    quiet = integrated_gradients(model, alone, target="spike")
    assert np.corrcoef(found.values[0], quiet.values[0])[0, 1] > 0.98


@pytest.mark.parametrize("method", [integrated_gradients, occlusion])
def test_what_cannot_be_explained_is_refused_in_one_line(method) -> None:
    model = model_of()
    with pytest.raises(ModelError, match="knows no class 'spindle'; it tells background, seizure apart"):
        method(model, noise(), target="spindle")
    with pytest.raises(RecordingError, match="takes \\(channels, 256\\), 4 s at 64 Hz"):
        method(model, noise(samples=200))
    with pytest.raises(RecordingError, match="window of 7 channels: model known takes 5"):
        method(model, noise(channels=7))
    with pytest.raises(RecordingError, match="touches a gap"):
        method(model, np.full((CHANNELS, SAMPLES), np.nan))


def test_gradients_of_features_are_refused_and_occlusion_advised() -> None:
    shape = transform_named("features", rate=RATE).shape(CHANNELS, SAMPLES)
    model = model_of(Weighted(torch.ones(shape)), transform="features", network="logistic")
    with pytest.raises(ModelError, match="sees features, not samples: use occlusion"):
        integrated_gradients(model, noise())
