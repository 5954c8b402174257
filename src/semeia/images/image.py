"""The image: what an image file says, opened lazily and read a frame at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from semeia.errors import FileError, ImageError

__all__ = ["MOST_PIXELS", "Image", "Window", "as_shown", "check_size", "luminance"]

MOST_PIXELS = 50_000_000
"""Pixels of the largest frame or slice that is decoded: a digital mammogram has some 15 million."""
Window = tuple[float, float]
_LUMA = np.array([19595, 38470, 7471], np.float64) / 65536  # ITU-R BT.601, rounded as in JPEG files and Pillow


class Image(ABC):
    """An image or a stack of them, cheap to open: what describes it first, pixels when asked for.

    A subclass sets the attributes and gives `_decoded`; the rest follows. No file stays open, and frames can be read
    from several threads.

    Attributes
    ----------
    path : Path
    kind : str
        ``PNG``, ``JPEG``, ``TIFF``, ``DICOM`` or ``NIfTI``.
    width, height : int
        Pixels of every frame, as it is looked at.
    frames : int
        Pages, frames or slices.
    channels : int
        1 (grey) or 3 (red, green, blue).
    unit : str
        Unit of what `read` returns, such as ``HU``; empty where the file names none.
    inverted : bool
        Low values are white (DICOM: MONOCHROME1).
    """

    path: Path
    kind: str
    width: int
    height: int
    frames: int = 1
    channels: int = 1
    unit: str = ""
    inverted: bool = False

    def read(self, frame: int = 0) -> NDArray[np.float32]:
        """Return the values of a frame.

        Parameters
        ----------
        frame : int
            From 0.

        Returns
        -------
        ndarray of float32, (channels, height, width)
            In `unit`, after the file's own scaling; without one as stored (8 bits: 0 to 255). NaN where a DICOM file
            says that nothing was recorded (its padding value).

        Raises
        ------
        ImageError
            If there is no such frame, or it does not fit into memory.
        FileError
            If it is truncated, damaged, of another size than the first, or the file changed since it was opened.
        """
        self._check_frame(frame)
        try:
            values = self._decoded(frame)
        except MemoryError:
            raise ImageError(f"{self.path.name}: {self.width} × {self.height} pixels do not fit into memory") from None
        wanted = (self.channels, self.height, self.width)
        if values.shape != wanted:
            problem = f"frame {frame} is of shape {values.shape}, where {wanted} was announced"
            raise FileError(self.path, problem)
        return values

    def window(self, frame: int = 0) -> Window | None:
        """Return the values that are shown black and white (the other way round if `inverted`), as the file says.

        None where it does not say: then the lowest and the highest value of the frame are.
        """
        self._check_frame(frame)
        return self._window(frame)

    def shown(self, frame: int = 0) -> NDArray[np.float32]:
        """Return a frame as it is looked at, (channels, height, width): 0 black, 1 white; errors as of `read`."""
        return as_shown(self.read(frame), self._window(frame), inverted=self.inverted)

    def grey(self, frame: int = 0) -> NDArray[np.float32]:
        """Return the decoded grey pixels by which images are compared, (height, width): `luminance` of `read`."""
        return luminance(self.read(frame))

    @abstractmethod
    def _decoded(self, frame: int) -> NDArray[np.float32]:
        """Return the values of a frame that there is; only errors of Semeia, or MemoryError, may come out."""

    @abstractmethod
    def _window(self, frame: int) -> Window | None:
        """Return the window of a frame that there is."""

    def _check_frame(self, frame: int) -> None:
        if not 0 <= frame < self.frames:
            raise ImageError(f"{self.path.name}: no frame {frame}; they go from 0 to {self.frames - 1}")


def luminance(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the grey of an image, (channels, height, width) to (height, width).

    Grey stays as it is; colour becomes ITU-R BT.601 luma, rounded to whole numbers, so that a grey picture stored in
    colours is the same as one stored in grey.
    """
    if len(values) == 1:
        return np.asarray(values[0])
    if np.array_equal(values[0], values[1]) and np.array_equal(values[0], values[2]):
        return np.asarray(values[0])
    luma = np.tensordot(_LUMA, values, 1)
    return np.asarray(np.floor(luma + 0.5), np.float32)


def as_shown(values: NDArray[np.float32], window: Window | None, *, inverted: bool = False) -> NDArray[np.float32]:
    """Return values as they are looked at: 0 black to 1 white, clipped.

    Parameters
    ----------
    values : ndarray of float32
    window : (float, float) or None
        Values that are black and white; otherwise the lowest and the highest.
    inverted : bool
        The first is white and the second black.

    Returns
    -------
    ndarray of float32
        Of the same shape; black where a value is NaN, or where all are the same and no window is given.
    """
    finite = np.isfinite(values)
    if window is None:
        some = values[finite]
        window = (float(some.min()), float(some.max())) if some.size else (0.0, 1.0)
    low, high = window
    if not high > low:
        return np.zeros(values.shape, np.float32)
    with np.errstate(invalid="ignore", over="ignore"):
        shown = np.clip((values.astype(np.float64) - low) / (high - low), 0, 1).astype(np.float32)
    return np.where(finite, 1 - shown if inverted else shown, np.float32(0))


def check_size(path: Path, width: int, height: int, frames: int = 1) -> None:
    """Refuse what no image is, or one too large, before anything of it is decoded.

    Raises
    ------
    FileError
    """
    if width < 1 or height < 1 or frames < 1:
        raise FileError(path, f"{frames} frames of {width} × {height} pixels are no image")
    if width * height > MOST_PIXELS:
        size = f"{width} × {height} pixels"
        raise FileError(path, f"{size} are more than the {MOST_PIXELS // 10**6} million of the largest frame read")
