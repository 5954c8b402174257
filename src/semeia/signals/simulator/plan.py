"""What happens in a recording, planned hour by hour: eyes, artefacts, sleep, interictal spikes.

An hour's plan depends only on (patient, seed, hour), so memory does not grow with the recording.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from semeia.signals.simulator.brain import sleep_depth
from semeia.signals.simulator.noise import generator
from semeia.signals.simulator.patient import SimulatedPatient

__all__ = ["Happening", "Plan", "PlannedHour"]

_PLAN_STREAM = 20
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that starts at `onset` and lasts `duration` seconds; its shape depends on `seed` alone."""

    kind: str
    onset: float
    duration: float
    seed: int


@dataclass(frozen=True, slots=True)
class PlannedHour:
    """One hour: what happens in order of onset, and when the eyes open and close."""

    happenings: tuple[Happening, ...]
    onsets: NDArray[np.float64]
    eye_times: NDArray[np.float64]
    eyes_closed: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Kind:
    """How often (per hour) something happens, its duration (median s, log spread, limits) and when."""

    name: str
    per_hour: float
    median: float
    spread: float
    shortest: float
    longest: float
    asleep: float = 1.0  # factor on the rate in sleep
    awake: float = 1.0
    with_open_eyes: bool = False


class Plan:
    """The plan of one recording."""

    def __init__(self, patient: SimulatedPatient, seed: int) -> None:
        self._patient, self._seed = patient, seed
        self._kinds = _kinds(patient)
        self._hour = lru_cache(maxsize=3)(self._make_hour)

    def happenings(self, start: float, stop: float) -> list[Happening]:
        """Return what happens in ``[start, stop)`` (s), also what began before."""
        hour = int(start // _HOUR)
        found = []
        for planned in (self._hour(number) for number in (hour - 1, hour) if number >= 0):
            last = int(np.searchsorted(planned.onsets, stop))
            found += [what for what in planned.happenings[:last] if what.onset + what.duration > start]
        return found

    def eyes_closed(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far the eyes are closed, 0..1, at `times` (s) of one hour."""
        planned = self._hour(int(times[0] // _HOUR))
        return np.interp(times, planned.eye_times, planned.eyes_closed)

    def _make_hour(self, hour: int) -> PlannedHour:
        random = generator(self._patient.seed, _PLAN_STREAM, self._seed, hour)
        start = hour * _HOUR
        eye_times, eyes_closed = _eyes(random, start, self._patient.background.eyes_closed_share)
        happenings: list[Happening] = []
        for kind in self._kinds:
            number = random.poisson(kind.per_hour * max(kind.awake, kind.asleep))
            onsets = start + _HOUR * np.sort(random.random(number))
            sleep = sleep_depth(self._patient, self._seed, onsets)
            chance = (kind.awake + (kind.asleep - kind.awake) * sleep) / max(kind.awake, kind.asleep)
            if kind.with_open_eyes:
                chance *= 1 - 0.9 * np.interp(onsets, eye_times, eyes_closed)
            durations = kind.median * np.exp(kind.spread * random.standard_normal(number))
            durations = np.clip(durations, kind.shortest, kind.longest)
            seeds = random.integers(0, 2**31, number)
            kept = random.random(number) < chance
            happenings += [
                Happening(kind.name, float(onset), float(duration), int(seed))
                for onset, duration, seed in zip(onsets[kept], durations[kept], seeds[kept], strict=True)
            ]
        happenings.sort(key=lambda what: what.onset)
        onsets = np.array([what.onset for what in happenings])
        return PlannedHour(tuple(happenings), onsets, eye_times, eyes_closed)


def _eyes(
    random: np.random.Generator, start: float, closed_share: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return corner times and values (0 open, 1 closed) of an hour in which eyes open and close."""
    lengths = np.clip(np.exp(random.normal(np.log(25), 0.9, (400, 2))), 4, 300)
    lengths *= 2 * np.array([1 - closed_share, closed_share])
    changes = start + np.concatenate([[0.0], np.cumsum(lengths.ravel())])
    # alpha returns within about half a second of closing the eyes
    times = np.stack([changes[1:] - 0.4, changes[1:]], axis=1).ravel()
    values = np.repeat(np.arange(1, len(changes)) % 2, 2).reshape(-1, 2)
    values[:, 0] = 1 - values[:, 0]
    return times, values.ravel().astype(np.float64)


def _kinds(patient: SimulatedPatient) -> tuple[_Kind, ...]:
    a, s, b = patient.artefacts, patient.seizure, patient.background
    spindles = 120.0 if b.spindle_amplitude > 8 else 30.0
    return (
        _Kind("blink", 60 * a.blinks_per_minute, 0.34, 0.15, 0.22, 0.6, asleep=0.01, with_open_eyes=True),
        _Kind("eye movement", a.eye_movements, 1.6, 0.2, 1.0, 3.0, asleep=0.05, with_open_eyes=True),
        _Kind("slow eyes", 25, 8, 0.5, 4, 25, awake=0.02),
        _Kind("muscle", a.muscle_bursts, 2.0, 1.1, 0.2, 40, asleep=0.15),
        _Kind("chewing", a.chewing, 14, 0.6, 4, 60, asleep=0.0),
        _Kind("pop", a.pops, 1.5, 0.3, 1.0, 4),
        _Kind("bad electrode", a.bad_electrodes, 60, 0.9, 8, 300),
        _Kind("movement", a.movements, 6, 0.8, 1, 60, asleep=0.2),
        _Kind("rhythmic", a.rhythmic, 13, 0.6, 5, 50, asleep=0.2),
        _Kind("spindle", spindles, 0.9, 0.3, 0.5, 1.8, awake=0.0),
        _Kind("vertex wave", 80, 0.35, 0.15, 0.25, 0.6, awake=0.0),
        _Kind("slow burst", 20, 2.2, 0.4, 1.0, 6.0, awake=0.25),
        _Kind("discharge", s.discharges, 0.45, 0.1, 0.35, 0.6, asleep=2.0),
        _Kind("run", s.runs, 3.5, 0.4, 1.5, 7.5, asleep=1.5),
    )
