"""What the report shows of why: where the model is most sure and right, most sure and wrong, and what it looks for."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from semeia.datasets import LabelledRecording
from semeia.errors import ModelError
from semeia.evaluation import Predictions
from semeia.explanation import Picture, picture_of_image, pictures_of_model, pictures_of_window, window_at
from semeia.model import ImageModel, Model
from semeia.report.judge import Judged
from semeia.report.sheets import said_of

__all__ = ["pictures_of", "pictures_of_images"]


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
    true = table.label == len(table.classes) - 1
    for rows, said, unsaid in (
        (true, "Most sure and right", "Nearest, but missed"),
        (~true, "Most sure and wrong", "Nearest to a mistake, but right"),
    ):
        if rows.any():
            some = table[rows]
            first = int(np.argmax(some.probability[:, -1]))
            heading = said if _said(some.probability[first], model) else unsaid
            found += _of_window(model, heading, some[np.array([first])], target, recordings)
    with suppress(ModelError):  # what has no kernels
        found += pictures_of_model(model, "kernels")
    with suppress(ModelError):
        found += pictures_of_model(model, "maximise", target=target)
    return found


def pictures_of_images(model: ImageModel, judged: Judged) -> list[Picture]:
    """Return explanations of two images, for the class that is said of each: most sure and right, and wrong.

    Of what is told rightly, one of a positive class where there is any. Only the first is checked by drawing weights
    anew: that asks three more networks.

    Parameters
    ----------
    model : ImageModel
    judged : Judged
        What it said of images.
    """
    table = judged.predictions[""]
    said = said_of(table, model.description.operating_point.threshold)
    sure = np.nan_to_num(table.probability[np.arange(len(table)), said], nan=-1.0)
    found: list[Picture] = []
    right = said == table.label
    positive = right & table.positive
    for rows, heading in ((positive if positive.any() else right, "right"), (~right & table.scored, "wrong")):
        if not rows.any():
            continue
        row = int(np.flatnonzero(rows)[sure[rows].argmax()])
        image, target = judged.images[row], table.classes[said[row]]
        picture = model.prepared(image.open(), image.frame)
        truth = "" if right[row] else f", which is {table.classes[table.label[row]]}"
        drawn = picture_of_image(model, picture, ("gradcam", "occlusion"), target=target, check=not found)
        found.append(drawn._replace(title=f"Most sure and {heading}: {image.key}{truth}. {drawn.title}"))
    return found


def _said(probability: NDArray[np.float32], model: Model) -> bool:
    """Whether the model says the last class: of two at its threshold, of more as the most probable."""
    if len(probability) > 2:
        return int(probability.argmax()) == len(probability) - 1
    return bool(probability[-1] >= model.description.operating_point.threshold)


def _of_window(
    model: Model, heading: str, table: Predictions, target: str, recordings: Sequence[LabelledRecording]
) -> list[Picture]:
    patient, name, start = str(table.patient[0]), str(table.recording[0]), float(table.start[0])
    labelled = next(r for r in recordings if r.patient == patient and name in {r.path.name, _channel_of(r, name)})
    with labelled.open() as recording:
        begin, window, labels = window_at(model, recording, start + table.window / 2)
    try:
        pictures = pictures_of_window(model, "occlusion", window, labels, start=begin, target=target)
    except ModelError:
        return []
    where = f"{heading}: {patient}, {labelled.path.name}"
    return [picture._replace(title=f"{where}. {picture.title}") for picture in pictures]


def _channel_of(recording: LabelledRecording, name: str) -> str:
    """Return the name of a row of patterns, which ends in its channel, if it is of this recording."""
    return name if name.startswith(f"{recording.path.name} ") else ""
