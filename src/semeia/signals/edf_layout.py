"""How samples are laid into the data records of an EDF file: how long a record is, where it begins, what is padded.

The duration of a record is eight characters in the header, and a rate is samples by duration. So not every rate can be
said exactly, and not every recording is a whole number of records.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from semeia.errors import RecordingError
from semeia.signals.edf_timing import Stretch

__all__ = ["Layout", "layout_of"]

_DIGITS = 10**6  # of a second: what eight characters say of a duration below ten seconds
_LONGEST_EXACT = 10.0  # seconds of a record beyond which a rate had better be a little off
_SHORTEST, _LONGEST = 0.05, 60.0  # seconds of a record


class Layout(NamedTuple):
    """Records of equal length, in stretches that the gaps of a recording separate.

    Parameters
    ----------
    duration : str
        Of a record in seconds, as the header says it.
    samples : int
        Of each channel in a record.
    stretches : tuple of Stretch
    lengths : tuple of int
        Samples that each stretch really has; its records may hold a few more.
    """

    duration: str
    samples: int
    stretches: tuple[Stretch, ...]
    lengths: tuple[int, ...]

    @property
    def rate(self) -> float:
        """Sampling rate in Hz, as a reader finds it."""
        return self.samples / float(self.duration)

    @property
    def padding(self) -> int:
        """Samples of each channel that fill records up."""
        return sum(stretch.records for stretch in self.stretches) * self.samples - sum(self.lengths)


def layout_of(rate: float, total: int, gaps: Iterable[tuple[int, int]] = ()) -> Layout:
    """Return how a recording of one rate is laid into records.

    Records of about a second are tried first that say the rate exactly and need no padding; then those that need some;
    then those whose rate is off by less than a millionth.

    Parameters
    ----------
    rate : float
        Hz.
    total : int
        Samples of a channel.
    gaps : iterable of (int, int)
        Samples that were not recorded, first and end, in order and apart.

    Raises
    ------
    RecordingError
        If no record is short enough to end before the next stretch begins.
    """
    stretches = _between(gaps, total)
    lengths = [end - first for first, end in stretches]
    exact = Fraction(rate).limit_denominator(_DIGITS)
    unit = exact.numerator // math.gcd(
        exact.numerator, exact.denominator * _DIGITS
    )  # samples a record must be whole of
    shared = math.gcd(*lengths)
    candidates = [
        *_nearest_to_a_second((d * unit for d in _divisors(shared // unit) if shared % unit == 0), rate),
        *_multiples(unit, rate, _LONGEST_EXACT),
        *_nearest_to_a_second(_divisors(shared), rate),
        *_multiples(1, rate, _LONGEST),
    ]
    for samples in candidates:
        laid = _laid(samples, rate, stretches)
        if laid is not None:
            return laid
    raise RecordingError(f"at {rate:g} Hz and with its gaps it cannot be cut into records as EDF wants them")


def _between(gaps: Iterable[tuple[int, int]], total: int) -> list[tuple[int, int]]:
    place, found = 0, []
    for first, end in gaps:
        found.append((place, min(first, total)))
        place = max(place, end)
    found.append((place, total))
    found = [(first, end) for first, end in found if end > first]
    if not found:
        raise RecordingError("nothing was recorded: there are no samples to write")
    return found


def _divisors(number: int) -> list[int]:
    small = [d for d in range(1, math.isqrt(number) + 1) if number % d == 0] if number else []
    return sorted({*small, *(number // d for d in small)})


def _nearest_to_a_second(candidates: Iterable[int], rate: float) -> list[int]:
    wanted = [n for n in candidates if _SHORTEST <= n / rate <= _LONGEST]
    return sorted(wanted, key=lambda n: abs(math.log(n / rate)))


def _multiples(unit: int, rate: float, longest: float) -> list[int]:
    """Return multiples of a number of samples from about a second down, by halves."""
    if unit / rate > longest:
        return []
    count, found = max(1, round(rate / unit)), [max(1, round(rate / unit)) * unit]
    while (count := count // 2) and count * unit / rate >= _SHORTEST:
        found.append(count * unit)
    return found


def _laid(samples: int, rate: float, stretches: Sequence[tuple[int, int]]) -> Layout | None:
    """Return a layout of records of so many samples, or None where one would reach into the next stretch."""
    duration = _eight_characters(samples, rate)
    if not float(duration) > 0:
        return None
    found: list[Stretch] = []
    for first, end in stretches:
        start, records = first / rate, -(-(end - first) // samples)
        if found and found[-1].stop > start + 0.25 / rate:
            return None
        before = found[-1].record + found[-1].records if found else 0
        found.append(Stretch(start, start + records * float(duration), before, records))
    return Layout(duration, samples, tuple(found), tuple(end - first for first, end in stretches))


def _eight_characters(samples: int, rate: float) -> str:
    seconds = samples / rate
    for digits in range(7, -1, -1):
        text = f"{Decimal(seconds):.{digits}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        if len(text) <= 8:
            return text
    return "0"
