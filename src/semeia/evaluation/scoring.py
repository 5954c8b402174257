"""Events against events: the SzCORE rules, as their authors' package `timescoring` computes them.

Event-based: events closer than 90 s are merged, those longer than 5 min are split; a reference event is found
by any overlap within 30 s before its onset and 60 s after its end; any other event is a false alarm.
Sample-based: each second is compared. Source: Dan et al. 2024 (https://doi.org/10.1111/epi.18113).
Other rules give very different numbers for the same events: a score always names its scorer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from semeia.errors import EventError
from semeia.events import Event, Events, from_mask, to_mask

__all__ = ["Counts", "Score", "score", "score_events", "scorer_name"]

EVENT_RATE = 10
"""Hz; the precision to which timescoring compares events."""
SAMPLE_RATE = 1
"""Hz; samples of the sample-based score."""
EVENT_RULES = {
    "toleranceStart": 30.0,
    "toleranceEnd": 60.0,
    "minOverlap": 0.0,
    "maxEventDuration": 300.0,
    "minDurationBetweenEvents": 90.0,
}
"""Parameters of the event-based score, in seconds (the overlap: a share) and by timescoring's names."""
LONGEST = 400 * 86400.0
"""Seconds; a longer recording is a mistake, and its masks would fill the memory."""
_SLACK = 1.0  # seconds by which events may lie outside: files round, and count records


@dataclass(frozen=True, slots=True)
class Counts:
    """What was found, missed and falsely found, and the ratios of these.

    Parameters
    ----------
    reference : int
        Reference events, or samples in them.
    true_positives : int
        How many of these were found.
    false_alarms : int
        Events, or samples, found where the reference has none.
    seconds : float
        Length of what was scored.

    Notes
    -----
    A ratio whose denominator is 0 is NaN: sensitivity without a reference, precision with nothing found,
    F1 with neither.
    """

    reference: int = 0
    true_positives: int = 0
    false_alarms: int = 0
    seconds: float = 0.0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.reference + other.reference,
            self.true_positives + other.true_positives,
            self.false_alarms + other.false_alarms,
            self.seconds + other.seconds,
        )

    @property
    def sensitivity(self) -> float:
        """Share of the reference that was found."""
        return _ratio(self.true_positives, self.reference)

    @property
    def precision(self) -> float:
        """Share of what was found that is true."""
        return _ratio(self.true_positives, self.true_positives + self.false_alarms)

    @property
    def f1(self) -> float:
        """Harmonic mean of sensitivity and precision."""
        return _ratio(2 * self.true_positives, self.reference + self.true_positives + self.false_alarms)

    @property
    def false_alarms_per_day(self) -> float:
        """False alarms in 24 hours."""
        return _ratio(self.false_alarms * 86400, self.seconds)

    def as_dict(self) -> dict[str, float | None]:
        """Return counts and ratios for JSON, where NaN is None."""
        ratios = {
            "sensitivity": self.sensitivity,
            "precision": self.precision,
            "f1": self.f1,
            "false_alarms_per_24h": self.false_alarms_per_day,
        }
        return {
            "reference": self.reference,
            "true_positives": self.true_positives,
            "false_alarms": self.false_alarms,
            **{name: None if math.isnan(value) else value for name, value in ratios.items()},
        }


@dataclass(frozen=True, slots=True)
class Score:
    """Score of one recording; the sum of scores is that of all their recordings together.

    Parameters
    ----------
    events, samples : Counts
        Event-based and sample-based.
    recordings : int
    """

    events: Counts
    samples: Counts
    recordings: int = 1

    @classmethod
    def nothing(cls) -> Score:
        """Return the score of no recording, to begin a sum with."""
        return cls(Counts(), Counts(), 0)

    def __add__(self, other: Score) -> Score:
        return Score(self.events + other.events, self.samples + other.samples, self.recordings + other.recordings)

    @property
    def scorer(self) -> str:
        """Name of the rules and of the package that computed the score."""
        return scorer_name()

    def as_dict(self) -> dict[str, Any]:
        """Return the score for JSON, with the scorer and its parameters; undefined ratios are None."""
        return {
            "scorer": {
                "name": "SzCORE",
                "package": f"timescoring {version('timescoring')}",
                "event_parameters": EVENT_RULES,
                "event_rate_hz": EVENT_RATE,
                "sample_rate_hz": SAMPLE_RATE,
            },
            "recordings": self.recordings,
            "hours": self.events.seconds / 3600,
            "events": self.events.as_dict(),
            "samples": self.samples.as_dict(),
        }


def score(reference: Events, hypothesis: Events, duration: float) -> Score:
    """Score the seizures that were found in one recording; events that are no seizures do not count.

    Times are compared on a grid of 10 Hz (`semeia.events.to_mask`), so that overlapping events are one, and a
    moment lasts 0.1 s.

    Parameters
    ----------
    reference, hypothesis : Events
        What is true, and what was found.
    duration : float
        Length of the recording in seconds; from 1 s to 400 days.

    Raises
    ------
    EventError
        If the duration is out of range, or an event lies outside the recording.
    """
    from timescoring.scoring import SampleScoring

    marks = _marks(reference, hypothesis, duration)
    return Score(_by_event(marks), _counts(SampleScoring(*marks, SAMPLE_RATE)))


def score_events(reference: Events, hypothesis: Events, duration: float) -> Counts:
    """Return the event-based part of `score` at half its cost: for sweeps over thresholds."""
    return _by_event(_marks(reference, hypothesis, duration))


def scorer_name() -> str:
    """Return the name of the rules and of the package that computes the score."""
    return f"SzCORE (timescoring {version('timescoring')})"


def _marks(reference: Events, hypothesis: Events, duration: float) -> list[Any]:
    from timescoring.annotations import Annotation

    if not 1 / SAMPLE_RATE <= duration <= LONGEST:
        raise EventError(f"a recording of {duration:g} s cannot be scored: it must have 1 s to 400 days")
    marks = []
    for name, events in (("reference", reference), ("hypothesis", hypothesis)):
        mask = to_mask(_inside(name, events, duration), duration, EVENT_RATE)
        runs = [(event.onset, event.stop) for event in from_mask(mask, EVENT_RATE)]
        marks.append(Annotation(runs, EVENT_RATE, len(mask)))
    return marks


def _by_event(marks: list[Any]) -> Counts:
    from timescoring.scoring import EventScoring

    return _counts(EventScoring(*marks, EventScoring.Parameters(**EVENT_RULES)))


def _inside(name: str, events: Events, duration: float) -> list[Event]:
    seizures = list(events.seizures())
    for event in seizures:
        if event.stop < -_SLACK or event.onset > duration + _SLACK:
            raise EventError(
                f"{name}: the seizure at {event.onset:g} s lies outside the recording of {duration:g} s: "
                "are these events of the same recording?"
            )
    return seizures


def _counts(result: Any) -> Counts:
    return Counts(int(result.refTrue), int(result.tp), int(result.fp), result.numSamples / result.fs)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
