"""The PSD diagram of system D: Welch's power over time, drawn as one RGB picture per electrode.

16 electrodes give 48 channels. Colours are those of viridis in 256 steps, from −1 to 1 as the ImageNet weights of
Inception-ResNet-V2 expect.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from semeia.errors import RecipeError
from semeia.transforms.power import PowerTransform
from semeia.transforms.signal import is_number
from semeia.transforms.spectral import decibels, welch

__all__ = ["VIRIDIS", "PsdDiagram", "bilinear"]

VIRIDIS = np.frombuffer(
    bytes.fromhex(
        # Smith, van der Walt and Firing 2015 (CC0): lightness rises evenly, also for the colour-blind.
        "44015444025645045745055946075a46085c460a5d460b5e470d60470e61471063471164471365481467481668481769"
        "48186a481a6c481b6d481c6e481d6f481f70482071482173482374482475482576482677482878482979472a7a472c7a"
        "472d7b472e7c472f7d46307e46327e46337f463480453581453781453882443983443a83443b84433d84433e85423f85"
        "4240864241864142874144874045884046883f47883f48893e49893e4a893e4c8a3d4d8a3d4e8a3c4f8a3c508b3b518b"
        "3b528b3a538b3a548c39558c39568c38588c38598c375a8c375b8d365c8d365d8d355e8d355f8d34608d34618d33628d"
        "33638d32648e32658e31668e31678e31688e30698e306a8e2f6b8e2f6c8e2e6d8e2e6e8e2e6f8e2d708e2d718e2c718e"
        "2c728e2c738e2b748e2b758e2a768e2a778e2a788e29798e297a8e297b8e287c8e287d8e277e8e277f8e27808e26818e"
        "26828e26828e25838e25848e25858e24868e24878e23888e23898e238a8d228b8d228c8d228d8d218e8d218f8d21908d"
        "21918c20928c20928c20938c1f948c1f958b1f968b1f978b1f988b1f998a1f9a8a1e9b8a1e9c891e9d891f9e891f9f88"
        "1fa0881fa1881fa1871fa28720a38620a48621a58521a68522a78522a88423a98324aa8325ab8225ac8226ad8127ad81"
        "28ae8029af7f2ab07f2cb17e2db27d2eb37c2fb47c31b57b32b67a34b67935b77937b87838b9773aba763bbb753dbc74"
        "3fbc7340bd7242be7144bf7046c06f48c16e4ac16d4cc26c4ec36b50c46a52c56954c56856c66758c7655ac8645cc863"
        "5ec96260ca6063cb5f65cb5e67cc5c69cd5b6ccd5a6ece5870cf5773d05675d05477d1537ad1517cd2507fd34e81d34d"
        "84d44b86d54989d5488bd6468ed64590d74393d74195d84098d83e9bd93c9dd93ba0da39a2da37a5db36a8db34aadc32"
        "addc30b0dd2fb2dd2db5de2bb8de29bade28bddf26c0df25c2df23c5e021c8e020cae11fcde11dd0e11cd2e21bd5e21a"
        "d8e219dae319dde318dfe318e2e418e5e419e7e419eae51aece51befe51cf1e51df4e61ef6e620f8e621fbe723fde725"
    ),
    np.uint8,
).reshape(256, 3)
"""Red, green and blue of each step, 0 to 255."""

QUANTILES = (0.01, 0.99)
"""Of the power in training windows: what the fitted range of colours spans."""

_LEAST_RANGE = 1.0  # dB: of nothing but silence
_RANGE, _BINS = (-400.0, 400.0), 8000  # dB: the quantiles are counted to 0.1 dB
_PIXELS_AT_ONCE = 1 << 20


@dataclass(frozen=True, kw_only=True)
class PsdDiagram(PowerTransform):
    """Examples become pictures (3 × channels, height, width): red, green and blue of one electrode after another.

    Parameters
    ----------
    rate, high_pass, low_pass, notch, causal_filter, window, lowest, highest, floor
        As of every `PowerTransform`; Welch's frames overlap by half.
    segment : float
        Seconds of signal in which Welch's frames are averaged: one column before resampling.
    height, width : int
        Pixels, resampled bilinearly. 75 is the least that Inception-ResNet-V2 takes, and a sixteenth of the work of
        its usual 299; a 10 min file in segments of 8 s has 75 columns anyway.
    weakest, strongest : float, optional
        dB of the first and the last colour; by default, those that 1 and 99 % of the power in training windows
        do not exceed, from `fit`.

    Raises
    ------
    RecipeError
        If a value is not possible.
    """

    window: float = 2.0
    segment: float = 8.0
    height: int = 75
    width: int = 75
    weakest: float | None = None
    strongest: float | None = None

    name: ClassVar[str] = "psd"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_positive("segment")
        self._samples("segment", least=self._size)
        for field in ("height", "width"):
            value = getattr(self, field)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise self._refusal(field, "a whole number of pixels above 0")
        for field in ("weakest", "strongest"):
            value = getattr(self, field)
            if value is not None and not is_number(value):
                raise self._refusal(field, "a number of dB")
        if self.weakest is not None and self.strongest is not None and self.weakest >= self.strongest:
            raise self._refusal("weakest", f"below strongest, {self.strongest:g} dB")

    def shape(self, channels: int, samples: int) -> tuple[int, ...]:
        """Return (3 × channels, height, width).

        Raises
        ------
        RecipeError
            If the window holds no segment.
        """
        self._check_long_enough(samples, self._samples("segment"))
        return 3 * channels, self.height, self.width

    def measure(self, batch: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Return Welch's power in dB, (windows, channels, frequencies, segments), neither resampled nor coloured."""
        count, channels, samples = batch.shape
        self.shape(channels, samples)
        length = self._samples("segment")
        columns = samples // length
        rows = np.ascontiguousarray(batch[..., : columns * length], np.float32).reshape(-1, length)
        power = decibels(welch(rows, self._size, self.rate, self._kept), self.floor)
        return power.reshape(count, channels, columns, power.shape[1]).swapaxes(2, 3)

    def fit(self, batches: Iterable[NDArray[np.float32]]) -> Self:
        """Return the transform with a range of colours for training windows, where the recipe gave none.

        Parameters
        ----------
        batches : iterable of array, float32, (windows, channels, samples), µV

        Raises
        ------
        RecipeError
            If there is no window, or they are too short.
        """
        if self.weakest is not None and self.strongest is not None:
            return self
        counts = np.zeros(_BINS, np.int64)
        for batch in batches:
            counts += np.histogram(self.measure(batch), _BINS, _RANGE)[0]
        below = np.cumsum(counts)
        if below[-1] == 0:
            raise RecipeError(f"transform {self.name!r}: there is no training window to fit it on")
        borders = np.linspace(*_RANGE, _BINS + 1).round(1)
        low, high = (borders[np.searchsorted(below, share * below[-1]) + 1].item() for share in QUANTILES)
        if self.strongest is not None:
            return replace(self, weakest=min(low, self.strongest - _LEAST_RANGE))
        weakest = low if self.weakest is None else self.weakest
        return replace(self, weakest=weakest, strongest=max(high, weakest + _LEAST_RANGE))

    def apply(self, batch: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Draw windows.

        Parameters
        ----------
        batch : array, (windows, channels, samples), µV, without NaN

        Returns
        -------
        array, float32, (windows, 3 × channels, height, width), −1 to 1

        Raises
        ------
        RecipeError
            If the windows are too short, or no range of colours is known.
        """
        if self.weakest is None or self.strongest is None:
            raise RecipeError(
                f"transform {self.name!r}: it has no range of colours yet; fit it on training windows first"
            )
        power = self.measure(batch)
        count, channels, rows, columns = power.shape
        power = power.reshape(-1, rows, columns)
        down, across = bilinear(rows, self.height), bilinear(columns, self.width).T
        drawn = np.empty((len(power), 3, self.height, self.width), np.float32)
        colours = (VIRIDIS / np.float32(127.5) - np.float32(1)).T
        step = np.float32(len(VIRIDIS) / (self.strongest - self.weakest))
        at_once = max(1, _PIXELS_AT_ONCE // (self.height * self.width))
        for first in range(0, len(power), at_once):
            some = slice(first, first + at_once)
            level = ((down @ power[some] @ across) - np.float32(self.weakest)) * step
            index = np.clip(level, 0, len(VIRIDIS) - 1).astype(np.uint8)
            for colour in range(3):
                np.take(colours[colour], index, out=drawn[some, colour], mode="clip")
        return drawn.reshape(count, 3 * channels, self.height, self.width)


@lru_cache(maxsize=16)
def bilinear(given: int, wanted: int) -> NDArray[np.float32]:
    """Return how an axis of `given` pixels is resampled to `wanted`, (wanted, given); rows sum to 1.

    Linear between the centres of pixels; when there are fewer, each is a mean weighted by a triangle as wide as what
    it stands for (as Pillow's BILINEAR and PyTorch's ``interpolate(..., antialias=True)``), so that nothing is skipped.
    """
    scale = given / wanted
    centres = (np.arange(wanted) + 0.5) * scale
    distance = np.abs(np.arange(given) + 0.5 - centres[:, None]) / max(scale, 1.0)
    weights = np.maximum(1 - distance, 0)
    weights /= weights.sum(axis=1, keepdims=True)
    frozen = weights.astype(np.float32)
    frozen.flags.writeable = False
    return frozen
