"""`semeia.events.intervals`: united, taken from each other and shared, as sets of moments would be."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeia.events.intervals import Intervals, elapsed, overlapping, shared, united, without

some = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)).map(lambda pair: (pair[0], pair[0] + pair[1])))


def moments(intervals: Intervals) -> np.ndarray:
    """Return which of the seconds 0 to 39 intervals cover."""
    seconds = np.arange(40) + 0.5
    return np.array([any(start < second < stop for start, stop in intervals) for second in seconds])


def test_those_that_touch_become_one() -> None:
    assert united([(5, 7), (0, 2), (2, 3), (6, 6.5)]) == [(0.0, 3.0), (5.0, 7.0)]


def test_nothing_without_a_length_is_taken_away() -> None:
    assert without([(0.0, 9.0)], [(4.0, 4.0)]) == [(0.0, 9.0)]


@settings(deadline=None)
@given(one=some, other=some)
def test_they_are_what_sets_of_moments_are(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    ours, theirs = united(one), united(other)
    for found, wanted in [
        (ours, moments(one)),  # type: ignore[arg-type]
        (without(ours, other), moments(ours) & ~moments(theirs)),
        (shared(ours, theirs), moments(ours) & moments(theirs)),
    ]:
        np.testing.assert_array_equal(moments(found), wanted)
        assert found == sorted(found) and all(stop <= start for (_, stop), (start, _) in pairwise(found))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9))), st.integers(0, 60), st.integers(1, 9))
def test_those_that_overlap_another_are_found(spans: list[tuple[int, int]], start: int, length: int) -> None:
    intervals = united((first, first + size) for first, size in spans)
    stop = start + length
    assert list(overlapping(intervals, start, stop)) == [
        place for place, (a, b) in enumerate(intervals) if max(a, start) < min(b, stop)
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0:00:00"), (12.5, "0:00:13"), (59.6, "0:01:00"), (7384, "2:03:04"), (90_000, "25:00:00")],
)
def test_seconds_in_words_as_the_page_rounds_them(seconds: float, words: str) -> None:
    assert elapsed(seconds) == words
