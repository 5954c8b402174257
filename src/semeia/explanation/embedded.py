"""Pictures within a page: a JPEG in a ``data:`` URI, which opens without any network."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray

__all__ = ["as_uri"]


def as_uri(shown: NDArray[np.float32], side: int, quality: int = 80) -> str:
    """Return a picture as a JPEG in a ``data:`` URI.

    Parameters
    ----------
    shown : array, float32, (1 or 3, height, width)
        0 black to 1 white; what is not a number is black.
    side : int
        Pixels of the longer side, at most.
    quality : int
        Of JPEG, to 95.
    """
    import PIL.Image

    pixels = (np.clip(np.nan_to_num(shown, nan=0.0), 0, 1) * 255 + 0.5).astype(np.uint8)
    picture = PIL.Image.fromarray(pixels[0] if len(pixels) == 1 else np.moveaxis(pixels, 0, -1).copy())
    picture.thumbnail((side, side))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
