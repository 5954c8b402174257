"""Simulated stereo-EEG: interictal spikes, spike-and-waves and fast oscillations with truth per channel, and drift.

Forms follow the usual descriptions: a spike lasts under 70 ms and a slow wave may follow; spike-and-waves repeat at 2.5
to 4 Hz (Kane et al. 2017, IFCN glossary, Clin Neurophysiol Pract 2:170); a fast oscillation has at least four cycles
between 80 and 250 Hz (Frauscher et al. 2017, High-frequency oscillations, Epilepsia 58:1316).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from semeia.errors import RecordingError
from semeia.events import Event
from semeia.home import make_folder
from semeia.signals.simulator.intracranial import IntracranialPatient, IntracranialSignal
from semeia.signals.simulator.intracranial_seizure import IntracranialSeizures
from semeia.signals.simulator.noise import generator
from semeia.signals.simulator.waves import Wave, Waves, sharp_wave

__all__ = ["PATTERNS", "Drift", "PatternSignature", "patterns_of", "seeg_layout", "write_seeg"]

PATTERNS = ("spike", "spike-wave", "fast-oscillation")
"""Labels of the events."""

_SIGNATURE, _DRIFT, _PLAN = 60, 61, 62
_CONTACTS = 5  # of an electrode
_SITES = 3
_SEEN = 0.4  # share of the largest amplitude from which a contact is said to show a pattern; less is not drawn
_SHORTEST, _LONGEST = 6.0, 100.0  # hours, periods of the drift
_STARTED_AT = datetime(2001, 3, 1, 8)  # not 1 January, which stands for a date that was taken out
_RATES = (600, 32768)  # Hz; below, 250 Hz cannot be seen


@dataclass(frozen=True, slots=True)
class PatternSignature:
    """A patient's patterns: where they arise and what they look like, at the beginning.

    `sites` are channels; `per_hour` is of each of `PATTERNS`; `width` and `slow_width` (s) and `slow` shape the spike
    (`semeia.signals.simulator.waves.sharp_wave`); `pace` (Hz) is that of spike-and-waves, `fast` (Hz) that of fast
    oscillations; `size` is the typical spike in units of a channel's background, `fast_size` the typical oscillation
    in units of its activity between 80 and 250 Hz; `with_fast` is the share of spikes that one rides on.
    """

    sites: tuple[int, ...]
    polarity: tuple[float, ...]
    per_hour: tuple[float, float, float]
    width: float
    slow: float
    slow_width: float
    pace: float
    fast: float
    size: float
    fast_size: float
    with_fast: float

    @classmethod
    def of(cls, patient: IntracranialPatient) -> PatternSignature:
        """Return the signature of a patient."""
        random = generator(patient.seed, _SIGNATURE)
        return cls(
            sites=tuple(int(site) for site in random.choice(patient.channels, _SITES, replace=False)),
            polarity=tuple(float(sign) for sign in random.choice([-1.0, 1.0], _SITES)),
            per_hour=(random.uniform(60, 400), random.uniform(20, 120), random.uniform(60, 400)),
            width=random.uniform(0.008, 0.015),
            slow=random.uniform(0.2, 0.6),
            slow_width=random.uniform(0.05, 0.08),
            pace=random.uniform(2.5, 4.0),
            fast=random.uniform(95, 210),
            size=random.uniform(5.0, 9.0),
            fast_size=random.uniform(6, 10),
            with_fast=random.uniform(0.05, 0.35),
        )


class Drift:
    """How a patient changes over hours and days: traits that wander smoothly around 0, from 0 at the beginning.

    Parameters
    ----------
    patient : IntracranialPatient
    strength : float
        Standard deviation of each trait over many days; 0 for a patient who stays the same.
    """

    TRAITS = ("size", "form", "fast", "site", *PATTERNS)
    """Logarithms of amplitude, of widths, of the fast oscillations' frequency; which site leads; rates."""

    def __init__(self, patient: IntracranialPatient, strength: float) -> None:
        random = generator(patient.seed, _DRIFT)
        shape = (len(self.TRAITS), 3)
        self._turns = 1 / np.exp(random.uniform(np.log(_SHORTEST), np.log(_LONGEST), shape))
        self._phases = random.uniform(0, 1, shape)
        self._strength = strength

    def at(self, hours: float) -> dict[str, float]:
        """Return the traits at hours from the patient's first file's start."""
        moved = np.sin(2 * np.pi * (hours * self._turns + self._phases)) - np.sin(2 * np.pi * self._phases)
        values = self._strength * moved.sum(axis=1) / np.sqrt(3)  # two sines: each difference has the variance 1
        return dict(zip(self.TRAITS, values.tolist(), strict=True))


