"""Grad-CAM: the right stage, the right place, and channels apart where the network keeps them so."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from explained import CHANNELS, SAMPLES, Energy, Weighted, model_of, noise
from torch import nn

from semeia.errors import ModelError
from semeia.explanation import grad_cam
from semeia.explanation.gradcam import last_stage
from semeia.explanation.question import question
from semeia.networks.residual import ResidualBlock


@pytest.mark.parametrize("place", [30, 100, 128, 201, 235])
def test_the_map_lies_where_the_places_of_unpadded_layers_lie(place: int) -> None:
    window = np.zeros((CHANNELS, SAMPLES), np.float32)
    window[2, place - 8 : place + 9] = 300 * np.hanning(17)
    found = grad_cam(model_of(Energy(), montage="any"), window)
    channel, sample = np.unravel_index(np.argmax(found.values), found.values.shape)
    assert found.by_channel and channel == 2
    assert abs(sample - place) <= 8  # the stride


@pytest.mark.parametrize(
    ("network", "transform", "by_channel"),
    [
        ("channelwise", "raw", True),
        ("electrodes", "raw", True),
        ("resnet1d", "raw", False),
        ("electrodes", "spectrogram", True),
        ("cnn2d", "spectrogram", False),
        ("resnet18", "spectrogram", False),
    ],
)
def test_networks_that_keep_channels_apart_give_a_map_of_each(network: str, transform: str, by_channel: bool) -> None:
    parameters = {"depth": 2} if network in {"electrodes", "resnet1d"} else {}
    model = model_of(network=network, transform=transform, parameters=parameters, montage="any", samples=1024)
    found = grad_cam(model, noise(samples=1024))
    assert found.by_channel is by_channel
    assert found.values.shape == (CHANNELS, 1024) and found.values.min() >= 0
    assert by_channel or (found.values == found.values[0]).all()
    if transform == "spectrogram":
        height, width = model.transform.shape(CHANNELS, 1024)[1:]
        assert found.picture is not None and found.picture.shape == (CHANNELS if by_channel else 1, height, width)


def test_the_map_of_an_electrode_is_its_own() -> None:
    model = model_of(network="electrodes", parameters={"depth": 2, "pooling": "mean"}, montage="any")
    window = noise()
    order = [3, 1, 4, 0, 2]
    np.testing.assert_allclose(grad_cam(model, window).values[order], grad_cam(model, window[order]).values, atol=1e-5)


def test_the_stage_is_the_last_block_and_not_a_part_of_it() -> None:
    model = model_of(network="electrodes", parameters={"depth": 2})
    asked = question(model, noise())
    stage = last_stage(asked.model.module, asked.seen(asked.window[None]))
    assert isinstance(stage.module, ResidualBlock)
    assert stage.spacing[-1] == 8  # three strides of two


def test_pieces_are_put_one_after_another() -> None:
    parameters = {"encoder": "electrodes", "encoder_parameters": {"depth": 1}, "parts": 4}
    model = model_of(network="sequence", parameters=parameters, montage="any", samples=512)
    found = grad_cam(model, noise(samples=512))
    assert found.by_channel and found.values.shape == (CHANNELS, 512)


def test_a_network_without_convolutions_has_none() -> None:
    model = model_of(Weighted(torch.ones(CHANNELS, SAMPLES)))
    with pytest.raises(ModelError, match="no convolution along time"):
        grad_cam(model, noise())
    module = nn.Sequential(nn.Conv1d(CHANNELS, 4, SAMPLES), nn.Flatten(), nn.Linear(4, 2))
    with pytest.raises(ModelError, match="no convolution along time"):
        grad_cam(model_of(module), noise())
