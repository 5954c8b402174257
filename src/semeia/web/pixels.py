"""A picture's pixels as the page draws them, and its thumbnail. Nothing here knows the database or HTTP.

A frame keeps its values (`semeia.images`): the page turns them into black and white itself, so that a window is moved
without asking again. Values that are whole numbers travel as such: (channels, height, width) of uint8, uint16, int16,
or else float32, where NaN is what was not recorded.
"""

from __future__ import annotations

import hashlib
import io
import threading
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from semeia.errors import StorageError
from semeia.home import home_folder, make_folder, replacing
from semeia.images import Image, open_image
from semeia.web.binary import packed
from semeia.web.pages import Source

__all__ = ["SIDE", "Opened", "thumbnail"]

SIDE = 256
"""Pixels of a thumbnail's longer side: twice as many as it is shown with, for fine screens."""
_KEPT = 4  # images described; an unpacked volume is kept with its image
_QUALITY = 82
_WHOLE: tuple[tuple[type[np.generic], int, int], ...] = (
    (np.uint8, 0, 255),
    (np.uint16, 0, 65535),
    (np.int16, -32768, 32767),
)


class Opened:
    """The images that were looked at last; several threads take turns."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: OrderedDict[Source, Image] = OrderedDict()

    def frame(self, source: Source, frame: int) -> bytes:
        """Return a frame and what describes it.

        Raises
        ------
        FileError
            If the file cannot be read.
        ImageError
            If there is no such frame.
        """
        with self._lock:
            image = self._image(source)
            values = image.read(frame)
            window = image.window(frame)
        if len(values) == 3 and np.array_equal(values[0], values[1]) and np.array_equal(values[0], values[2]):
            values = values[:1]  # grey that is stored in colours
        finite = values[np.isfinite(values)]
        lowest, highest = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
        small = _smallest(values, lowest, highest)
        header = {
            "width": image.width,
            "height": image.height,
            "channels": len(values),
            "frame": frame,
            "frames": image.frames,
            "unit": image.unit,
            "window": window,
            "inverted": image.inverted,
            "range": [lowest, highest],
            "type": small.dtype.name,
        }
        return packed(header, small)

    def _image(self, source: Source) -> Image:
        image = self._open.pop(source, None) or open_image(source.path)
        self._open[source] = image
        if len(self._open) > _KEPT:
            self._open.popitem(last=False)
        return image


def thumbnail(source: Source) -> bytes:
    """Return a small JPEG of the middle frame as it is looked at, from the cache or made for it.

    Raises
    ------
    FileError, ImageError
        If the file cannot be read.
    """
    key = hashlib.blake2b(f"{SIDE} {source.path} {source.size} {source.modified_ns}".encode(), digest_size=16)
    name = key.hexdigest()
    file = home_folder() / "cache" / "thumbnails" / name[:2] / f"{name}.jpg"
    try:
        return file.read_bytes()
    except OSError:
        made = _small(open_image(source.path))
    try:
        make_folder(file.parent)
        with replacing(file) as part:
            part.write_bytes(made)
    except StorageError:
        pass  # it is shown all the same
    return made


def _smallest(values: NDArray[np.float32], lowest: float, highest: float) -> NDArray[np.generic]:
    """Return values as whole numbers where they are."""
    if np.isfinite(values).all() and np.array_equal(values, np.rint(values)):
        for kind, least, most in _WHOLE:
            if least <= lowest and highest <= most:
                return values.astype(kind)
    return values


def _small(image: Image) -> bytes:
    import PIL.Image

    shown = image.shown(image.frames // 2)
    pixels = (shown * 255 + 0.5).astype(np.uint8)
    whole = PIL.Image.fromarray(pixels[0] if len(pixels) == 1 else np.moveaxis(pixels, 0, -1))
    whole.thumbnail((SIDE, SIDE), PIL.Image.Resampling.LANCZOS, reducing_gap=2.0)
    data = io.BytesIO()
    whole.save(data, "JPEG", quality=_QUALITY)
    return data.getvalue()
