"""Scores of events against events: equal to timescoring's own, sums over recordings, undefined ratios."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from timescoring.annotations import Annotation
from timescoring.scoring import EventScoring, SampleScoring

from semeia.errors import EventError
from semeia.evaluation import Score, score
from semeia.evaluation.scoring import score_events
from semeia.events import Event, Events, from_mask

LENGTH = 4000


@st.composite
def runs(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Intervals in tenths of a second that do not touch."""
    borders = sorted(draw(st.sets(st.integers(0, LENGTH * 10), max_size=14)))
    return list(zip(borders[::2], borders[1::2], strict=False))


def events_of(intervals: list[tuple[int, int]]) -> Events:
    return Events(Event(first / 10, (stop - first) / 10) for first, stop in intervals)


@settings(deadline=None)
@given(runs(), runs())
def test_scores_are_those_of_timescoring(reference, hypothesis):
    theirs = [Annotation([(a / 10, b / 10) for a, b in side], 10, LENGTH * 10) for side in (reference, hypothesis)]
    ours = score(events_of(reference), events_of(hypothesis), LENGTH)
    for counts, wanted in ((ours.events, EventScoring(*theirs)), (ours.samples, SampleScoring(*theirs))):
        assert counts.sensitivity == pytest.approx(wanted.sensitivity, nan_ok=True)
        assert counts.precision == pytest.approx(wanted.precision, nan_ok=True)
        assert counts.f1 == pytest.approx(wanted.f1, nan_ok=True)
        assert counts.false_alarms_per_day == pytest.approx(wanted.fpRate)
        assert (counts.reference, counts.true_positives) == (wanted.refTrue, wanted.tp)


def random_mask(rng: np.random.Generator, samples: int, rate: int) -> np.ndarray:
    """Runs of a second to ten minutes with gaps of a second to an hour; now and then none at all, or nothing else."""
    kind = rng.random()
    if kind < 0.1:
        return np.full(samples, kind < 0.02)
    mask, place, inside = np.zeros(samples, bool), 0, rng.random() < 0.2
    while place < samples:
        length = int(np.exp(rng.uniform(0, np.log(600 if inside else 3600))) * rate)
        mask[place : place + length] = inside
        place, inside = place + length, not inside
    return mask


@pytest.mark.parametrize("seed", range(200))
def test_score_of_two_masks_is_that_of_timescoring_given_the_masks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rate = int(rng.choice([1, 2, 5, 10]))
    samples = int(rng.integers(60, 4 * 3600)) * rate
    masks = [random_mask(rng, samples, rate) for _ in range(2)]
    if rng.random() < 0.5 and masks[0].any():  # half of what is found has to do with what is true
        masks[1] = masks[1] & (rng.random() < 0.5) | np.roll(masks[0], int(rng.integers(-100, 100)) * rate)
    ours = score(*(from_mask(mask, rate) for mask in masks), samples / rate)
    theirs = [Annotation(mask, rate) for mask in masks]
    for counts, wanted in ((ours.events, EventScoring(*theirs)), (ours.samples, SampleScoring(*theirs))):
        assert (counts.reference, counts.true_positives) == (wanted.refTrue, wanted.tp)
        assert counts.false_alarms == wanted.fp
        assert counts.sensitivity == pytest.approx(wanted.sensitivity, nan_ok=True)
        assert counts.precision == pytest.approx(wanted.precision, nan_ok=True)
        assert counts.f1 == pytest.approx(wanted.f1, nan_ok=True)
        assert counts.false_alarms_per_day == pytest.approx(wanted.fpRate)
    assert score_events(*(from_mask(mask, rate) for mask in masks), samples / rate) == ours.events


@settings(deadline=None)
@given(runs())
def test_events_against_themselves_are_perfect(intervals):
    events = events_of(intervals)
    result = score(events, events, LENGTH)
    assert result.events.false_alarms == result.samples.false_alarms == 0
    assert result.events.true_positives == result.events.reference
    assert result.samples.true_positives == result.samples.reference


def test_hit_within_the_tolerance_and_false_alarm_beyond_it():
    reference = Events([Event(1000, 50)])
    near, far = Events([Event(960, 11)]), Events([Event(940, 11)])
    assert score(reference, near, 3600).events.true_positives == 1
    result = score(reference, far, 3600)
    assert (result.events.true_positives, result.events.false_alarms) == (0, 1)
    assert result.events.false_alarms_per_day == 24


def test_overlapping_events_count_once():
    reference = Events([Event(100, 400), Event(150, 10), Event(480, 40)])
    result = score(reference, reference, 3600)
    assert result.samples.reference == 420
    assert result.events.reference == 2  # 420 s, split after 5 min


def test_only_seizures_that_were_not_rejected_count():
    hypothesis = Events([Event(10, 5, "blink"), Event(500, 5, status="rejected")])
    result = score(Events(), hypothesis, 3600)
    assert result.events.false_alarms == 0
    assert math.isnan(result.events.sensitivity) and math.isnan(result.events.f1)


def test_sum_is_the_score_of_all_recordings_together():
    one = score(Events([Event(100, 50)]), Events([Event(100, 50)]), 3600)
    two = score(Events([Event(100, 50)]), Events([Event(2000, 50)]), 7200)
    total = Score.nothing() + one + two
    assert (total.events.sensitivity, total.events.precision, total.events.f1) == (0.5, 0.5, 0.5)
    assert total.events.false_alarms_per_day == 8
    assert total.samples.sensitivity == 0.5
    assert total.recordings == 2


def test_nothing_scored_is_undefined_everywhere():
    nothing = Score.nothing().events
    for value in (nothing.sensitivity, nothing.precision, nothing.f1, nothing.false_alarms_per_day):
        assert math.isnan(value)


def test_score_names_its_scorer_and_is_json_without_nan():
    result = score(Events(), Events(), 3600)
    assert result.scorer.startswith("SzCORE (timescoring ")
    table = json.loads(json.dumps(result.as_dict(), allow_nan=False))
    assert table["events"]["sensitivity"] is None
    assert table["events"]["false_alarms_per_24h"] == 0
    assert table["scorer"]["event_parameters"]["minDurationBetweenEvents"] == 90
    assert table["hours"] == 1


@pytest.mark.parametrize("duration", [0, 0.5, -3, math.nan, math.inf, 1e15])
def test_length_that_no_recording_has_is_refused(duration):
    with pytest.raises(EventError, match="cannot be scored"):
        score(Events(), Events(), duration)


def test_seizure_outside_the_recording_is_refused_and_rounding_is_not():
    with pytest.raises(EventError, match="hypothesis: the seizure at 100 s lies outside the recording of 60 s"):
        score(Events(), Events([Event(100, 5)]), 60)
    assert score(Events([Event(50, 10.4)]), Events([Event(60.3, 0.5)]), 60).events.reference == 1


def test_endless_seizure_is_cut_off():
    endless = Events([Event(10, 1.7e308)])
    assert score(endless, endless, 60).samples.reference == 50


def test_shortest_recording_is_scored():
    seizure = Events([Event(0, 1)])
    assert score(seizure, seizure, 1).events.f1 == score(seizure, seizure, 1).samples.f1 == 1
