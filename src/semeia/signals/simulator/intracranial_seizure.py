"""Seizures in simulated intracranial EEG: a focal onset, fast and small, that turns into spiking, slows and spreads.

Kinds of onset and how common they are follow Perucca, Dubeau & Gotman 2014 (Brain 137:183), who saw low-voltage fast
activity in 43 % of seizures, periodic spikes in 21 % and sharp rhythms below 13 Hz in 15 %; the rest is left out here.
Sizes and speeds were chosen: docs/simulator.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from semeia.errors import RecordingError
from semeia.events import Event
from semeia.signals.simulator.intracranial import IntracranialSignal
from semeia.signals.simulator.noise import generator
from semeia.signals.simulator.seizure import smooth_course

__all__ = ["IntracranialSeizures", "SeizureKind"]

_SIGNATURE, _ONSETS, _SHAPE = 70, 71, 72
_SHORTEST, _LONGEST = 15.0, 120.0
_SPACING = 240.0
"""Seconds from one seizure's onset to the next at least: SzCORE merges what is closer than 90 s."""
_POSTICTAL = 120.0
_LAST = 3.0  # seconds: a contact that the seizure would reach later than this before its end is spared
_LARGEST = 1500.0  # µV, of the spiking's peaks
_TABLE = 2048
_BAND = (0.5, 70.0)  # Hz, of the background that sizes are told in


@dataclass(frozen=True, slots=True)
class SeizureKind:
    """A patient's seizures, which are alike.

    `focus` is the channel where they begin; `onset` is ``low-voltage-fast``, ``spikes`` or ``rhythm``; `duration` (s)
    is typical; `fast` (Hz) is where fast activity begins and `fast_seconds` how long it lasts; `high` and `low` (Hz)
    are the pace of the spiking at its beginning and end; `sharpness` is 0 for a rhythm, 1 for spikes; `size` is the
    fully grown spiking in units of a contact's background; `pause` is the time from one contact to the next of an
    electrode, and `leap` to another electrode (s); `reach` is the share of other electrodes that take part.
    """

    focus: int
    onset: str
    duration: float
    fast: float
    fast_seconds: float
    high: float
    low: float
    sharpness: float
    size: float
    pause: float
    leap: float
    reach: float

    @classmethod
    def of(cls, seed: int, channels: int) -> SeizureKind:
        """Return the kind of a patient's seed."""
        random = generator(seed, _SIGNATURE)
        onset = str(random.choice(["low-voltage-fast", "spikes", "rhythm"], p=[0.55, 0.26, 0.19]))
        return cls(
            focus=int(random.integers(channels)),
            onset=onset,
            duration=float(np.exp(random.uniform(np.log(25), np.log(90)))),
            fast=random.uniform(18, 65),
            fast_seconds=random.uniform(3, 12),
            high=random.uniform(6, 13),
            low=random.uniform(1.2, 3.5),
            sharpness=random.uniform(0.1, 0.5) if onset == "rhythm" else random.uniform(0.4, 1.0),
            size=float(np.exp(random.uniform(np.log(1.5), np.log(7)))),
            pause=float(np.exp(random.uniform(np.log(0.05), np.log(2.5)))),
            leap=random.uniform(2, 15),
            reach=random.uniform(0.1, 1.0),
        )


@dataclass(frozen=True, slots=True)
class _Seizure:
    """One seizure: seconds, the number its shape is drawn from, and when it reaches each channel (inf: never)."""

    onset: float
    duration: float
    seed: int
    arrival: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Rendered:
    """What a seizure does from its first sample on: float32 (channels, samples) both."""

    first: int
    level: NDArray[np.float32]
    added: NDArray[np.float32]