def patterns_of(
    signal: IntracranialSignal, labels: tuple[str, ...], *, number: int, started: float, seconds: float, drift: Drift
) -> tuple[list[Wave], list[Event]]:
    """Return the patterns of a file: how they look, and the truth.

    Parameters
    ----------
    signal : IntracranialSignal
        What they are drawn into.
    labels : tuple of str
        Of the channels.
    number : int
        Of the file: another one, other patterns.
    started : float
        Hours from the first file's start to this one's.
    seconds : float
        Length of the file; no pattern reaches beyond it.
    drift : Drift
    """
    patient = signal.patient
    random, signature = generator(patient.seed, _PLAN, number), PatternSignature.of(patient)
    amplitude, ripples = signal.activity(0.5, 70), signal.activity(80, 250)
    waves: list[Wave] = []
    events: list[Event] = []

    def add(label: str, onset: float, duration: float, gains: NDArray[np.float32], shape: _Shape) -> None:
        if onset + duration < seconds:
            waves.append(Wave(onset, duration, gains, shape))
            seen = tuple(labels[channel] for channel in np.flatnonzero(gains))
            events.append(Event(onset, duration, label, seen, source="simulator"))

    for kind, per_hour in zip(PATTERNS, signature.per_hour, strict=True):
        # Drawn at the highest rate that the drift may reach, and thinned.
        most = per_hour * 3
        for time in np.sort(random.uniform(0, seconds, random.poisson(most * seconds / 3600))):
            traits, onset = drift.at(started + time / 3600), round(float(time), 4)
            kept = random.random() < min(per_hour * np.exp(traits[kind]) / most, 1)
            site = _site(random, traits["site"])
            spread = _spread(random, patient, signature.sites[site])
            size = signature.polarity[site] * np.exp(traits["size"] + 0.25 * random.standard_normal())
            gains = (size * signature.size * amplitude * spread).astype(np.float32)
            form, duration = _form(random, kind, signature, traits)
            ripple, ripple_duration = _form(random, "fast-oscillation", signature, traits)
            fast_gains = (abs(size) * signature.fast_size * ripples * np.where(spread > 0.6, spread, 0)).astype(
                np.float32
            )
            rides = random.random() < signature.with_fast
            if kept:
                add(kind, onset, duration, fast_gains if kind == "fast-oscillation" else gains, form)
                if kind == "spike" and rides:
                    add("fast-oscillation", onset, ripple_duration, fast_gains, ripple)
    return waves, events


_Shape = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def _site(random: np.random.Generator, turn: float) -> int:
    """Return which site a pattern arises at: the first leads, until the drift makes others do so."""
    weights = np.exp(np.array([1.0, 0.0, -0.7]) + turn * np.array([-1.0, 1.0, 0.5]))
    return int(random.choice(_SITES, p=weights / weights.sum()))


