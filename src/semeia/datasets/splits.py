"""Splits by patient, seizure, hour or recording, and the guard against one of them on both sides."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from semeia.datasets.labelled import LabelledRecording
from semeia.datasets.labels import intervals_of
from semeia.errors import DatasetError, RecipeError
from semeia.recipe import SeizureDetection, Task

__all__ = ["By", "check_leak", "deal", "pieces", "split", "unit_of"]

By = str
"""What is never on both sides: ``patient``, ``seizure``, ``hour``, ``recording``; or ``random``."""
Part = float | Collection[str]
"""A share of the units of each source, or patients (or units) by name."""
HOUR = 3600.0


def unit_of(recording: LabelledRecording, by: By) -> str:
    """Return the name of what a recording belongs to and what lies on one side only."""
    return recording.patient if by == "patient" else f"{recording.patient}/{recording.group}"


def pieces(recordings: Sequence[LabelledRecording], by: By) -> list[LabelledRecording]:
    """Return recordings cut into pieces that may lie on different sides, each with its `span` and `group`.

    By the hour, recordings longer than one are cut at every hour, and shorter ones keep their group: files of one hour,
    as contests have, stay together. By seizure, a recording is cut in the middle between neighbouring seizures. By
    patient or recording nothing is cut. Windows never straddle a cut, so those that overlap stay together.
    """
    cuts = {"hour": _hours, "seizure": _seizures}
    if by not in cuts:
        return list(recordings)
    found = []
    for recording in recordings:
        if recording.span is not None:  # a piece already
            found.append(recording)
            continue
        borders = [0.0, *cuts[by](recording), recording.duration]
        if len(borders) == 2:
            found.append(recording)
            continue
        for number, span in enumerate(pairwise(borders), 1):
            found.append(replace(recording, span=span, group=f"{recording.group}/{by} {number}"))
    return found


def _hours(recording: LabelledRecording) -> list[float]:
    return [HOUR * k for k in range(1, math.ceil(recording.duration / HOUR - 0.01))]


def _seizures(recording: LabelledRecording) -> list[float]:
    """Return the middles between seizures that do not overlap."""
    seizures = intervals_of(recording, SeizureDetection())[1]
    return [(before[1] + after[0]) / 2 for before, after in pairwise(seizures)]


def split(
    recordings: Sequence[LabelledRecording],
    validation: Part,
    seed: int = 0,
    *,
    by: By = "patient",
    task: Task | None = None,
) -> tuple[list[LabelledRecording], list[LabelledRecording]]:
    """Return the recordings (or pieces) to train on and those to validate on; no unit is on both sides.

    Parameters
    ----------
    recordings : sequence of LabelledRecording
    validation : float or collection of str
        A share of the units of each source (one at least of every two), or patients or units by name. Units other than
        patients are drawn from each patient by itself, and from those with and without a positive class by themselves.
    seed : int
        Of the draw; the same units give the same split in whatever order they come.
    by : str
    task : semeia.recipe.Task, optional
        What makes a unit positive; otherwise seizure detection.

    Raises
    ------
    DatasetError
        If a named patient or unit is absent, or a side would be empty.
    """
    cut = pieces(recordings, by)
    strata = _strata(cut, by, task or SeizureDetection())
    chosen = _chosen(cut, strata, validation, seed, by)
    sides = [[r for r in cut if (unit_of(r, by) in chosen) is held] for held in (False, True)]
    _check_sides({"training": bool(sides[0]), "validation": bool(sides[1])}, strata, by)
    check_leak(training=(unit_of(r, by) for r in sides[0]), validation=(unit_of(r, by) for r in sides[1]))
    return sides[0], sides[1]


def deal(
    recordings: Sequence[LabelledRecording], count: int, seed: int = 0, *, by: By = "patient", task: Task | None = None
) -> list[tuple[list[LabelledRecording], list[LabelledRecording]]]:
    """Return the folds of a cross-validation: (rest, test part) for each; every unit is tested once.

    Units of one sort (same source; same patient where they are not patients; with or without a positive class) are
    dealt out like cards, so that folds are alike.

    Parameters
    ----------
    recordings, seed, by, task
        As for `split`.
    count : int
        Number of folds, at least 2.

    Raises
    ------
    RecipeError
        If there are fewer units than folds.
    """
    cut = pieces(recordings, by)
    strata = _strata(cut, by, task or SeizureDetection())
    if not 2 <= count <= len(strata):
        units = _plural(by)
        raise RecipeError(f"{count} folds: choose at least 2, and no more than the {len(strata)} {units}")
    fold: dict[str, int] = {}
    for number, stratum in enumerate(sorted(set(strata.values()))):
        mine = sorted(unit for unit, of in strata.items() if of == stratum)
        for unit in np.random.default_rng([seed, number]).permutation(mine):
            fold[str(unit)] = len(fold) % count
    folds = []
    for number in range(count):
        rest, test = ([r for r in cut if (fold[unit_of(r, by)] == number) is held] for held in (False, True))
        check_leak(training=(unit_of(r, by) for r in rest), test=(unit_of(r, by) for r in test))
        folds.append((rest, test))
    return folds


def check_leak(**parts: Iterable[str]) -> None:
    """Check that no patient (or other unit) is in two parts.

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


