"""Images in a report: some of each class as they are told, and the surest mistakes; small, and within the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from semeia.datasets import LabelledImage
from semeia.errors import SemeiaError
from semeia.evaluation import Predictions
from semeia.explanation import as_uri
from semeia.report.judge import Judged
from semeia.report.words import counted, number

__all__ = ["Card", "Sheet", "said_of", "sheets_of", "thumbnail"]

MOST_OF_CLASS = 6
MOST_MISTAKES = 12
SIDE = 208
"""Pixels of a thumbnail's longer side at most; a page shows it at half of that or more, on any screen."""


class Card(NamedTuple):
    """An image with what is so and what was said.

    Parameters
    ----------
    source : str
        The image as a ``data:`` URI.
    name : str
        Of its file.
    truth, said : str
        Classes.
    probability : float
        Of what was said.
    right : bool
    """

    source: str
    name: str
    truth: str
    said: str
    probability: float
    right: bool


class Sheet(NamedTuple):
    """Cards under a heading, with a line that says how they were chosen."""

    kind: str
    title: str
    caption: str
    cards: list[Card]


def sheets_of(judged: Judged, metrics: Mapping[str, Any]) -> list[Sheet]:
    """Return a sheet of samples of each class, drawn at random with a fixed seed, and one of the surest mistakes.

    Parameters
    ----------
    judged : Judged
        Of images.
    metrics : mapping
        What was measured of it; its threshold tells two classes apart.
    """
    table = judged.predictions[""]
    threshold = metrics["windows"]["threshold"]
    said = said_of(table, threshold)
    rng, right = np.random.default_rng(0), said == table.label
    sheets = []
    for number_of, name in enumerate(table.classes):
        own = np.flatnonzero((table.label == number_of) & table.scored)
        if not len(own):
            continue
        chosen = np.sort(rng.permutation(own)[:MOST_OF_CLASS])
        caption = f"{int(right[own].sum()):,} of {counted(len(own), 'image')} told rightly"
        sheets.append(Sheet("sample", name, caption, _cards(judged.images, table, said, chosen)))
    wrong = np.flatnonzero(~right & table.scored)
    surest = wrong[np.argsort(-table.probability[wrong, said[wrong]], kind="stable")][:MOST_MISTAKES]
    which = f"the {len(surest)} surest of them" if len(wrong) > len(surest) else "all of them, the surest first"
    share = number(len(wrong) / max(1, int(table.scored.sum())), "share")
    caption = f"{counted(len(wrong), 'image')} ({share}) told wrongly; {which}." if len(wrong) else "There is none."
    if len(table.classes) == 2:
        caption += f" {table.classes[1].capitalize()} is said from {number(threshold, 'threshold')} on."
    sheets.append(Sheet("mistakes", "Surest mistakes", caption, _cards(judged.images, table, said, surest)))
    return sheets


def said_of(table: Predictions, threshold: float) -> NDArray[np.int64]:
    """Return the class that each image is said to be of: of two by the threshold, of more the most probable."""
    if len(table.classes) == 2:
        return (table.score >= threshold).astype(np.int64)
    return np.asarray(np.nan_to_num(table.probability).argmax(axis=1), np.int64)


def _cards(
    images: Sequence[LabelledImage], table: Predictions, said: NDArray[np.int64], rows: NDArray[np.int64]
) -> list[Card]:
    return [
        Card(
            thumbnail(images[row]),
            str(table.recording[row]),
            table.classes[table.label[row]],
            table.classes[said[row]],
            float(table.probability[row, said[row]]),
            bool(said[row] == table.label[row]),
        )
        for row in rows.tolist()
    ]


def thumbnail(image: LabelledImage) -> str:
    """Return an image, small, as a ``data:`` URI; nothing of one that is gone meanwhile."""
    try:
        return as_uri(image.open().shown(image.frame), SIDE)
    except SemeiaError:
        return "data:,"
