"""From a model and an image to pictures, and to a map that a page lays over the image."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeia.errors import ModelError
from semeia.explanation.image_attribution import ImageAttribution, image_attribution, image_target
from semeia.explanation.overlay import image_picture
from semeia.explanation.sanity import cascade, correlation
from semeia.explanation.theme import Picture
from semeia.home import replacing
from semeia.images import Image
from semeia.model import ImageModel

__all__ = ["checked", "map_of_image", "picture_of_image", "write_map"]

DRAWS = {"gradcam": 8, "occlusion": 1, "gradients": 1}
"""Networks with new weights that a map is compared with: as many as are quick."""


def picture_of_image(
    model: ImageModel,
    picture: NDArray[np.uint8],
    methods: Sequence[str],
    *,
    target: str | None = None,
    name: str = "",
    check: bool = True,
) -> Picture:
    """Draw what speaks for a class in an image, by one method or by several side by side.

    Parameters
    ----------
    model : ImageModel
    picture : ndarray, uint8 (channels, height, width)
        As `ImageModel.prepared` gives it.
    methods : sequence of str
        Of ``gradcam``, ``occlusion`` and ``gradients``. Of several, those that do not suit the network are left out.
    target : str, optional
        A class; else as `image_target`.
    name : str
        Of the image, for the title.
    check : bool
        Say how the first map changes when the weights are drawn anew; that takes several times as long.

    Raises
    ------
    ModelError
        If there is no such class, or no method suits the network.
    """
    target = image_target(model, picture, target)
    found: dict[str, ImageAttribution] = {}
    for method in methods:
        try:
            found[method] = image_attribution(model, picture, method, target=target)
        except ModelError:
            if method == methods[-1] and not found:
                raise
    method, first = next(iter(found.items()))
    follows = {first.method: checked(model, first, method)} if check else {}
    return image_picture(list(found.values()), name=name, follows=follows)


def checked(model: ImageModel, found: ImageAttribution, method: str) -> list[float]:
    """Return how a map correlates with those of the network with ever more weights drawn anew; see `cascade`.

    The mean over several draws, as maps of few places are alike by chance. NaN where no such network shows anything.
    """
    values = [
        [
            correlation(found, image_attribution(other, found.picture, method, target=found.target))
            for _, other in cascade(model, seed)
        ]
        for seed in range(DRAWS[method])
    ]
    drawn = np.array(values)
    count = (~np.isnan(drawn)).sum(axis=0)
    return [
        float(total / some) if some else float("nan") for total, some in zip(np.nansum(drawn, 0), count, strict=True)
    ]


def map_of_image(
    model: ImageModel, image: Image, *, method: str = "gradcam", target: str | None = None, frame: int | None = None
) -> tuple[NDArray[np.float32], dict[str, Any]]:
    """Return what speaks for a class in an image as a map, and where it lies.

    Parameters
    ----------
    model : ImageModel
    image : Image
    method : {"gradcam", "occlusion", "gradients"}
    target : str, optional
        A class; else as `image_target`.
    frame : int, optional
        Otherwise the middle one.

    Returns
    -------
    values : ndarray, float32 (height, width)
        0 to 1, over the picture that the transform prepares.
    about : dict
        ``x``, ``y``, ``width``, ``height``: where the map lies in the image, in its pixels from its upper left corner
        (column u begins at x + u · width / columns); ``target``, ``probability`` and ``method``.

    Raises
    ------
    ImageError, FileError, ModelError
    """
    found = image_attribution(model, model.prepared(image, frame), method, target=target)
    names = ("x", "y", "width", "height")
    place = dict(zip(names, model.transform.placed(image.width, image.height), strict=True))
    return found.map, {**place, "target": found.target, "probability": found.probability, "method": found.method}


def write_map(path: Path, values: NDArray[np.float32], about: dict[str, Any]) -> None:
    """Write a map as an ``.npy`` file, and first, beside it, what is said about it as ``.json``.

    Raises
    ------
    StorageError
    """
    with replacing(path.with_suffix(".json")) as part:
        part.write_text(json.dumps(about) + "\n", encoding="utf-8")
    file = io.BytesIO()
    np.save(file, values, allow_pickle=False)
    with replacing(path) as part:
        part.write_bytes(file.getvalue())
