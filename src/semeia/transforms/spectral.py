"""Power spectral densities of many windows at once, in float32 and bounded memory.

Estimates are one-sided densities in µV²/Hz. Each frame loses its mean and is multiplied by one taper or several,
which are of unit energy; the power of its Fourier transform, divided by the rate and doubled but at 0 Hz and at half
the rate, is the density (Percival and Walden, Spectral Analysis for Physical Applications, 1993). One Hann taper
gives what `scipy.signal.spectrogram` gives with ``detrend="constant"``; its mean over half-overlapping frames is that
of `scipy.signal.welch`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

__all__ = ["band_of", "decibels", "dpss_tapers", "hann_taper", "spectra", "welch"]

SMALLEST_CONCENTRATION = 0.9
"""Tapers that keep less of their energy inside the bandwidth leak too much; MNE drops the same (``low_bias``)."""

_AT_ONCE = 1 << 20  # samples of frames computed at once: 4 MB, near the processor's cache


@lru_cache(maxsize=16)
def hann_taper(samples: int) -> NDArray[np.float32]:
    """Return the periodic Hann window of unit energy, (1, samples)."""
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(samples) / samples) if samples > 1 else np.ones(1)
    return _frozen(taper[None] / np.linalg.norm(taper))


@lru_cache(maxsize=16)
def dpss_tapers(samples: int, time_bandwidth: float) -> NDArray[np.float32]:
    """Return discrete prolate spheroidal (Slepian) tapers, (tapers, samples).

    The energies of the tapers are their shares in the estimate, and sum to 1: each counts by its concentration
    (Thomson 1982), as in `mne.time_frequency.psd_array_multitaper` with ``adaptive=False``.

    Parameters
    ----------
    samples : int
    time_bandwidth : float
        Duration of a frame times half the bandwidth, below half of `samples`; 2 NW − 1 tapers or so are used.
    """
    from scipy.signal.windows import dpss

    most = max(1, min(int(2 * time_bandwidth), samples))
    tapers, concentrations = dpss(samples, time_bandwidth, most, sym=False, return_ratios=True)
    kept = concentrations > SMALLEST_CONCENTRATION
    kept[0] = True
    shares = concentrations[kept] / concentrations[kept].sum()
    return _frozen(tapers[kept] * np.sqrt(shares)[:, None])


def _frozen(tapers: NDArray[np.float64]) -> NDArray[np.float32]:
    frozen = tapers.astype(np.float32)
    frozen.flags.writeable = False  # it is shared by all who ask for it
    return frozen


def band_of(samples: int, rate: float, lowest: float, highest: float) -> slice:
    """Return which bins of the Fourier transform of a frame lie from `lowest` to `highest` Hz."""
    spacing = rate / samples
    first, last = math.ceil(lowest / spacing - 1e-9), math.floor(highest / spacing + 1e-9)
    return slice(first, min(last, samples // 2) + 1)


def spectra(
    rows: NDArray[np.float32], tapers: NDArray[np.float32], step: int, rate: float, kept: slice
) -> NDArray[np.float32]:
    """Return the power of overlapping frames.

    Parameters
    ----------
    rows : array, float32, (rows, samples), µV
    tapers : array, float32, (tapers, samples of a frame)
    step : int
        Samples between the starts of neighbouring frames.
    rate : float
        Hz.
    kept : slice
        Bins of the Fourier transform that are wanted.

    Returns
    -------
    array, float32, (rows, frequencies, frames), µV²/Hz
    """
    size = tapers.shape[1]
    frames = (rows.shape[1] - size) // step + 1
    bins = len(range(*kept.indices(size // 2 + 1)))
    power = np.empty((len(rows), bins, frames), np.float32)
    for some, begin, part in _densities(rows, tapers, step, rate, kept):
        power[some, :, begin : begin + part.shape[1]] = part.transpose(0, 2, 1)
    return power


def welch(rows: NDArray[np.float32], size: int, rate: float, kept: slice) -> NDArray[np.float32]:
    """Return the mean power of half-overlapping Hann frames (Welch 1967): (rows, frequencies), µV²/Hz.

    Parameters are those of `spectra`; `size` is the samples of a frame.
    """
    step = max(1, size - size // 2)
    frames = (rows.shape[1] - size) // step + 1
    bins = len(range(*kept.indices(size // 2 + 1)))
    power = np.zeros((len(rows), bins), np.float32)
    for some, _, part in _densities(rows, hann_taper(size), step, rate, kept):
        power[some] += part.sum(axis=1)
    power /= np.float32(frames)
    return power


def decibels(power: NDArray[np.float32], floor: float) -> NDArray[np.float32]:
    """Turn power into dB (of µV²/Hz), in place; what is weaker than `floor` dB, as silence is, becomes `floor`."""
    np.maximum(power, np.float32(10 ** (floor / 10)), out=power)
    np.log10(power, out=power)
    np.multiply(power, np.float32(10), out=power)
    return power


def _densities(
    rows: NDArray[np.float32], tapers: NDArray[np.float32], step: int, rate: float, kept: slice
) -> Iterator[tuple[slice, int, NDArray[np.float32]]]:
    """Yield (rows, first frame, power of so many frames (rows, frames, frequencies)), in bounded memory."""
    from scipy.fft import rfft

    size = tapers.shape[1]
    weight = _one_sided(size, rate)[kept]
    view = sliding_window_view(rows, size, axis=1)[:, ::step]
    frames_at_once = max(1, _AT_ONCE // size)
    rows_at_once = max(1, frames_at_once // view.shape[1])
    for row in range(0, len(rows), rows_at_once):
        some = slice(row, row + rows_at_once)
        for first in range(0, view.shape[1], frames_at_once):
            frames = view[some, first : first + frames_at_once]
            centred = frames - frames.mean(axis=2, keepdims=True)
            power: NDArray[np.float32] | None = None
            for taper in tapers:
                bins = rfft(centred * taper, axis=2, overwrite_x=True, workers=1)[..., kept]
                squares = bins.real**2
                squares += bins.imag**2
                power = squares if power is None else np.add(power, squares, out=power)
            assert power is not None
            power *= weight
            yield some, first, power


def _one_sided(samples: int, rate: float) -> NDArray[np.float32]:
    """Return what a Fourier transform's squares are multiplied by, (bins,)."""
    weight = np.full(samples // 2 + 1, 2 / rate, np.float32)
    weight[0] /= 2
    if samples % 2 == 0:
        weight[-1] /= 2
    return weight
