"""Splits by patient, and the guard against one patient on both sides."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from semeia.datasets.labelled import LabelledRecording
from semeia.errors import DatasetError

__all__ = ["check_leak", "split_patients"]

Part = float | Collection[str]
"""A share of the patients of each source, or the patients by name."""


def split_patients(
    recordings: Sequence[LabelledRecording], validation: Part, seed: int = 0
) -> tuple[list[LabelledRecording], list[LabelledRecording]]:
    """Return the recordings to train on and those to validate on; no patient is on both sides.

    Parameters
    ----------
    recordings : sequence of LabelledRecording
    validation : float or collection of str
        A share of the patients of each source (one at least of every two), or the patients by name.
    seed : int
        Of the draw; the same patients give the same split in whatever order they come.

    Raises
    ------
    DatasetError
        If a named patient is absent, or a side would be empty.
    """
    chosen = _chosen(_patients_of(recordings), validation, seed, "validation")
    sides = [[r for r in recordings if (r.patient in chosen) is held] for held in (False, True)]
    _check_sides({"training": bool(sides[0]), "validation": bool(sides[1])}, recordings)
    check_leak(training=(r.patient for r in sides[0]), validation=(r.patient for r in sides[1]))
    return sides[0], sides[1]


def check_leak(**parts: Iterable[str]) -> None:
    """Check that no patient is in two parts.

    Parameters
    ----------
    **parts : iterable of str
        Patients of each part, by its name.

    Raises
    ------
    DatasetError
        With the names of the patients that are in two.
    """
    seen: dict[str, str] = {}
    for part, patients in parts.items():
        shared = sorted({patient for patient in patients if seen.setdefault(patient, part) != part})
        if shared:
            both = sorted({seen[patient] for patient in shared})
            raise DatasetError(f"leak: {_listed(shared)} in both {', '.join(both)} and {part}")


def _patients_of(recordings: Iterable[LabelledRecording]) -> dict[str, str]:
    """Return the source that each patient comes from; the first in which the name is met."""
    patients: dict[str, str] = {}
    for recording in recordings:
        patients.setdefault(recording.patient, recording.source)
    return patients


def _chosen(patients: Mapping[str, str], part: Part, seed: int, name: str) -> set[str]:
    if isinstance(part, int | float):
        return _drawn(patients, float(part), seed, name)
    for patient in part:
        if patient not in patients:
            raise DatasetError(f"{name} patient {patient!r} is not there; there are {_listed(sorted(patients))}")
    return set(part)


def _drawn(patients: Mapping[str, str], share: float, seed: int, name: str) -> set[str]:
    if not 0 <= share < 1:
        raise DatasetError(f"{name} = {share:g} is no share of the patients: it must be from 0 up to, not with, 1")
    chosen: set[str] = set()
    for number, source in enumerate(sorted(set(patients.values()))):
        mine = sorted(patient for patient, of in patients.items() if of == source)
        wanted = min(max(1, math.floor(share * len(mine) + 0.5)), len(mine) - 1) if share else 0
        order = np.random.default_rng([seed, number]).permutation(len(mine))
        chosen.update(mine[k] for k in order[:wanted])
    return chosen


def _check_sides(sides: Mapping[str, bool], recordings: Sequence[LabelledRecording]) -> None:
    for name, filled in sides.items():
        if not filled:
            patients = sorted({recording.patient for recording in recordings})
            raise DatasetError(
                f"no patient is left for {name}: there are {len(patients)} ({_listed(patients) or 'none'})"
            )


def _listed(patients: Sequence[str]) -> str:
    shown = ", ".join(patients[:8])
    return f"{shown} and {len(patients) - 8} more" if len(patients) > 8 else shown
