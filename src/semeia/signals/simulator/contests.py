"""Simulated sets in the layouts of the contests of 2014 and 2016: hours of six files, as their importers read them.

Source of the layouts: Brinkmann et al., Brain 2016 (https://doi.org/10.1093/brain/aww045); Kuhlmann et al., Brain 2018
(https://doi.org/10.1093/brain/awy210).
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from semeia.errors import RecordingError
from semeia.home import make_folder, replacing
from semeia.signals.simulator.intracranial import IntracranialPatient, IntracranialSignal, never
from semeia.signals.simulator.noise import generator

__all__ = ["aes2014_layout", "melbourne2016_layout"]

Kind = Literal["interictal", "preictal"]

TRUTH = "simulated-truth.tsv"
"""File, class, hour and how far the planted change has gone, of every file: also of those whose class is kept back."""

_SEGMENTS = 6  # files of an hour
_CHANNELS = 16
_AES_RATE, _MELBOURNE_RATE = 399.609756097561, 400.0  # Hz
_SEIZURE_AFTER = 300.0  # seconds from the hour's end to the seizure
_LEVEL_AT_START = 0.35  # of the planted change, an hour and five minutes before the seizure
_STEP = 1 / 16  # µV; the contest's files are rounded too
_MAT_HEADER, _COMPRESSED = 128, 15  # bytes before the first element; the type of a compressed one
_UNDATED = b"MATLAB 5.0 MAT-file, simulated by Semeia".ljust(116)  # without the time: the same seed, the same bytes
_TEST_STREAM, _DROP_STREAM = 50, 51


@dataclass(frozen=True, slots=True)
class _Segment:
    """One file to make: `number` counts the files of its class (or of the test) from 1."""

    patient: int
    kind: Kind
    test: bool
    number: int
    hour: int
    sequence: int


class _File(NamedTuple):
    """A MAT file to write: where below the set's folder, the name of its struct, and what that holds."""

    place: Path
    name: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the contests' sets have in common; parameters as of `aes2014_layout`."""

    patients: int
    hours: float
    seed: int
    preictal_hours: int | None
    test_files: int
    file_seconds: float
    preictal: float

    def __post_init__(self) -> None:
        hours = self.hours
        if not 2 <= hours <= 10_000 or hours != int(hours):
            raise RecordingError(f"{hours:g} hours: a contest's set has whole hours of six files, 2 or more a patient")
        counts = self.counts()
        if min(counts.values()) < 1:
            raise RecordingError(
                f"{counts['preictal']} of {hours:g} hours preictal: at least one of each kind is needed"
            )
        if not 1 <= self.file_seconds <= 3600:
            raise RecordingError(f"files of {self.file_seconds:g} s cannot be simulated: 1 to 3600 s can")
        if not 0 <= self.preictal <= 5:
            raise RecordingError(f"a preictal change of {self.preictal:g} cannot be planted: 0 (none) to 5 can")
        if self.test_files < 0 or self.patients < 1:
            raise RecordingError(f"{self.patients} patients and {self.test_files} test files cannot be simulated")

    def counts(self) -> dict[Kind, int]:
        """Return how many hours of each kind a patient has."""
        preictal = int(self.hours) // 2 if self.preictal_hours is None else self.preictal_hours
        return {"interictal": int(self.hours) - preictal, "preictal": preictal}

    def segments(self) -> list[_Segment]:
        """Return the files to make, in order."""
        found = []
        for patient in range(1, self.patients + 1):
            found += [
                _Segment(patient, kind, False, hour * _SEGMENTS + sequence, hour, sequence)
                for kind, count in self.counts().items()
                for hour in range(count)
                for sequence in range(1, _SEGMENTS + 1)
            ]
            random = generator(self.seed + patient - 1, _TEST_STREAM)
            for number, place in enumerate(random.permutation(self.test_files), 1):
                kind: Kind = "preictal" if place % 2 else "interictal"
                found.append(_Segment(patient, kind, True, number, number, int(random.integers(1, _SEGMENTS + 1))))
        return found

    def made(self, segment: _Segment, rate: float) -> NDArray[np.float32]:
        """Return the samples of a file, float32 (channels, samples) in µV."""
        level = self.level(segment)
        signal = IntracranialSignal(
            IntracranialPatient.from_seed(self.seed + segment.patient - 1, _CHANNELS),
            hour=(int(segment.test), int(segment.kind == "preictal"), segment.hour),
            place=segment.sequence,
            started=(segment.sequence - 1) * self.file_seconds,
            rate=rate,
            level=level or never,
        )
        return signal.array(math.ceil(self.file_seconds * rate - 1e-6))  # 239,766 in ten minutes, as the original has

    def level(self, segment: _Segment) -> Callable[[float], float] | None:
        """Return how far the planted change has gone at seconds from the file's start."""
        if segment.kind == "interictal":
            return None
        before, hour = (segment.sequence - 1) * self.file_seconds, _SEGMENTS * self.file_seconds
        return lambda time: self.preictal * (_LEVEL_AT_START + (1 - _LEVEL_AT_START) * (before + time) / hour)


