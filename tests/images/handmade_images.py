"""Small image files of every kind, made where they are read."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

GREY = (np.arange(30 * 40).reshape(30, 40) * 7 % 256).astype(np.uint8)
"""30 rows of 40 pixels, no two rows the same."""
COLOUR = np.stack([GREY, GREY[::-1], GREY[:, ::-1]], 2)


def encoded(pixels: NDArray[Any] | Image.Image, kind: str, **options: Any) -> bytes:
    """Return the bytes of a PNG, JPEG, TIFF or JPEG2000 file."""
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    data = io.BytesIO()
    picture.save(data, kind, **options)
    return data.getvalue()


def dicom(stored: NDArray[Any], *, frames: bool = False, **elements: Any) -> Dataset:
    """Return a DICOM data set of grey pixels, or of colours where they have a last axis of 3."""
    colour = stored.shape[-1] == 3
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID = CTImageStorage
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID = generate_uid(entropy_srcs=["semeia"])
    made.PatientName = "Doe^Jane"
    made.SamplesPerPixel = 3 if colour else 1
    made.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    if colour:
        made.PlanarConfiguration = 0
    if frames:
        made.NumberOfFrames = len(stored)
    made.Rows, made.Columns = stored.shape[1 if frames else 0 :][:2]
    made.BitsAllocated = made.BitsStored = stored.dtype.itemsize * 8
    made.HighBit = made.BitsStored - 1
    made.PixelRepresentation = int(stored.dtype.kind == "i")
    made.PixelData = stored.tobytes()
    made["PixelData"].VR = "OW" if stored.dtype.itemsize > 1 else "OB"
    for name, value in elements.items():
        setattr(made, name, value)
    return made


def compressed(made: Dataset, code: bytes, syntax: str) -> Dataset:
    """Return a data set whose one frame is a code stream."""
    made.file_meta.TransferSyntaxUID = syntax
    made.PixelData = encapsulate([code])
    made["PixelData"].is_undefined_length = True
    return made


def dicom_bytes(made: Dataset) -> bytes:
    data = io.BytesIO()
    made.save_as(data, enforce_file_format=True)
    return data.getvalue()


def nifti(values: NDArray[Any], affine: NDArray[Any] | None = None, version: int = 1) -> bytes:
    """Return the bytes of a NIfTI file."""
    kind = nibabel.Nifti1Image if version == 1 else nibabel.Nifti2Image
    return bytes(kind(values, np.eye(4) if affine is None else affine).to_bytes())


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path