def _strata(recordings: Iterable[LabelledRecording], by: By, task: Task) -> dict[str, tuple[str, str, bool]]:
    """Return what each unit is drawn among: its source; and where it is no patient, its patient and positivity.

    The only unit of its patient with a positive class, or without, is drawn among those of the other patients.
    """
    strata: dict[str, tuple[str, str, bool]] = {}
    for recording in recordings:
        unit = unit_of(recording, by)
        if by == "patient":
            strata.setdefault(unit, (recording.source, "", False))
            continue
        before = strata.get(unit, (recording.source, recording.patient, False))
        strata[unit] = (*before[:2], before[2] or _is_positive(recording, task))
    alone = {stratum for stratum, count in Counter(strata.values()).items() if count == 1}
    return {unit: (of[0], "", of[2]) if of in alone else of for unit, of in strata.items()}


def _is_positive(recording: LabelledRecording, task: Task) -> bool:
    start, stop = recording.span or (0.0, recording.duration)
    return any(first < stop and start < end for own in intervals_of(recording, task)[1:] for first, end in own)


def _chosen(
    recordings: Sequence[LabelledRecording],
    strata: Mapping[str, tuple[str, str, bool]],
    part: Part,
    seed: int,
    by: By,
) -> set[str]:
    if isinstance(part, int | float):
        return _drawn(strata, float(part), seed)
    patients = {recording.patient for recording in recordings}
    for name in part:
        if name not in strata and name not in patients:
            kind = "patient" if by == "patient" else f"patient or {by}"
            raise DatasetError(f"validation {kind} {name!r} is not there; there are {_listed(sorted(strata))}")
    return {unit_of(r, by) for r in recordings if unit_of(r, by) in part or r.patient in part}


def _drawn(strata: Mapping[str, tuple[str, str, bool]], share: float, seed: int) -> set[str]:
    if not 0 <= share < 1:
        raise DatasetError(f"validation = {share:g} is no share: it must be from 0 up to, not with, 1")
    chosen: set[str] = set()
    for number, stratum in enumerate(sorted(set(strata.values()))):
        mine = sorted(unit for unit, of in strata.items() if of == stratum)
        wanted = min(max(1, math.floor(share * len(mine) + 0.5)), len(mine) - 1) if share else 0
        order = np.random.default_rng([seed, number]).permutation(len(mine))
        chosen.update(mine[k] for k in order[:wanted])
    return chosen


def _check_sides(sides: Mapping[str, bool], units: Iterable[str], by: By) -> None:
    for name, filled in sides.items():
        if not filled:
            known = sorted(units)
            raise DatasetError(f"no {_one(by)} is left for {name}: there are {len(known)} ({_listed(known) or 'none'})")


def _one(by: By) -> str:
    return "window" if by == "random" else by


def _plural(by: By) -> str:
    return f"{_one(by)}s"


def _listed(patients: Sequence[str]) -> str:
    shown = ", ".join(patients[:8])
    return f"{shown} and {len(patients) - 8} more" if len(patients) > 8 else shown