def aes2014_layout(
    folder: str | Path,
    *,
    patients: int = 2,
    hours: float = 8,
    seed: int = 1,
    preictal_hours: int | None = None,
    test_files: int = 6,
    file_seconds: float = 600.0,
    preictal: float = 1.0,
) -> Iterator[tuple[Path, float]]:
    """Write a set in the layout of AES 2014: ``Dog_1/Dog_1_preictal_segment_0001.mat`` and so on.

    Parameters
    ----------
    folder : str or Path
    patients : int
        Dog k has the signature of seed ``seed + k - 1``.
    hours : float
        Whole hours of six files a patient, in the training part.
    seed : int
    preictal_hours : int, optional
        How many of the hours are preictal; otherwise half of them.
    test_files : int
        Files a patient without `sequence`, each of an hour of its own; about half of them preictal.
    file_seconds : float
        Length of a file; shorter ones make a small set.
    preictal : float
        Strength of the planted change before seizures; 0 for none (docs/simulator.md).

    Yields
    ------
    (Path, float)
        Each file that was written, and the share of the work that is done.
    """
    plan = _Plan(patients, hours, seed, preictal_hours, test_files, file_seconds, preictal)
    yield from _written(make_folder(folder), plan, partial(_aes2014_file, plan))


def melbourne2016_layout(
    folder: str | Path,
    *,
    patients: int = 3,
    hours: float = 8,
    seed: int = 1,
    preictal_hours: int | None = None,
    test_files: int = 6,
    file_seconds: float = 600.0,
    preictal: float = 1.0,
    dropouts: float = 0.1,
) -> Iterator[tuple[Path, float]]:
    """Write a set in the layout of Melbourne 2016: ``train_1/1_17_0.mat``, ``test_1/1_5.mat`` and the safe list.

    The list gives the classes of the test files too, and calls every file safe.

    Parameters
    ----------
    folder, patients, hours, seed, preictal_hours, test_files, file_seconds, preictal
        As of `aes2014_layout`.
    dropouts : float
        Share of the samples that are rows of zeros, 0 to 0.9: none in many files, most of some.

    Yields
    ------
    (Path, float)
        Each file that was written, and the share of the work that is done.
    """
    plan = _Plan(patients, hours, seed, preictal_hours, test_files, file_seconds, preictal)
    if not 0 <= dropouts <= 0.9:
        raise RecordingError(f"a share of {dropouts:g} drop-outs cannot be simulated: 0 to 0.9 can")
    root = make_folder(folder)
    truth = yield from _written(root, plan, partial(_melbourne2016_file, plan, dropouts=dropouts))
    rows = [[Path(row[0]).name, str(int(row[1] == "preictal")), "1"] for row in truth]
    _write_table(root / "train_and_test_data_labels_safe.csv", ",", [["image", "class", "safe"], *rows])


def _written(
    root: Path, plan: _Plan, made: Callable[[_Segment], _File]
) -> Generator[tuple[Path, float], None, list[list[str]]]:
    """Yield each file that was written and the share that is done; write and return the table of truth."""
    segments, truth = plan.segments(), []
    for done, segment in enumerate(segments, 1):
        file = made(segment)
        path = root / file.place
        make_folder(path.parent)
        _write_mat(
            path, file.name, file.fields if segment.test else {**file.fields, "sequence": float(segment.sequence)}
        )
        truth.append(_truth(plan, segment, file.place))
        yield path, done / len(segments)
    _write_table(root / TRUTH, "\t", [_TRUTH_COLUMNS, *truth])
    return truth


