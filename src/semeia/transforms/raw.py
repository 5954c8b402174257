"""The raw window: filtered, resampled, on a fixed physical scale, softly clipped.

A network sees ``clip * tanh(µV / (scale * clip))``: nearly linear up to `scale`, and never beyond ±`clip`,
so that an electrode pop of 10 mV counts little more than one of 1 mV. The scale is fixed, since normalising
a short clip by its own amplitude divides the seizure away. Only a recipe that asks for it gets an adaptive
gain, and only recordings of ten minutes or more have one.

Signals are resampled first and filtered at the transform's own rate. So a recipe's filter is one and the same
digital filter whatever a recording's rate was, and after a reduction it has less to do; that the resampler's
own filter comes first changes nothing, as both are linear.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from semeia.errors import RecipeError, RecordingError
from semeia.recipe import Kind
from semeia.signals.filters import Filter
from semeia.signals.recording import Recording

__all__ = ["Raw"]

BLOCK_SECONDS = 600.0

SHORTEST_FOR_GAIN = 600.0
"""Seconds of signal below which no gain is estimated: a seizure could be most of them."""

REFERENCE_AMPLITUDE = 30.0
"""Robust SD in µV that an adaptive gain aims at; 14 real recordings of three sorts had a median of 28."""

_GAIN_LIMITS = (0.25, 4.0)
_GAIN_WINDOW = 10.0  # seconds
_GAIN_WINDOWS = 60  # evenly spaced: of 24 h one every 24 min
_MAD_TO_SD = 1.4826  # of a normal distribution
_PIECE = 32_768  # samples clipped at once


@dataclass(frozen=True)
class Raw:
    """Examples become raw windows on a fixed physical scale.

    Parameters
    ----------
    rate : float
        Hz that recordings are resampled to.
    scale : float
        µV that become 1.
    clip : float
        Limit of the soft clipping, in units of `scale`.
    high_pass, low_pass, notch : float, optional
        Hz; Butterworth of order 4, and a notch (`semeia.signals.filters.Filter`), at `rate`.
    causal_filter : bool
        Filter without seeing the future, as prediction needs.
    gain : {"fixed", "adaptive"}
        ``adaptive`` multiplies a recording by `gain_of` it.

    Raises
    ------
    RecipeError
        If a value is not possible.

    Examples
    --------
    >>> Raw(rate=256).apply(np.array([[0.0, 100.0, 10_000.0]])).round(3)
    array([[0.   , 0.987, 5.   ]], dtype=float32)
    """

    rate: float
    scale: float = 100.0
    clip: float = 5.0
    high_pass: float | None = None
    low_pass: float | None = None
    notch: float | None = None
    causal_filter: bool = False
    gain: Literal["fixed", "adaptive"] = "fixed"

    gives: ClassVar[Kind] = "signal"
    pointwise: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for name in ("rate", "scale", "clip"):
            value = getattr(self, name)
            if not (_is_number(value) and value > 0):
                raise RecipeError(f"transform 'raw': {name} is {value!r}; it must be a number above 0")
        for name in ("high_pass", "low_pass", "notch"):
            value = getattr(self, name)
            if value is not None and not _is_number(value):
                raise RecipeError(f"transform 'raw': {name} is {value!r}; it must be a frequency in Hz")
        if not isinstance(self.causal_filter, bool):
            raise RecipeError(f"transform 'raw': causal_filter is {self.causal_filter!r}; it must be true or false")
        if self.gain not in {"fixed", "adaptive"}:
            raise RecipeError(f"transform 'raw': gain is {self.gain!r}; it must be 'fixed' or 'adaptive'")
        try:
            self.filter.sections(self.rate)
        except RecordingError as error:
            raise RecipeError(f"transform 'raw': {error}") from error

    @property
    def filter(self) -> Filter:
        """The filter of every recording, at `rate`."""
        return Filter(self.high_pass, self.low_pass, self.notch, causal=self.causal_filter)

    @property
    def causal(self) -> bool:
        """Whether no output depends on the future.

        A zero-phase filter and a gain from the whole recording do. (Resampling looks ahead by ten samples of
        the lower rate, as an anti-alias filter in an amplifier delays.)
        """
        return (self.filter.is_identity or self.causal_filter) and self.gain == "fixed"

    def shape(self, channels: int, samples: int) -> tuple[int, ...]:
        """Return the window's own shape."""
        return channels, samples

    def fit(self, batches: Iterable[NDArray[np.float32]]) -> Self:
        """Return itself: the scale is physical and the gain each recording's own, so nothing is learnt."""
        del batches
        return self

    def state(self) -> dict[str, Any]:
        """Return its parameters as plain JSON values; `transform_named` makes it again."""
        return asdict(self)

    def signal(
        self,
        recording: Recording,
        block_seconds: float = BLOCK_SECONDS,
        channels: Sequence[int | str] | None = None,
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Filter and resample a recording of any length, in bounded memory, ready for `apply`.

        Parameters
        ----------
        recording : Recording
        block_seconds : float
            Length of the blocks; the last is shorter.
        channels : sequence, optional
            Indices or labels; all by default.

        Yields
        ------
        first : int
            Index of the block's first sample on the grid ``k / rate``.
        block : array, float32, (channels, samples)
            µV, times `gain_of` the recording; NaN in gaps. The caller may change it.

        Raises
        ------
        RecordingError
            If a channel is unknown, or the blocks have no length.
        """
        gain = self.gain_of(recording, channels)
        for first, block in self.filter.blocks(recording, block_seconds, channels, self.rate):
            if gain != 1:
                np.multiply(block, np.float32(gain), out=block)
            yield first, block

    def stream(
        self,
        recording: Recording,
        block_seconds: float = BLOCK_SECONDS,
        channels: Sequence[int | str] | None = None,
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Do `signal` and `apply`: what a network sees of a recording, block by block, NaN in gaps."""
        for first, block in self.signal(recording, block_seconds, channels):
            self._clip_in_place(block)
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
        scaled = np.array(batch, np.float32, order="C")
        self._clip_in_place(scaled)
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

    def _clip_in_place(self, signal: NDArray[np.float32]) -> None:
        # Piece by piece, as three passes over what is in the processor's cache cost little more than one.
        if signal.flags.c_contiguous:
            flat = signal.reshape(-1)
            pieces = (flat[start : start + _PIECE] for start in range(0, flat.size, _PIECE))
        else:
            pieces = (row for row in signal)
        for piece in pieces:
            np.multiply(piece, np.float32(1 / (self.scale * self.clip)), out=piece)
            np.tanh(piece, out=piece)
            np.multiply(piece, np.float32(self.clip), out=piece)


def _starts(duration: float) -> list[float]:
    """Return where evenly spaced gain windows begin, in seconds."""
    count = min(_GAIN_WINDOWS, int(duration // _GAIN_WINDOW))
    spacing = duration / count
    return [index * spacing + (spacing - _GAIN_WINDOW) / 2 for index in range(count)]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
