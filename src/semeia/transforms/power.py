"""What transforms that draw power over frequency and time share: frames, the frequencies that are kept, a floor."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from semeia.errors import RecipeError
from semeia.recipe import Kind
from semeia.transforms.signal import SignalTransform, is_number
from semeia.transforms.spectral import band_of

__all__ = ["PowerTransform"]


@dataclass(frozen=True, kw_only=True)
class PowerTransform(SignalTransform):
    """Examples become pictures of power in dB; the lowest frequency is the first row.

    Parameters
    ----------
    rate, high_pass, low_pass, notch, causal_filter
        As of every `SignalTransform`.
    window : float
        Seconds of a frame. Frequencies are ``1 / window`` Hz apart.
    lowest, highest : float
        Hz that are kept; the highest is half the rate by default.
    floor : float
        dB (of 1 µV²/Hz) that weaker power counts as: silence stays finite.

    Raises
    ------
    RecipeError
        If a value is not possible.
    """

    window: float = 1.0
    lowest: float = 0.5
    highest: float | None = None
    floor: float = -40.0

    gives: ClassVar[Kind] = "picture"

    def __post_init__(self) -> None:
        self._check_positive("rate", "window", "lowest")
        half = self.rate / 2
        if self.highest is not None and not (is_number(self.highest) and 0 < self.highest <= half):
            raise self._refusal("highest", f"above 0 and at most {half:g} Hz, half the rate")
        if not is_number(self.floor):
            raise self._refusal("floor", "a number of dB")
        if self._kept.stop <= self._kept.start:
            raise RecipeError(
                f"transform {self.name!r}: no frequency of a frame of {self.window:g} s lies from {self.lowest:g} to "
                f"{self.highest or half:g} Hz; they are {self.rate / self._size:g} Hz apart"
            )
        super().__post_init__()

    @cached_property
    def frequencies(self) -> NDArray[np.float64]:
        """Frequencies that are kept, in Hz, ascending."""
        return np.arange(self._kept.start, self._kept.stop) * (self.rate / self._size)

    @cached_property
    def _kept(self) -> slice:
        return band_of(self._size, self.rate, self.lowest, self.highest or self.rate / 2)

    @property
    def _size(self) -> int:
        return self._samples("window", least=2)
