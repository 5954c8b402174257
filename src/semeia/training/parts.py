"""What a recipe trains on, validates on and tests on: gathered from its sources and split, nothing on two sides."""

from __future__ import annotations

import difflib
import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from semeia.datasets import LabelledRecording, deal, gather, intervals_of, know_neighbours, split
from semeia.datasets.labels import class_names
from semeia.errors import DatasetError, RecipeError
from semeia.events import is_seizure
from semeia.recipe import Classification, Patterns, Prediction, Recipe, SeizureDetection, Task, nearest
from semeia.transforms.cache import recording_hash

__all__ = ["Fold", "Parts", "counted", "fingerprint", "gathered_parts", "note_absent"]

Report = Callable[[dict[str, Any]], None]


class Fold(NamedTuple):
    """One of a cross-validation's folds, from 0, of so many; the seed of the deal is the recipe's own."""

    number: int
    of: int


@dataclass(frozen=True)
class Parts:
    """Recordings, or pieces of them, by what they are for.

    Parameters
    ----------
    training, validation, test : list of LabelledRecording
        Windows drawn at random (``split.by = "random"``) have all their recordings in `training`.
    """

    training: list[LabelledRecording]
    validation: list[LabelledRecording]
    test: list[LabelledRecording]

    @property
    def all(self) -> list[LabelledRecording]:
        """Every recording."""
        return [*self.training, *self.validation, *self.test]


def gathered_parts(
    recipe: Recipe,
    beside: Path,
    *,
    report: Report,
    gathered: Callable[[str, int, int], None],
    fold: Fold | None = None,
    split_seed: int | None = None,
) -> Parts:
    """Gather all sources, split them, and say what there is.

    Parameters
    ----------
    recipe : Recipe
    beside : Path
        Where relative paths are looked for first.
    report : callable
        Called with the events ``data``, ``note`` and ``split``.
    gathered : callable
        Called with a source's name, how much of it is made, and how much there is to make.
    fold : Fold, optional
        Keep this fold apart as the test part, and split the rest.
    split_seed : int, optional
        Of the draws; otherwise the recipe's. Several seeds of one training share their split.

    Raises
    ------
    RecipeError, DatasetError
    """
    recordings = everything = _gathered(recipe, beside, report, gathered)
    _check_lengths(recipe, everything)
    _check_labels(recipe.task, everything)
    for text in filter(None, (_unmarked(everything), _unasked(recipe.task, everything))):
        report({"event": "note", "text": text})
    settings, seed = recipe.split, recipe.seed if split_seed is None else split_seed
    test: list[LabelledRecording] = []
    if fold is not None:
        if settings.by == "random":
            raise RecipeError("split.by = 'random' leaks, and folds of it would say nothing: split by patient or hour")
        recordings, test = deal(recordings, fold.of, seed, by=settings.by, task=recipe.task)[fold.number]
    if settings.by == "random":
        parts = Parts(recordings, [], [])
    else:
        parts = Parts(*split(recordings, settings.validation, seed, by=settings.by, task=recipe.task), test)
        _check_threshold(recipe, parts.validation)
    _note_one_class(recipe, parts.training if fold is None else everything, report)  # the same for every fold
    sides = {"training": parts.training, "validation": parts.validation, "test": parts.test}
    report({"event": "split", **{name: counted(side, recipe.task) for name, side in sides.items() if side}})
    return parts


def _gathered(
    recipe: Recipe, beside: Path, report: Report, gathered: Callable[[str, int, int], None]
) -> list[LabelledRecording]:
    recordings: list[LabelledRecording] = []
    there: set[str] = set()
    for data in recipe.data:
        for key in {"beside", "progress"} & data.parameters.keys():  # what `gather` calls its own
            raise RecipeError(f"data source {data.source!r} has no parameter {key!r}")
        found = gather(
            data.source,
            beside=beside,
            optional=data.optional,
            weight=data.weight,
            progress=partial(gathered, data.source),
            **data.parameters,
        )
        report({"event": "data", "source": data.source, "recordings": len(found)})
        there |= {recording.patient for recording in found}
        recordings += [r for r in found if r.labelled and r.patient not in recipe.split.exclude]
    note_absent(recipe.split.exclude, there, report)
    return know_neighbours(recordings) if isinstance(recipe.task, Prediction) else recordings


def note_absent(excluded: Sequence[str], there: Collection[str], report: Report) -> None:
    """Say which patients are to be left out and are not there: a slip of the pen would let them in."""
    if absent := [name for name in excluded if name not in there]:
        near = {name: difflib.get_close_matches(name, there, n=1) for name in absent}
        said = [f"{name!r}" + (f" (did you mean {near[name][0]!r}?)" if near[name] else "") for name in absent]
        report({"event": "note", "text": f"split.exclude names whom no source has: {_some(said)}"})


def _check_lengths(recipe: Recipe, recordings: Sequence[LabelledRecording]) -> None:
    longest = max(recordings, key=lambda recording: recording.duration, default=None)
    if longest is not None and longest.duration < recipe.examples.window:
        raise DatasetError(
            f"examples.window = {recipe.examples.window:g} s is longer than every recording: "
            f"the longest, {longest.path.name}, lasts {longest.duration:g} s"
        )


