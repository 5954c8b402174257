"""Brain MRI slices in four classes: no tumour, glioma, meningioma, pituitary tumour.

Source: Bhuvaji et al. 2020, https://github.com/SartajBhuvaji/Brain-Tumor-Classification-DataSet.
"""

from __future__ import annotations

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


def brain_mri(path: str | Path, *, parts: Annotated[Sequence[Part], Field(min_length=1)] | None = None) -> Found:
    """Return the slices, each with its class: none, glioma, meningioma or pituitary.

    Parameters
    ----------
    path : str or Path
        Folder that holds ``Training`` and ``Testing``, or one of these; in each ``no_tumor``, ``glioma_tumor``,
        ``meningioma_tumor`` and ``pituitary_tumor``.
    parts : sequence of str, optional
        Such as ``Training``; otherwise all that are there.

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
    are there several times, also in both parts: that much is kept together (`semeia.datasets.gather_images`).
    """
    root = Path(path)
    otherwise = "holds no folders Training/no_tumor, Training/glioma_tumor ...: is this the brain MRI set?"
    return [
        labelled(file, label, part, patient="", place=place_in(root, file))
        for file, label, part in known_folders(root, _FOLDERS, ("Training", "Testing"), parts, otherwise)
    ], []
