"""The spectrum of a stretch that a reader selected: which rhythm it is, channel by channel."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semeia.errors import RecordingError
from semeia.signals.dsa import SEGMENT

__all__ = ["Spectrum", "power_spectrum"]

SHORTEST = 0.25
"""Seconds of which a spectrum still says something."""
HIGHEST = 100.0
"""Hertz up to which it is told."""


class Spectrum(NamedTuple):
    """Power by frequency.

    Parameters
    ----------
    frequency : ndarray (frequencies,)
        Hz.
    density : ndarray (channels, frequencies)
        µV²/Hz; NaN of a channel of which nothing was recorded somewhere in the stretch.
    """

    frequency: NDArray[np.float64]
    density: NDArray[np.float64]


def power_spectrum(values: NDArray[np.float32], rate: float) -> Spectrum:
    """Return the spectra of channels by Welch's method (Welch 1967, IEEE Trans. Audio Electroacoust. 15:70-73).

    Hann windows of 2 s that overlap by half, each less its mean; one window where the stretch is shorter.

    Parameters
    ----------
    values : ndarray, float32 (channels, samples)
        µV.
    rate : float
        Hz.

    Raises
    ------
    RecordingError
        If the stretch is shorter than a quarter of a second.
    """
    from scipy.signal import welch

    seconds = values.shape[1] / rate
    if seconds < SHORTEST:
        raise RecordingError(f"{seconds:.2f} s are too short for a spectrum: select {SHORTEST:g} s or more")
    frequency, density = welch(values.astype(np.float64), rate, nperseg=min(values.shape[1], round(SEGMENT * rate)))
    told = (frequency > 0) & (frequency <= HIGHEST)
    return Spectrum(frequency[told], density[:, told])
