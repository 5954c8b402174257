"""Onsets of records become stretches without a gap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeia.signals.edf_timing import Stretch, stretches_of


def test_records_join_until_a_gap():
    assert stretches_of([5.0, 6.0, 7.0, 10.0], 1.0, 1e-3) == [Stretch(0, 3, 0, 3), Stretch(5, 6, 3, 1)]


def test_rounded_onsets_are_no_gaps():
    assert len(stretches_of([0, 0.333, 0.667, 1.0], 1 / 3, 1e-3)) == 1


def test_overlap_and_disorder_name_the_record():
    with pytest.raises(ValueError, match=r"record 3 begins at 1.5 s, before record 2 ends at 2 s"):
        stretches_of([0, 1, 1.5], 1.0, 1e-3)


@given(
    st.lists(st.tuples(st.integers(1, 5), st.floats(0, 20)), min_size=1, max_size=12),
    st.sampled_from([0.1, 0.5, 1.0, 7.0]),
    st.sampled_from([1, 3, 256]),
)
def test_stretches_never_overlap_in_samples(blocks, duration, per_record):
    onsets, time = [], 0.0
    for records, gap in blocks:
        onsets += [time + index * duration for index in range(records)]
        time += records * duration + gap
    rate = per_record / duration
    stretches = stretches_of(onsets, duration, 0.5 / rate)
    assert sum(stretch.records for stretch in stretches) == len(onsets)
    end = 0
    for stretch in stretches:
        assert stretch.first_sample(rate) >= end
        end = stretch.first_sample(rate) + stretch.records * per_record
