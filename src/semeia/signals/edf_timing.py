"""When the data records of an interrupted file (EDF+D, BDF+D) begin, as stretches without a gap.

Pure arithmetic on the onsets that the records' timekeeping lists give.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Stretch", "stretches_of"]

_LONGEST = 10 * 366 * 86400.0  # seconds; a gap of years is a broken time stamp


class Stretch(NamedTuple):
    """Records that follow one another without a gap.

    Parameters
    ----------
    start, stop : float
        Seconds from the first record's onset.
    record, records : int
        The first of them (counted from 0), and how many.
    """

    start: float
    stop: float
    record: int
    records: int

    def first_sample(self, rate: float) -> int:
        """Return the place of its first sample on the recording's grid of ``k / rate`` seconds."""
        # Half up and not half even: then stretches that do not overlap in time never do in samples.
        return math.floor(self.start * rate + 0.5)


def stretches_of(onsets: Sequence[float], record_duration: float, tolerance: float) -> list[Stretch]:
    """Join records into stretches.

    Parameters
    ----------
    onsets : sequence of float
        Of each record, in seconds.
    record_duration : float
        Seconds.
    tolerance : float
        Seconds that an onset may be off by; writers round them.

    Raises
    ------
    ValueError
        If a record begins before the one before it ends, or years later; the text names the record.
    """
    stretches: list[Stretch] = []
    begin, first = onsets[0], 0
    for index, onset in enumerate([*onsets[1:], math.inf], start=1):
        expected = begin + (index - first) * record_duration
        if onset < expected - tolerance:
            raise ValueError(f"record {index + 1} begins at {onset:g} s, before record {index} ends at {expected:g} s")
        if onset > expected + tolerance:
            stretches.append(Stretch(begin - onsets[0], expected - onsets[0], first, index - first))
            begin, first = onset, index
            if _LONGEST < onset - onsets[0] < math.inf:
                raise ValueError(f"record {index + 1} begins at {onset:g} s, years after the first")
    return stretches
