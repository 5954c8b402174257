"""The brain between seizures: 1/f background, alpha that eye closure changes, mu, beta, theta, and sleep."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from semeia.signals.simulator.head import even_sites, field, mix, position, unit
from semeia.signals.simulator.noise import NoiseBank, generator, one_over_f, spectral_bump
from semeia.signals.simulator.patient import Background, SimulatedPatient

__all__ = ["Brain", "sleep_depth"]

_BACKGROUND_SOURCES = 26
_BACKGROUND_STREAM, _RHYTHM_STREAM, _PLACES_STREAM, _SLEEP_STREAM = 10, 11, 12, 13
# name, place, share of the patient's amplitude; alpha is strongest over the back of the head
_RHYTHMS = (
    ("alpha", "PO7", 0.8),
    ("alpha", "PO8", 0.8),
    ("alpha", "Oz", 0.7),
    ("mu", "C3", 1.0),
    ("mu", "C4", 1.0),
    ("beta", "F3", 1.0),
    ("beta", "F4", 1.0),
    ("theta", "Fz", 0.7),
    ("theta", "T7", 0.6),
    ("theta", "T8", 0.6),
    ("delta", "F3", 0.8),
    ("delta", "F4", 0.8),
    ("delta", "P3", 0.6),
    ("delta", "P4", 0.6),
)


def sleep_depth(patient: SimulatedPatient, seed: int, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how deeply the patient dozes at `times` (s): 0 awake .. 1 asleep, in waves of 10 to 100 min."""
    random = generator(patient.seed, _SLEEP_STREAM, seed)
    periods, phases = random.uniform(600, 6000, 3), random.uniform(0, 2 * np.pi, 3)
    wave = sum(np.sin(2 * np.pi * times / period + phase) for period, phase in zip(periods, phases, strict=True))
    # the sum of three sines has the standard deviation sqrt(1.5); logistic quantiles are near enough to it
    share = np.clip(patient.background.sleep_share, 0.01, 0.99)
    threshold = -np.sqrt(1.5) * np.log(share / (1 - share)) / 1.7
    return np.asarray(1 / (1 + np.exp(-5 * (wave - threshold))))


