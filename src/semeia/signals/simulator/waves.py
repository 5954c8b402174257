"""Transients with an analytic shape: drawn sample by sample into whatever block they fall, so no edge shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Wave", "Waves", "sharp_wave"]


@dataclass(frozen=True, slots=True)
class Wave:
    """Something short that several channels see.

    Parameters
    ----------
    onset, duration : float
        Seconds from the recording's start.
    gains : float32 (channels,)
    shape : callable
        From seconds since the onset (samples,) to µV (samples,).
    """

    onset: float
    duration: float
    gains: NDArray[np.float32]
    shape: Callable[[NDArray[np.float64]], NDArray[np.float64]]


class Waves:
    """The waves of one recording.

    Parameters
    ----------
    waves : sequence of Wave
    rate : float
        Sampling rate in Hz.
    """

    def __init__(self, waves: Sequence[Wave], rate: float) -> None:
        self._waves, self._rate = tuple(waves), rate
        self._onsets = np.array([wave.onset for wave in waves])
        self._stops = np.array([wave.onset + wave.duration for wave in waves])

    def draw(self, block: NDArray[np.float32], first: int) -> None:
        """Add to a block (channels, samples), whose first sample is `first`, what falls into it."""
        start, stop = first / self._rate, (first + block.shape[1]) / self._rate
        for index in np.flatnonzero((self._onsets < stop) & (self._stops > start)):
            wave = self._waves[index]
            low = max(int(np.ceil(wave.onset * self._rate)), first)
            high = min(int(np.ceil((wave.onset + wave.duration) * self._rate)), first + block.shape[1])
            shape = wave.shape(np.arange(low, high) / self._rate - wave.onset).astype(np.float32)
            for channel in np.flatnonzero(wave.gains):
                block[channel, low - first : high - first] += wave.gains[channel] * shape


def sharp_wave(since: NDArray[np.float64], width: float, slow: float, slow_width: float) -> NDArray[np.float64]:
    """Return an interictal discharge of unit size: a spike, its after-swing, and a slow wave of the other sign.

    Parameters
    ----------
    since : float (samples,)
        Seconds since its onset; its peak comes after three widths, its slow wave lasts until five slow widths later.
    width, slow_width : float
        Seconds, of the spike and of the slow wave: half of the time between their points at 1/e.
    slow : float
        Size of the slow wave.
    """
    peak = 3 * width
    wave = np.exp(-(((since - peak) / width) ** 2)) - 0.35 * np.exp(
        -(((since - peak - 2 * width) / (1.2 * width)) ** 2)
    )
    return np.asarray(wave - slow * np.exp(-(((since - peak - 2.5 * slow_width) / slow_width) ** 2)))