def _check_labels(task: Task, recordings: Sequence[LabelledRecording]) -> None:
    """Check, before anything is prepared, that every class of a task that names its own is marked somewhere."""
    if not isinstance(task, Classification | Patterns):
        return
    labels = _labels(recordings)
    for name in class_names(task):
        if name.strip().lower() not in {label.strip().lower() for label in labels}:
            raise DatasetError(f"no recording has an event called {name!r}: {nearest(name, labels)}")


def _labels(recordings: Sequence[LabelledRecording]) -> dict[str, str]:
    """Return the labels of all events, each with the name of a file that has it."""
    found: dict[str, str] = {}
    for recording in recordings:
        for event in recording.events:
            if event.status != "rejected":
                found.setdefault(event.label, recording.path.name)
    return found


def _unmarked(recordings: Sequence[LabelledRecording]) -> str:
    """Say how many recordings nobody may have looked at."""
    found = [recording.path.name for recording in recordings if not recording.marked]
    if not found:
        return ""
    how_many = f"{len(found)} of {len(recordings)} recordings"
    return f"{how_many} have no annotation at all ({_some(found)}): taken as seizure-free"


def _unasked(task: Task, recordings: Sequence[LabelledRecording]) -> str:
    """Say which labels name nothing that the task asks for; those first that may be a slip of the pen."""
    seizures = isinstance(task, SeizureDetection | Prediction)
    contest = ["preictal", "interictal"] if isinstance(task, Prediction) else []
    known = ["seizure", *contest] if seizures else class_names(task)
    files = {
        label: name
        for label, name in _labels(recordings).items()
        if not (seizures and is_seizure(label)) and label.strip().lower() not in {one.strip().lower() for one in known}
    }
    near = {label: difflib.get_close_matches(label.lower(), known, n=1) for label in files}
    said = [
        f"{label!r} in {files[label]}" + (f" (did you mean {near[label][0]!r}?)" if near[label] else "")
        for label in sorted(files, key=lambda label: not near[label])
    ]
    return f"passed over, for the task asks for {', '.join(known)} only: events called {_some(said)}" if said else ""


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _check_threshold(recipe: Recipe, validation: Sequence[LabelledRecording]) -> None:
    if not isinstance(recipe.task, SeizureDetection) or recipe.detection.threshold != "validation":
        return
    if not any(len(r.events.seizures()) for r in validation):
        raise DatasetError(
            "the validation patients have no seizure to choose the threshold by: "
            "name others in split.validation, or give detection.threshold"
        )


def _note_one_class(recipe: Recipe, recordings: Sequence[LabelledRecording], report: Report) -> None:
    """Say when patients show only one class: then a network may learn whose a window is instead of what.

    Where each recording counts as a patient, as in the Bonn set, it could not be otherwise, and nothing is said.
    """
    alike = len({r.patient for r in recordings}) == len(recordings) and not any(r.span for r in recordings)
    if isinstance(recipe.task, SeizureDetection | Patterns) or alike:
        return
    shown: dict[str, set[int]] = {}
    for recording in recordings:
        first, stop = recording.span or (0.0, recording.duration)
        found = enumerate(intervals_of(recording, recipe.task))
        classes = {number for number, own in found if any(a < stop and first < b for a, b in own)}
        shown.setdefault(recording.patient, set()).update(classes)
    alone = sorted(patient for patient, classes in shown.items() if len(classes) == 1)
    if alone:
        names = class_names(recipe.task)
        only = _some([f"{patient} ({names[next(iter(shown[patient]))]})" for patient in alone])
        text = f"{len(alone)} of {len(shown)} patients show one class only: {only}; "
        report({"event": "note", "text": text + "the network may learn who they are instead of what they show"})


def counted(recordings: Sequence[LabelledRecording], task: Task | None = None) -> dict[str, Any]:
    """Return how much there is of patients, recordings, hours and seizures.

    Where events say what whole files are, as in contests, it is files of each such label instead of seizures; not for
    seizure detection, which `task` is when it is not given.
    """
    spans = [r.span or (0.0, r.duration) for r in recordings]
    whole = {} if isinstance(task or SeizureDetection(), SeizureDetection) else _whole_files(recordings)
    seizures = sum(
        first <= event.onset < stop
        for r, (first, stop) in zip(recordings, spans, strict=True)
        for event in r.events.seizures()
    )
    return {
        "patients": len({r.patient for r in recordings}),
        "recordings": len({r.path for r in recordings}),
        "hours": round(math.fsum(stop - first for first, stop in spans) / 3600, 3),
        **({f"{label} files": count for label, count in whole.items()} or {"seizures": seizures}),
    }


def _whole_files(recordings: Sequence[LabelledRecording]) -> dict[str, int]:
    """Return how many files are of one label from beginning to end; pieces of one file are one."""
    found = {
        (r.path, event.label)
        for r in recordings
        for event in r.events
        if event.onset <= 0 and event.stop >= r.duration and not event.channels
    }
    return dict(sorted(Counter(label for _, label in found).items()))


def fingerprint(recipe: Recipe, parts: Parts) -> str:
    """Return a hash of the recipe and of each recording's file, labels and side."""
    table = [
        [
            (
                r.path.name,
                recording_hash(r.path),
                r.patient,
                r.span,
                r.around,
                [(e.onset, e.duration, e.label, e.channels) for e in r.events],
            )
            for r in part
        ]
        for part in (parts.training, parts.validation, parts.test)
    ]
    return hashlib.sha256(json.dumps([recipe.model_dump(mode="json", exclude={"search"}), table]).encode()).hexdigest()
