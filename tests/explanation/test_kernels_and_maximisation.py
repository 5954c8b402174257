"""First-layer kernels with their frequency response, and windows made for a class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from explained import CHANNELS, RATE, SAMPLES, Weighted, model_of

import semeia
from semeia.errors import ModelError
from semeia.explanation import first_kernels, maximise
from semeia.explanation.kernels import frequency_response


def test_the_response_of_a_moving_average_is_the_known_one() -> None:
    frequencies, response = frequency_response(np.full((1, 1, 4), 0.25), RATE)
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = np.abs(np.sin(4 * np.pi * frequencies / RATE) / (4 * np.sin(np.pi * frequencies / RATE)))
    np.testing.assert_allclose(response[0, 0, 1:], expected[1:], atol=1e-12)
    assert response[0, 0, 0] == pytest.approx(1) and frequencies[-1] == RATE / 2


def test_a_kernel_of_waves_lets_their_frequency_through() -> None:
    model = model_of()
    convolution = next(part for part in model.module.modules() if isinstance(part, torch.nn.Conv2d))
    taps = convolution.weight.shape[-1]
    with torch.no_grad():
        convolution.weight[0, 0, 0] = torch.cos(2 * torch.pi * 12 / RATE * torch.arange(taps))
    kernels = first_kernels(model)
    assert kernels.weights.shape == (16, 1, taps) and kernels.frequencies is not None
    assert kernels.frequencies[kernels.gain[0].argmax()] == pytest.approx(12, abs=1.5)


@pytest.mark.parametrize(
    ("network", "transform", "shape"),
    [
        ("resnet1d", "raw", (32, CHANNELS, 3)),
        ("electrodes", "raw", (16, 1, 7)),
        ("electrodes", "spectrogram", (16, 1, 7, 7)),
        ("cnn2d", "spectrogram", (16, CHANNELS, 3, 3)),
    ],
)
def test_the_first_convolution_is_found(network: str, transform: str, shape: tuple[int, ...]) -> None:
    parameters = {"depth": 3} if network == "resnet1d" else {}
    kernels = first_kernels(model_of(network=network, transform=transform, parameters=parameters, samples=1024))
    assert kernels.weights.shape == shape
    assert (kernels.response is None) is (transform == "spectrogram")
    if transform == "spectrogram":
        assert kernels.rows == 1.0 and kernels.rate == 2.0  # Hz from row to row, columns a second


def test_a_network_without_convolutions_has_no_kernels() -> None:
    with pytest.raises(ModelError, match="no convolution and so no kernels"):
        first_kernels(model_of(Weighted(torch.ones(CHANNELS, SAMPLES))))


def test_a_window_is_made_that_speaks_for_the_class_and_stays_within_bounds(small_model: Path) -> None:
    model = semeia.load(small_model)
    made = maximise(model, steps=40)
    assert made.target == "seizure" and made.logit > made.start + 1
    assert made.values.shape == (4, model.description.input.window)
    assert np.abs(made.values).max() <= 201 and 20 < made.values.std() <= 51
    power = np.abs(np.fft.rfft(made.values, axis=1)) ** 2
    hertz = np.fft.rfftfreq(made.values.shape[1], 1 / made.rate)
    assert power[:, hertz > 0.45 * made.rate].sum() < 0.02 * power.sum()
    again, other = maximise(model, steps=40), maximise(model, steps=40, seed=1)
    np.testing.assert_array_equal(made.values, again.values)
    assert not np.array_equal(made.values, other.values)
    against = maximise(model, target="background", steps=40)
    assert against.logit > against.start


def test_a_spectrogram_is_made_where_the_network_sees_one() -> None:
    model = model_of(network="cnn2d", transform="spectrogram", samples=1024)
    made = maximise(model, steps=20)
    assert made.values.shape == model.transform.shape(CHANNELS, 1024)
    assert made.logit > made.start and np.abs(made.values).max() <= 4.001
