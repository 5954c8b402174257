"""The spectrogram: one picture of each electrode, power in dB over frequency and time, normalised per frequency.

Power falls with frequency by tens of dB. So each frequency is brought to mean 0 and standard deviation 1 over the
training windows (all electrodes together, so that their number may differ).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from semeia.transforms.power import PowerTransform
from semeia.transforms.signal import FittedTransform
from semeia.transforms.spectral import decibels, dpss_tapers, hann_taper, spectra

__all__ = ["Spectrogram"]


@dataclass(frozen=True, kw_only=True)
class Spectrogram(PowerTransform, FittedTransform):
    """Examples become pictures (channels, frequencies, frames).

    Parameters
    ----------
    rate, high_pass, low_pass, notch, causal_filter, window, lowest, highest, floor
        As of every `PowerTransform`.
    mean, sd : sequence of float, optional
        Of each frequency in dB; from `fit`.
    method : {"multitaper", "stft"}
        Mean over several Slepian tapers, which varies less, or one Hann window, which is sharper.
    step : float
        Seconds between the starts of neighbouring frames.
    time_bandwidth : float
        Of the Slepian tapers: `window` times half the bandwidth.

    Raises
    ------
    RecipeError
        If a value is not possible.
    """

    method: Literal["multitaper", "stft"] = "multitaper"
    step: float = 0.5
    time_bandwidth: float = 2.0

    name: ClassVar[str] = "spectrogram"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.method not in ("multitaper", "stft"):
            raise self._refusal("method", "'multitaper' or 'stft'")
        self._check_positive("step", "time_bandwidth")
        self._samples("step")
        if self.method == "multitaper" and self.time_bandwidth >= self._size / 2:
            raise self._refusal("time_bandwidth", f"below {self._size / 2:g}, half the samples of a frame")

    @property
    def _kinds(self) -> int:
        return len(range(self._kept.start, self._kept.stop))

    def shape(self, channels: int, samples: int) -> tuple[int, ...]:
        """Return (channels, frequencies, frames).

        Raises
        ------
        RecipeError
            If the window holds no frame.
        """
        self._check_long_enough(samples, self._size)
        return channels, self._kinds, (samples - self._size) // self._samples("step") + 1

    def measure(self, batch: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Return spectrograms in dB, (windows, channels, frequencies, frames), not normalised."""
        count, channels, samples = batch.shape
        shape = self.shape(channels, samples)
        rows = np.ascontiguousarray(batch, np.float32).reshape(-1, samples)
        stft = self.method == "stft"
        tapers = hann_taper(self._size) if stft else dpss_tapers(self._size, self.time_bandwidth)
        power = spectra(rows, tapers, self._samples("step"), self.rate, self._kept)
        return decibels(power, self.floor).reshape(count, *shape)