def _aes2014_file(plan: _Plan, segment: _Segment) -> _File:
    dog, part = f"Dog_{segment.patient}", "test" if segment.test else segment.kind
    fields = {
        "data": np.clip(np.rint(plan.made(segment, _AES_RATE)), -32768, 32767).astype(np.int16),
        "data_length_sec": float(plan.file_seconds),
        "sampling_frequency": _AES_RATE,
        "channels": np.array([f"{dog}_Ecog_c{number:03d}" for number in range(1, _CHANNELS + 1)], dtype=object),
    }
    place = Path(dog, f"{dog}_{part}_segment_{segment.number:04d}.mat")
    return _File(place, f"{part}_segment_{segment.number}", fields)


def _melbourne2016_file(plan: _Plan, segment: _Segment, *, dropouts: float) -> _File:
    data = (np.rint(plan.made(segment, _MELBOURNE_RATE).T / _STEP) * _STEP).astype(np.float32)
    data[_dropped(plan, segment, len(data), dropouts)] = 0
    fields = {
        "data": data,
        "iEEGsamplingRate": _MELBOURNE_RATE,
        "nSamplesSegment": float(len(data)),
        "channelIndices": np.arange(1.0, _CHANNELS + 1),
    }
    part, said = ("test", "") if segment.test else ("train", f"_{int(segment.kind == 'preictal')}")
    place = Path(f"{part}_{segment.patient}", f"{segment.patient}_{segment.number}{said}.mat")
    return _File(place, "dataStruct", fields)


def _dropped(plan: _Plan, segment: _Segment, samples: int, share: float) -> NDArray[np.bool_]:
    """Return which samples are lost: in runs of some seconds; files differ far more than chance would make them."""
    lost = np.zeros(samples, bool)
    if not share:
        return lost
    kind = 2 * int(segment.test) + int(segment.kind == "preictal")
    random = generator(plan.seed + segment.patient - 1, _DROP_STREAM, kind, segment.number)
    wanted = random.beta(0.25, 0.25 * (1 - share) / share) * samples
    typical = min(10 * _MELBOURNE_RATE, samples / 20)
    count = lost.sum()
    while count < wanted - 1:
        length = int(min(1 + random.exponential(typical), wanted - count))
        first = int(random.integers(samples))
        lost[first : first + length] = True
        count = lost.sum()
    return lost


_TRUTH_COLUMNS = ["file", "class", "hour", "sequence", "seconds_to_seizure", "planted"]


def _truth(plan: _Plan, segment: _Segment, place: Path) -> list[str]:
    """Return a row of the table of truth; `planted` is the change at the middle of the file."""
    level = plan.level(segment)
    hour = f"{'test-' if segment.test else ''}{segment.kind}-{segment.hour + (not segment.test)}"
    left = (_SEGMENTS + 1 - segment.sequence) * plan.file_seconds + _SEIZURE_AFTER
    known = ["n/a", "0.000"] if level is None else [f"{left:g}", f"{level(plan.file_seconds / 2):.3f}"]
    return [place.as_posix(), segment.kind, hour, str(segment.sequence), *known]


def _write_mat(path: Path, name: str, fields: Mapping[str, Any]) -> None:
    """Write a struct as MAT of level 5, compressed as the originals are.

    SciPy would compress at zlib's level 6: six times slower than level 1, for files a tenth smaller.
    """
    from scipy.io import savemat

    plain = BytesIO()
    cast(Any, savemat)(plain, {name: dict(fields)}, oned_as="row")  # its stubs know no streams, its manual does
    whole = plain.getbuffer()
    packed = zlib.compress(whole[_MAT_HEADER:], 1)
    with replacing(path) as beside, beside.open("wb") as file:
        file.write(_UNDATED)
        file.write(whole[len(_UNDATED) : _MAT_HEADER])
        file.write(struct.pack("=II", _COMPRESSED, len(packed)))
        file.write(packed)


def _write_table(path: Path, separator: str, rows: list[list[str]]) -> None:
    with replacing(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        file.writelines(separator.join(row) + "\n" for row in rows)