class Brain:
    """Makes the ongoing activity at the electrodes, hop by hop.

    Parameters
    ----------
    patient : SimulatedPatient
    seed : int
        Of the recording.
    electrodes : float (electrodes, 3)
        Places on the unit sphere; the last two are the references.
    rate, hop : int
        Sampling rate in Hz, samples of a hop.
    """

    def __init__(
        self, patient: SimulatedPatient, seed: int, electrodes: NDArray[np.float64], rate: int, hop: int
    ) -> None:
        self._background = patient.background
        frequencies = np.arange(hop + 1) * rate / (2 * hop)
        random = generator(patient.seed, _PLACES_STREAM)
        self._fields, spectra = _background_sources(random, patient.background, electrodes, frequencies)
        self._noise = NoiseBank(seed, _BACKGROUND_STREAM, spectra, hop, waxing=0.2)
        self._rhythm_fields = _rhythm_fields(random, patient.background, electrodes)
        self._rhythms = NoiseBank(
            seed, _RHYTHM_STREAM, _rhythm_spectra(patient.background, frequencies), hop, waxing=0.35
        )

    def hop(
        self,
        index: int,
        closed: NDArray[np.float64],
        sleep: NDArray[np.float64],
        level: NDArray[np.float32],
        slowing: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """Return the potentials of hop `index`: float32 (electrodes, samples), µV.

        Parameters
        ----------
        closed, sleep : float (samples,)
            How far the eyes are closed and how deep the sleep is, 0..1.
        level, slowing : float32 (samples,)
            Gain of the background (1 = usual) and extra delta (postictal), from seizures.
        """
        ongoing = self._noise.hop(index) * (level * (1 + 0.4 * sleep)).astype(np.float32)
        potentials = mix(self._fields, ongoing)
        awake = 1 - sleep
        envelopes = {
            "alpha": level * (closed + (1 - closed) / self._background.alpha_reactivity) * (0.1 + 0.9 * awake),
            "mu": level * (0.2 + 0.8 * awake),
            "beta": level * (0.5 + 0.5 * awake),
            "theta": level * (0.35 + 0.65 * sleep),
            "delta": level * sleep**2 + slowing,
        }
        rhythms = self._rhythms.hop(index)
        for row, (name, _, _) in enumerate(_RHYTHMS):
            rhythms[row] *= envelopes[name].astype(np.float32)
        potentials += mix(self._rhythm_fields, rhythms)
        return potentials


def _background_sources(
    random: np.random.Generator,
    background: Background,
    electrodes: NDArray[np.float64],
    frequencies: NDArray[np.float64],
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return fields (electrodes, sources), so that electrodes have the patient's amplitude, and spectra."""
    places = even_sites(_BACKGROUND_SOURCES, -0.5)
    places = unit(places + 0.15 * random.standard_normal(places.shape))
    fields, spectra = [], []
    for number, place in enumerate(places):
        # every other source is deep: seen widely, and slower
        wide = number % 2
        width = background.width * (1.5 if wide else 0.75)
        tilt, heading = random.uniform(-0.9, 0.9), random.uniform(0, 2 * np.pi)
        fields.append(random.uniform(0.7, 1.3) * field(electrodes, place, width, tilt, heading))
        slope = background.slope + (0.15 if wide else -0.15) + 0.1 * random.standard_normal()
        spectra.append(one_over_f(frequencies, slope, background.knee))
    mixed = np.stack(fields, axis=1)
    ears = np.zeros((len(electrodes), 1))
    ears[-2:] = background.reference * np.sqrt((mixed**2).sum(axis=1).mean())
    spectra.append(one_over_f(frequencies, background.slope, background.knee))
    return _scaled(np.concatenate([mixed, ears], axis=1), background.amplitude), np.stack(spectra)


def _scaled(fields: NDArray[np.float64], amplitude: float) -> NDArray[np.float32]:
    """Scale so that independent unit sources give scalp electrodes `amplitude` (rms, referential)."""
    seen = fields[:-2] - fields[-2:].mean(axis=0)
    typical = np.sqrt((seen**2).sum(axis=1)).mean()
    return np.asarray(fields * (amplitude / typical), np.float32)


def _rhythm_fields(
    random: np.random.Generator, background: Background, electrodes: NDArray[np.float64]
) -> NDArray[np.float32]:
    amplitude = {
        "alpha": background.alpha_amplitude,
        "mu": background.mu_amplitude,
        "beta": background.beta_amplitude,
        "theta": background.theta_amplitude,
        "delta": 1.3 * background.amplitude,
    }
    fields = []
    for name, place, share in _RHYTHMS:
        width = random.uniform(0.45, 0.7) if name != "delta" else random.uniform(0.7, 1.1)
        site = unit(position(place) + 0.12 * random.standard_normal(3))
        gains = field(electrodes, site, width, random.uniform(-0.4, 0.4), random.uniform(0, 2 * np.pi))
        uneven = random.uniform(0.75, 1.25)
        fields.append(uneven * share * amplitude[name] * gains / np.abs(gains).max())
    return np.stack(fields, axis=1).astype(np.float32)


def _rhythm_spectra(background: Background, frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
    alpha = background.alpha_frequency
    shapes = {
        "alpha": spectral_bump(frequencies, alpha, 0.6) + 0.12 * spectral_bump(frequencies, 2 * alpha, 1.2),
        "mu": spectral_bump(frequencies, alpha + 0.8, 0.8) + 0.25 * spectral_bump(frequencies, 2 * alpha + 1.6, 1.5),
        "beta": spectral_bump(frequencies, 20, 4),
        "theta": spectral_bump(frequencies, 0.6 * alpha, 0.8),
        "delta": spectral_bump(frequencies, 1.6, 0.7),
    }
    return np.stack([shapes[name] for name, _, _ in _RHYTHMS])
