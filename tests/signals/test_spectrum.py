"""Spectra of a stretch: a rhythm is told, its power is right, gaps and moments are refused or told."""

from __future__ import annotations

import numpy as np
import pytest

from semeia.errors import RecordingError
from semeia.signals.spectrum import power_spectrum


@pytest.mark.parametrize("seconds", [1, 10])
def test_a_rhythm_stands_out_with_its_power(seconds: int) -> None:
    time = np.arange(seconds * 200) / 200
    values = np.stack([20 * np.sin(2 * np.pi * 10 * time), np.full(len(time), 50)]).astype(np.float32)
    frequency, density = power_spectrum(values, 200)
    assert frequency[density[0].argmax()] == 10
    assert (density[0] * (frequency[1] - frequency[0])).sum() == pytest.approx(200, rel=0.01), "half the square of 20"
    assert density[1].max() < 1e-6, "the mean is no rhythm"
    assert frequency[0] > 0 and frequency[-1] <= 100


def test_nothing_recorded_is_nothing_told_and_a_moment_is_refused() -> None:
    values = np.ones((1, 400), np.float32)
    values[0, 10] = np.nan
    assert np.isnan(power_spectrum(values, 200).density).all()
    with pytest.raises(RecordingError, match=r"0\.05 s are too short"):
        power_spectrum(values[:, :10], 200)
