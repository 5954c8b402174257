"""From what a model said to ``metrics.json``: windows, events, forecasts, and what they were measured on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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
from semeia.model import AnyDescription
from semeia.recipe import AnyTask, Prediction
from semeia.report.baselines import in_favour
from semeia.report.judge import Judged, Stretch
from semeia.report.vigil import forecast_of

__all__ = ["figures_of"]

_RULES = (
    "events closer than 90 s are one, longer than 5 min are several; a seizure is found by any overlap from 30 s "
    "before its onset to 60 s after its end"
)


def figures_of(
    judged: Judged, description: AnyDescription, task: AnyTask | None = None, **about: Any
) -> dict[str, Any]:
    """Return all figures of what a model said, for ``metrics.json``; undefined ones are None.

    Parameters
    ----------
    judged : Judged
    description : Description or ImageDescription
        Of the model, or of one of a cross-validation's.
    task : semeia.recipe.AnyTask, optional
        Needed of a prediction.
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
        "scorers": [],
    }
    if description.task == "patterns":
        best = {name: in_favour(one) for name, one in judged.predictions.items()}
        tables = {name: one for name, (one, _) in best.items()}
        metrics["patterns"] = measured_patterns(tables, threshold=threshold)
        for name, (_, forms) in best.items():
            _add_forms(metrics["patterns"][name], forms)
    elif table is not None and judged.images:
        metrics["windows"] = _of_images(judged, threshold)
    elif table is not None and judged.stretches and not table.positive.any():
        notes.append("nothing here is marked as a seizure: only false alarms can be counted")
    elif table is not None:
        table, forms = in_favour(table)
        metrics["windows"] = measured_windows(table, threshold=threshold)
        _add_forms(metrics["windows"], forms)
    if judged.stretches:
        metrics["events"] = _events(judged.stretches, description)
        metrics["scorers"].append(f"{metrics['events']['scorer']}: {_RULES}")
    if isinstance(task, Prediction):
        metrics["forecast"] = forecast_of(judged.files, judged.vigils, task, threshold)
    return metrics if judged.patients_known or judged.images else _of_nobody(metrics)


def _of_images(judged: Judged, threshold: float) -> dict[str, Any]:
    """Return the figures of images: as of windows, without what counts hours or takes one patient by himself."""
    table, forms = in_favour(judged.predictions[""], medians=False)
    whose = {image.patient for image in judged.images}
    units = "patients" if judged.patients_known else "images"
    if len(whose) > len(np.unique(table.patient)):
        units += " (twins as one)"
    windows = measured_windows(table, threshold=threshold, patients=units, examples="images")
    _add_forms(windows, forms)
    for key in ("patients", "per_patient", "patient_average", "hours"):
        del windows[key]
    windows["points"] = [point for point in windows["points"] if "/h" not in point["goal"]]
    for point in windows["points"]:
        del point["false_alarms_per_hour"]
    if judged.patients_known:
        windows["patients"] = len(whose)
    return windows


def _of_nobody(metrics: dict[str, Any]) -> dict[str, Any]:
    """Return figures that speak of no patient, where each recording counted as one because nobody says whose it is."""
    metrics["data"]["patients"] = None
    for block in (metrics["windows"], metrics["events"], *(metrics["patterns"] or {}).values()):
        if block:
            block["interval"] = re.sub(r"(\d+) patient", r"\1 recordings of unknown patient", block["interval"])
            for one in block.get("baselines", {}).values():
                if "form" in one:
                    one["form"] = one["form"].replace("patient's", "recording's")
            for key in ("patients", "per_patient", "patient_average"):
                block.pop(key, None)
    return metrics


def _add_forms(windows: dict[str, Any], forms: Mapping[str, str]) -> None:
    """Say with each baseline which of its forms it is: that which does best on these data."""
    for name, one in windows["baselines"].items():
        one["form"] = forms[name]


def _model(description: AnyDescription) -> dict[str, Any]:
    return {
        "name": description.name,
        "description": description.description,
        "network": description.network.name,
        "classes": description.classes,
    }


def _counted(judged: Judged) -> dict[str, Any]:
    if judged.images:
        patients = len({image.patient for image in judged.images}) if judged.patients_known else None
        return {"patients": patients, "images": len(judged.images)}
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
        "hours": None if judged.hours is None else round(judged.hours, 3),
    }


def _events(stretches: Sequence[Stretch], description: AnyDescription) -> dict[str, Any]:
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
