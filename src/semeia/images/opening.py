"""Which reader opens an image: told by how the file begins, not by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from semeia.errors import FileError, ImageError
from semeia.images.damage import opened
from semeia.images.image import Image
from semeia.signals.regular_file import regular_files

__all__ = ["SUFFIXES", "Plane", "files_under", "open_image"]

Plane = Literal["axial", "coronal", "sagittal"]
SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".dcm", ".dicom", ".nii", ".nii.gz")
"""How the names of images end, in small letters."""
_RASTER = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_NIFTI = ((344, (b"n+1\0", b"ni1\0")), (4, (b"n+2\0", b"ni2\0")))
_GZIP = b"\x1f\x8b"


def files_under(path: Path) -> list[Path]:
    """Return the images of a folder and its sub-folders, in order; of a file, itself.

    Hidden files, as other systems leave them, are passed over.

    Raises
    ------
    FileError
        If a folder holds none.
    """
    return regular_files(
        path,
        lambda file: file.name.lower().endswith(SUFFIXES) and not file.name.startswith(".") and file.is_file(),
        "PNG, JPEG, TIFF, DICOM or NIfTI",
    )


def open_image(path: str | Path, *, plane: Plane = "axial") -> Image:
    """Open an image file by its contents: PNG, JPEG, TIFF, DICOM or NIfTI.

    Only what describes it is read; pixels when they are asked for.

    Parameters
    ----------
    path : str or Path
    plane : {"axial", "coronal", "sagittal"}
        How a volume (NIfTI) is cut into slices; of no account for other files.

    Raises
    ------
    FileError
        If the file is missing, empty, truncated, of another kind, contradicts itself, holds no pixels, or a frame of it
        has more than 50 million.
    ImageError
        If `plane` is none of these.

    Examples
    --------
    >>> image = open_image("slice.dcm")  # doctest: +SKIP
    >>> values = image.read()  # float32 (1, 512, 512), HU
    """
    path = Path(path)
    if plane not in get_args(Plane):
        raise ImageError(f"plane = {plane!r}: it is one of {', '.join(get_args(Plane))}")
    with opened(path) as stream:
        start = stream.read(352)
    if start[128:132] == b"DICM" or _is_bare_dicom(path, start):
        from semeia.images.dicom import DicomImage

        return DicomImage(path)
    if start.startswith(_RASTER):
        from semeia.images.raster import RasterImage

        return RasterImage(path)
    if start.startswith(_GZIP) or any(start[at : at + 4] in magic for at, magic in _NIFTI):
        from semeia.images.nifti import NiftiImage

        return NiftiImage(path, plane)
    raise FileError(path, "is no PNG, JPEG, TIFF, DICOM or NIfTI file")


def _is_bare_dicom(path: Path, start: bytes) -> bool:
    """Return whether it is a DICOM file without the preamble, as old software wrote them."""
    return path.suffix.lower() in {".dcm", ".dicom"} and start[:2] in {b"\x02\0", b"\x08\0"}
