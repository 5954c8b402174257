"""Seizures foretold: what a model said while a patient was watched, as scores of files and as alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from semeia.datasets import LabelledRecording
from semeia.evaluation import Hour, Predictions, Watched, measured_forecast, spread_thresholds
from semeia.inference.alarms import alarms
from semeia.inference.files import RULES, FileScorer, Rule, file_score
from semeia.recipe import Prediction

__all__ = ["VOTES", "Vigil", "files_of", "forecast_of", "vigils_of"]

VOTES = (8, 10)
"""An alarm when so many of so many windows in a row are for it: a common rule."""
_FILE = 600.0  # seconds; recordings that are longer are judged in pieces of this length, as contests' files are


class Vigil(NamedTuple):
    """A stretch of time that a patient was watched: a recording with a clock, or a contest's hour of files.

    Parameters
    ----------
    patient, name : str
    duration : float
        Seconds.
    end : ndarray (windows,)
        Seconds at which windows end.
    probability : ndarray (windows,)
        Of a seizure to come.
    seizures : tuple of float
        Onsets in seconds.
    preictal : bool, optional
        For an hour: whether a seizure followed. None for a recording with a clock.
    """

    patient: str
    name: str
    duration: float
    end: NDArray[np.floating[Any]]
    probability: NDArray[np.floating[Any]]
    seizures: tuple[float, ...]
    preictal: bool | None

    def alarms(self, threshold: float, refractory: float) -> list[float]:
        """Return when alarms are given, in seconds."""
        votes, of = VOTES
        end, probability = self.end.astype(np.float64), self.probability
        given = alarms(probability, end, threshold=threshold, votes=votes, of=of, refractory=refractory)
        return [float(second) for second in given]


def vigils_of(
    recordings: Sequence[LabelledRecording], scores: Sequence[NDArray[np.float32]], window: float, step: float
) -> list[Vigil]:
    """Return what was watched: recordings as they are, but the files of a contest by their hour.

    Parameters
    ----------
    recordings : sequence of LabelledRecording
    scores : sequence of ndarray (windows, classes)
        What a model said along each.
    window, step : float
        Seconds.
    """
    found: list[Vigil] = []
    hours: dict[tuple[str, str], list[tuple[LabelledRecording, NDArray[np.float32], bool]]] = {}
    for recording, said in zip(recordings, scores, strict=True):
        classes = {event.label for event in recording.events} & {"interictal", "preictal"}
        if classes:
            hours.setdefault((recording.patient, recording.group), []).append((recording, said, "preictal" in classes))
            continue
        end = window + step * np.arange(len(said))
        seizures = tuple(event.onset for event in recording.events.seizures())
        later = tuple(onset for onset in recording.around if onset > recording.duration)
        vigil = Vigil(
            recording.patient, recording.path.name, recording.duration, end, 1.0 - said[:, 0], seizures + later, None
        )
        found.append(vigil)
    for (patient, group), files in hours.items():
        files.sort(key=lambda file: file[0].path.name)
        begins = np.cumsum([0.0, *(recording.duration for recording, *_ in files)])
        ends = [
            begin + window + step * np.arange(len(said)) for begin, (_, said, _) in zip(begins, files, strict=False)
        ]
        probability = np.concatenate([1.0 - said[:, 0] for _, said, _ in files])
        found.append(
            Vigil(patient, group, float(begins[-1]), np.concatenate(ends), probability, (), any(f[2] for f in files))
        )
    return found


def files_of(table: Predictions, scorer: FileScorer) -> dict[str, Predictions]:
    """Return for each rule what it makes of files: one example for each, or for each ten minutes of a longer one."""
    piece = np.char.add(table.recording, np.char.mod(" %d", (table.start // _FILE).astype(int)))
    _, place = np.unique(np.char.add(np.char.add(table.patient, "\0"), piece), return_inverse=True)
    order = np.lexsort([table.start, place])
    files = [table[rows] for rows in np.split(order, np.cumsum(np.bincount(place))[:-1])]
    first = Predictions.joined([file[np.array([0])] for file in files])
    rules: list[Rule] = [rule for rule in RULES if rule != "learned" or scorer.learned is not None]
    found: dict[str, Predictions] = {}
    for rule in rules:
        score = np.array([file_score(file.probability, rule, scorer.learned) for file in files])
        positive = scorer.probability(score, first.patient, rule).astype(np.float32)
        found[rule] = replace(
            first,
            classes=(table.classes[0], "preictal"),
            probability=np.stack([1 - positive, positive], axis=1),
            label=np.array([file.positive.any() for file in files], np.int16),
            window=_FILE,
            step=_FILE,
            baselines={},
        )
    return found


def forecast_of(
    files: dict[str, Predictions], vigils: Sequence[Vigil], task: Prediction, threshold: float
) -> dict[str, Any]:
    """Return what predictions of files, and alarms, are worth; see `semeia.evaluation.measured_forecast`."""
    horizon, gap = 60 * task.horizons[-1], 60 * task.gap
    said = np.concatenate([vigil.probability for vigil in vigils])
    hours = [vigil for vigil in vigils if vigil.preictal is not None]

    def by_hour(threshold: float) -> list[Hour]:
        return [Hour(v.patient, v.name, bool(v.preictal), v.alarms(threshold, horizon), v.duration) for v in hours]

    def by_clock(threshold: float) -> list[Watched]:
        return [Watched(v.patient, v.name, v.duration, v.alarms(threshold, horizon), v.seizures) for v in vigils]

    return measured_forecast(
        files,
        by_hour if hours else by_clock,
        threshold=threshold,
        thresholds=spread_thresholds(said[~np.isnan(said)].astype(np.float64), threshold),
        rule=f"{VOTES[0]} of {VOTES[1]} windows",
        refractory=horizon,
        horizon=horizon,
        gap=gap,
    )
