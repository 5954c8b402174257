"""DICOM: values after rescaling, the window, frames, colours; and files that are none."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pydicom
import pytest
from handmade_images import COLOUR, GREY, compressed, dicom, dicom_bytes, encoded, put
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    RLELossless,
)

from semeia.errors import FileError
from semeia.images import Image, open_image

DEEP = GREY.astype(np.int16) * 8 - 500


def opened(folder: Path, made: Dataset) -> Image:
    return open_image(put(folder, "a.dcm", dicom_bytes(made)))


def refusal(folder: Path, data: bytes) -> str:
    with pytest.raises(FileError) as caught:
        open_image(put(folder, "a.dcm", data)).read()
    assert "\n" not in str(caught.value) and "Doe" not in str(caught.value)
    return str(caught.value)


def test_values_are_rescaled_and_the_window_is_linear_by_the_standard(tmp_path: Path) -> None:
    image = opened(
        tmp_path,
        dicom(DEEP, RescaleSlope=2, RescaleIntercept=-24, Modality="CT", WindowCenter=[40, 9], WindowWidth=[400, 9]),
    )
    assert (image.kind, image.width, image.height, image.frames, image.channels) == ("DICOM", 40, 30, 1, 1)
    assert image.unit == "HU"
    np.testing.assert_array_equal(image.read()[0], DEEP * 2.0 - 24)
    assert image.window() == (40 - 0.5 - 399 / 2, 40 - 0.5 + 399 / 2)  # C.11.2.1.2.1
    exact = dicom(DEEP, WindowCenter=40, WindowWidth=400, VOILUTFunction="LINEAR_EXACT")
    assert opened(tmp_path, exact).window() == (-160, 240)


def test_monochrome1_is_shown_white_where_it_is_low(tmp_path: Path) -> None:
    image = opened(tmp_path, dicom(GREY, PhotometricInterpretation="MONOCHROME1"))
    np.testing.assert_array_equal(image.read()[0], GREY)
    np.testing.assert_allclose(image.shown()[0], 1 - GREY / np.float32(255), atol=1e-6)


def test_without_a_window_8_bits_show_all_and_more_their_own_range(tmp_path: Path) -> None:
    assert opened(tmp_path, dicom(GREY)).window() == (0, 255)
    image = opened(tmp_path, dicom(DEEP))
    assert image.window() is None
    assert (image.shown().min(), image.shown().max()) == (0, 1)


def test_padding_is_nan_and_shown_black(tmp_path: Path) -> None:
    image = opened(tmp_path, dicom(DEEP, PixelPaddingValue=-500, PhotometricInterpretation="MONOCHROME1"))
    np.testing.assert_array_equal(np.isnan(image.read()[0]), DEEP == -500)
    assert not image.shown()[0][DEEP == -500].any()


def test_frames_have_their_own_rescaling_and_window(tmp_path: Path) -> None:
    stack = np.stack([DEEP, DEEP + 1])
    groups = []
    for slope in (1, 3):
        values, window, group = Dataset(), Dataset(), Dataset()
        values.RescaleSlope, values.RescaleIntercept, values.RescaleType = slope, 5, "HU"
        window.WindowCenter, window.WindowWidth = 10 * slope, 101
        group.PixelValueTransformationSequence, group.FrameVOILUTSequence = [values], [window]
        groups.append(group)
    image = opened(tmp_path, dicom(stack, frames=True, PerFrameFunctionalGroupsSequence=groups))
    assert image.frames == 2 and image.unit == "HU"
    np.testing.assert_array_equal(image.read(1)[0], (DEEP + 1) * 3.0 + 5)
    np.testing.assert_array_equal(image.read(0)[0], DEEP + 5.0)
    assert [image.window(k) for k in (0, 1)] == [(-40.5, 59.5), (-20.5, 79.5)]


def test_colours_and_palettes_become_rgb(tmp_path: Path) -> None:
    image = opened(tmp_path, dicom(COLOUR))
    assert image.channels == 3
    np.testing.assert_array_equal(image.read(), COLOUR.transpose(2, 0, 1))
    made = dicom(GREY % 4, PhotometricInterpretation="PALETTE COLOR")
    for number, name in enumerate(("Red", "Green", "Blue")):
        setattr(made, f"{name}PaletteColorLookupTableDescriptor", [4, 0, 8])
        setattr(made, f"{name}PaletteColorLookupTableData", bytes(10 * k + number for k in range(4)))
    image = opened(tmp_path, made)
    assert image.channels == 3 and image.window() == (0, 255)
    np.testing.assert_array_equal(image.read(), np.stack([GREY % 4 * 10.0 + k for k in range(3)]))


def test_compressed_frames_are_decoded(tmp_path: Path) -> None:
    run_length = dicom(DEEP)
    run_length.compress(RLELossless, generate_instance_uid=False)
    np.testing.assert_array_equal(opened(tmp_path, run_length).read()[0], DEEP)
    wavelets = compressed(dicom(GREY), encoded(GREY, "JPEG2000", no_jp2=True), JPEG2000Lossless)
    np.testing.assert_array_equal(opened(tmp_path, wavelets).read()[0], GREY)
    smooth = np.add.outer(np.arange(30), np.arange(40)).astype(np.uint8)
    baseline = compressed(dicom(smooth), encoded(smooth, "JPEG", quality=95), JPEGBaseline8Bit)
    np.testing.assert_allclose(opened(tmp_path, baseline).read()[0], smooth, atol=3)


def test_files_that_say_little_or_are_deflated_are_read(tmp_path: Path) -> None:
    bare = dicom(DEEP)
    path = tmp_path / "bare.dcm"
    meta, bare.file_meta = bare.file_meta, pydicom.dataset.FileMetaDataset()
    bare.save_as(path, implicit_vr=True, little_endian=True)
    np.testing.assert_array_equal(open_image(path).read()[0], DEEP)
    bare.file_meta = meta
    for syntax in (ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian):
        meta.TransferSyntaxUID = syntax
        bare.save_as(
            tmp_path / "b.dcm", enforce_file_format=True, implicit_vr=syntax.is_implicit_VR, little_endian=True
        )
        np.testing.assert_array_equal(open_image(tmp_path / "b.dcm").read()[0], DEEP)


def test_what_cannot_be_decoded_here_says_what_decodes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = compressed(dicom(GREY), encoded(GREY, "JPEG"), JPEGLosslessSV1)
    decoder = pydicom.pixels.get_decoder(JPEGLosslessSV1)
    monkeypatch.setattr(decoder, "_available", {})  # also where a plug-in is installed
    said = refusal(tmp_path, dicom_bytes(made))
    assert "is compressed as JPEG Lossless" in said and "pip install pylibjpeg" in said


def test_a_file_without_pixels_is_refused_and_named(tmp_path: Path) -> None:
    made = dicom(GREY)
    del made.PixelData
    assert refusal(tmp_path, dicom_bytes(made)) == "a.dcm: is a DICOM file without pixels (CT Image Storage)"


def test_a_truncated_file_says_how_much_is_missing(tmp_path: Path) -> None:
    said = refusal(tmp_path, dicom_bytes(dicom(DEEP))[:-100])
    assert "is truncated: 2300 bytes of pixels, where 40 × 30 pixels need 2400" in said


def test_headers_that_cannot_be_are_refused(tmp_path: Path) -> None:
    for wrong, words in (
        ({"Rows": 0}, "40 × 0 pixels are no image"),
        ({"Rows": 65535}, "is truncated"),
        ({"Rows": 65535, "Columns": 65535}, "50 million"),
        ({"NumberOfFrames": 10**9}, "is truncated"),
        ({"SamplesPerPixel": 4}, "4 samples of 8 bits"),
        ({"PhotometricInterpretation": "CMYK"}, "none that are read"),
    ):
        assert words in refusal(tmp_path, dicom_bytes(dicom(GREY, **wrong)))


def test_a_compressed_frame_larger_than_the_header_says_is_not_decoded(tmp_path: Path) -> None:
    large = np.zeros((3000, 3000), np.uint8)
    for kind, syntax in (("JPEG", JPEGBaseline8Bit), ("JPEG2000", JPEG2000Lossless)):
        options = {"no_jp2": True} if kind == "JPEG2000" else {}
        made = compressed(dicom(GREY), encoded(large, kind, **options), syntax)
        assert "its compressed frame 3000 × 3000" in refusal(tmp_path, dicom_bytes(made))


def test_a_file_that_would_inflate_to_gigabytes_is_refused(tmp_path: Path) -> None:
    made = dicom(GREY)
    made.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    data = dicom_bytes(made)
    head = 144 + int.from_bytes(data[140:144], "little")
    deflate = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    bomb = b"".join([*(deflate.compress(bytes(1 << 24)) for _ in range(20)), deflate.flush()])
    assert "inflates to more than 256 MiB" in refusal(tmp_path, data[:head] + bomb)


def test_messages_never_quote_what_a_header_holds(tmp_path: Path) -> None:
    made = dicom(GREY)
    data = dicom_bytes(made).replace(b"Doe^Jane", b"Doe^Jan\n")
    for cut in range(140, len(data), 37):
        refusal(tmp_path, data[:cut])
