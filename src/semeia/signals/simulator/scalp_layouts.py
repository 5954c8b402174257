"""Simulated scalp EEG in the layouts of CHB-MIT and Siena: recordings that follow on each other, seizures in a list.

Source of the layouts: https://physionet.org/content/chbmit/1.0.0/, https://physionet.org/content/siena-scalp-eeg/1.0.0/.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from semeia.errors import RecordingError
from semeia.home import make_folder, replacing
from semeia.signals.simulator.noise import generator
from semeia.signals.simulator.patient import SimulatedPatient
from semeia.signals.simulator.simulation import Simulation, simulate

__all__ = ["chbmit_layout", "siena_layout"]

_CLOCK_STREAM = 70
_DAY = 86400
_SPACE = 400  # seconds of a file that a seizure needs for itself
_APART = 270.0  # seconds between two onsets, at least
_CHBMIT_DAY = datetime(2001, 3, 1)  # not 1 January, which stands for a date that was taken out
_SIENA_DAY = datetime(2016, 1, 1)  # theirs were taken out


@dataclass(frozen=True, slots=True)
class _Set:
    """What both sets are made of; parameters as of `chbmit_layout`."""

    patients: int
    hours: float
    seed: int
    seizures: float
    file_seconds: float
    montage: str
    rate: int


@dataclass(frozen=True, slots=True)
class _File:
    """One file to write: its patient from 0, its number from 1, seconds after the first midnight, whole seconds."""

    person: int
    number: int
    started: int
    seconds: int
    simulation: Simulation

    @property
    def seizures(self) -> list[tuple[int, int]]:
        """Onsets and ends in whole seconds, as the lists have them, none beyond the file."""
        return [
            (round(event.onset), min(max(round(event.stop), round(event.onset) + 1), self.seconds))
            for event in self.simulation.events
        ]


def chbmit_layout(
    folder: str | Path,
    *,
    patients: int = 3,
    hours: float = 4,
    seed: int = 1,
    seizures: float = 0.5,
    file_seconds: float = 3600.0,
) -> Iterator[tuple[Path, float]]:
    """Write a set in the layout of CHB-MIT: ``chb01/chb01_01.edf`` (23 channels, 256 Hz), ``chb01/chb01-summary.txt``.

    Clock times go on from file to file, with gaps, and past 24:00 as in the original.

    Parameters
    ----------
    folder : str or Path
    patients : int
        Up to 20; patient k has the signature of seed ``seed + k - 1``.
    hours : float
        Recorded of each patient.
    seed : int
    seizures : float
        Per hour, 0 to 10; each patient has one at least, unless it is 0.
    file_seconds : float
        Length of a file, to a second; the last may be shorter.

    Yields
    ------
    (Path, float)
        Each recording that was written, and the share of the work that is done.
    """
    if patients > 20:  # the importer takes chb21 for chb01, as it is
        raise RecordingError(f"{patients} patients: the layout of CHB-MIT has up to 20")
    root, summaries = make_folder(folder), dict[int, list[str]]()
    for file, share in _files(_Set(patients, hours, seed, seizures, file_seconds, "chbmit", 256)):
        name = f"chb{file.person + 1:02d}"
        path = make_folder(root / name) / f"{name}_{file.number:02d}.edf"
        _write_recording(path, file, file.simulation.labels, _CHBMIT_DAY)
        summary = summaries.setdefault(file.person, _summary_head(file.simulation.labels))
        summary += ["", f"File Name: {path.name}"]
        summary += [f"File Start Time: {_clock(file.started)}", f"File End Time: {_clock(file.started + file.seconds)}"]
        summary += [f"Number of Seizures in File: {len(file.seizures)}"]
        for number, (onset, stop) in enumerate(file.seizures, 1):
            summary += [f"Seizure {number} Start Time: {onset} seconds", f"Seizure {number} End Time: {stop} seconds"]
        _write_lines(path.with_name(f"{name}-summary.txt"), summary)
        yield path, share


def siena_layout(
    folder: str | Path,
    *,
    patients: int = 3,
    hours: float = 4,
    seed: int = 1,
    seizures: float = 0.5,
    file_seconds: float = 3600.0,
) -> Iterator[tuple[Path, float]]:
    """Write a set in the layout of Siena: ``PN00/PN00-1.edf`` (512 Hz, referential), ``PN00/Seizures-list-PN00.txt``.

    Parameters
    ----------
    folder, patients, hours, seed, seizures, file_seconds
        As of `chbmit_layout`; a list names the files with seizures, in clock times, so each patient needs one: 0 cannot
        be written. Up to 100 patients.

    Yields
    ------
    (Path, float)
        Each recording that was written, and the share of the work that is done.
    """
    if patients > 100:
        raise RecordingError(f"{patients} patients: the layout of Siena has up to 100")
    if seizures <= 0:
        raise RecordingError("a list of seizures in the layout of Siena needs at least one: more than 0 per hour")
    root, lists = make_folder(folder), dict[int, list[str]]()
    for file, share in _files(_Set(patients, hours, seed, seizures, file_seconds, "referential", 512)):
        name = f"PN{file.person:02d}"
        path = make_folder(root / name) / f"{name}-{file.number}.edf"
        _write_recording(path, file, [f"EEG {label}" for label in file.simulation.labels], _SIENA_DAY)
        said = lists.setdefault(file.person, [])
        for onset, stop in file.seizures:
            said += ["", f"File name: {path.name}", f"Registration start time: {_dotted(file.started)}"]
            said += [f"Registration end time: {_dotted(file.started + file.seconds)}"]
            said += [f"Seizure start time: {_dotted(file.started + onset)}"]
            said += [f"Seizure end time: {_dotted(file.started + stop)}"]
        if said:
            _write_lines(path.with_name(f"Seizures-list-{name}.txt"), [f"Patient: {name}", *said])
        yield path, share


def _files(chosen: _Set) -> Iterator[tuple[_File, float]]:
    """Yield the files to write, and the share of the work that is done when each is."""
    parts = _parts(chosen)
    for person in range(chosen.patients):
        seed = chosen.seed + person
        patient, random = SimulatedPatient.from_seed(seed), generator(seed, _CLOCK_STREAM)
        given = _given(random, chosen.seizures, parts)
        started = int(random.integers(6 * 3600, 23 * 3600))
        for number, (seconds, count) in enumerate(zip(parts, given, strict=True), 1):
            simulation = simulate(
                patient,
                seconds=seconds,
                seizures=_onsets(random, count, seconds),
                seed=number,
                rate=chosen.rate,
                montage=chosen.montage,
            )
            share = (person * sum(parts) + sum(parts[:number])) / (chosen.patients * sum(parts))
            yield _File(person, number, started, seconds, simulation), share
            started += seconds + int(random.integers(2, 30) if random.random() < 0.8 else random.integers(600, 7200))


def _parts(chosen: _Set) -> list[int]:
    """Return the lengths of a patient's files in seconds; what is left for the last is no file if under a minute."""
    hours, file_seconds, patients = chosen.hours, chosen.file_seconds, chosen.patients
    if not (1 / 60 <= hours <= 10_000 and 60 <= file_seconds <= _DAY and patients >= 1):
        raise RecordingError(
            f"{patients} patients of {hours:g} h in files of {file_seconds:g} s cannot be simulated: "
            "files of 60 to 86400 s can"
        )
    total, length = round(hours * 3600), round(file_seconds)
    parts = [min(length, total - first) for first in range(0, total, length)]
    return parts[:-1] if len(parts) > 1 and parts[-1] < 60 else parts


