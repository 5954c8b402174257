"""From what a model said to ``metrics.json``: windows, events, forecasts, and what they were measured on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from semeia.evaluation import (
    Score,
    measured_events,
    measured_patterns,
    measured_windows,
    score,
    spread_thresholds,
)
from semeia.events import Events
from semeia.inference import Track, find_events
from semeia.model import Description
from semeia.recipe import Prediction, Task
from semeia.report.baselines import in_favour
from semeia.report.judge import Judged, Stretch
from semeia.report.vigil import forecast_of

__all__ = ["figures_of"]


def figures_of(judged: Judged, description: Description, task: Task, **about: Any) -> dict[str, Any]:
    """Return all figures of what a model said, for ``metrics.json``; undefined ones are None.

    Parameters
    ----------
    judged : Judged
    description : Description
        Of the model, or of one of a cross-validation's.
    task : semeia.recipe.Task
    **about
        Goes to ``data``: source, split.

    Raises
    ------
    DatasetError
        If nothing was scored, or there is one class only (except for seizure detection, where false alarms can be
        counted without any seizure).
    """
    threshold = description.operating_point.threshold
    table = judged.predictions.get("")
    notes = list(judged.notes)
    metrics: dict[str, Any] = {
        "format": 1,
        "task": description.task,
        "model": _model(description),
        "data": {**about, **_counted(judged), "notes": notes},
        "windows": None,
        "patterns": None,
        "events": None,
        "forecast": None,
    }
    if description.task == "patterns":
        tables = {name: in_favour(one)[0] for name, one in judged.predictions.items()}
        metrics["patterns"] = measured_patterns(tables, threshold=threshold)
    elif table is not None and judged.stretches and not table.positive.any():
        notes.append("nothing here is marked as a seizure: only false alarms can be counted")
    elif table is not None:
        table, said = in_favour(table)
        notes += said
        metrics["windows"] = measured_windows(table, threshold=threshold)
    if judged.stretches:
        metrics["events"] = _events(judged.stretches, description)
    if isinstance(task, Prediction):
        metrics["forecast"] = forecast_of(judged.files, judged.vigils, task, threshold)
    return metrics


def _model(description: Description) -> dict[str, Any]:
    return {
        "name": description.name,
        "description": description.description,
        "network": description.network.name,
        "classes": description.classes,
    }


def _counted(judged: Judged) -> dict[str, Any]:
    tables = judged.predictions.items()
    files = {(stretch.events.patient, stretch.events.recording) for stretch in judged.stretches}
    for key, table in tables:
        names = table.recording.tolist()
        if key:  # of patterns, where a row is a channel of a file
            names = [name.rpartition(" ")[0] for name in names]
        files |= set(zip(table.patient.tolist(), names, strict=True))
    return {
        "patients": len({patient for patient, _ in files}),
        "recordings": len(files),
        "hours": round(judged.hours, 3),
    }


def _events(stretches: Sequence[Stretch], description: Description) -> dict[str, Any]:
    """Return how seizures are found as events; line length has the threshold that suits it best on these data."""
    point = description.operating_point
    settings = point.model_dump(exclude={"threshold"})

    def found(tracks: Sequence[Track], threshold: float) -> list[Events]:
        return [Events(find_events(track, threshold=threshold, **settings)) for track in tracks]

    tracks, lengths = [stretch.track for stretch in stretches], [stretch.line_length for stretch in stretches]
    best = max((found(lengths, t) for t in _spread(lengths, 0.5)), key=lambda events: _f1(stretches, events))
    return measured_events(
        [stretch.events for stretch in stretches],
        lambda threshold: found(tracks, threshold),
        threshold=point.threshold,
        thresholds=_spread(tracks, point.threshold),
        delay=tracks[0].window / 2 + point.smoothing / 2,
        baselines={"line length": best},
    )


def _spread(tracks: Sequence[Track], threshold: float) -> list[float]:
    values = np.concatenate([track.probability for track in tracks])
    return spread_thresholds(values[~np.isnan(values)], threshold)


def _f1(stretches: Sequence[Stretch], found: Sequence[Events]) -> float:
    total = Score.nothing()
    for stretch, events in zip(stretches, found, strict=True):
        total = total + score(stretch.events.reference, events, stretch.events.duration)
    return float(np.nan_to_num(total.events.f1))
