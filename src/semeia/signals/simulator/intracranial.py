"""Plausible intracranial EEG: a background with a patient's signature, and a planted change before seizures.

Each contact hears its own 1/f noise, its neighbours on the strip, slow sources that several strips share, and rhythms;
all of it waxes and wanes over minutes and from hour to hour, discharges and artefacts come now and then. Ranges, and
what the planted change is: docs/simulator.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from semeia.errors import RecordingError
from semeia.signals.simulator.head import mix
from semeia.signals.simulator.noise import NoiseBank, generator, one_over_f, spectral_bump
from semeia.signals.simulator.waves import Wave, Waves, sharp_wave

__all__ = ["IntracranialPatient", "IntracranialSignal", "Level", "never"]

Level = Callable[[float], float]
"""How far the planted preictal change has gone (0: not at all, 1: whole) at a time in seconds from the file's start."""

_PATIENT, _SITES, _STATE, _NOISE, _HAPPENINGS = 40, 41, 42, 43, 44
_HOP_SECONDS = (2.5, 10.0)  # ten, but less at high rates, for memory; never so short that slow waves are lost
_HOP_SAMPLES = 20_000
_SHARED = 4  # slow sources that several strips hear
_FLOOR = 3e-5  # amplifier's noise, as a share of the largest power density
_RHYTHMS = ((1.2, 2.8), (4.0, 7.5), (8.0, 13.0), (14.0, 24.0))  # Hz, between which each rhythm's frequency is drawn
_THETA = 1
_FAST_GROWS, _THETA_SHRINKS, _DISCHARGES_GROW = 1.0, 0.3, 1.0  # at level 1, as shares of amplitude, amplitude, rate