def _spread(random: np.random.Generator, patient: IntracranialPatient, site: int) -> NDArray[np.float64]:
    """Return the share of the amplitude that each channel sees: the contacts beside the site, on its electrode."""
    place = np.arange(patient.channels)
    share = np.exp(-np.abs(place - site) / random.uniform(0.5, 2.2)) * (place // _CONTACTS == site // _CONTACTS)
    return np.where(share >= _SEEN, share, 0.0)


def _form(
    random: np.random.Generator, kind: str, signature: PatternSignature, traits: dict[str, float]
) -> tuple[_Shape, float]:
    """Return a pattern's shape, of unit size, and its duration in seconds."""
    stretch = np.exp(0.5 * traits["form"] + 0.1 * random.standard_normal())
    width, slow_width = signature.width * stretch, signature.slow_width * stretch
    if kind == "spike":
        return _spike(width, signature.slow, slow_width), round(float(3 * width + 4.5 * slow_width), 4)
    if kind == "spike-wave":
        period = float(stretch / signature.pace)
        duration = period * random.integers(3, 9)
        return _spike_waves(width, min(2 * signature.slow, 1.0), period, duration), round(duration, 4)
    fast = float(np.clip(signature.fast * np.exp(0.4 * traits["fast"] + 0.12 * random.standard_normal()), 82, 248))
    duration = round(random.integers(6, 16) / fast, 4)
    return _oscillation(fast, duration, random.uniform(0, 2 * np.pi)), duration


def _spike(width: float, slow: float, slow_width: float) -> _Shape:
    return lambda since: sharp_wave(since, width, slow, slow_width)


def _spike_waves(width: float, slow: float, period: float, duration: float) -> _Shape:
    def shape(since: NDArray[np.float64]) -> NDArray[np.float64]:
        wave = sharp_wave(since % period, width, slow, period / 6)
        return np.asarray(wave * np.clip(np.minimum(since, duration - since) / 0.05, 0, 1))

    return shape


def _oscillation(frequency: float, duration: float, phase: float) -> _Shape:
    return lambda since: np.sin(2 * np.pi * frequency * since + phase) * np.sin(np.pi * since / duration) ** 2


def seeg_layout(
    folder: str | Path,
    *,
    patients: int = 2,
    hours: float = 2,
    seed: int = 1,
    channels: int = 20,
    rate: int = 2000,
    file_seconds: float = 3600.0,
    drift: float = 0.3,
    seizures: float = 0.0,
) -> Iterator[tuple[Path, float]]:
    """Write ``seeg01/seeg01_01.edf`` and so on: EDF+ with an annotation ``label@@channel`` for each pattern's channels.

    Parameters
    ----------
    folder : str or Path
    patients : int
        Patient k has the signature of seed ``seed + k - 1``.
    hours : float
        Of each patient, cut into files that follow on each other.
    seed : int
    channels : int
        Contacts, five of an electrode: A1 to A5, B1 and so on.
    rate : int
        Hz, 600 to 32768.
    file_seconds : float
        Length of a file, to a second; the last may be shorter.
    drift : float
        How much amplitude, form, place and rates of the patterns change over days; 0 for not at all (`Drift`).
    seizures : float
        An hour; an annotation ``seizure@@channel`` for each channel, from when it takes part.

    Yields
    ------
    (Path, float)
        Each file that was written, and the share of the work that is done.
    """
    if not _RATES[0] <= rate <= _RATES[1] or rate != int(rate):
        raise RecordingError(f"a rate of {rate:g} Hz: stereo-EEG is simulated at whole numbers from 600 to 32768")
    if not (0 < hours <= 10_000 and 1 <= file_seconds <= 86400 and patients >= 1):
        raise RecordingError(f"{patients} patients of {hours:g} h in files of {file_seconds:g} s cannot be simulated")
    if not 5 <= channels <= 26 * _CONTACTS:
        raise RecordingError(f"{channels} channels: 5 to {26 * _CONTACTS} can be simulated")
    if not 0 <= drift <= 2:
        raise RecordingError(f"a drift of {drift:g} cannot be simulated: 0 to 2 can")
    root, total, length = make_folder(folder), max(round(hours * 3600), 1), round(file_seconds)
    starts = range(0, total, length)
    for person in range(1, patients + 1):
        name = f"seeg{person:02d}"
        for number, started in enumerate(starts, 1):
            seconds = min(length, total - started)
            path = make_folder(root / name) / f"{name}_{number:02d}.edf"
            write_seeg(
                path,
                seed + person - 1,
                number=number,
                started=started,
                seconds=seconds,
                channels=channels,
                rate=rate,
                drift=drift,
                seizures=seizures,
            )
            yield path, ((person - 1) * total + started + seconds) / (patients * total)


def write_seeg(
    path: Path,
    seed: int,
    *,
    number: int,
    started: int,
    seconds: int,
    channels: int,
    rate: int,
    drift: float,
    seizures: float = 0.0,
) -> None:
    """Write one file of a patient; parameters as of `seeg_layout`.

    Parameters
    ----------
    path : Path
        Its folder's name is the patient's.
    seed : int
        Of the patient.
    number : int
        Of the file: another one, other noise, patterns and seizures.
    started, seconds : int
        From the patient's beginning to the file's, and the file's length.
    channels, rate, drift, seizures
    """
    # its own discharges would be spikes that the truth does not know
    patient = replace(IntracranialPatient.from_seed(seed, channels, _CONTACTS), discharges=0.0)
    labels = tuple(f"{chr(65 + place // _CONTACTS)}{place % _CONTACTS + 1}" for place in range(channels))
    signal = IntracranialSignal(patient, hour=(3,), place=number, started=float(started), rate=rate)
    ictal = IntracranialSeizures(signal, strip=_CONTACTS, number=number, seconds=seconds, per_hour=seizures)
    wandering = Drift(patient, drift)
    waves, events = patterns_of(signal, labels, number=number, started=started / 3600, seconds=seconds, drift=wandering)
    events += ictal.events(labels)
    _write(path, labels, signal, waves, events, ictal=ictal, seconds=seconds, started=started)


def _write(
    path: Path,
    labels: tuple[str, ...],
    signal: IntracranialSignal,
    waves: list[Wave],
    events: list[Event],
    *,
    ictal: IntracranialSeizures,
    seconds: int,
    started: int,
) -> None:
    from semeia.signals.edf_writer import EdfWriter

    drawn, rate = Waves(waves, signal.rate), int(signal.rate)
    with EdfWriter(
        path,
        labels=labels,
        rate=rate,
        subject=path.parent.name,
        started_at=_STARTED_AT + timedelta(seconds=started),
        transducer="simulated",
    ) as writer:
        writer.annotate(events)
        for block in signal.blocks(seconds * rate):
            ictal.draw(block, writer.samples)
            drawn.draw(block, writer.samples)
            writer.write(block)
