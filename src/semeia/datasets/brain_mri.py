"""Brain MRI slices in four classes: no tumour, glioma, meningioma, pituitary tumour.

Source: Bhuvaji et al. 2020, https://github.com/SartajBhuvaji/Brain-Tumor-Classification-DataSet.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from semeia.datasets.image_importing import Found, known_folders, labelled, place_in

__all__ = ["brain_mri"]

Part = Literal["Training", "Testing"]
_FOLDERS = {
    "no_tumor": "none",
    "glioma_tumor": "glioma",
    "meningioma_tumor": "meningioma",
    "pituitary_tumor": "pituitary",
}
_NUMBER = re.compile(r"\d+(?=\D*$)")


def brain_mri(
    path: str | Path,
    *,
    parts: Annotated[Sequence[Part], Field(min_length=1)] | None = None,
    series: Annotated[int, Field(ge=1)] | None = None,
) -> Found:
    """Return the slices, each with its class: none, glioma, meningioma or pituitary.

    Parameters
    ----------
    path : str or Path
        Folder that holds ``Training`` and ``Testing``, or one of these; in each ``no_tumor``, ``glioma_tumor``,
        ``meningioma_tumor`` and ``pituitary_tumor``.
    parts : sequence of str, optional
        Such as ``Training``; otherwise all that are there.
    series : int, optional
        So many consecutive file numbers of one series (names that differ by their number only, in one folder) of a
        tumour count as one patient. It is a guess: `patient_known` stays false.

    Returns
    -------
    images : list of LabelledImage
    left_out : list of str
        Always empty: what cannot be read is left out later.

    Raises
    ------
    DatasetError
        If there are none, or a part is not there.

    Notes
    -----
    Who a slice is of was not published, so neighbouring slices of one patient may be on both sides of a split. Images
    are there several times, also in both parts: that much is kept together (`semeia.datasets.gather_images`). Tumours
    whose numbers follow each other are often slices of one patient (in Training, 32 × 32 pixels of neighbours of
    ``gg`` correlate by .84, of those 20 numbers apart by .64, of any two by .61), so that `series` keeps most of those
    on one side, but for what a block's ends cut. Those without a tumour were not numbered so (.50, .48, .48): each
    stays by itself.
    """
    root = Path(path)
    otherwise = "holds no folders Training/no_tumor, Training/glioma_tumor ...: is this the brain MRI set?"
    return [
        labelled(file, label, part, patient="", place=_block(place_in(root, file), None if label == "none" else series))
        for file, label, part in known_folders(root, _FOLDERS, ("Training", "Testing"), parts, otherwise)
    ], []


def _block(place: str, series: int | None) -> str:
    """Return how the block of a series is called in which a file lies; without blocks, or a number, its own place."""
    folder, _, name = place.rpartition("/")
    stem = Path(name).stem
    found = _NUMBER.search(stem)
    if series is None or found is None:
        return place
    first = int(found[0]) // series * series
    return f"{folder}/{stem[: found.start()]}{first}-{first + series - 1}{stem[found.end() :]}"
