"""The amplitude of a sine is twice its rectified mean, with the gain of the monitor's filter; gaps stay gaps."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import firwin2, get_window

from semeia.signals.aeeg import REACH, amplitude


def sine(frequency: float, rate: float, size: float = 20.0, seconds: float = 20.0) -> NDArray[np.float32]:
    """Return a sine of so many µV from peak to peak."""
    return (size / 2 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def steady(samples: NDArray[np.float32], rate: float) -> NDArray[np.float32]:
    """Return the amplitude of one channel without its ends, whose mirror images bend a sine."""
    return amplitude(samples[None], rate)[0, round(2 * rate) : -round(2 * rate)]


@pytest.mark.parametrize("rate", [60.0, 200.0, 256.0])
@pytest.mark.parametrize("frequency", [3.0, 6.0, 10.0, 14.0])
def test_a_sine_is_twice_its_rectified_mean_with_12_db_a_decade(frequency: float, rate: float) -> None:
    gain = 10 ** (12 / 20 * np.log10(frequency / 10))
    assert steady(sine(frequency, rate), rate) == pytest.approx(20 * gain * 2 / np.pi, rel=0.1)


@pytest.mark.parametrize("frequency", [0.0, 0.5, 18.0, 25.0])
def test_what_lies_outside_the_band_does_not_count(frequency: float) -> None:
    assert steady(10 + sine(frequency, 256.0), 256.0).max() < 0.02 * 20


def test_it_is_the_direct_computation() -> None:
    rate = 128.0
    noise = np.random.default_rng(2).normal(0, 30, 128 * 30)
    band = np.linspace(2, 15, 64)
    taps = firwin2(257, [0, 1, *band, 16, 64], [0, 0, *(band / 10) ** 0.6, 0, 0], fs=rate)
    weights = get_window("hann", 193, fftbins=False)
    rectified = np.abs(np.convolve(noise, taps, "valid"))
    expected = 2 * np.convolve(rectified, weights / weights.sum(), "valid")
    inside = slice(round(REACH * rate), -round(REACH * rate))
    np.testing.assert_allclose(amplitude(noise[None].astype(np.float32), rate)[0, inside], expected, rtol=2e-3)


def test_a_gap_takes_a_second_on_each_side_of_its_own_channel_and_nothing_else() -> None:
    rate = 128.0
    samples = np.random.default_rng(3).normal(1e4, 30, (2, 128 * 30)).astype(np.float32)
    samples[0, 10 * 128 : 12 * 128] = np.nan
    found = amplitude(samples, rate)
    missing = np.flatnonzero(np.isnan(found[0])) / rate
    assert (missing[0], missing[-1]) == pytest.approx((9, 13), abs=0.02)
    assert len(missing) == round((missing[-1] - missing[0]) * rate) + 1
    alone = [amplitude(part[None], rate)[0] for part in (samples[0, : 10 * 128], samples[0, 12 * 128 :])]
    np.testing.assert_allclose(found[0, : 8 * 128], alone[0][: 8 * 128], rtol=1e-3)  # as if the rest had never been
    np.testing.assert_allclose(found[0, 14 * 128 :], alone[1][2 * 128 :], rtol=1e-3)
    assert not np.isnan(found[1]).any()
    assert np.isnan(amplitude(np.full((1, 512), np.nan, np.float32), rate)).all()
