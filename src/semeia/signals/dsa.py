"""The density spectral array (DSA): power spectra of short segments, one after another along a recording.

Spectra are Welch's (IEEE Trans Audio Electroacoust 1967): segments of 2 s that overlap by half, each without its
mean, under a Hann window. So bins are 0.5 Hz apart, fine enough for a rhythm that slows in the course of a seizure.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["HOP", "LOWEST_RATE", "SEGMENT", "bins_at", "segment_power"]

SEGMENT, HOP = 2.0, 1.0  # seconds
LOWEST_RATE = 60.0  # Hz: what is sampled more slowly has no spectrum worth drawing up to 25 Hz
_BAND = (0.5, 25.0)  # Hz: delta to beta; above that there is more of muscle than of brain


def bins_at(rate: float) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return which bins of a segment's spectrum are kept, and their frequencies in Hz.

    Parameters
    ----------
    rate : float
        Sampling rate in Hz.
    """
    length = round(SEGMENT * rate)
    frequencies = (np.arange(length // 2 + 1) * (rate / length)).astype(np.float64)
    slack = 0.25  # Hz, half a bin: at odd rates bins lie a little beside the half hertz
    kept = np.flatnonzero((frequencies > _BAND[0] - slack) & (frequencies < _BAND[1] + slack))
    return kept, frequencies[kept]


def segment_power(samples: NDArray[np.float32], starts: NDArray[np.intp], rate: float) -> NDArray[np.float32]:
    """Return the power density of segments, one-sided, as `scipy.signal.periodogram` has it.

    Parameters
    ----------
    samples : array, float32, (channels, samples), µV; NaN in gaps
    starts : array of int, (segments,)
        First sample of each segment of `SEGMENT` seconds.
    rate : float
        Hz.

    Returns
    -------
    array, float32, (channels, segments, bins), µV²/Hz
        At the bins of `bins_at`; NaN for a segment that touches a gap.
    """
    from scipy.fft import rfft
    from scipy.signal import get_window

    length, (kept, _) = round(SEGMENT * rate), bins_at(rate)
    if len(starts) == 0:
        return np.empty((len(samples), 0, len(kept)), np.float32)
    window = get_window("hann", length).astype(np.float32)
    segments = np.lib.stride_tricks.sliding_window_view(samples, length, axis=1)[:, starts]
    segments = (segments - segments.mean(axis=2, keepdims=True)) * window
    spectra = rfft(segments, axis=2, overwrite_x=True)[..., kept]
    scale = 2 / (rate * np.square(window).sum(dtype=np.float64))
    power: NDArray[np.float32] = (np.square(spectra.real) + np.square(spectra.imag)) * np.float32(scale)
    return power
