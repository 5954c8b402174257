"""A model judged on labelled images: what it says of each, beside the truth and its mean brightness."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from semeia.datasets import LabelledImage
from semeia.errors import DatasetError
from semeia.model import ImageModel
from semeia.report.judge import Judged, some
from semeia.report.words import counted
from semeia.transforms.prepared import prepared_images

__all__ = ["judged_images"]

_AT_ONCE = 64  # images that are in memory together


def judged_images(
    model: ImageModel, images: Sequence[LabelledImage], *, progress: Callable[[float], None] = lambda share: None
) -> Judged:
    """Let a model judge labelled images.

    Parameters
    ----------
    model : ImageModel
    images : sequence of LabelledImage
        As `semeia.datasets.gather_images` gives them.
    progress : callable
        Called with the share done, 0..1.

    Returns
    -------
    Judged
        With one table, whose baseline is the mean brightness, 0..1, of each image as the network sees it: with any
        borders that were added.

    Raises
    ------
    DatasetError
        If no image is of a class that the model knows.
    """
    from semeia.training.image_material import predictions_of  # which loads torch

    classes = model.description.classes
    given = [image for image in images if image.label in classes]
    if not given:
        there = some(sorted({image.label for image in images}))
        raise DatasetError(
            f"no image is of a class that the model knows ({some(classes)}); they are called {there}: name the folders "
            "as the model does, or the importer that does with --source"
        )
    places = [(image.path, image.frame, image.plane) for image in given]
    rows = prepared_images(places, model.transform, lambda done, total: progress(0.5 * done / total))
    said, brightness = [], []
    for first in range(0, len(given), _AT_ONCE):
        batch = rows.read_slice(first, min(first + _AT_ONCE, len(given)))
        said.append(model.probabilities(batch))
        brightness.append(batch.mean(axis=(1, 2, 3), dtype=np.float64) / 255)
        progress(0.5 + 0.5 * min(first + _AT_ONCE, len(given)) / len(given))
    table = predictions_of(given, classes, np.concatenate(said))
    table = replace(table, baselines={"mean brightness": np.concatenate(brightness)})
    notes = []
    if others := sorted({image.label for image in images} - set(classes)):
        left = counted(len(images) - len(given), "image")
        notes.append(f"{left} left out, of classes that the model does not know: {some(others)}")
    known = all(image.patient_known for image in given)
    return Judged({"": table}, [], {}, [], None, notes, known, given)
