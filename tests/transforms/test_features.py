"""Features: their names, and what they say of signals whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from semeia.transforms.features import Features

RATE = 256.0


def measured(signal: NDArray[np.floating], **parameters: float) -> dict[str, float]:
    """Return the features of one channel by name."""
    transform = Features(rate=RATE, **parameters)
    values = transform.measure(signal[None, None].astype(np.float32))[0, 0]
    return dict(zip(transform.kinds, values.tolist(), strict=True))


def tone(frequency: float, amplitude: float = 50, seconds: float = 20) -> NDArray[np.floating]:
    return amplitude * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)


def test_every_feature_has_a_name_channel_by_channel() -> None:
    transform = Features(rate=RATE)
    found = transform.feature_names(["Fp1", "C3"])
    assert (len(found),) == transform.shape(2, 2000)
    assert found[0] == "Fp1 delta power (log µV²)"
    assert found[len(transform.kinds)] == "C3 delta power (log µV²)"
    batch = np.random.default_rng(0).standard_normal((4, 2, 2000)).astype(np.float32)
    batch[:, 1] *= 100
    applied = transform.fit([batch]).apply(batch)
    powers = [index for index, name in enumerate(found) if name.endswith("beta power (log µV²)")]
    assert (applied[:, powers[1]] > applied[:, powers[0]]).all()


@pytest.mark.parametrize(("rate", "bands"), [(400, 6), (256, 6), (162, 6), (160, 5), (100, 5), (60, 4), (20, 3)])
def test_bands_that_the_rate_does_not_hold_are_left_out(rate: float, bands: int) -> None:
    assert len(Features(rate=rate).kinds) == 2 * bands + 5


@pytest.mark.parametrize(
    ("frequency", "band"), [(2, "delta"), (6, "theta"), (10, "alpha"), (20, "beta"), (50, "gamma"), (100, "high gamma")]
)
def test_a_tone_is_in_its_band_with_its_power(frequency: float, band: str) -> None:
    features = measured(tone(frequency))
    assert features[f"{band} power (log µV²)"] == pytest.approx(np.log10(50**2 / 2), abs=0.01)
    assert features[f"{band} share of power"] == pytest.approx(1, abs=0.01)
    assert features["spectral edge 95% (Hz)"] == pytest.approx(frequency, abs=0.6)


def test_the_line_length_of_a_tone_is_four_amplitudes_a_period() -> None:
    assert measured(tone(8))["line length (log µV/s)"] == pytest.approx(np.log10(4 * 50 * 8), abs=0.01)


def test_the_hjorth_parameters_of_a_tone_are_power_frequency_and_one() -> None:
    features = measured(tone(5))
    assert features["Hjorth activity (log µV²)"] == pytest.approx(np.log10(1250), abs=0.01)
    assert features["Hjorth mobility (log Hz)"] == pytest.approx(np.log10(5), abs=0.01)
    assert features["Hjorth complexity (log)"] == pytest.approx(0, abs=0.01)


def test_amplifying_moves_powers_and_leaves_shares_and_shape() -> None:
    noise = np.random.default_rng(0).standard_normal(5000) * 20
    quiet, loud = measured(noise), measured(10 * noise)
    for name, value in quiet.items():
        more = 2 if "µV²" in name else 1 if "µV" in name else 0
        assert loud[name] == pytest.approx(value + more, abs=1e-3), name


def test_an_offset_changes_nothing() -> None:
    noise = np.random.default_rng(0).standard_normal(5000) * 20
    assert measured(noise + 1000) == pytest.approx(measured(noise), abs=1e-3)


def test_features_are_normal_in_the_training_windows() -> None:
    batch = (np.random.default_rng(0).standard_normal((16, 3, 2000)) * 30).astype(np.float32)
    transform = Features(rate=RATE).fit([batch])
    applied = transform.apply(batch).reshape(16, 3, -1)
    np.testing.assert_allclose(applied.mean(axis=(0, 1)), 0, atol=1e-3)
    np.testing.assert_allclose(applied.std(axis=(0, 1)), 1, atol=1e-3)