class IntracranialSeizures:
    """The seizures of one file.

    Parameters
    ----------
    signal : IntracranialSignal
        What they are drawn into.
    strip : int
        Contacts of an electrode.
    number : int
        Of the file: another one, other seizures.
    seconds : float
        Length of the file.
    per_hour : float
        Seizures an hour, 0 to 10: one in each of equal slots.

    Raises
    ------
    RecordingError
        If there would be more an hour, or fewer than none.
    """

    def __init__(self, signal: IntracranialSignal, *, strip: int, number: int, seconds: float, per_hour: float) -> None:
        if not 0 <= per_hour <= 3600 / (_SPACING + _LONGEST):
            raise RecordingError(f"{per_hour:g} seizures an hour: the simulator makes 0 to 10")
        patient = signal.patient
        self._rate, self._strip = signal.rate, strip
        self.kind = SeizureKind.of(patient.seed, patient.channels)
        self._background = signal.activity(*_BAND)
        self._seizures = self._drawn(generator(patient.seed, _ONSETS, number), seconds, per_hour)
        self._rendered = lru_cache(maxsize=1)(self._render)

    def events(self, labels: Sequence[str]) -> list[Event]:
        """Return the truth: an event ``seizure`` for each channel that takes part, from when it does to the end."""
        return [
            Event(
                round(one.onset + late, 4),
                round(one.duration - late, 4),
                "seizure",
                (label,),
                source="simulator",
            )
            for one in self._seizures
            for label, late in zip(labels, one.arrival, strict=True)
            if np.isfinite(late)
        ]

    def draw(self, block: NDArray[np.float32], first: int) -> None:
        """Change a block of background (channels, samples), whose first sample is `first`, in place."""
        stop = first + block.shape[1]
        for one in self._seizures:
            if one.onset > stop / self._rate or one.onset + one.duration + _POSTICTAL < first / self._rate:
                continue
            drawn = self._rendered(one)
            low, high = max(first, drawn.first), min(stop, drawn.first + drawn.added.shape[1])
            if low < high:
                here, there = slice(low - first, high - first), slice(low - drawn.first, high - drawn.first)
                block[:, here] *= drawn.level[:, there]
                block[:, here] += drawn.added[:, there]

    def _drawn(self, random: np.random.Generator, seconds: float, per_hour: float) -> tuple[_Seizure, ...]:
        expected = per_hour * seconds / 3600
        count = int(expected) + int(random.random() < expected % 1)
        found = []
        for slot in range(count):
            length = seconds / count
            room = max(length - max(_SPACING, _LONGEST + 20), 0.0)
            onset = min(20.0, seconds / 10) + slot * length + room * random.random()
            duration = float(np.clip(self.kind.duration * np.exp(0.25 * random.standard_normal()), _SHORTEST, _LONGEST))
            duration = min(duration, seconds - onset)
            arrival = self._arrivals(random, duration)
            found.append(_Seizure(round(onset, 4), round(duration, 4), int(random.integers(2**31)), arrival))
        return tuple(found)

    def _arrivals(self, random: np.random.Generator, duration: float) -> tuple[float, ...]:
        """Return when the seizure reaches each channel, in seconds from its onset."""
        kind, count = self.kind, len(self._background)
        electrode, own = np.arange(count) // self._strip, self.kind.focus // self._strip
        steps = np.abs(np.arange(count) - kind.focus)
        late = kind.pause * steps * random.uniform(0.6, 1.4, count)
        for other in np.unique(electrode):
            inside = electrode == other
            if other == own:
                continue
            if random.random() < kind.reach:
                first = kind.leap * random.uniform(0.5, 1.5) * abs(int(other) - own) ** 0.5
                late[inside] = first + kind.pause * np.arange(inside.sum()) * random.uniform(0.6, 1.4, inside.sum())
            else:
                late[inside] = np.inf
        late[kind.focus] = 0.0
        return tuple(float(round(time, 4)) if time < duration - _LAST else np.inf for time in late)

    def _render(self, one: _Seizure) -> _Rendered:
        first = int(np.ceil(one.onset * self._rate - 1e-6))
        samples = int(np.ceil((one.duration + _POSTICTAL) * self._rate))
        since = (first + np.arange(samples)) / self._rate - one.onset
        random = generator(one.seed, _SHAPE)
        course = _Course.drawn(random, self.kind, since, one.duration, self._rate)
        level = np.ones((len(one.arrival), samples), np.float32)
        added = np.zeros((len(one.arrival), samples), np.float32)
        ictal = since < one.duration
        for channel, (late, background) in enumerate(zip(one.arrival, self._background, strict=True)):
            level[channel] = self._attenuated(random, since, late, one.duration)
            if np.isfinite(late):
                wave = self._wave(
                    random, course, since[ictal], late=late, duration=one.duration, background=float(background)
                )
                added[channel, : len(wave)] = wave
        return _Rendered(first, level, added)

    def _attenuated(
        self, random: np.random.Generator, since: NDArray[np.float64], late: float, duration: float
    ) -> NDArray[np.float64]:
        """Return what is left of a contact's background: less in the seizure, least after it."""
        seen = np.isfinite(late)
        lost, after = random.uniform(0.2, 0.7) * seen, since - duration
        slump = random.uniform(0.1, 0.8) * (1.0 if seen else 0.3)
        back = np.exp(-np.clip(after, 0, None) / random.uniform(12, 40)) * np.clip((_POSTICTAL - after) / 20, 0, 1)
        within = lost * np.clip((since - (late if seen else 0.0)) / 1.5, 0, 1) * (after < 0)
        return np.asarray(1 - within - slump * back * np.clip(after / 1.5, 0, 1) * (after >= 0))

    def _wave(
        self,
        random: np.random.Generator,
        course: _Course,
        since: NDArray[np.float64],
        *,
        late: float,
        duration: float,
        background: float,
    ) -> NDArray[np.float64]:
        """Return what a contact shows beside its background, µV."""
        kind, own = self.kind, np.clip(since - late, 0, None)
        swing = np.exp(smooth_course(random, since, 0.6, 0.25) + smooth_course(random, since, 4.0, 0.2))
        turn = random.uniform(-0.15, 0.15) + 0.06 * smooth_course(random, since, 1.0, 1.0)
        spikes = _look_up(course.table, course.cycles[: len(since)] + turn)
        size = min(kind.size * background * random.uniform(0.5, 1.2), _LARGEST)
        grown = 1 - np.exp(-own / random.uniform(3, 10))
        if kind.onset != "low-voltage-fast":
            grown = 0.35 * np.clip(own / 1.0, 0, 1) + 0.65 * grown
        ends = np.clip((duration - since) / random.uniform(0.2, 2.0), 0, 1)
        wave = size * grown * course.spiking[: len(since)] * spikes
        buzz = 0.25 * background * min(kind.size, 4.0) * random.uniform(0.5, 1.3)
        wave = wave + buzz * course.fast[: len(since)] * np.clip(own / 0.8, 0, 1)
        rough = smooth_course(random, since, 0.05, 0.5) + smooth_course(random, since, 0.2, 0.6)
        wave = wave + 0.3 * size * grown * course.spiking[: len(since)] * rough
        return np.asarray(wave * swing * ends * np.clip(own / 0.5, 0, 1))


