"""The spectra are those of scipy, segment by segment."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import periodogram

from semeia.signals.dsa import bins_at, segment_power


@pytest.mark.parametrize("rate", [60.0, 173.61, 256.0, 500.0])
def test_power_is_that_of_scipy_from_half_a_hertz_to_25(rate: float) -> None:
    length = round(2 * rate)
    noise = np.random.default_rng(1).normal(300, 30, (3, 5 * length)).astype(np.float32)
    starts = np.array([0, length // 3, 3 * length])
    kept, frequencies = bins_at(rate)
    power = segment_power(noise, starts, rate)
    for column, start in enumerate(starts):
        there, expected = periodogram(noise[:, start : start + length].astype(float), rate, "hann")
        np.testing.assert_allclose(power[:, column], expected[:, kept], rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(frequencies, there[kept])
    assert frequencies == pytest.approx(np.arange(1, 51) / 2, abs=0.05)


def test_a_segment_that_touches_a_gap_has_no_power() -> None:
    samples = np.random.default_rng(1).normal(0, 30, (2, 1024)).astype(np.float32)
    samples[1, 600] = np.nan
    missing = np.isnan(segment_power(samples, np.array([0, 256, 512]), 256.0)).all(axis=2)
    assert missing.tolist() == [[False, False, False], [False, True, True]]
