"""The simulated patient: a signature of background, artefacts and seizures, drawn wide from a seed.

Ranges and their sources are listed in docs/simulator.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from semeia.signals.simulator.head import unit
from semeia.signals.simulator.noise import generator

__all__ = ["Artefacts", "Background", "SeizureKind", "SeizureSignature", "SimulatedPatient"]

SeizureKind = Literal["theta", "delta", "spike-wave", "low-voltage-fast", "generalised"]
_KINDS: tuple[SeizureKind, ...] = ("theta", "delta", "spike-wave", "low-voltage-fast", "generalised")
_KIND_SHARES = (0.34, 0.22, 0.16, 0.18, 0.10)
_PATIENT_STREAM = 1


@dataclass(frozen=True, slots=True)
class Background:
    """How a patient's brain sounds between the seizures; amplitudes are µV (root mean square).

    `slope` and `knee` (Hz) shape the 1/f spectrum; `width` (radians) is how far a source is seen;
    `alpha_reactivity` is the ratio of alpha amplitude with eyes closed to eyes open; `sleep_share` the part
    of the time that the patient dozes; `noise` is the amplifier's; `reference` (0..1) how active the
    reference is, which all referential channels then share.
    """

    amplitude: float
    slope: float
    knee: float
    width: float
    alpha_frequency: float
    alpha_amplitude: float
    alpha_reactivity: float
    mu_amplitude: float
    beta_amplitude: float
    theta_amplitude: float
    spindle_amplitude: float
    sleep_share: float
    eyes_closed_share: float
    noise: float
    reference: float


@dataclass(frozen=True, slots=True)
class Artefacts:
    """How a patient disturbs the recording: rates per hour (blinks per minute), amplitudes in µV."""

    blinks_per_minute: float
    blink_amplitude: float
    eye_movements: float
    muscle_bursts: float
    muscle_amplitude: float
    muscle_tone: float
    chewing: float
    pops: float
    bad_electrodes: float
    movements: float
    movement_amplitude: float
    rhythmic: float
    heart_rate: float
    heart_amplitude: float
    line_frequency: float
    line_amplitude: float


@dataclass(frozen=True, slots=True)
class SeizureSignature:
    """How a patient's seizures look.

    `focus` is a place on the unit sphere; the frequency (Hz) falls from `onset_frequency` to `end_frequency`;
    `strength` is the largest ictal amplitude in units of the background's; it grows with the time constant
    `growth` (s) and spreads at `spread_speed` (mm/s); `falloff` (radians) is how far it reaches; `duration`
    (s) is the median; `sharpness` 0..1 is the weight of the harmonics; `irregularity` 0..1.4 that of noise;
    `muscle` is the chance that a seizure brings muscle activity; `postictal` 0..1 how much the background is
    attenuated afterwards; `discharges` (per hour) are interictal spikes, `runs` (per hour) brief rhythms.
    """

    kind: SeizureKind
    focus: tuple[float, float, float]
    onset_frequency: float
    end_frequency: float
    strength: float
    growth: float
    spread_speed: float
    falloff: float
    duration: float
    sharpness: float
    irregularity: float
    muscle: float
    postictal: float
    discharges: float
    runs: float


@dataclass(frozen=True, slots=True)
class SimulatedPatient:
    """A patient's signature; the same seed always gives the same patient.

    Examples
    --------
    >>> SimulatedPatient.from_seed(7) == SimulatedPatient.from_seed(7)
    True
    """

    seed: int
    background: Background
    artefacts: Artefacts
    seizure: SeizureSignature

    @classmethod
    def from_seed(cls, seed: int) -> Self:
        """Draw a patient from a seed (an integer >= 0)."""
        random = generator(seed, _PATIENT_STREAM)
        background = _draw_background(random)
        return cls(seed, background, _draw_artefacts(random, background), _draw_seizures(random))


def _log_uniform(random: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(random.uniform(np.log(low), np.log(high))))


def _log_normal(random: np.random.Generator, median: float, spread: float, low: float, high: float) -> float:
    return float(np.clip(median * np.exp(spread * random.standard_normal()), low, high))


def _draw_background(random: np.random.Generator) -> Background:
    amplitude = _log_normal(random, 38, 0.5, 12, 100)
    relative = amplitude / 38
    return Background(
        amplitude=amplitude,
        slope=float(np.clip(random.normal(1.9, 0.4), 1.1, 3.0)),
        knee=random.uniform(0.5, 3.0),
        width=random.uniform(0.55, 0.95),
        alpha_frequency=float(np.clip(random.normal(9.6, 1.1), 6.5, 12.0)),
        alpha_amplitude=_log_uniform(random, 4, 34) * relative**0.5,
        alpha_reactivity=_log_uniform(random, 1.3, 5.0),
        mu_amplitude=_log_uniform(random, 0.5, 6) * relative**0.5,
        beta_amplitude=_log_uniform(random, 0.6, 5) * relative**0.5,
        theta_amplitude=_log_uniform(random, 1, 14) * relative,
        spindle_amplitude=_log_uniform(random, 6, 30),
        sleep_share=random.uniform(0, 0.6),
        eyes_closed_share=random.uniform(0.15, 0.7),
        noise=_log_uniform(random, 0.2, 1.5),
        reference=random.uniform(0.2, 0.75),
    )


def _draw_artefacts(random: np.random.Generator, background: Background) -> Artefacts:
    restless = _log_uniform(random, 0.3, 6)
    return Artefacts(
        blinks_per_minute=_log_uniform(random, 3, 28),
        blink_amplitude=_log_uniform(random, 80, 300),
        eye_movements=_log_uniform(random, 20, 300),
        muscle_bursts=20 * restless * _log_uniform(random, 0.5, 2),
        muscle_amplitude=_log_uniform(random, 9, 90),
        muscle_tone=_log_uniform(random, 0.4, 4),
        chewing=3.2 * restless * _log_uniform(random, 0.3, 3),
        pops=_log_uniform(random, 1, 40),
        bad_electrodes=_log_uniform(random, 0.2, 8),
        movements=9 * restless,
        movement_amplitude=_log_uniform(random, 80, 1200),
        rhythmic=_log_uniform(random, 1, 6),
        heart_rate=random.uniform(55, 120),
        heart_amplitude=_log_uniform(random, 0.3, 15),
        line_frequency=float(random.choice([50.0, 60.0])),
        line_amplitude=_log_uniform(random, 0.05, 6),
    )


_FREQUENCIES: dict[SeizureKind, tuple[tuple[float, float], tuple[float, float]]] = {
    "theta": ((4.5, 9.0), (1.8, 4.0)),
    "delta": ((2.2, 4.0), (1.0, 2.2)),
    "spike-wave": ((2.6, 4.2), (1.8, 3.0)),
    "low-voltage-fast": ((12.0, 24.0), (2.0, 5.0)),
    "generalised": ((2.8, 4.0), (2.2, 3.0)),
}


def _draw_seizures(random: np.random.Generator) -> SeizureSignature:
    kind = _KINDS[int(random.choice(len(_KINDS), p=_KIND_SHARES))]
    onset, end = _FREQUENCIES[kind]
    if kind == "generalised":
        focus = unit(np.array([random.normal(0, 0.1), 0.75, 0.6]))
        spread_speed = 3000.0
    else:
        # mostly temporal and frontal, as most focal epilepsies are
        azimuth = np.deg2rad(random.normal(80, 45)) * random.choice([-1.0, 1.0])
        height = random.uniform(0.1, 0.75)
        across = np.sqrt(1 - height**2)
        focus = np.array([across * np.sin(azimuth), across * np.cos(azimuth), height])
        spread_speed = _log_uniform(random, 6, 80)
    return SeizureSignature(
        kind=kind,
        focus=(float(focus[0]), float(focus[1]), float(focus[2])),
        onset_frequency=random.uniform(*onset),
        end_frequency=random.uniform(*end),
        strength=_log_uniform(random, 0.85, 3.2),
        growth=_log_uniform(random, 2, 12),
        spread_speed=spread_speed,
        falloff=random.uniform(0.9, 2.6) if kind != "generalised" else 4.0,
        duration=_log_uniform(random, 25, 70),
        sharpness=random.uniform(0.1, 1.0),
        irregularity=random.uniform(0.1, 1.4),
        muscle=random.uniform(0.2, 1.0),
        postictal=random.uniform(0, 0.7),
        discharges=_log_uniform(random, 1, 300) if random.random() < 0.7 else 0.0,
        runs=_log_uniform(random, 0.5, 12) if random.random() < 0.7 else 0.0,
    )
