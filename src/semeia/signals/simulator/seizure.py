"""Seizures that evolve and spread, and what resembles them: discharges, runs, rhythms of sleep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from semeia.errors import RecordingError
from semeia.signals.simulator.artefacts import Canvas, taper
from semeia.signals.simulator.head import HEAD_RADIUS_MM, even_sites, field, mix, position, unit
from semeia.signals.simulator.noise import generator
from semeia.signals.simulator.patient import SeizureSignature, SimulatedPatient
from semeia.signals.simulator.plan import Happening

__all__ = ["Epilepsy", "Seizure", "draw_seizures", "smooth_course"]

_ONSET_STREAM, _SEIZURE_STREAM, _SHAPE_STREAM, _SITE_STREAM = 40, 41, 42, 43
_SITES = 10
_TABLE = 2048
_SHORTEST, _LONGEST = 15.0, 110.0
_SPACING = 240.0
"""Seconds from one seizure's onset to the next at least: SzCORE merges what is closer than 90 s."""
_POSTICTAL = 180.0
_ROUGHNESS = ((0.04, 0.7), (0.16, 1.0), (0.4, 0.7))
"""Knots (s) and sizes of the irregular activity within a seizure."""
_LARGEST = 300.0  # µV rms


@dataclass(frozen=True, slots=True)
class Seizure:
    """One seizure: onset and duration in seconds; its shape depends on the patient and `seed` alone."""

    onset: float
    duration: float
    seed: int


def draw_seizures(
    patient: SimulatedPatient, seed: int, seconds: float, seizures: Sequence[float] | float | None
) -> tuple[Seizure, ...]:
    """Return the seizures of a recording: at given onsets, or at random at a rate per hour.

    Raises
    ------
    RecordingError
        If an onset lies outside the recording, or seizures come closer than 240 s.
    """
    if seizures is None:
        return ()
    random = generator(patient.seed, _ONSET_STREAM, seed)
    if isinstance(seizures, (int, float)):
        onsets = _random_onsets(random, seconds, float(seizures))
    else:
        onsets = np.sort(np.array([float(onset) for onset in seizures]))
        if len(onsets) and not (onsets[0] >= 0 and onsets[-1] < seconds):
            raise RecordingError(f"seizure onsets {onsets.tolist()} s: not all in 0..{seconds:g} s")
        if len(onsets) > 1 and np.diff(onsets).min() < _SPACING:
            raise RecordingError(f"seizure onsets must be at least {_SPACING:g} s apart")
    drawn = []
    for onset in onsets:
        duration = patient.seizure.duration * np.exp(0.3 * random.standard_normal())
        duration = min(float(np.clip(duration, _SHORTEST, _LONGEST)), seconds - float(onset))
        drawn.append(Seizure(round(float(onset), 3), round(duration, 3), int(random.integers(2**31))))
    return tuple(drawn)


def _random_onsets(random: np.random.Generator, seconds: float, per_hour: float) -> NDArray[np.float64]:
    """Return about `per_hour` onsets an hour: one in each of equal slots, so that none come close."""
    expected = per_hour * seconds / 3600
    if not 0 <= per_hour <= 3600 / (_SPACING + _LONGEST):
        raise RecordingError(f"{per_hour:g} seizures an hour: the simulator makes 0 to 10")
    number = int(expected) + int(random.random() < expected % 1)
    if number == 0:
        return np.empty(0)
    slot = seconds / number
    room = max(slot - max(_SPACING, _LONGEST + 20), 0.0)
    before = min(20.0, seconds / 10)
    return np.asarray(before + slot * np.arange(number) + room * random.random(number))


@dataclass(frozen=True, slots=True)
class _Rendered:
    """A seizure at the electrodes: potentials and muscle (electrodes, samples) from its first sample on."""

    first: int
    potentials: NDArray[np.float32]
    muscle: NDArray[np.float32]