def _given(random: np.random.Generator, per_hour: float, parts: Sequence[int]) -> list[int]:
    """Return how many seizures each file has: spread by chance, as far as its length has room."""
    room = [max(part // _SPACE, 1) for part in parts]
    hours = sum(parts) / 3600
    wanted = max(round(per_hour * hours), int(per_hour > 0)) if 0 <= per_hour <= 10 else -1
    if not 0 <= wanted <= sum(room):
        raise RecordingError(
            f"{per_hour:g} seizures per hour: files like these have room for 0 to {sum(room) / hours:g}"
        )
    slots = np.repeat(np.arange(len(parts)), room)
    chosen = random.choice(slots, wanted, replace=False)
    return [int((chosen == place).sum()) for place in range(len(parts))]


def _onsets(random: np.random.Generator, count: int, seconds: int) -> list[float]:
    """Return onsets in whole seconds, one in each of equal parts of a file, so that none come close."""
    slot = seconds / max(count, 1)
    first, room = min(20.0, 0.2 * slot), max(slot - _APART, 0.0)
    return [float(round(first + slot * place + room * random.random())) for place in range(count)]


def _write_recording(path: Path, file: _File, labels: Sequence[str], day: datetime) -> None:
    from semeia.signals.edf_writer import EdfWriter

    started_at = day + timedelta(seconds=file.started)
    with EdfWriter(
        path, labels=labels, rate=file.simulation.rate, started_at=started_at, transducer="simulated"
    ) as writer:
        for block in file.simulation.blocks(60.0):
            writer.write(block)


def _summary_head(labels: Sequence[str]) -> list[str]:
    head = ["Data Sampling Rate: 256 Hz", "*" * 25, "", "Channels in EDF Files:", "*" * 22]
    return head + [f"Channel {number}: {label}" for number, label in enumerate(labels, 1)]


def _clock(seconds: int) -> str:
    """Return a clock time as CHB-MIT's summaries have it: an hour past midnight is 24, a day later 0 again."""
    hours = seconds // 3600
    return f"{hours if hours < 30 else hours % 24:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _dotted(seconds: int) -> str:
    return f"{seconds // 3600 % 24:02d}.{seconds // 60 % 60:02d}.{seconds % 60:02d}"


def _write_lines(path: Path, lines: Sequence[str]) -> None:
    with replacing(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        file.writelines(line + "\n" for line in lines)
