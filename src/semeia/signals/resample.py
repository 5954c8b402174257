"""Another sampling rate: polyphase filtering of any stretch, as if the whole recording were resampled.

The filter is that of `scipy.signal.resample_poly` (a sinc that cuts at the lower of the two Nyquist
frequencies, 20 zero crossings wide, under a Kaiser window with beta 5), with each of its phases summing to
one, so that a constant stays exactly constant. Beyond the ends, and beside gaps, the nearest sample is held.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from semeia.errors import RecordingError

__all__ = ["resample_stretch"]

_CROSSINGS = 10  # on each side
_KAISER_BETA = 5.0
_LARGEST_FACTOR = 100_000
_BLOCK = 1 << 19  # samples computed at once, over all channels


def resample_stretch(
    read: Callable[[int, int], NDArray[np.float32]],
    *,
    length: int,
    rate: float,
    new_rate: float,
    first: int,
    count: int,
) -> NDArray[np.float32]:
    """Return samples `first` to ``first + count`` of a signal at a new rate, on the grid ``k / new_rate``.

    Any stretch equals the same stretch of the whole resampled signal: the filter sees the samples around it.
    A new sample whose time lies in a gap is NaN; gaps do not spread.

    Parameters
    ----------
    read : callable
        ``read(first, count)`` returns float32 (channels, count) at the old rate.
    length : int
        Samples at the old rate.
    rate, new_rate : float
        Hz; their ratio is taken as a fraction, so that 399.6 and 400 are as 999 and 1000.
    first, count : int
        In samples at the new rate.

    Returns
    -------
    ndarray of float32, (channels, count)

    Raises
    ------
    RecordingError
        If one rate is 100,000 times the other or more.
    """
    up, down = _ratio(rate, new_rate)
    channels = len(read(0, 0))
    samples = np.empty((channels, count), np.float32)
    step = max(1, _BLOCK * min(up, down) // (down * max(1, channels)))
    for start in range(0, count, step):
        stop = min(start + step, count)
        samples[:, start:stop] = _block(read, length, (up, down), first + start, stop - start)
    return samples


def _ratio(rate: float, new_rate: float) -> tuple[int, int]:
    # Closer than 1e-10: over four days at 256 Hz the grid is off by less than a hundredth of a sample, and by
    # nothing at all between rates such as 399.6 and 400.
    ratio = Fraction(new_rate / rate).limit_denominator(_LARGEST_FACTOR)
    if not 0 < ratio.numerator <= _LARGEST_FACTOR:
        raise RecordingError(f"cannot resample {rate:g} Hz to {new_rate:g} Hz: they are too far apart")
    return ratio.numerator, ratio.denominator


@lru_cache(maxsize=8)
def _taps(up: int, down: int) -> NDArray[np.float64]:
    widest = max(up, down)
    half = _CROSSINGS * widest
    taps = np.sinc(np.arange(-half, half + 1) / widest) * np.kaiser(2 * half + 1, _KAISER_BETA)
    phase = np.arange(len(taps)) % up
    taps /= np.bincount(phase, taps, up)[phase]
    taps.flags.writeable = False
    return taps


def _block(
    read: Callable[[int, int], NDArray[np.float32]],
    length: int,
    ratio: tuple[int, int],
    first: int,
    count: int,
) -> NDArray[np.float64]:
    from scipy.signal import upfirdn

    up, down = ratio
    taps = _taps(up, down)
    half = len(taps) // 2
    # Twice the filter's reach: then a short gap is seen whole, and filled as in the whole recording.
    reach = 2 * (half // up + 1) + 1
    low, high = first * down // up - reach, (first + count - 1) * down // up + reach + 1
    inside = min(max(low, 0), length - 1), min(high, length)
    signal = read(inside[0], inside[1] - inside[0]).astype(np.float64)
    signal = np.pad(signal, ((0, 0), (inside[0] - low, high - inside[1])), mode="edge")
    missing = np.isnan(signal)
    gapped = bool(missing.any())
    if gapped:
        signal = _held(signal, missing)
    # Output k lies at k * down of the upsampled signal; zeros before the taps bring it onto upfirdn's grid.
    before = (low * up - half) % down
    skip = (first * down + half + before - low * up) // down
    result: NDArray[np.float64] = upfirdn(np.pad(taps, (before, 0)), signal, up, down)[:, skip : skip + count]
    if gapped:
        result = result.copy()
        result[missing[:, (first + np.arange(count)) * down // up - low]] = np.nan
    return result


def _held(signal: NDArray[np.float64], missing: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the signal with each missing sample replaced by the nearest one that is there (0 if none is)."""
    length = signal.shape[1]
    place = np.arange(length)
    before = np.maximum.accumulate(np.where(missing, -length, place), axis=1)
    after = np.minimum.accumulate(np.where(missing, 2 * length, place)[:, ::-1], axis=1)[:, ::-1]
    nearest = np.where(place - before <= after - place, before, after)
    found = np.take_along_axis(signal, np.clip(nearest, 0, length - 1), axis=1)
    return np.nan_to_num(found)