class Epilepsy:
    """Draws seizures and interictal activity; parameters as in `semeia.signals.simulator.brain.Brain`."""

    def __init__(
        self,
        patient: SimulatedPatient,
        seizures: Sequence[Seizure],
        electrodes: NDArray[np.float64],
        rate: int,
    ) -> None:
        self._patient, self._seizures, self._rate = patient, tuple(seizures), rate
        self._electrodes = electrodes
        self._amplitude = patient.background.amplitude
        self._focus = np.array(patient.seizure.focus)
        self._places = np.concatenate([self._focus[None], even_sites(_SITES - 1, -0.2)])
        random = generator(patient.seed, _SITE_STREAM)
        fields = [
            field(electrodes, place, random.uniform(0.45, 0.75), random.uniform(-0.8, 0.8), random.uniform(0, 6))
            for place in self._places
        ]
        scalp = np.stack(fields, axis=1)
        seen = scalp[:-2] - scalp[-2:].mean(axis=0)
        self._fields = scalp / np.maximum(np.abs(seen).max(axis=0), 1e-3)
        self._rendered = lru_cache(maxsize=2)(self._render)

    @property
    def focus_field(self) -> NDArray[np.float64]:
        """How strongly each electrode sees the focus, at most 1 against the references."""
        return np.asarray(self._fields[:, 0])

    def levels(self, times: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the gain of the background and how much postictal slowing is added, at `times` (s)."""
        level = np.ones(len(times), np.float32)
        slowing = np.zeros(len(times), np.float32)
        for seizure in self._seizures:
            if seizure.onset > times[-1] or seizure.onset + seizure.duration + _POSTICTAL < times[0]:
                continue
            random = generator(seizure.seed, _SHAPE_STREAM)
            since = times - seizure.onset
            after = since - seizure.duration
            drop = self._patient.seizure.postictal * random.uniform(0.4, 1)
            recovery = np.exp(-np.clip(after, 0, None) / random.uniform(15, 50))
            recovery *= np.clip((_POSTICTAL - after) / 30, 0, 1)
            ictal_drop = random.uniform(0, 0.5) * np.clip(since / 4, 0, 1) * (after < 0)
            level *= (1 - drop * recovery * np.clip(after / 1.5, 0, 1) - ictal_drop).astype(np.float32)
            delta = random.uniform(0, 1.2) * drop * recovery * np.clip(after / 3, 0, 1)
            slowing += delta.astype(np.float32)
        return np.clip(level, 0.1, None), slowing

    def draw_seizures(self, canvas: Canvas) -> None:
        """Add what of the seizures falls into the hop."""
        start = round(float(canvas.times[0]) * self._rate)
        for seizure in self._seizures:
            if seizure.onset > canvas.times[-1] or seizure.onset + seizure.duration < canvas.times[0]:
                continue
            drawn = self._rendered(seizure)
            low = max(start, drawn.first)
            high = min(start + len(canvas.times), drawn.first + drawn.potentials.shape[1])
            if high > low:
                here, there = slice(low - start, high - start), slice(low - drawn.first, high - drawn.first)
                canvas.potentials[:, here] += drawn.potentials[:, there]
                canvas.muscle[:, here] += drawn.muscle[:, there]

    def draw(self, canvas: Canvas, what: Happening) -> None:
        """Draw an interictal happening or a sleep graphoelement."""
        where = canvas.span(what.onset, what.duration)
        if where.stop <= where.start:
            return
        random, since = generator(what.seed, _SHAPE_STREAM), canvas.times[where] - what.onset
        if what.kind == "discharge":
            self._discharge(canvas, where, since, random)
        elif what.kind == "run":
            self._run(canvas, where, since, what.duration, random)
        elif what.kind == "spindle":
            pace = random.uniform(11, 15)
            wave = np.sin(2 * np.pi * pace * since) * np.sin(np.pi * since / what.duration)
            size = self._patient.background.spindle_amplitude * random.uniform(0.5, 1.3)
            canvas.add(where, field(self._electrodes, position("Cz"), random.uniform(0.5, 0.9)), size * wave)
        elif what.kind == "vertex wave":
            share = since / what.duration
            wave = -np.exp(-(((share - 0.35) / 0.13) ** 2)) + 0.5 * np.exp(-(((share - 0.7) / 0.16) ** 2))
            size = 2.2 * self._amplitude * random.uniform(0.5, 1.5)
            canvas.add(where, field(self._electrodes, position("Cz"), random.uniform(0.4, 0.7)), size * wave)
        elif what.kind == "slow burst":
            # hypnagogic theta or frontal delta: rhythmic, bilateral, and normal
            place = position(str(random.choice(["Fz", "FCz", "Cz", "Pz"])))
            wave = np.sin(2 * np.pi * random.uniform(2, 6) * since + 0.5 * np.sin(2 * np.pi * 0.4 * since))
            wave = wave * self._amplitude * random.uniform(0.6, 2.2) * taper(since, what.duration, 0.7)
            canvas.add(where, field(self._electrodes, place, random.uniform(0.6, 1.1)), wave)

    def _discharge(self, canvas: Canvas, where: slice, since: NDArray[np.float64], random: np.random.Generator) -> None:
        width = random.uniform(0.018, 0.035)
        wave = -np.exp(-(((since - 0.08) / width) ** 2)) + 0.35 * np.exp(-(((since - 0.13) / width) ** 2))
        wave -= random.uniform(0.2, 0.7) * np.exp(-(((since - 0.26) / 0.07) ** 2))
        size = self._amplitude * random.uniform(1.5, 5)
        canvas.add(where, self.focus_field, size * wave)

    def _run(
        self,
        canvas: Canvas,
        where: slice,
        since: NDArray[np.float64],
        duration: float,
        random: np.random.Generator,
    ) -> None:
        signature = self._patient.seizure
        table = _waveform(random, signature)
        pace = random.uniform(0.7, 1.1) * min(signature.onset_frequency, 8.0)
        wave = _look_up(table, pace * since + 0.1 * np.sin(2 * np.pi * 0.6 * since))
        size = 1.2 * self._amplitude * random.uniform(0.6, 1.6) * taper(since, duration, 0.5)
        canvas.add(where, self.focus_field, size * wave)

    def _render(self, seizure: Seizure) -> _Rendered:
        first = int(np.ceil(seizure.onset * self._rate - 1e-6))
        samples = max(int(np.ceil((seizure.onset + seizure.duration) * self._rate - 1e-6)) - first, 1)
        since = (first + np.arange(samples)) / self._rate - seizure.onset
        random = generator(self._patient.seed, _SEIZURE_STREAM, seizure.seed)
        sites = self._site_waves(random, since, seizure.duration)
        potentials = mix(self._fields.astype(np.float32), sites.astype(np.float32))
        return _Rendered(first, potentials, self._ictal_muscle(random, since, seizure.duration))

    def _site_waves(
        self, random: np.random.Generator, since: NDArray[np.float64], duration: float
    ) -> NDArray[np.float64]:
        """Return the activity of each site (sites, samples) in µV."""
        signature = self._patient.seizure
        frequency = _frequency(random, signature, since, duration)
        cycles = np.cumsum(frequency) / self._rate
        table = _waveform(random, signature)
        # fast rhythms are small, slow ones large
        loud = (frequency / 4.0) ** -random.uniform(0.3, 0.8)
        peak = 1.4 * self._amplitude * signature.strength * np.exp(0.2 * random.standard_normal())
        peak = min(peak, _LARGEST)
        ending = np.clip((duration - since) / random.uniform(0.4, 3), 0, 1)
        start = random.uniform(0.35, 0.6)
        distance = np.arccos(np.clip(self._places @ self._focus, -1, 1)) * HEAD_RADIUS_MM
        waves = np.zeros((len(distance), len(since)))
        for site, away in enumerate(distance):
            delay = away / signature.spread_speed * random.uniform(0.7, 1.4)
            reach = np.exp(-away / HEAD_RADIUS_MM / signature.falloff) * random.uniform(0.6, 1.2)
            arrived = np.clip(since - delay, 0, None)
            grown = 1 - np.exp(-arrived / signature.growth)
            if site == 0:
                reach, grown = 1.0, start + (1 - start) * grown
                grown *= np.clip(since / 1.0, 0, 1)
            wander = smooth_course(random, since, 0.8, 0.07) + smooth_course(random, since, 7.0, 0.2)
            # propagation within the cortex takes tens of milliseconds
            lag = frequency * away / random.uniform(1500, 4000)
            swing = np.exp(smooth_course(random, since, 0.5, 0.35) + smooth_course(random, since, 4.0, 0.2))
            wave = _look_up(table, cycles - lag + wander) * swing
            # real seizures are seldom pure rhythms: irregular activity of 1 to 12 Hz rides on them
            rough = np.sum([smooth_course(random, since, step, spread) for step, spread in _ROUGHNESS], axis=0)
            rough *= signature.irregularity
            waves[site] = peak * reach * grown * ending * loud * (wave + 0.6 * rough)
        return waves

    def _ictal_muscle(
        self, random: np.random.Generator, since: NDArray[np.float64], duration: float
    ) -> NDArray[np.float32]:
        muscle = np.zeros((len(self._electrodes), len(since)), np.float32)
        if random.random() > self._patient.seizure.muscle:
            return muscle
        size = self._patient.artefacts.muscle_amplitude
        for _ in range(random.integers(1, 5)):
            onset = random.uniform(3, max(duration * 0.8, 4))
            length = random.uniform(2, 20)
            place = unit(np.array([random.choice([-1.0, 1.0]), random.normal(0.3, 0.6), random.normal(0, 0.15)]))
            envelope = taper(since - onset, length, 0.6) * np.exp(smooth_course(random, since, 0.25, 0.5))
            gains = field(self._electrodes, place, random.uniform(0.3, 0.9))
            muscle += (size * random.uniform(0.3, 2) * gains[:, None] * envelope).astype(np.float32)
        return muscle


def _frequency(
    random: np.random.Generator, signature: SeizureSignature, since: NDArray[np.float64], duration: float
) -> NDArray[np.float64]:
    """Return the instantaneous frequency (Hz): it falls from onset to end, and wavers."""
    low, high = signature.end_frequency, signature.onset_frequency * random.uniform(0.9, 1.1)
    share = random.uniform(0.12, 0.25) if signature.kind == "low-voltage-fast" else random.uniform(0.3, 0.8)
    falling = low + (high - low) * np.exp(-since / (share * duration))
    return np.asarray(falling * np.exp(smooth_course(random, since, 1.2, 0.09)))


def _waveform(random: np.random.Generator, signature: SeizureSignature) -> NDArray[np.float64]:
    """Return one cycle of unit rms: a rhythm with harmonics, or a spike and its wave."""
    phase = 2 * np.pi * np.arange(_TABLE) / _TABLE
    sharp = signature.sharpness
    wave = np.sin(phase)
    for harmonic, share in ((2, 0.45), (3, 0.25), (4, 0.12)):
        wave += sharp * share * random.uniform(0.4, 1.2) * np.sin(harmonic * phase + random.uniform(-0.8, 0.8))
    if signature.kind in ("spike-wave", "generalised"):
        at, width = random.uniform(4.2, 4.8), random.uniform(0.16, 0.3)
        wave = 0.8 * np.sin(phase) - 0.2 * np.sin(2 * phase)
        wave -= (0.8 + 2 * sharp) * np.exp(-(((phase - at) / width) ** 2))
        wave += (0.3 + 0.6 * sharp) * np.exp(-(((phase - at - 2.2 * width) / width) ** 2))
    wave -= wave.mean()
    return np.asarray(wave / wave.std())


def _look_up(table: NDArray[np.float64], cycles: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(table[np.floor(cycles * _TABLE).astype(np.int64) % _TABLE])


def smooth_course(
    random: np.random.Generator, since: NDArray[np.float64], step: float, spread: float
) -> NDArray[np.float64]:
    """Return a smooth random course over `since` with a knot every `step` seconds."""
    place = (since - since[0]) / step
    knots = spread * random.standard_normal(int(place[-1]) + 3)
    whole = place.astype(np.int64)
    blend = 0.5 - 0.5 * np.cos(np.pi * (place - whole))
    return np.asarray(knots[whole] * (1 - blend) + knots[whole + 1] * blend)
