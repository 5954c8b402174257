"""DICOM, decoded by pydicom and its plug-ins: values after the modality's rescaling, with the window beside them.

Clauses (C...) are those of DICOM PS3.3.
"""

from __future__ import annotations

import math
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from semeia.errors import FileError
from semeia.images.codestream import size_of
from semeia.images.damage import BoundedReader, decoding, in_one_line, opened, quiet
from semeia.images.image import Image, Window, check_size

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["DicomImage"]

_LARGEST_INFLATED = 256 << 20  # bytes of a file that is deflated as a whole
_DEFLATED = "1.2.840.10008.1.2.1.99"
_COLOURS = {"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT", "PALETTE COLOR"}
_GREYS = {"MONOCHROME1", "MONOCHROME2"}
_PIXELS = {0x7FE00008: "FloatPixelData", 0x7FE00009: "DoubleFloatPixelData", 0x7FE00010: "PixelData"}


class DicomImage(Image):
    """A DICOM file with pixels.

    Grey values are rescaled as the file says (C.7.6.16.2.9, C.11.1), also frame by frame; padding is NaN. Colours
    become RGB, palettes are looked up. The window is the first that the file gives (C.11.2); without one, grey of up
    to 8 bits that is not rescaled shows its whole range.

    Raises
    ------
    FileError
    """

    kind = "DICOM"

    def __init__(self, path: Path) -> None:
        self.path = path
        with opened(path) as stream, quiet(), decoding(path, quote=False):
            self._about = about = self._described(stream)
            photometric = str(about.get("PhotometricInterpretation", "")) or "MONOCHROME2"
            if photometric not in _GREYS | _COLOURS:
                raise FileError(path, "its colours (PhotometricInterpretation) are none that are read")
            self.width, self.height = int(about.get("Columns") or 0), int(about.get("Rows") or 0)
            self.frames = int(about.get("NumberOfFrames") or 1)
            check_size(path, self.width, self.height, self.frames)
            self._palette, self.inverted = photometric == "PALETTE COLOR", photometric == "MONOCHROME1"
            self.channels = 3 if photometric in _COLOURS else 1
            samples, bits = int(about.get("SamplesPerPixel") or 1), int(about.get("BitsAllocated") or 0)
            if samples != (1 if self._palette else self.channels) or bits not in {1, 8, 16, 32, 64}:
                raise FileError(path, f"{samples} samples of {bits} bits a pixel do not make {photometric}")
            syntax = about.file_meta.get("TransferSyntaxUID") if hasattr(about, "file_meta") else None
            self._whole = syntax is None or syntax == _DEFLATED or syntax.is_compressed
            self._compression = syntax.name if syntax is not None and syntax.is_compressed else ""
            if not self._whole:
                share = 2 / 3 if photometric == "YBR_FULL_422" else 1  # of every two pixels, colour is stored once
                self._check_length(stream, int(self.frames * self.width * self.height * samples * bits * share) // 8)
            self.unit = self._named_unit()

    def _window(self, frame: int) -> Window | None:
        with decoding(self.path, quote=False):
            if self.channels == 3:
                return (0.0, float(2 ** self._colour_bits() - 1))
            centre = _first(self._of_frame(frame, "FrameVOILUTSequence", "WindowCenter"))
            width = _first(self._of_frame(frame, "FrameVOILUTSequence", "WindowWidth"))
            if centre is None or width is None or not width > 0:
                return self._whole_range(frame)
            function = self._of_frame(frame, "FrameVOILUTSequence", "VOILUTFunction")
            if function in {"LINEAR_EXACT", "SIGMOID"} or width <= 1:  # C.11.2.1.3: a sigmoid is taken for a line
                return centre - width / 2, centre + width / 2
            return centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2  # C.11.2.1.2

    def _decoded(self, frame: int) -> NDArray[np.float32]:
        from pydicom.pixels.processing import apply_color_lut
        from pydicom.pixels.utils import pixel_array

        with opened(self.path) as stream, quiet(), decoding(self.path, quote=False):
            source: Any = self._read_whole(stream) if self._whole else stream
            if self._compression:
                self._check_codestream(source, frame)
            try:
                stored = pixel_array(source, index=frame)
            except RuntimeError as error:
                raise FileError(self.path, self._why_not(error)) from None
            if self._palette:
                stored = apply_color_lut(stored, self._about)
            if self.channels == 3:
                return np.ascontiguousarray(np.moveaxis(stored, -1, 0), np.float32)
            return self._rescaled(stored, frame)[None]

    # What it says

    def _described(self, stream: BoundedReader) -> Dataset:
        """Return everything but the pixels, and make sure that there are some."""
        from pydicom import dcmread
        from pydicom.uid import UID

        if self._is_deflated(stream):
            about = dcmread(stream, force=True)
            found = [name for name in _PIXELS.values() if name in about]
            for name in found:
                del about[name]
        else:
            about = dcmread(stream, stop_before_pixels=True, force=True)
            tag = stream.read(4)  # where it stopped
            group, element = (
                struct.unpack("<HH" if about.original_encoding[1] else ">HH", tag) if len(tag) == 4 else (0, 0)
            )
            found = [_PIXELS[group << 16 | element]] if group << 16 | element in _PIXELS else []
        if not found:
            kind = UID(str(about.get("SOPClassUID", "")))
            raise FileError(self.path, f"is a DICOM file without pixels{f' ({kind.name})' if kind.type else ''}")
        return about

    def _check_length(self, stream: BoundedReader, pixels: int) -> None:
        """Refuse a file that ends before its pixels do; the stream stands behind their tag."""
        implicit = self._about.original_encoding[0]
        left = max(0, stream.size - stream.tell() - (4 if implicit else 8))  # their length; VR and length
        if left < pixels:
            needs = f"{self.width} × {self.height} pixels" + (f" in {self.frames} frames" if self.frames > 1 else "")
            raise FileError(self.path, f"is truncated: {left} bytes of pixels, where {needs} need {pixels}")

    def _is_deflated(self, stream: BoundedReader) -> bool:
        """Return whether the whole file is deflated, and refuse one that would inflate to gigabytes."""
        from pydicom.filereader import read_file_meta_info

        start = stream.read(132)
        stream.seek(0)
        if start[128:] != b"DICM" or (meta := read_file_meta_info(self.path)).get("TransferSyntaxUID") != _DEFLATED:
            return False
        stream.seek(144 + int(meta.FileMetaInformationGroupLength))
        inflate, data, inflated = zlib.decompressobj(-zlib.MAX_WBITS), stream.read(), 0
        while data:
            inflated += len(inflate.decompress(data, 1 << 20))
            data = inflate.unconsumed_tail
            if inflated > _LARGEST_INFLATED:
                raise FileError(self.path, f"inflates to more than {_LARGEST_INFLATED >> 20} MiB")
        stream.seek(0)
        return True

    def _read_whole(self, stream: BoundedReader) -> Dataset:
        from pydicom import dcmread
        from pydicom.dataset import FileMetaDataset
        from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

        self._is_deflated(stream)
        whole = dcmread(stream, force=True)
        if not hasattr(whole, "file_meta"):
            whole.file_meta = FileMetaDataset()
        if "TransferSyntaxUID" not in whole.file_meta:  # not said: so it is as it could be read
            implicit, little = whole.original_encoding
            explicit = ExplicitVRLittleEndian if little else ExplicitVRBigEndian
            whole.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else explicit
        return whole

    def _of_frame(self, frame: int, sequence: str, keyword: str) -> Any:
        """Return what is said of a frame, else of all frames (functional groups, C.7.6.16), else of the image."""
        each = self._about.get("PerFrameFunctionalGroupsSequence") or []
        for group in [*each[frame : frame + 1], *(self._about.get("SharedFunctionalGroupsSequence") or [])]:
            for item in group.get(sequence) or []:
                if item.get(keyword) is not None:
                    return item.get(keyword)
        return self._about.get(keyword)

    def _named_unit(self) -> str:
        if self.channels == 3:
            return ""
        unit = str(
            self._of_frame(0, "PixelValueTransformationSequence", "RescaleType") or self._about.get("Units") or ""
        )
        if not unit and self._about.get("Modality") == "CT" and "RescaleSlope" in self._about:
            return "HU"  # C.8.2.1.1.5
        return "" if unit == "US" else unit  # unspecified

    # What its values are

    def _check_codestream(self, whole: Dataset, frame: int) -> None:
        """Refuse a compressed frame that decodes to more pixels than the header says."""
        from pydicom.encaps import get_frame

        data = get_frame(whole.PixelData, frame, number_of_frames=self.frames)
        inside = size_of(data)
        if inside is not None and inside != (self.width, self.height):
            said = f"the header says {self.width} × {self.height} pixels"
            raise FileError(self.path, f"{said}, its compressed frame {inside[0]} × {inside[1]}")

    def _why_not(self, error: RuntimeError) -> str:
        said = str(error)
        if "missing dependencies" in said or "does not support" in said:
            how = "one of pydicom's plug-ins does: pip install pylibjpeg pylibjpeg-libjpeg"
            return f"is compressed as {self._compression}, which nothing installed here decodes; {how}"
        return f"is damaged or cut short ({in_one_line(said[-100:])})"

    def _rescaled(self, stored: NDArray[Any], frame: int) -> NDArray[np.float32]:
        from pydicom.pixels.processing import apply_modality_lut

        slope = _first(self._of_frame(frame, "PixelValueTransformationSequence", "RescaleSlope"))
        intercept = _first(self._of_frame(frame, "PixelValueTransformationSequence", "RescaleIntercept"))
        if slope is None and self._about.get("ModalityLUTSequence"):
            values = apply_modality_lut(stored, self._about).astype(np.float64)
        else:
            values = stored.astype(np.float64) * (1 if slope is None else slope) + (intercept or 0)
        padding = self._about.get("PixelPaddingValue")
        if padding is not None:  # C.7.5.1.1.2
            ends = sorted((int(padding), int(self._about.get("PixelPaddingRangeLimit") or padding)))
            values[(stored >= ends[0]) & (stored <= ends[1])] = np.nan
        with np.errstate(over="ignore"):
            return values.astype(np.float32)

    def _whole_range(self, frame: int) -> Window | None:
        bits = int(self._about.get("BitsStored") or 0)
        rescaled = self._of_frame(frame, "PixelValueTransformationSequence", "RescaleSlope") is not None
        if (
            rescaled
            or not 1 <= bits <= 8
            or self._about.get("PixelRepresentation")
            or "ModalityLUTSequence" in self._about
        ):
            return None
        return 0.0, float(2**bits - 1)

    def _colour_bits(self) -> int:
        if self._palette:  # C.7.6.3.1.5: the third number is how many bits an entry has
            return 16 if int(self._about.RedPaletteColorLookupTableDescriptor[2]) > 8 else 8
        return min(int(self._about.get("BitsStored") or self._about.BitsAllocated), 32)


def _first(value: Any) -> float | None:
    """Return a number, the first of several, or None where there is none."""
    if value is None or isinstance(value, str):
        return None
    try:
        number = float(value)
    except TypeError:
        number = float(value[0]) if len(value) else math.nan
    return number if math.isfinite(number) else None
