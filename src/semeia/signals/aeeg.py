"""The amplitude-integrated EEG (aEEG): how large the EEG is, as the cerebral function monitor writes it.

EEG between 2 and 15 Hz, its higher frequencies raised by 12 dB a decade, is rectified and smoothed (Maynard, Prior
and Scott, BMJ 1969; Hellström-Westas, Rosén, de Vries and Greisen, NeoReviews 2006; a digital one: Zhang and Ding,
Health 2013). Of each interval the smallest and the largest value make the margins of the band that is drawn.

Gains are those of the digital approximation of the Olympic CFM by N. Stevenson (University of Helsinki, 2017): 0.3 at
2 Hz and 1.2 at 15 Hz, here 0.38 and 1.28, and twice the mean of the rectified EEG as its size from peak to peak.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["REACH", "amplitude"]

_BAND = (2.0, 15.0)  # Hz
_EDGE = 1.0  # Hz over which the filter goes to nothing, outside the band
_SLOPE = 12 / 20  # power of ten in amplitude for one in frequency: 12 dB a decade
_LEVEL = 10.0  # Hz at which the gain is 1
_FILTER = 2.0  # seconds: 1 Hz outside the band the filter is 12 dB down or more, 2 Hz outside 45 dB
_SMOOTH = 1.5  # seconds of a Hann window: lets through as much noise as the monitor's time constant of 0.5 s
_PEAK_TO_PEAK = 2.0  # in units of the rectified mean

REACH = (_FILTER + _SMOOTH) / 2
"""Seconds on each side that a value depends on."""


def amplitude(samples: NDArray[np.float32], rate: float) -> NDArray[np.float32]:
    """Return how large the EEG is at every sample.

    Ends are continued by their mirror image. Values closer than 1 s to a gap are NaN: no filter sees across it.

    Parameters
    ----------
    samples : array, float32, (channels, samples), µV; NaN in gaps
    rate : float
        Hz; above 32 Hz, so that the filter ends below half of it.

    Returns
    -------
    array, float32, of the same shape, µV
    """
    from scipy.signal import oaconvolve

    taps, weights = _kernels(float(rate))
    missing = np.isnan(samples)
    gapped = bool(missing.any())
    there = ~missing
    centre = np.sum(samples, axis=1, where=there, keepdims=True) / np.maximum(there.sum(axis=1, keepdims=True), 1)
    centred = samples - centre.astype(np.float32)  # a constant adds nothing, but would cost digits
    if gapped:
        centred[missing] = 0
    half = len(taps) // 2
    mirrored = np.pad(centred, ((0, 0), (half, half)), mode="symmetric")
    rectified = np.abs(oaconvolve(mirrored, taps[None], mode="valid", axes=1))
    known = ~_near(missing, half) if gapped else np.ones((1, samples.shape[1]), bool)
    if gapped:
        rectified[~known] = 0
    smoothed = oaconvolve(rectified, weights[None], mode="same", axes=1)
    share = oaconvolve(known.astype(np.float32), weights[None], mode="same", axes=1)
    smoothed *= np.float32(_PEAK_TO_PEAK) / np.maximum(share, np.float32(1e-3))
    smoothed[np.broadcast_to(~known, smoothed.shape)] = np.nan
    result: NDArray[np.float32] = np.maximum(smoothed, 0)  # what a transform rounds off
    return result


@lru_cache(maxsize=8)
def _kernels(rate: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the band-pass filter, with its gain, and the smoothing window, of odd lengths."""
    from scipy.signal import firwin2, get_window

    low, high = _BAND
    inside = np.linspace(low, high, 64)
    frequencies = np.concatenate([[0, low - _EDGE], inside, [high + _EDGE, rate / 2]])
    gains = np.concatenate([[0, 0], (inside / _LEVEL) ** _SLOPE, [0, 0]])
    length = 2 * round(_FILTER * rate / 2) + 1
    window = get_window("hamming", length, fftbins=False)
    taps = firwin2(length, frequencies, gains, fs=rate)
    taps -= window * (taps.sum() / window.sum())  # an offset of the electrodes is millivolts: not even a trace of it
    weights = get_window("hann", 2 * round(_SMOOTH * rate / 2) + 1, fftbins=False)
    return taps.astype(np.float32), (weights / weights.sum()).astype(np.float32)


def _near(missing: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Whether a sample within `reach` is missing."""
    count = np.pad(np.cumsum(missing, axis=1), ((0, 0), (1, 0)))
    place = np.arange(missing.shape[1])
    upper, lower = np.minimum(place + reach + 1, len(place)), np.maximum(place - reach, 0)
    near: NDArray[np.bool_] = count[:, upper] > count[:, lower]
    return near
