"""Maps follow the weights, and point at the truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from explained import CHANNELS, RATE, SAMPLES, Weighted, model_of, noise

import semeia
from semeia.explanation import (
    Attribution,
    correlation,
    evidence,
    grad_cam,
    integrated_gradients,
    occlusion,
    points_at,
    randomised,
)


def attribution(values: np.ndarray) -> Attribution:
    return Attribution("drawn", "seizure", values.astype(np.float32), noise(), RATE, 0.0)


def test_evidence_is_the_mean_over_half_a_second_about_each_sample() -> None:
    values = np.zeros((2, 128))
    values[1, 64] = 1
    smoothed = evidence(attribution(values))
    np.testing.assert_allclose(np.flatnonzero(smoothed[1] > 1e-6), np.arange(49, 81))
    assert smoothed[1, 64] == pytest.approx(1 / 32) and not smoothed[0].any()
    np.testing.assert_allclose(evidence(attribution(np.ones((1, 128)))), 1, rtol=1e-6)


def test_a_hit_is_the_strongest_evidence_within_the_truth() -> None:
    values = np.zeros((CHANNELS, SAMPLES))
    values[3, 100:140] = 1
    values[1, 20:60] = -5  # what speaks against is no evidence for
    truth = np.zeros((CHANNELS, SAMPLES), bool)
    truth[3, 90:150] = True
    assert points_at(attribution(values), truth)
    truth[3] = False
    truth[1] = True
    assert not points_at(attribution(values), truth)


def test_weights_are_drawn_anew_by_seed_and_the_model_keeps_its_own() -> None:
    model = model_of()
    before = {name: value.clone() for name, value in model.module.state_dict().items()}
    state = torch.random.get_rng_state()
    one, same, other = (randomised(model, seed).module.state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), state)
    for name, value in model.module.state_dict().items():
        assert torch.equal(value, before[name]) and torch.equal(one[name], same[name])
    drawn = [name for name in before if name.endswith("weight") and before[name].ndim > 1]
    assert drawn and all(not torch.equal(one[name], before[name]) for name in drawn)
    assert all(not torch.equal(one[name], other[name]) for name in drawn)


def test_weights_of_which_torch_says_nothing_are_drawn_too() -> None:
    model = model_of(Weighted(torch.ones(CHANNELS, SAMPLES) + torch.arange(SAMPLES) / SAMPLES))
    drawn = randomised(model).module.get_parameter("weights")
    assert not torch.equal(drawn, model.module.get_parameter("weights")) and drawn.std() > 0.1


def test_correlation_is_one_with_itself_and_minus_one_with_its_opposite() -> None:
    values = noise(4)
    assert correlation(attribution(values), attribution(3 * values)) == pytest.approx(1)
    assert correlation(attribution(values), attribution(-values), signed=True) == pytest.approx(-1)
    assert correlation(attribution(values), attribution(-values)) == pytest.approx(1)
    assert abs(correlation(attribution(values), attribution(noise(5)), signed=True)) < 0.4
    assert np.isnan(correlation(attribution(values), attribution(np.zeros_like(values))))


@pytest.mark.parametrize("method", [integrated_gradients, occlusion, grad_cam])
def test_a_trained_network_points_at_the_seizure_and_one_with_new_weights_differs(method, small_model: Path) -> None:
    model = semeia.load(small_model)
    hits, against = [], []
    for seed in range(8):
        channel, onset = seed % 4, 64 + 16 * (seed % 5)
        time = np.arange(SAMPLES) / RATE
        window = noise(seed, 4)
        window[channel, onset:] += (120 * np.sin(2 * np.pi * 4 * time))[onset:].astype(np.float32)
        truth = np.zeros(window.shape, bool)
        truth[channel, onset:] = True
        found = method(model, window)
        hits.append(points_at(found, truth))
        against.append(correlation(found, method(randomised(model, seed), window), signed=True))
    assert sum(hits) >= 7
    assert np.nanmean(against) < 0.5
