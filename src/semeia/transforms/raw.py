"""The raw window: filtered, resampled, on a fixed physical scale, softly clipped.

A network sees ``clip * tanh(µV / (scale * clip))``: nearly linear up to `scale`, and never beyond ±`clip`,
so that an electrode pop of 10 mV counts little more than one of 1 mV. The scale is fixed, since normalising
a short clip by its own amplitude divides the seizure away. Only a recipe that asks for it gets an adaptive
gain, and only recordings of ten minutes or more have one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from semeia.recipe import Kind
from semeia.signals.recording import Recording
from semeia.transforms.signal import BLOCK_SECONDS, SignalTransform

__all__ = ["Raw"]

SHORTEST_FOR_GAIN = 600.0
"""Seconds of signal below which no gain is estimated: a seizure could be most of them."""

REFERENCE_AMPLITUDE = 30.0
"""Robust SD in µV that an adaptive gain aims at; 14 real recordings of three sorts had a median of 28."""

_GAIN_LIMITS = (0.25, 4.0)
_GAIN_WINDOW = 10.0  # seconds
_GAIN_WINDOWS = 60  # evenly spaced: of 24 h one every 24 min
_MAD_TO_SD = 1.4826  # of a normal distribution
_PIECE = 32_768  # samples clipped at once


@dataclass(frozen=True, kw_only=True)
class Raw(SignalTransform):
    """Examples become raw windows on a fixed physical scale.

    Parameters
    ----------
    rate, high_pass, low_pass, notch, causal_filter
        As of every `SignalTransform`.
    scale : float
        µV that become 1.
    clip : float
        Limit of the soft clipping, in units of `scale`.
    gain : {"fixed", "adaptive"}
        ``adaptive`` first brings recordings that are long enough to one amplitude.

    Raises
    ------
    RecipeError
        If a value is not possible.

    Examples
    --------
    >>> Raw(rate=256).apply(np.array([[0.0, 100.0, 10_000.0]])).round(3)
    array([[0.   , 0.987, 5.   ]], dtype=float32)
    """

    scale: float = 100.0
    clip: float = 5.0
    gain: Literal["fixed", "adaptive"] = "fixed"

    name: ClassVar[str] = "raw"
    gives: ClassVar[Kind] = "signal"
    pointwise: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_positive("scale", "clip")
        if self.gain not in ("fixed", "adaptive"):
            raise self._refusal("gain", "'fixed' or 'adaptive'")

    @property
    def causal(self) -> bool:
        """Whether no output depends on the future, as with a zero-phase filter or a gain from the whole recording."""
        return super().causal and self.gain == "fixed"

    def shape(self, channels: int, samples: int) -> tuple[int, ...]:
        """Return the window's own shape."""
        return channels, samples

    def signal_state(self) -> dict[str, Any]:
        """Return the part of `state` on which `signal` depends."""
        return super().signal_state() | ({} if self.gain == "fixed" else {"gain": self.gain})

    def signal(
        self,
        recording: Recording,
        block_seconds: float = BLOCK_SECONDS,
        channels: Sequence[int | str] | None = None,
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Filter and resample as every `SignalTransform`, and multiply by `gain_of` the recording."""
        gain = self.gain_of(recording, channels)
        for first, block in super().signal(recording, block_seconds, channels):
            if gain != 1:
                np.multiply(block, np.float32(gain), out=block)
            yield first, block

    def apply(self, batch: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Scale and softly clip filtered signals.

        Parameters
        ----------
        batch : array, (..., samples), µV

        Returns
        -------
        array, float32, of the same shape
            ``clip * tanh(batch / (scale * clip))``; NaN stays.
        """
        batch = np.asarray(batch)
        # In the order that the batch has in memory: what is time-major stays so.
        scaled = np.empty_like(batch, np.float32)
        source, target = batch.ravel(order="K"), scaled.ravel(order="K")
        factor = np.float32(1 / (self.scale * self.clip))
        # Piece by piece, as three passes over what is in the processor's cache cost little more than one.
        for start in range(0, target.size, _PIECE):
            piece = target[start : start + _PIECE]
            np.multiply(source[start : start + _PIECE], factor, out=piece, casting="same_kind")
            np.tanh(piece, out=piece)
            np.multiply(piece, np.float32(self.clip), out=piece)
        return scaled

    def gain_of(self, recording: Recording, channels: Sequence[int | str] | None = None) -> float:
        """Return what a recording is multiplied by.

        1 unless the recipe says ``adaptive`` and the recording has ten minutes or more. Then the reference of
        30 µV divided by the recording's robust amplitude, kept to 1/4 to 4. That amplitude is the median over
        channels of the standard deviation, estimated from the median absolute deviation in up to 60 evenly
        spaced windows of 10 s (filtered; flat windows and gaps are left out).

        Raises
        ------
        RecordingError
            If a channel is unknown.
        """
        if self.gain == "fixed" or recording.duration < SHORTEST_FOR_GAIN:
            return 1.0
        amplitudes = np.array([self._amplitudes(recording, start, channels) for start in _starts(recording.duration)])
        usable = np.where(amplitudes > 0, amplitudes, np.nan)
        usable = usable[:, np.isfinite(usable).any(axis=0)]
        if usable.size == 0:
            return 1.0
        amplitude = np.median(np.nanmedian(usable, axis=0))
        return float(np.clip(REFERENCE_AMPLITUDE / amplitude, *_GAIN_LIMITS))

    def _amplitudes(
        self, recording: Recording, start: float, channels: Sequence[int | str] | None
    ) -> NDArray[np.float32]:
        """Return each channel's robust standard deviation in one window; NaN where it touches a gap."""
        window = self.filter.read(recording, start, start + _GAIN_WINDOW, channels, self.rate)
        window -= np.median(window, axis=1, keepdims=True)
        return np.float32(_MAD_TO_SD) * np.median(np.abs(window), axis=1)


def _starts(duration: float) -> list[float]:
    """Return where evenly spaced gain windows begin, in seconds."""
    count = min(_GAIN_WINDOWS, int(duration // _GAIN_WINDOW))
    spacing = duration / count
    return [index * spacing + (spacing - _GAIN_WINDOW) / 2 for index in range(count)]
