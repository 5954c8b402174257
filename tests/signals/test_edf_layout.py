"""How samples are laid into records: the rate is kept where it can be, and nothing reaches over a gap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeia.errors import RecordingError
from semeia.signals.edf_layout import layout_of


@pytest.mark.parametrize(
    ("rate", "total", "gaps", "duration", "padding"),
    [
        (256, 256 * 60, [], "1", 0),
        (200, 700, [], "0.875", 0),
        (128.5, 1285, [], "2", 0),
        (1 / 30, 5, [], "30", 0),
        (100, 7, [], "0.07", 0),
        (500, 4999, [], "9.998", 0),
        (250, 2500, [(250, 500)], "1", 0),
        (250, 2500, [(333, 400)], "0.5", 67),
        (399.609756097561, 239766, [], "1.28125", 362),
    ],
)
def test_the_rate_is_kept_exactly(
    rate: float, total: int, gaps: list[tuple[int, int]], duration: str, padding: int
) -> None:
    layout = layout_of(rate, total, gaps)
    assert (layout.duration, layout.padding) == (duration, padding)
    assert layout.rate == pytest.approx(rate, rel=1e-13)


def test_a_rate_that_eight_characters_cannot_say_is_off_by_less_than_a_millionth() -> None:
    layout = layout_of(173.61, 4097)
    assert (layout.samples, layout.duration, layout.padding) == (241, "1.388169", 0)
    assert layout.rate != 173.61 and layout.rate == pytest.approx(173.61, rel=1e-6)


@given(
    rate=st.sampled_from([1, 100, 173.61, 256, 399.6097560975610, 512, 1000 / 3, 5000]),
    lengths=st.lists(st.tuples(st.integers(1, 3000), st.integers(1, 3000)), min_size=1, max_size=4),
)
def test_records_hold_every_sample_in_its_place_and_never_overlap(rate: float, lengths: list[tuple[int, int]]) -> None:
    place, parts, gaps = 0, [], []
    for recorded, missing in lengths:
        parts.append((place, recorded))
        gaps.append((place + recorded, place + recorded + missing))
        place += recorded + missing
    try:
        layout = layout_of(rate, gaps[-1][0], gaps[:-1])
    except RecordingError:
        assert min(stop - start for start, stop in gaps) / rate < 0.05 * 2
        return
    assert len(layout.duration) <= 8
    assert layout.rate == pytest.approx(rate, rel=2e-5)
    before = 0.0
    for stretch, (first, count) in zip(layout.stretches, parts, strict=True):
        assert stretch.first_sample(rate) == first
        assert stretch.start >= before - 0.25 / rate
        assert 0 <= stretch.records * layout.samples - count < layout.samples
        before = stretch.stop


def test_nothing_recorded_is_refused() -> None:
    with pytest.raises(RecordingError, match="nothing was recorded"):
        layout_of(100, 500, [(0, 500)])