@dataclass(frozen=True, slots=True)
class _Course:
    """How a seizure goes on in all its contacts: fast activity, the spiking's share and cycles (samples,), a cycle."""

    fast: NDArray[np.float64]
    spiking: NDArray[np.float64]
    cycles: NDArray[np.float64]
    table: NDArray[np.float64]

    @classmethod
    def drawn(
        cls, random: np.random.Generator, kind: SeizureKind, since: NDArray[np.float64], duration: float, rate: float
    ) -> _Course:
        lasting = min(kind.fast_seconds * np.exp(0.2 * random.standard_normal()), 0.4 * duration)
        buzz = max(10.0, min(kind.fast, 0.4 * rate) * random.uniform(0.9, 1.1))
        falling = 10 + (buzz - 10) * np.exp(-np.clip(since, 0, None) / lasting) * np.exp(
            smooth_course(random, since, 0.5, 0.06)
        )
        fast = np.sin(2 * np.pi * np.cumsum(falling) / rate)
        fades = np.clip(1.5 - since / lasting, 0, 1)
        begins = np.clip(since / lasting - 0.5, 0, 1)
        if kind.onset != "low-voltage-fast":
            fades, begins = 0.0 * fades, np.ones_like(fades)
        share = random.uniform(0.25, 0.7)
        pace = kind.low + (kind.high - kind.low) * np.exp(-np.clip(since, 0, None) / (share * duration))
        pace = pace * np.exp(smooth_course(random, since, 1.2, 0.1))
        cycles = np.cumsum(pace) / rate
        table = _cycle(random, kind.sharpness)
        return cls(fast * fades, begins, cycles, table)


def _cycle(random: np.random.Generator, sharpness: float) -> NDArray[np.float64]:
    """Return one cycle of unit root mean square: a rhythm, with a spike on it the more, the sharper."""
    phase = 2 * np.pi * np.arange(_TABLE) / _TABLE
    at, width = random.uniform(1.0, 2.0), random.uniform(0.15, 0.35)
    wave = np.sin(phase + random.uniform(0, 2 * np.pi)) + 0.3 * random.uniform(0.3, 1.0) * np.sin(2 * phase)
    spike = np.exp(-(((phase - at) / width) ** 2)) - 0.4 * np.exp(-(((phase - at - 2.5 * width) / (1.5 * width)) ** 2))
    wave = random.choice([-1.0, 1.0]) * ((1 - 0.6 * sharpness) * wave + 3.5 * sharpness * spike)
    wave = wave - wave.mean()
    return np.asarray(wave / wave.std())


def _look_up(table: NDArray[np.float64], cycles: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(table[np.floor(cycles * _TABLE).astype(np.int64) % _TABLE])
