"""The physical range of a channel, and samples as the integers of an EDF (16 bits) or BDF (24 bits) file."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["SAMPLE_BYTES", "Kind", "Range", "digitised", "packed", "range_of"]

Kind = Literal["EDF", "BDF"]
SAMPLE_BYTES: dict[Kind, int] = {"EDF": 2, "BDF": 3}
_WIDTH = 8


class Range(NamedTuple):
    """What the header says of a channel's scale: physical limits as text, digital ones as integers."""

    low: str
    high: str
    least: int
    most: int

    @property
    def step(self) -> float:
        """Difference of physical values that are one apart in the file."""
        return abs(float(self.high) - float(self.low)) / (self.most - self.least)


def range_of(low: float, high: float, kind: Kind) -> Range:
    """Return the narrowest range that eight characters can say and all samples lie in: none is clipped.

    Parameters
    ----------
    low, high : float
        Smallest and largest sample.
    kind : {"EDF", "BDF"}
    """
    bound = 2 ** (8 * SAMPLE_BYTES[kind] - 1)
    least, most = _outward(low, up=False), _outward(high, up=True)
    if not float(least) < float(most):  # a flat line
        most = _outward(high + max(1.0, abs(high) * 1e-3), up=True)
    return Range(least, most, -bound, bound - 1)


def digitised(samples: NDArray[np.float32], scale: Range) -> NDArray[np.int32]:
    """Return samples as integers: each is off by at most half a step.

    Computed in double precision: single would cost the last bits near the ends of the range.
    """
    low, high = float(scale.low), float(scale.high)
    per_step = (scale.most - scale.least) / (high - low)
    scaled = (samples.astype(np.float64) - low) * per_step + scale.least
    return np.clip(np.rint(scaled), scale.least, scale.most).astype(np.int32)


def packed(digital: NDArray[np.int32], kind: Kind) -> NDArray[np.uint8]:
    """Return the bytes of integers, little-endian, along the last axis."""
    if kind == "EDF":
        return np.ascontiguousarray(digital.astype("<i2")).view(np.uint8)
    four = np.ascontiguousarray(digital.astype("<i4")).view(np.uint8)
    return np.ascontiguousarray(four.reshape(*digital.shape, 4)[..., :3]).reshape(*digital.shape[:-1], -1)


def _outward(value: float, *, up: bool) -> str:
    """Return a number in eight characters that lies at or just beyond a value."""
    exact, rounding = Decimal(float(value)), ROUND_CEILING if up else ROUND_FLOOR
    if not value or 1e-4 <= abs(value) < 1e7:
        for digits in range(6, -1, -1):
            text = f"{exact.quantize(Decimal(1).scaleb(-digits), rounding=rounding):f}"
            text = text.rstrip("0").rstrip(".") if "." in text else text
            if len(text) <= _WIDTH:
                return "0" if text in {"-0", ""} else text
    place = exact.adjusted()  # tiny or huge: fields in tesla, counters
    for digits in (3, 2, 1, 0):
        shown = exact.quantize(Decimal(1).scaleb(place - digits), rounding=rounding)
        text = f"{shown:.{digits}e}".replace("e+", "e")
        if len(text) <= _WIDTH:
            return text
    return text
