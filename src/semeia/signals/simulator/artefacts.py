"""What disturbs a recording: eyes, muscle, chewing, movement, electrodes, heart and mains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from semeia.signals.simulator.head import field, position, unit
from semeia.signals.simulator.noise import generator, shaped_noise
from semeia.signals.simulator.patient import SimulatedPatient
from semeia.signals.simulator.plan import Happening

__all__ = ["Artefactor", "Canvas", "taper"]

_SHAPE_STREAM, _MUSCLE_STREAM, _MONTAGE_STREAM, _NOISE_STREAM = 30, 31, 32, 33
_MUSCLES = ("FT9", "FT10", "F7", "F8", "Fp1", "Fp2", "Iz", "T9", "T10")


@dataclass(slots=True)
class Canvas:
    """One hop being drawn: sample times (s), potentials and muscle activity at the electrodes (µV)."""

    times: NDArray[np.float64]
    potentials: NDArray[np.float32]
    muscle: NDArray[np.float32]

    def span(self, onset: float, duration: float) -> slice:
        """Return the samples of the hop that lie in an interval."""
        first, last = np.searchsorted(self.times, [onset, onset + duration])
        return slice(int(first), int(last))

    def add(self, where: slice, gains: NDArray[np.float64], wave: NDArray[np.float64]) -> None:
        """Add a wave (samples,) seen by the electrodes with `gains` (electrodes,)."""
        self.potentials[:, where] += gains.astype(np.float32)[:, None] * wave.astype(np.float32)

    def add_muscle(self, where: slice, gains: NDArray[np.float64], envelope: NDArray[np.float64]) -> None:
        """Add muscle activity with an envelope (samples,) to the electrodes."""
        self.muscle[:, where] += gains.astype(np.float32)[:, None] * envelope.astype(np.float32)


def taper(since: NDArray[np.float64], duration: float, rise: float) -> NDArray[np.float64]:
    """Return an envelope that rises and falls within `rise` seconds, at `since` seconds after its onset."""
    rise = min(rise, duration / 2)
    edge = np.clip(np.minimum(since, duration - since) / rise, 0, 1)
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * edge))


class Artefactor:
    """Draws artefacts onto a canvas; parameters as in `semeia.signals.simulator.brain.Brain`."""

    def __init__(
        self, patient: SimulatedPatient, seed: int, electrodes: NDArray[np.float64], rate: int, hop: int
    ) -> None:
        self._artefacts, self._seed = patient.artefacts, seed
        self._noise_level = patient.background.noise
        self._electrodes, self._rate = electrodes, rate
        self._upright = np.array([field(electrodes, position(name), 0.45) for name in ("Fp1", "Fp2")]).sum(0)
        self._sideways = field(electrodes, position("F7"), 0.4) - field(electrodes, position("F8"), 0.4)
        self._muscles = {name: field(electrodes, position(name), 0.33) for name in _MUSCLES}
        self._muscle_spectrum = _muscle_spectrum(np.arange(hop // 2 + 1) * rate / hop)
        random = generator(seed, _MONTAGE_STREAM)
        count = len(electrodes)
        tone = sum(self._muscles.values()) + 0.1
        self._tone = self._artefacts.muscle_tone * tone * np.exp(0.4 * random.standard_normal(count))
        self._impedance = np.exp(0.7 * random.standard_normal(count))
        turn = random.uniform(0, 2 * np.pi) + 0.5 * random.standard_normal(count)
        self._mains = np.stack([np.cos(turn), np.sin(turn)], axis=1) * self._impedance[:, None]
        axis = unit(np.array([random.normal(-0.7, 0.2), random.normal(0.2, 0.2), random.normal(0.3, 0.2)]))
        self._heart = electrodes @ axis + 0.3 * random.standard_normal(count)
        self._heart_phase = random.random()
        self._draw: dict[str, Callable[[Canvas, slice, Happening, np.random.Generator], None]] = {
            "blink": self._blink,
            "eye movement": self._eye_movement,
            "slow eyes": self._slow_eyes,
            "muscle": self._muscle_burst,
            "chewing": self._chewing,
            "pop": self._pop,
            "bad electrode": self._bad_electrode,
            "movement": self._movement,
            "rhythmic": self._rhythmic,
        }

    def draw(self, canvas: Canvas, what: Happening) -> bool:
        """Draw one happening; False when it is no artefact."""
        if what.kind not in self._draw:
            return False
        where = canvas.span(what.onset, what.duration)
        if where.stop > where.start:
            self._draw[what.kind](canvas, where, what, generator(what.seed, _SHAPE_STREAM))
        return True

    def finish(self, canvas: Canvas, index: int) -> None:
        """Add what never stops: muscle (with all that was drawn), mains, heart, amplifier noise."""
        count, samples = canvas.potentials.shape
        random = generator(self._seed, _MUSCLE_STREAM, index)
        spectra = np.broadcast_to(self._muscle_spectrum, (count, len(self._muscle_spectrum)))
        noise = shaped_noise(random, spectra)[:, :samples]
        canvas.potentials += noise * (canvas.muscle + self._tone.astype(np.float32)[:, None])
        white = generator(self._seed, _NOISE_STREAM, index).standard_normal((count, samples), np.float32)
        canvas.potentials += np.float32(self._noise_level) * white
        self._add_mains(canvas)
        self._add_heart(canvas)

    def _add_mains(self, canvas: Canvas) -> None:
        times, level = canvas.times, self._artefacts.line_amplitude
        level *= np.sqrt(2) * (1 + 0.4 * np.sin(2 * np.pi * times[0] / 97.0))
        phase = 2 * np.pi * self._artefacts.line_frequency * times + 0.8 * np.sin(2 * np.pi * times / 61.0)
        waves = []
        for harmonic, share in ((1, 1.0), (3, 0.25)):
            if harmonic * self._artefacts.line_frequency < 0.49 * self._rate:
                waves.append(share * np.stack([np.cos(harmonic * phase), np.sin(harmonic * phase)]))
        if waves:
            canvas.potentials += (level * self._mains @ sum(waves)).astype(np.float32)

    def _add_heart(self, canvas: Canvas) -> None:
        beat = 60 / self._artefacts.heart_rate
        turns = canvas.times / beat + 0.25 * np.sin(2 * np.pi * canvas.times / 4.3) + self._heart_phase
        since = (turns % 1.0 - 0.5) * beat
        wave = np.exp(-((since / 0.012) ** 2)) - 0.3 * np.exp(-(((since - 0.03) / 0.014) ** 2))
        wave += 0.18 * np.exp(-(((since - 0.24) / 0.05) ** 2))
        gains = (self._artefacts.heart_amplitude * self._heart).astype(np.float32)
        canvas.potentials += gains[:, None] * wave.astype(np.float32)

    def _blink(self, canvas: Canvas, where: slice, what: Happening, random: np.random.Generator) -> None:
        share = (canvas.times[where] - what.onset) / what.duration
        wave = np.exp(-(((share - 0.35) / 0.16) ** 2)) - 0.18 * np.exp(-(((share - 0.75) / 0.15) ** 2))
        size = self._artefacts.blink_amplitude * random.uniform(0.6, 1.3)
        canvas.add(where, self._upright, size * wave)

    def _eye_movement(self, canvas: Canvas, where: slice, what: Happening, random: np.random.Generator) -> None:
        since = canvas.times[where] - what.onset
        # a step, seen through the amplifier's high-pass
        wave = (1 - np.exp(-since / 0.02)) * np.exp(-since / random.uniform(0.25, 0.8))
        wave *= taper(since, what.duration, 0.3) if what.duration < 1 else 1
        size = self._artefacts.blink_amplitude * random.uniform(0.15, 0.6) * random.choice([-1, 1])
        canvas.add(where, self._sideways + 0.3 * random.standard_normal() * self._upright, size * wave)

    def _slow_eyes(self, canvas: Canvas, where: slice, what: Happening, random: np.random.Generator) -> None:
        since = canvas.times[where] - what.onset
        wave = np.sin(2 * np.pi * random.uniform(0.2, 0.5) * since) * taper(since, what.duration, 2)
        canvas.add(where, self._sideways, random.uniform(20, 80) * wave)

    def _muscle_burst(self, canvas: Canvas, where: slice, what: Happening, random: np.random.Generator) -> None:
        since = canvas.times[where] - what.onset
        gains = self._muscle_gains(random)
        size = self._artefacts.muscle_amplitude * np.exp(0.5 * random.standard_normal())
        ripple = 1 + 0.4 * np.sin(2 * np.pi * random.uniform(0.5, 4) * since + random.uniform(0, 6))
        canvas.add_muscle(where, gains, size * ripple * taper(since, what.duration, random.uniform(0.05, 0.5)))

    def _muscle_gains(self, random: np.random.Generator) -> NDArray[np.float64]:
        everywhere = random.random() < 0.4
        used = _MUSCLES if everywhere else random.choice(_MUSCLES, random.integers(1, 4), replace=False)
        gains = sum(random.uniform(0.3, 1.2) * self._muscles[str(name)] for name in used)
        return np.asarray(gains + (random.uniform(0.05, 0.6) if everywhere else 0.01))

    def _chewing(self, canvas: Canvas, where: slice, what: Happening, random: np.random.Generator) -> None:
        since = canvas.times[where] - what.onset
        pace = random.uniform(0.9, 2.2)
        phase = 2 * np.pi * pace * since + 0.7 * np.sin(2 * np.pi * random.uniform(0.1, 0.3) * since)
        bites = np.clip(np.sin(phase), 0, 1) ** random.uniform(1, 5) * taper(since, what.duration, 1)
        gains = sum(random.uniform(0.5, 1.2) * self._muscles[name] for name in ("F7", "F8", "T9", "T10", "FT9"))
        size = self._artefacts.muscle_amplitude * random.uniform(0.8, 3)
        canvas.add_muscle(where, np.asarray(gains) + random.uniform(0.05, 0.6), size * bites)
        tongue = field(self._electrodes, position("Fpz"), 1.0) * random.uniform(0.5, 1) + 0.3 * self._sideways
        wave = np.sin(phase - 0.6) + 0.4 * np.sin(2 * phase + random.uniform(0, 6))
        canvas.add(where, tongue, random.uniform(5, 80) * wave * taper(since, what.duration, 1))

    def _one_electrode(self, random: np.random.Generator, chance_of_more: float = 0.1) -> NDArray[np.float64]:
        gains = np.zeros(len(self._electrodes))
        gains[random.integers(len(gains) - 2)] = 1
        while random.random() < chance_of_more:
            gains[random.integers(len(gains) - 2)] = random.uniform(0.3, 1)
        return gains

    def _pop(self, canvas: Canvas, where: slice, what: Happening, random: np.random.Generator) -> None:
        since = canvas.times[where] - what.onset
        wave = np.exp(-since / random.uniform(0.05, 0.5)) * (1 - np.exp(-since / 0.004))
        size = np.exp(random.uniform(np.log(50), np.log(600))) * random.choice([-1, 1])
        canvas.add(where, self._one_electrode(random), size * wave)

    def _bad_electrode(self, canvas: Canvas, where: slice, what: Happening, random: np.random.Generator) -> None:
        since = canvas.times[where] - what.onset
        gains, edge = self._one_electrode(random, 0.5), taper(since, what.duration, 2)
        rates, phases = np.exp(random.uniform(np.log(0.05), np.log(2.5), 6)), random.uniform(0, 6, 6)
        drift = np.sin(2 * np.pi * rates[:, None] * since + phases[:, None]) / np.sqrt(rates)[:, None]
        canvas.add(where, gains, random.uniform(10, 120) * edge * drift.sum(0) / 3)
        canvas.add_muscle(where, gains, edge * random.uniform(0, 25))
        mains = np.sin(2 * np.pi * self._artefacts.line_frequency * canvas.times[where])
        if self._artefacts.line_frequency < 0.49 * self._rate:
            canvas.add(where, gains, edge * mains * np.exp(random.uniform(0, 4)))

    def _loose(self, random: np.random.Generator) -> NDArray[np.float64]:
        """Return how a movement pulls at the electrodes: partly all together, some far more than others."""
        axis = unit(random.standard_normal(3))
        own = (
            0.4
            * random.standard_normal(len(self._electrodes))
            * np.exp(0.8 * random.standard_normal(len(self._electrodes)))
        )
        return np.asarray(self._electrodes @ axis + own)

    def _movement(self, canvas: Canvas, where: slice, what: Happening, random: np.random.Generator) -> None:
        since = canvas.times[where] - what.onset
        edge = taper(since, what.duration, random.uniform(0.2, 1))
        size = self._artefacts.movement_amplitude * np.exp(0.5 * random.standard_normal())
        for share in (1.0, 0.6, 0.4):
            pace, phase = np.exp(random.uniform(np.log(0.3), np.log(3.5))), random.uniform(0, 6)
            bend = random.uniform(0, 2) * np.sin(2 * np.pi * random.uniform(0.1, 0.6) * since)
            wave = np.sin(2 * np.pi * pace * since + phase + bend)
            canvas.add(where, self._loose(random), size * share * 0.6 * edge * wave)
        strength = self._artefacts.muscle_amplitude * random.uniform(0, 1.2)
        canvas.add_muscle(where, self._muscle_gains(random), strength * edge)

    def _rhythmic(self, canvas: Canvas, where: slice, what: Happening, random: np.random.Generator) -> None:
        """Patting, rocking, tremor, pulse, photic driving: rhythm without evolution."""
        since = canvas.times[where] - what.onset
        form = random.choice(["patting", "rocking", "tremor", "pulse", "photic"])
        low, high = {
            "patting": (1.5, 5),
            "rocking": (0.6, 2),
            "tremor": (3.5, 7),
            "pulse": (0.9, 2),
            "photic": (6, 20),
        }[form]
        phase = 2 * np.pi * random.uniform(low, high) * since
        phase += (0.0 if form == "photic" else 0.5) * np.sin(2 * np.pi * random.uniform(0.1, 0.4) * since)
        wave = np.sin(phase) + random.uniform(0, 0.7) * np.sin(2 * phase + random.uniform(0, 6))
        edge = taper(since, what.duration, 0.5 if form == "photic" else 1.0)
        if form == "photic":
            gains, size = field(self._electrodes, position("Oz"), 0.5), random.uniform(5, 35)
        elif form == "pulse":
            gains, size = self._one_electrode(random, 0.3), random.uniform(20, 120)
        else:
            # slow movement shakes the whole head, quick movement one side of it and less
            reach = 1.5 if form == "rocking" else 0.6
            place = unit(np.array([random.normal(), random.normal(-0.3, 0.7), random.normal(0, 0.3)]))
            gains = self._loose(random) * field(self._electrodes, place, reach)
            share = {"rocking": 0.6, "patting": 0.4, "tremor": 0.2}[str(form)]
            size = self._artefacts.movement_amplitude * share * random.uniform(0.3, 1)
        canvas.add(where, gains, size * edge * wave)
        if form == "tremor":
            strength = self._artefacts.muscle_amplitude * random.uniform(0.2, 1)
            canvas.add_muscle(where, self._muscle_gains(random), strength * edge * np.clip(np.sin(phase), 0, 1))


def _muscle_spectrum(frequencies: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the amplitude spectrum of scalp muscle: from 20 Hz, broad up to 80 Hz; unit rms below 128 Hz."""

    def shape(f: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.sqrt(f**4 / (f**4 + 24.0**4)) / (1 + (f / 80) ** 2))

    amplitude = shape(frequencies)
    amplitude[-1] = 0
    # at a lower rate the part above half the rate is not seen
    power = (shape(np.arange(0, 128, frequencies[1])) ** 2).sum()
    samples = 2 * (len(frequencies) - 1)
    return np.asarray(amplitude / np.sqrt(4 * power / samples**2), np.float32)
