"""What the report shows of why: where the model is most sure and right, most sure and wrong, and what it looks for."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from semeia.datasets import LabelledRecording
from semeia.errors import ModelError
from semeia.evaluation import Predictions
from semeia.explanation import Picture, pictures_of_model, pictures_of_window, window_at
from semeia.model import Model
from semeia.report.judge import Judged

__all__ = ["pictures_of"]


def pictures_of(model: Model, judged: Judged, recordings: Sequence[LabelledRecording]) -> list[Picture]:
    """Return explanations of two windows and of the model.

    Parameters
    ----------
    model : Model
    judged : Judged
        What it said of the recordings.
    recordings : sequence of LabelledRecording
    """
    target, table = next(iter(judged.predictions.items()))
    target = target or model.description.classes[-1]
    table = table[table.scored]
    found: list[Picture] = []
    for heading, rows in (("Most sure and right", table.positive), ("Most sure and wrong", ~table.positive)):
        if rows.any():
            found += _of_window(model, heading, table[rows], target, recordings)
    with suppress(ModelError):  # what has no kernels
        found += pictures_of_model(model, "kernels")
    with suppress(ModelError):
        found += pictures_of_model(model, "maximise", target=target)
    return found


def _of_window(
    model: Model, heading: str, table: Predictions, target: str, recordings: Sequence[LabelledRecording]
) -> list[Picture]:
    row = int(np.argmax(table.probability[:, -1]))
    patient, name, start = str(table.patient[row]), str(table.recording[row]), float(table.start[row])
    labelled = next(r for r in recordings if r.patient == patient and name in {r.path.name, _channel_of(r, name)})
    with labelled.open() as recording:
        begin, window, labels = window_at(model, recording, start + table.window / 2)
    try:
        pictures = pictures_of_window(model, "occlusion", window, labels, start=begin, target=target)
    except ModelError:
        return []
    where = f"{heading}: {patient}, {labelled.path.name}, {start:g} s"
    return [picture._replace(title=f"{where}. {picture.title}") for picture in pictures]


def _channel_of(recording: LabelledRecording, name: str) -> str:
    """Return the name of a row of patterns, which ends in its channel, if it is of this recording."""
    return name if name.startswith(f"{recording.path.name} ") else ""
