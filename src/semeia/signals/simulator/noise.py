"""Random signals with a given spectrum, made hop by hop so that any length needs the same memory.

Each segment of noise is two hops long, shaped in the frequency domain and weighted by half a sine; two
neighbours overlap by one hop, and as sine² + cosine² = 1 the power stays constant. A segment's random numbers
depend only on (seed, stream, its index): so the signal does not depend on how it is read.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["NoiseBank", "generator", "one_over_f", "shaped_noise", "spectral_bump"]


def generator(seed: int, *stream: int) -> np.random.Generator:
    """Return the random generator of one stream of a seed; other streams are independent of it."""
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, *stream])))


def one_over_f(frequencies: NDArray[np.float64], slope: float, knee: float) -> NDArray[np.float64]:
    """Return the amplitude whose power falls as ``1 / (knee² + f²)**(slope / 2)``, without the slowest drift.

    The form with a knee is that of Donoghue et al. 2020 (doi:10.1038/s41593-020-00744-x).
    """
    drift = frequencies**4 / (frequencies**4 + 0.4**4)
    return np.asarray(np.sqrt(drift) * (knee**2 + frequencies**2) ** (-slope / 4))


def spectral_bump(frequencies: NDArray[np.float64], centre: float, width: float) -> NDArray[np.float64]:
    """Return the amplitude of a rhythm: Gaussian power around `centre`, standard deviation `width` (Hz)."""
    return np.exp(-((frequencies - centre) ** 2) / (4 * width**2))


class NoiseBank:
    """Independent noises of unit root mean square, each with its own amplitude spectrum.

    Parameters
    ----------
    seed, stream : int
    spectra : float (sources, hop + 1)
        Amplitude at the frequencies ``k * rate / (2 * hop)``.
    hop : int
        Samples of a hop.
    waxing : float
        Standard deviation of the logarithm of the segments' gains: how the noises wax and wane.
    """

    def __init__(self, seed: int, stream: int, spectra: NDArray[np.float64], hop: int, waxing: float = 0.0) -> None:
        self._seed, self._stream, self._hop, self._waxing = seed, stream, hop, waxing
        spectra = np.array(spectra, np.float64)
        spectra[:, 0] = 0
        spectra[:, -1] = 0
        # the inverse FFT of such a spectrum has the variance 4 sum(A²) / N², N = 2 hop
        power = 4 * (spectra**2).sum(axis=1, keepdims=True) / (2 * hop) ** 2
        self._spectra = (spectra / np.sqrt(power)).astype(np.float32)
        self._fade = np.sin(np.pi * (np.arange(2 * hop) + 0.5) / (2 * hop)).astype(np.float32)
        self._tail: tuple[int, NDArray[np.float32]] | None = None

    def hop(self, index: int) -> NDArray[np.float32]:
        """Return hop `index` >= 0 of every noise: float32 (sources, hop)."""
        if self._tail is None or self._tail[0] != index:
            self._tail = index, self._segment(index - 1)[:, self._hop :]
        segment = self._segment(index)
        result = segment[:, : self._hop] + self._tail[1]
        self._tail = index + 1, segment[:, self._hop :]
        return result

    def _segment(self, index: int) -> NDArray[np.float32]:
        random = generator(self._seed, self._stream, index + 1)
        noise = shaped_noise(random, self._spectra)
        if self._waxing:
            gains = np.exp(self._waxing * random.standard_normal((len(noise), 1)) - self._waxing**2)
            noise *= gains.astype(np.float32)
        noise *= self._fade
        return noise


def shaped_noise(random: np.random.Generator, spectra: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return Gaussian noise (sources, 2 (bins - 1)) with the amplitude spectra (sources, bins)."""
    from scipy import fft

    parts = random.standard_normal((*spectra.shape, 2), np.float32)
    parts *= spectra[..., None]
    return np.asarray(fft.irfft(parts.view(np.complex64)[..., 0], axis=-1), np.float32)
