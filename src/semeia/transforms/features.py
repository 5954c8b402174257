"""Features of each channel: band powers, relative powers, line length, spectral edge, Hjorth parameters.

What is multiplied when a signal is amplified enters as its logarithm (base 10). Each kind of feature is brought to
mean 0 and standard deviation 1 over the training windows, all channels together, so that channels stay comparable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from semeia.errors import RecipeError
from semeia.recipe import Kind
from semeia.transforms.signal import FittedTransform
from semeia.transforms.spectral import band_of, welch

__all__ = ["BANDS", "EDGE", "SMALLEST_POWER", "Features"]

BANDS = {
    "delta": (0.5, 4.0),
    "theta": (4.0, 8.0),
    "alpha": (8.0, 13.0),
    "beta": (13.0, 30.0),
    "gamma": (30.0, 80.0),
    "high gamma": (80.0, 150.0),
}
"""Hz, the upper end excluded; those that the rate allows are used, the last of them up to half the rate.

Delta to gamma as the glossary of the International Federation of Clinical Neurophysiology has them (Kane et al. 2017);
what lies above matters in intracranial recordings.
"""

EDGE = 0.95
"""Share of the power below the spectral edge frequency."""

SMALLEST_POWER = 1e-4
"""µV² (and µV/s, for line length) that less counts as: silence stays finite."""

_AT_ONCE = 1 << 20  # samples


@dataclass(frozen=True, kw_only=True)
class Features(FittedTransform):
    """Examples become features (channels × kinds,): all kinds of the first channel, then of the next.

    Parameters
    ----------
    rate, high_pass, low_pass, notch, causal_filter
        As of every `FittedTransform`.
    mean, sd : sequence of float, optional
        Of each kind of feature; from `fit`.
    segment : float
        Seconds of the half-overlapping Hann frames whose spectra are averaged (Welch).

    Raises
    ------
    RecipeError
        If a value is not possible.
    """

    segment: float = 2.0

    name: ClassVar[str] = "features"
    gives: ClassVar[Kind] = "features"

    def __post_init__(self) -> None:
        self._check_positive("rate", "segment")
        self._samples("segment", least=4)
        for band, kept in self._bands.items():
            if kept.stop <= kept.start:
                raise RecipeError(
                    f"transform {self.name!r}: segment is {self.segment:g}; frequencies are then "
                    f"{self.rate / self._size:g} Hz apart and none is {band} ({BANDS[band][0]:g} to {BANDS[band][1]:g} "
                    "Hz): 2 s suit all bands"
                )
        super().__post_init__()

    @cached_property
    def _bands(self) -> dict[str, slice]:
        """Bins of each band that lies below half the rate."""
        spacing = self.rate / self._size
        return {
            band: band_of(self._size, self.rate, low, min(high - spacing / 2, self.rate / 2))
            for band, (low, high) in BANDS.items()
            if low + spacing <= self.rate / 2
        }

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Names of the features of one channel, with units where they have one."""
        return (
            *(f"{band} power (log µV²)" for band in self._bands),
            *(f"{band} share of power" for band in self._bands),
            f"spectral edge {EDGE:.0%} (Hz)",
            "line length (log µV/s)",
            "Hjorth activity (log µV²)",
            "Hjorth mobility (log Hz)",
            "Hjorth complexity (log)",
        )

    @property
    def _kinds(self) -> int:
        return len(self.kinds)

    @property
    def _size(self) -> int:
        return self._samples("segment")

    def feature_names(self, channels: Sequence[str]) -> list[str]:
        """Return the name of every feature, for channels of these labels."""
        return [f"{channel} {kind}" for channel in channels for kind in self.kinds]

    def shape(self, channels: int, samples: int) -> tuple[int, ...]:
        """Return (channels × kinds,).

        Raises
        ------
        RecipeError
            If the window is shorter than a segment.
        """
        self._check_long_enough(samples, self._size)
        return (channels * self._kinds,)

    def measure(self, batch: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Return features that are not normalised, (windows, channels, kinds)."""
        count, channels, samples = batch.shape
        self.shape(channels, samples)
        rows = np.ascontiguousarray(batch, np.float32).reshape(-1, samples)
        features = np.empty((len(rows), self._kinds), np.float32)
        at_once = max(1, _AT_ONCE // samples)
        for first in range(0, len(rows), at_once):
            some = slice(first, first + at_once)
            spectral, temporal = self._spectral(rows[some]), self._temporal(rows[some])
            features[some] = np.concatenate([spectral, temporal], axis=1)
        return features.reshape(count, channels, self._kinds)

    def _arranged(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        return values.reshape(len(values), values.shape[1] * self._kinds)

    def _spectral(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return log powers and shares of the bands, and the spectral edge, (rows, 2 × bands + 1)."""
        bands = list(self._bands.values())
        first = bands[0].start
        used = slice(first, bands[-1].stop)
        spacing = self.rate / self._size
        power = welch(rows, self._size, self.rate, used) * np.float32(spacing)
        powers = np.stack([power[:, band.start - first : band.stop - first].sum(axis=1) for band in bands], axis=1)
        below = np.cumsum(power, axis=1)
        total = np.maximum(below[:, -1:], SMALLEST_POWER)
        edge = (first + (below < EDGE * total).sum(axis=1, keepdims=True)) * spacing
        edge[below[:, -1] < SMALLEST_POWER] = 0
        return np.concatenate([_log(powers), powers / total, edge], axis=1)

    def _temporal(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return line length and the Hjorth parameters, (rows, 4).

        Line length after Esteller et al. (2001), a second; Hjorth's parameters (1970) with differences for derivatives.
        """
        slope = np.diff(rows, axis=1) * np.float32(self.rate)
        bend = np.diff(slope, axis=1) * np.float32(self.rate)
        line_length = np.abs(slope).mean(axis=1)
        activity, of_slope, of_bend = (np.maximum(values.var(axis=1), SMALLEST_POWER) for values in (rows, slope, bend))
        mobility = np.sqrt(of_slope / activity)
        complexity = np.sqrt(of_bend / of_slope) / mobility
        hertz = mobility / (2 * np.pi)
        return np.stack([_log(values) for values in (line_length, activity, hertz, complexity)], axis=1)


def _log(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.log10(np.maximum(values, np.float32(SMALLEST_POWER)))
