"""NIfTI volumes (versions 1 and 2, plain or gzipped), cut into slices as radiologists look at them."""

from __future__ import annotations

import gzip
import logging
import math
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from semeia.errors import FileError
from semeia.images.damage import decoding, opened, quiet
from semeia.images.image import Image, Window, check_size

__all__ = ["NiftiImage"]

_LARGEST_UNPACKED = 1 << 30  # bytes of a gzipped volume: it is unpacked into memory as a whole
_AXES = {"axial": (2, 1, 0), "coronal": (1, 2, 0), "sagittal": (0, 2, 1)}
"""World axes (0 towards the right, 1 anterior, 2 superior) of slices, rows and columns."""
_GZIP = b"\x1f\x8b"


class _Axis(NamedTuple):
    """Where a world axis lies in the array, and whether the index grows against it."""

    place: int
    against: bool


class NiftiImage(Image):
    """A NIfTI file.

    Frames are slices, ascending towards the patient's superior (axial), anterior (coronal) or right (sagittal), one
    volume after another. Slices are as radiologists look at them: the patient's right is on the left, anterior is up
    (axial) or left (sagittal), superior is up. The axes of an oblique volume are taken for their nearest.

    Parameters
    ----------
    path : Path
    plane : {"axial", "coronal", "sagittal"}

    Raises
    ------
    FileError
    """

    kind = "NIfTI"

    def __init__(self, path: Path, plane: str) -> None:
        self.path = path
        self._volume: NDArray[Any] | None = None
        with opened(path) as stream, quiet(), decoding(path):
            self._packed = stream.read(2) == _GZIP
            size = stream.seek(0, 2)
            stream.seek(0)
            with gzip.open(stream) if self._packed else nullcontext(stream) as source:
                start = source.read(540)
            self._describe(start)
            axes = self._axes()
            self._check_bytes(size)
        self._slices, self._rows, self._columns = (axes[world] for world in _AXES[plane])
        shape = self._shape
        self.height, self.width = shape[self._rows.place], shape[self._columns.place]
        self.frames = shape[self._slices.place] * math.prod(shape[3:])
        check_size(path, self.width, self.height, self.frames)

    def _describe(self, start: bytes) -> None:
        """Take the header alone: extensions may be of any size."""
        from nibabel.nifti1 import Nifti1Header
        from nibabel.nifti2 import Nifti2Header

        version_2 = start[4:7] in {b"n+2", b"ni2"}
        magic = start[4:7] if version_2 else start[344:347]
        if magic in {b"ni1", b"ni2"}:
            raise FileError(self.path, "its pixels are in another file (.img): save both as one .nii")
        if magic not in {b"n+1", b"n+2"}:
            raise FileError(self.path, "is gzipped, but not a NIfTI file" if self._packed else "is no NIfTI file")
        if len(start) < (540 if version_2 else 348):
            raise FileError(self.path, "is truncated: it ends within its header")
        kind: Any = Nifti2Header if version_2 else Nifti1Header  # nibabel has no types
        header = kind(start if version_2 else start[:348], check=False)
        header.check_fix(logger=logging.Logger("unheard", logging.CRITICAL + 1))
        shape = tuple(int(n) for n in header.get_data_shape())
        self._shape = shape + (1,) * (3 - len(shape))
        self._type = header.get_data_dtype()
        self._offset = int(header.get_data_offset())
        slope, intercept = header.get_slope_inter()
        self._slope, self._intercept = slope or 1.0, intercept or 0.0
        low, high = float(header["cal_min"]), float(header["cal_max"])
        self._cal = (low, high) if math.isfinite(low) and math.isfinite(high) and high > low else None
        self._affine = header.get_best_affine()
        self.channels = 3 if self._type.names == ("R", "G", "B") else 1
        if self._type.kind not in "iuf" and self.channels == 1:
            raise FileError(self.path, f"its values are of type {self._type}: numbers or RGB are read")

    def _axes(self) -> list[_Axis]:
        """Return where the axes towards right, anterior and superior lie in the array."""
        from nibabel import orientations

        nearest: Any = orientations.io_orientation

        if not np.isfinite(self._affine).all() or np.isnan(towards := nearest(self._affine)).any():
            raise FileError(self.path, "does not say how its axes lie in the patient (its affine is singular)")
        order = np.argsort(towards[:, 0])
        return [_Axis(int(index), bool(towards[index, 1] < 0)) for index in order]

    def _check_bytes(self, size: int) -> None:
        wanted = math.prod(self._shape) * self._type.itemsize
        if min(self._shape) < 1:
            raise FileError(self.path, f"a volume of {' × '.join(map(str, self._shape))} holds nothing")
        if self._packed and wanted > _LARGEST_UNPACKED:
            raise FileError(self.path, f"unpacks to {wanted / 2**30:.1f} GiB: unpack it first (gunzip)")
        if not self._packed and size < self._offset + wanted:
            short = f"the file ends after {size} bytes, where its header needs {self._offset + wanted}"
            raise FileError(self.path, f"is truncated: {short}")

    def _window(self, frame: int) -> Window | None:
        return (0.0, 255.0) if self.channels == 3 else self._cal

    def _decoded(self, frame: int) -> NDArray[np.float32]:
        place, volume = frame % self._shape[self._slices.place], frame // self._shape[self._slices.place]
        if self._slices.against:
            place = self._shape[self._slices.place] - 1 - place
        which: list[slice | int] = [slice(None)] * 3
        which[self._slices.place] = place
        which += [int(n) for n in np.unravel_index(volume, self._shape[3:], order="F")] if self._shape[3:] else []
        with decoding(self.path):
            stored = self._array()[tuple(which)]
        if self._rows.place > self._columns.place:
            stored = stored.T
        # rows and columns run against right, anterior and superior
        stored = stored[:: 1 if self._rows.against else -1, :: 1 if self._columns.against else -1]
        if self.channels == 3:
            return np.stack([stored[name] for name in "RGB"]).astype(np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            return (stored.astype(np.float64) * self._slope + self._intercept).astype(np.float32)[None]

    def _array(self) -> NDArray[Any]:
        """Return the volume as stored: mapped, or, where it is gzipped, unpacked once and kept."""
        if self._volume is not None:
            return self._volume
        if not self._packed:
            with opened(self.path):  # it may have become a pipe or gone
                return np.memmap(self.path, self._type, "r", self._offset, self._shape, "F")
        wanted = math.prod(self._shape) * self._type.itemsize
        with opened(self.path) as stream, gzip.open(stream) as source:
            source.seek(self._offset)
            data = source.read(wanted)
        if len(data) < wanted:
            raise FileError(self.path, f"is truncated: it unpacks to {len(data)} bytes of pixels instead of {wanted}")
        self._volume = np.frombuffer(data, self._type).reshape(self._shape, order="F")
        return self._volume
