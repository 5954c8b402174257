"""PNG, JPEG and TIFF, decoded by Pillow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from semeia.errors import FileError
from semeia.images.damage import decoding, opened, quiet
from semeia.images.image import Image, Window, check_size

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

__all__ = ["RasterImage"]

_MOST_FRAMES = 10_000
_ORIENTATION = 0x0112  # EXIF and TIFF
_WHITE_IS_ZERO = (262, 0)  # TIFF: PhotometricInterpretation; Pillow turns 1 and 8 bits round itself
_WINDOW: dict[str, Window | None] = {"1": (0.0, 1.0), "I;16": (0.0, 65535.0), "I": None, "F": None}
"""Black and white of what is kept as stored, by Pillow's mode; everything else has 8 bits."""


class RasterImage(Image):
    """A PNG, JPEG or TIFF file.

    Grey of 1, 8, 16 or 32 bits and floating point is kept as stored; colours have 8 bits a channel (Pillow gives no
    more: the upper 8 of 16). Palettes are looked up, and grey ones are grey. CMYK and other colours become RGB. What is
    transparent lies on black. EXIF orientation is followed. An animation's frames, a TIFF's pages are frames; of a JPEG
    with several pictures (MPO) the first counts.

    Raises
    ------
    FileError
    """

    def __init__(self, path: Path) -> None:
        import PIL.Image

        self.path = path
        with opened(path) as stream, quiet(), decoding(path):
            try:
                picture = PIL.Image.open(stream, formats=("PNG", "JPEG", "TIFF"))
            except PIL.UnidentifiedImageError:
                raise FileError(path, "is damaged, or of a sort of PNG, JPEG or TIFF that is not read") from None
            except PIL.Image.DecompressionBombError:
                raise FileError(path, "claims more pixels than the 50 million of the largest frame read") from None
            self.kind = "JPEG" if picture.format == "MPO" else str(picture.format)
            self.width, self.height = self._size(picture)
            check_size(path, self.width, self.height)
            mode = _mode(picture)
            self._keep = mode in _WINDOW
            self._range = _WINDOW.get(mode, (0.0, 255.0))
            self.channels = 1 if self._keep or mode in {"L", "LA", "La"} else 3
            tags = getattr(picture, "tag_v2", {})
            self.inverted = mode in {"I;16", "I", "F"} and tags.get(_WHITE_IS_ZERO[0]) == _WHITE_IS_ZERO[1]
            self.frames = self._count(picture)

    def _window(self, frame: int) -> Window | None:
        return self._range

    def _decoded(self, frame: int) -> NDArray[np.float32]:
        import PIL.Image

        with opened(self.path) as stream, decoding(self.path):
            with quiet():
                picture = PIL.Image.open(stream, formats=("PNG", "JPEG", "TIFF"))
                if frame:
                    picture.seek(frame)
                width, height = self._size(picture)
                check_size(self.path, width, height)
                if (width, height) != (self.width, self.height):
                    there = f"is {width} × {height} pixels, not {self.width} × {self.height}"
                    raise FileError(self.path, f"frame {frame} {there} as when it was opened")
                if self.kind == "TIFF":  # it alone warns while it decodes; others may decode side by side
                    picture.load()
            return self._values(picture)

    def _values(self, picture: Picture) -> NDArray[np.float32]:
        """Return the pixels of the frame that Pillow stands at, (channels, height, width)."""
        upright = _upright(picture, self.kind)
        if self._keep:
            return np.asarray(upright).astype(np.float32)[None]
        target = "L" if self.channels == 1 else "RGB"
        if _is_transparent(upright):
            import PIL.Image

            seen = upright.convert("RGBA")
            upright = PIL.Image.alpha_composite(PIL.Image.new("RGBA", seen.size, (0, 0, 0, 255)), seen)
        pixels = np.asarray(upright if upright.mode == target else upright.convert(target))
        return (pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)).astype(np.float32, order="C")

    def _size(self, picture: Picture) -> tuple[int, int]:
        """Return width and height as it is looked at; Pillow turns a TIFF itself."""
        turned = picture.format != "TIFF" and _orientation(picture) >= 5
        return (picture.height, picture.width) if turned else (picture.width, picture.height)

    def _count(self, picture: Picture) -> int:
        if self.kind == "JPEG":
            return 1
        if self.kind == "PNG":
            return int(getattr(picture, "n_frames", 1))
        for frame in range(1, _MOST_FRAMES + 1):
            try:
                picture.seek(frame)
            except EOFError:
                return frame
        raise FileError(self.path, f"has more than {_MOST_FRAMES} pages")


def _orientation(picture: Picture) -> int:
    """Return the EXIF orientation, 1 to 8. That of a PNG is known only where it stands before the pixels."""
    if picture.format == "PNG" and "exif" not in picture.info:
        return 1
    turned = picture.getexif().get(_ORIENTATION, 1)
    return turned if isinstance(turned, int) and 1 <= turned <= 8 else 1


def _upright(picture: Picture, kind: str) -> Picture:
    from PIL import ImageOps

    return picture if kind == "TIFF" or _orientation(picture) == 1 else ImageOps.exif_transpose(picture)


def _is_transparent(picture: Picture) -> bool:
    return picture.mode in {"LA", "La", "PA", "RGBA", "RGBa"} or "transparency" in picture.info


def _mode(picture: Picture) -> str:
    """Return Pillow's mode, with what is grey in truth or in another order of bytes under its plain name."""
    if picture.mode.startswith("I;16"):
        return "I;16"
    if picture.mode not in {"P", "PA"} or picture.palette is None:
        return picture.mode
    colours = np.frombuffer(bytes(picture.palette.palette), np.uint8)
    if picture.palette.mode != "RGB" or len(colours) % 3:
        return picture.mode
    return "L" if (colours.reshape(-1, 3) == colours.reshape(-1, 3)[:, :1]).all() else picture.mode