@dataclass(frozen=True, slots=True)
class IntracranialPatient:
    """How one patient's electrodes sound between seizures.

    `strip` is how many contacts lie beside each other; `slope` and `knee` (Hz) shape the 1/f power; `amplitude` is µV
    (root mean square, median of the channels); `rhythms` are (frequency in Hz, share of the amplitude); `fast` is the
    frequency and the width (Hz) of the focus's fast activity, `fast_share` its share of the amplitude; `discharges` and
    `artefacts` come per hour; `line_frequency` is in Hz, `line_amplitude` in µV.
    """

    seed: int
    channels: int
    strip: int
    slope: float
    knee: float
    amplitude: float
    rhythms: tuple[tuple[float, float], ...]
    fast: tuple[float, float]
    fast_share: float
    discharges: float
    artefacts: float
    line_frequency: float
    line_amplitude: float

    @classmethod
    def from_seed(cls, seed: int, channels: int = 16, strip: int = 4) -> Self:
        """Return the patient of a seed.

        Raises
        ------
        RecordingError
            If the seed is negative or there are less than 4 channels.
        """
        if seed < 0 or channels < 4:
            raise RecordingError(f"seed {seed}, {channels} channels: a seed from 0 and 4 channels or more are needed")
        random = generator(seed, _PATIENT)
        return cls(
            seed=seed,
            channels=channels,
            strip=strip,
            slope=random.uniform(2.0, 2.9),
            knee=random.uniform(2.5, 6.0),
            amplitude=float(np.exp(random.uniform(np.log(20), np.log(60)))),
            rhythms=tuple((random.uniform(low, high), random.uniform(0.1, 0.4)) for low, high in _RHYTHMS),
            fast=(random.uniform(22, 55), random.uniform(4, 8)),
            fast_share=random.uniform(0.07, 0.12),
            discharges=float(np.exp(random.uniform(np.log(10), np.log(200)))),
            artefacts=random.uniform(1, 10),
            line_frequency=float(random.choice([50.0, 60.0])),
            line_amplitude=float(np.exp(random.uniform(np.log(0.1), np.log(2)))),
        )

    def sites(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return each channel's amplitude in µV, and how much of the focus it sees, 0..1: float (channels,) both."""
        random = generator(self.seed, _SITES)
        amplitude = self.amplitude * np.exp(0.3 * random.standard_normal(self.channels))
        centre = int(random.integers(self.channels))
        distance = np.abs(np.arange(self.channels) - centre)
        same = np.arange(self.channels) // self.strip == centre // self.strip
        focus = np.exp(-distance / 1.5) * np.where(same, 1.0, 0.5) * random.uniform(0.7, 1.3, self.channels)
        return amplitude, np.where(focus > 0.12, np.minimum(focus, 1.0), 0.0)


def never(_: float) -> float:
    """Be the level of a recording with nothing planted."""
    return 0.0


class IntracranialSignal:
    """One file of a patient's recording, made block by block.

    Parameters
    ----------
    patient : IntracranialPatient
    hour : tuple of int
        Seeds of what is common to the files of an hour, or of a longer stretch: how the patient was.
    place : int
        Which file of it; each has its own noise.
    started : float
        Seconds from the hour's, or the stretch's, start to the file's.
    rate : float
        Sampling rate in Hz.
    level : callable
        See `Level`.
    """

    def __init__(
        self,
        patient: IntracranialPatient,
        *,
        hour: tuple[int, ...],
        place: int = 0,
        started: float = 0.0,
        rate: float = 400.0,
        level: Level = never,
    ) -> None:
        self.patient, self.rate = patient, rate
        self._level, self._started = level, started
        self._hop = round(min(max(_HOP_SAMPLES / rate, _HOP_SECONDS[0]), _HOP_SECONDS[1]) * rate)
        self._amplitude, self._focus = patient.sites()
        # one number from many, for a bank of noise takes one seed
        self._seed = int(generator(patient.seed, _NOISE, *hour, place).integers(2**62))
        self._state = _State(generator(patient.seed, _STATE, *hour), len(patient.rhythms) + 2)
        frequencies = np.arange(self._hop + 1) * rate / (2 * self._hop)
        self._mixing, spectra = _sources(patient, self._amplitude, self._focus, frequencies)
        self._power, self._frequencies = spectra**2 / (spectra**2).sum(axis=1, keepdims=True), frequencies
        self._bank = NoiseBank(self._seed, 1, spectra, self._hop, waxing=0.12)

    def activity(self, low: float, high: float) -> NDArray[np.float64]:
        """Return the typical root mean square of the background between two frequencies in Hz, µV (channels,)."""
        band = (self._frequencies >= low) & (self._frequencies < high)
        return np.asarray(np.sqrt(self._mixing.astype(np.float64) ** 2 @ self._power[:, band].sum(axis=1)))

    def blocks(self, samples: int) -> Iterator[NDArray[np.float32]]:
        """Yield float32 (channels, samples) in µV, ten seconds or less at a time, `samples` in all."""
        waves = Waves(self._happenings(samples / self.rate), self.rate)
        for index in range(-(-samples // self._hop)):
            first = index * self._hop
            block = mix(self._mixing, self._weighted(index))
            self._add_line(block, first)
            waves.draw(block, first)
            yield block[:, : samples - first]

    def array(self, samples: int) -> NDArray[np.float32]:
        """Return float32 (channels, samples) in µV."""
        return np.concatenate(list(self.blocks(samples)), axis=1)

    def _weighted(self, index: int) -> NDArray[np.float32]:
        """Return a hop of every source, with the gains of the patient's state and of the planted change."""
        sources = self._bank.hop(index)
        edges = np.array([self._gains(place * self._hop / self.rate) for place in (index, index + 1)])
        ramp = (np.arange(self._hop, dtype=np.float32) + np.float32(0.5)) / self._hop
        before, after = edges.astype(np.float32)
        sources *= before[:, None] + (after - before)[:, None] * ramp
        return sources

    def _gains(self, time: float) -> NDArray[np.float64]:
        """Return the gain of every source at seconds from the file's start."""
        *rhythms, slow, fast = self._state.at(self._started + time)
        level = max(self._level(time), 0.0)
        rhythms[_THETA] *= 1 - min(_THETA_SHRINKS * level, 0.9)
        fast *= 1 + _FAST_GROWS * level
        own = np.full(self.patient.channels, slow**0.5)
        return np.concatenate([own, np.full(_SHARED, slow), rhythms, [fast, fast]])

    def _add_line(self, block: NDArray[np.float32], first: int) -> None:
        patient = self.patient
        if patient.line_frequency >= 0.49 * self.rate:
            return
        times = (first + np.arange(block.shape[1])) / self.rate
        wave = np.sin(2 * np.pi * patient.line_frequency * times + 0.6 * np.sin(2 * np.pi * times / 53.0))
        impedance = np.exp(0.6 * generator(patient.seed, _SITES, 1).standard_normal(patient.channels))
        block += (patient.line_amplitude * impedance).astype(np.float32)[:, None] * wave.astype(np.float32)

    def _happenings(self, seconds: float) -> list[Wave]:
        random = generator(self._seed, _HAPPENINGS)
        return [*self._discharges(random, seconds), *_artefacts(random, self.patient, seconds)]

    def _discharges(self, random: np.random.Generator, seconds: float) -> list[Wave]:
        most = 1 + _DISCHARGES_GROW * max(self._level(0.0), self._level(seconds), 0.0)
        count = random.poisson(self.patient.discharges * most * self._state.pace * seconds / 3600)
        waves = []
        for onset in np.sort(random.uniform(0, seconds, count)):
            kept = (1 + _DISCHARGES_GROW * max(self._level(float(onset)), 0.0)) / most
            width, size = random.uniform(0.012, 0.03), random.uniform(2.5, 6) * random.choice([-1, 1])
            slow, slow_width = random.uniform(0.2, 0.7), random.uniform(0.05, 0.1)
            gains = (size * self._amplitude * self._focus).astype(np.float32)
            if random.random() < kept:
                waves.append(Wave(float(onset), 0.7, gains, _discharge(width, slow, slow_width)))
        return waves


class _State:
    """How the patient is in an hour: gains that wander over minutes around what the hour is like."""

    def __init__(self, random: np.random.Generator, count: int) -> None:
        self.pace = float(np.exp(0.4 * random.standard_normal()))
        self._typical = 0.15 * random.standard_normal(count)
        self._periods = np.exp(random.uniform(np.log(300), np.log(7200), (count, 3)))
        self._phases = random.uniform(0, 2 * np.pi, (count, 3))

    def at(self, time: float) -> NDArray[np.float64]:
        waves = np.sin(2 * np.pi * time / self._periods + self._phases).sum(axis=1)
        return np.asarray(np.exp(self._typical + 0.1 * waves))


def _sources(
    patient: IntracranialPatient,
    amplitude: NDArray[np.float64],
    focus: NDArray[np.float64],
    frequencies: NDArray[np.float64],
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return how the channels hear the sources, float32 (channels, sources), and the sources' amplitude spectra."""
    random, count = generator(patient.seed, _SITES, 2), patient.channels
    slopes = patient.slope + 0.15 * random.standard_normal(count + _SHARED)
    knees = patient.knee * np.exp(0.15 * random.standard_normal(count + _SHARED))
    spectra = [_background(frequencies, slope, knee) for slope, knee in zip(slopes, knees, strict=True)]
    widths = [0.18 * frequency for frequency, _ in patient.rhythms]
    spectra += [spectral_bump(frequencies, rhythm[0], w) for rhythm, w in zip(patient.rhythms, widths, strict=True)]
    spectra += [spectral_bump(frequencies, *patient.fast)] * 2
    place = np.arange(count)
    near = (place[:, None] // patient.strip == place // patient.strip) * np.exp(-np.abs(place[:, None] - place) / 0.7)
    strips = random.standard_normal((-(-count // patient.strip), _SHARED))[place // patient.strip]
    shared = 0.25 * strips + 0.12 * random.standard_normal((count, _SHARED))
    shares = np.array([share for _, share in patient.rhythms])
    rhythms = shares * np.exp(0.5 * random.standard_normal((count, len(shares)))) * random.choice([-1, 1], (count, 1))
    # a fast source that all of the focus hears alike, and one that its contacts hear with either sign
    fast = patient.fast_share * np.stack([focus, focus * random.choice([-0.5, 0.5], count)], axis=1)
    mixing = amplitude[:, None] * np.concatenate([near, shared, rhythms, fast], axis=1)
    return mixing.astype(np.float32), np.stack(spectra)


def _background(frequencies: NDArray[np.float64], slope: float, knee: float) -> NDArray[np.float64]:
    amplitude = one_over_f(frequencies, slope, knee)
    return np.asarray(np.sqrt(amplitude**2 + _FLOOR * (amplitude**2).max()))


def _discharge(width: float, slow: float, slow_width: float) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    return lambda since: sharp_wave(since, width, slow, slow_width)


def _artefacts(random: np.random.Generator, patient: IntracranialPatient, seconds: float) -> list[Wave]:
    """Return movements that all channels see, and pops of one contact."""
    waves = []
    for onset in np.sort(random.uniform(0, seconds, random.poisson(patient.artefacts * seconds / 3600))):
        gains = np.zeros(patient.channels, np.float32)
        size = patient.amplitude * float(np.exp(random.uniform(np.log(2), np.log(12))))
        if random.random() < 0.5:
            gains[:] = size * (1 + 0.4 * random.standard_normal(patient.channels))
            waves.append(Wave(float(onset), 4.0, gains, _movement(random.uniform(0.4, 3.0), random.uniform(0, 6))))
        else:
            gains[random.integers(patient.channels)] = size * random.choice([-1, 1])
            waves.append(Wave(float(onset), 3.0, gains, _pop(random.uniform(0.05, 0.5))))
    return waves


def _movement(pace: float, phase: float) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    return lambda since: np.sin(2 * np.pi * pace * since + phase) * np.sin(np.pi * since / 4.0) ** 2


def _pop(decay: float) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    return lambda since: np.exp(-since / decay) * (1 - np.exp(-since / 0.004)) * (1 - since / 3.0)
