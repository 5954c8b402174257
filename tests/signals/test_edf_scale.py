"""Ranges that eight characters can say, and samples as integers of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeia.signals.edf_scale import digitised, packed, range_of

NUMBERS = st.floats(-(2.0**99), 2.0**99, width=32).filter(lambda value: value == 0 or abs(value) > 1e-25)


@pytest.mark.parametrize("kind", ["EDF", "BDF"])
@given(samples=st.lists(NUMBERS, min_size=1, max_size=20))
def test_no_sample_is_off_by_more_than_half_a_step(kind, samples: list[float]) -> None:
    data = np.array(samples, np.float32)
    scale = range_of(float(data.min()), float(data.max()), kind)
    assert len(scale.low) <= 8 and len(scale.high) <= 8
    assert float(scale.low) <= data.min() and data.max() <= float(scale.high)
    digital = digitised(data, scale)
    assert digital.min() >= scale.least and digital.max() <= scale.most
    back = (digital.astype(np.float64) - scale.least) * scale.step + float(scale.low)
    assert np.abs(back - data).max() <= scale.step * 0.5000001


def test_the_range_is_hardly_wider_than_the_samples() -> None:
    scale = range_of(-123.4567, 98.76543, "EDF")
    assert (scale.low, scale.high, scale.least, scale.most) == ("-123.457", "98.76543", -32768, 32767)
    assert range_of(-2e-13, 3e-13, "EDF").high == "3.00e-13"


def test_a_flat_line_has_a_range() -> None:
    for value in (0.0, 5.5, -1e9):
        scale = range_of(value, value, "EDF")
        assert float(scale.low) <= value < float(scale.high)


def test_integers_become_the_bytes_of_the_format() -> None:
    digital = np.array([[1, -2, 32767], [-32768, 0, 256]], np.int32)
    assert np.array_equal(packed(digital, "EDF").view("<i2"), digital)
    assert packed(digital, "BDF")[0].tobytes() == b"\x01\0\0\xfe\xff\xff\xff\x7f\0"
