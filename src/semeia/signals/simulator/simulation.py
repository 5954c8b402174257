"""Put together: a patient, a length and a montage become blocks of EEG and the exact truth about them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from semeia.errors import RecordingError
from semeia.events import Event, Events
from semeia.signals.simulator.artefacts import Artefactor, Canvas
from semeia.signals.simulator.brain import Brain, sleep_depth
from semeia.signals.simulator.head import derivations, mix, position
from semeia.signals.simulator.patient import SimulatedPatient
from semeia.signals.simulator.plan import Plan
from semeia.signals.simulator.seizure import Epilepsy, Seizure, draw_seizures

__all__ = ["Simulation", "simulate"]

_HOP_SECONDS = 10
_RATES = (64, 4096)


@dataclass(frozen=True, slots=True)
class Simulation:
    """A simulated recording: nothing is computed until its `blocks` are asked for.

    Attributes
    ----------
    patient : SimulatedPatient
    seed : int
        Of this recording of the patient.
    seconds : float
    rate : int
        Sampling rate in Hz.
    labels : tuple of str
        Channels, in the order of the blocks' rows.
    events : Events
        The true seizures; an event's channels are those that are involved first.
    """

    patient: SimulatedPatient
    seed: int
    seconds: float
    rate: int
    labels: tuple[str, ...]
    events: Events
    _electrodes: tuple[str, ...]
    _matrix: NDArray[np.float32]
    _seizures: tuple[Seizure, ...]

    @property
    def samples(self) -> int:
        """Samples of each channel."""
        return round(self.seconds * self.rate)

    def blocks(self, block_seconds: float = 10.0) -> Iterator[NDArray[np.float32]]:
        """Yield the recording in blocks; the samples do not depend on the blocks' length.

        Parameters
        ----------
        block_seconds : float
            Length of a block; the last may be shorter.

        Yields
        ------
        float32 (channels, samples)
            µV.
        """
        size = max(round(block_seconds * self.rate), 1)
        waiting: list[NDArray[np.float32]] = []
        held = 0
        for hop in self._hops():
            waiting.append(hop)
            held += hop.shape[1]
            if held < size:
                continue
            data = np.concatenate(waiting, axis=1) if len(waiting) > 1 else waiting[0]
            for first in range(0, held - size + 1, size):
                yield data[:, first : first + size]
            held %= size
            waiting = [data[:, data.shape[1] - held :]] if held else []
        if held:
            yield np.concatenate(waiting, axis=1)

    def array(self) -> NDArray[np.float32]:
        """Return the whole recording at once: float32 (channels, samples), µV."""
        return np.concatenate(list(self._hops()), axis=1)

    def _hops(self) -> Iterator[NDArray[np.float32]]:
        hop = _HOP_SECONDS * self.rate
        places = np.stack([position(name) for name in self._electrodes])
        brain = Brain(self.patient, self.seed, places, self.rate, hop)
        artefactor = Artefactor(self.patient, self.seed, places, self.rate, hop)
        epilepsy = Epilepsy(self.patient, self._seizures, places, self.rate)
        plan = Plan(self.patient, self.seed)
        for index in range(math.ceil(self.samples / hop)):
            times = (index * hop + np.arange(hop)) / self.rate
            sleep = sleep_depth(self.patient, self.seed, times)
            # the eyes of a sleeper are closed, but there is no alpha
            closed = plan.eyes_closed(times)
            level, slowing = epilepsy.levels(times)
            potentials = brain.hop(index, closed, sleep, level, slowing)
            canvas = Canvas(times, potentials, np.zeros_like(potentials))
            for what in plan.happenings(float(times[0]), float(times[-1])):
                if not artefactor.draw(canvas, what):
                    epilepsy.draw(canvas, what)
            epilepsy.draw_seizures(canvas)
            artefactor.finish(canvas, index)
            channels = mix(self._matrix, canvas.potentials)
            yield channels[:, : min(hop, self.samples - index * hop)]


def simulate(
    patient: SimulatedPatient,
    *,
    seconds: float,
    seizures: Sequence[float] | float | None = None,
    seed: int = 0,
    rate: int = 256,
    montage: str = "referential",
    electrodes: str | Sequence[str] = "1020",
) -> Simulation:
    """Simulate scalp EEG of a patient; deterministic, of any length, in bounded memory.

    Parameters
    ----------
    patient : SimulatedPatient
    seconds : float
        Length of the recording.
    seizures : sequence of float, float or None
        Onsets in seconds, or how many an hour (0 to 10, at random), or none.
    seed : int
        Of the recording: another seed is another recording of the same patient.
    rate : int
        Sampling rate in Hz, 64 to 4096.
    montage : {"referential", "chbmit", "longitudinal"}
        Referential voltages are against linked ears.
    electrodes : {"1020", "64", "headset"} or sequence of str
        What a referential recording has; bipolar montages choose their own.

    Returns
    -------
    Simulation

    Raises
    ------
    RecordingError
        If length, rate, seizures or electrodes cannot be simulated.
    MontageError
        If there is no such montage.

    Examples
    --------
    >>> patient = SimulatedPatient.from_seed(1)
    >>> simulation = simulate(patient, seconds=60, seizures=[20.0], seed=1, montage="chbmit")
    >>> simulation.array().shape
    (23, 15360)
    """
    if not (math.isfinite(seconds) and seconds > 0):
        raise RecordingError(f"a recording of {seconds} s cannot be simulated: it needs a positive length")
    if rate != int(rate) or not _RATES[0] <= rate <= _RATES[1]:
        raise RecordingError(f"a rate of {rate} Hz cannot be simulated: whole numbers from 64 to 4096 can")
    if seed < 0:
        raise RecordingError(f"seed {seed}: it must be 0 or more")
    labels, names, matrix = derivations(montage, electrodes)
    if round(seconds * rate) < 1:
        raise RecordingError(f"a recording of {seconds} s holds no sample at {rate} Hz")
    drawn = draw_seizures(patient, seed, seconds, seizures)
    places = np.stack([position(name) for name in names])
    seen = np.abs(matrix @ Epilepsy(patient, (), places, rate).focus_field)
    first = tuple(
        dict.fromkeys(labels[row] for row in np.argsort(-seen, kind="stable")[:4] if seen[row] > 0.6 * seen.max())
    )
    if patient.seizure.kind == "generalised":
        first = ()
    events = Events((Event(s.onset, s.duration, "seizure", first, source="simulator") for s in drawn), duration=seconds)
    return Simulation(patient, seed, seconds, int(rate), labels, events, names, matrix, drawn)
