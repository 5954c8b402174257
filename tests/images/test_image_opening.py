"""Images are told by their contents; what is none has its own line; importing the room is light."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from handmade_images import COLOUR, GREY, dicom, dicom_bytes, encoded, nifti, put

from semeia.errors import FileError
from semeia.images import as_shown, files_under, luminance, open_image


def refusal(path: Path) -> str:
    with pytest.raises(FileError) as caught:
        open_image(path)
    return str(caught.value)


def test_a_wrong_ending_does_not_matter(tmp_path: Path) -> None:
    for data, kind in (
        (encoded(GREY, "PNG"), "PNG"),
        (encoded(GREY, "JPEG"), "JPEG"),
        (encoded(GREY, "TIFF"), "TIFF"),
        (dicom_bytes(dicom(GREY)), "DICOM"),
        (nifti(GREY[:, :, None].astype(np.int16)), "NIfTI"),
    ):
        assert open_image(put(tmp_path, "image.bin", data)).kind == kind


def test_what_is_no_image_has_its_own_line(tmp_path: Path) -> None:
    assert "there is no such file" in refusal(tmp_path / "absent.png")
    assert "is a folder" in refusal(tmp_path)
    assert "the file is empty" in refusal(put(tmp_path, "a.png", b""))
    assert "is no PNG, JPEG, TIFF, DICOM or NIfTI file" in refusal(put(tmp_path, "a.png", b"GIF89a" + bytes(600)))
    os.mkfifo(tmp_path / "pipe.png")
    assert "is not a regular file" in refusal(tmp_path / "pipe.png")


def test_images_of_a_folder_are_found_in_order_without_hidden_files(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    made = [put(tmp_path, name, b"x") for name in ("b.PNG", "a.nii.gz", "sub/c.jpeg")]
    put(tmp_path, "._b.png", b"x")
    put(tmp_path, "notes.txt", b"x")
    assert files_under(tmp_path) == [made[1], made[0], made[2]]
    assert files_under(made[0]) == [made[0]]
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="holds no PNG"):
        files_under(tmp_path / "empty")


def test_no_file_stays_open(tmp_path: Path) -> None:
    paths = [
        put(tmp_path, "a.png", encoded(COLOUR, "PNG")),
        put(tmp_path, "a.tif", encoded(GREY, "TIFF", save_all=True)),
        put(tmp_path, "a.dcm", dicom_bytes(dicom(GREY))),
        put(tmp_path, "a.nii", nifti(GREY[:, :, None].astype(np.int16))),
    ]
    before = len(list(Path("/proc/self/fd").iterdir()))
    kept = [open_image(path) for path in paths * 5]
    for image in kept:
        image.read()
    assert len(list(Path("/proc/self/fd").iterdir())) <= before


def test_grey_of_colours_is_rounded_and_grey_colours_stay(tmp_path: Path) -> None:
    values = np.full((3, 2, 2), 77, np.float32)
    np.testing.assert_array_equal(luminance(values), values[0])
    values[0] = 255
    assert luminance(values)[0, 0] == round(0.299 * 255 + 0.701 * 77)


def test_values_are_shown_between_black_and_white() -> None:
    values = np.array([[np.nan, -10, 0, 50, 100, np.inf]], np.float32)
    assert as_shown(values, (0, 100)).tolist() == [[0, 0, 0, 0.5, 1, 0]]
    assert as_shown(values, (0, 100), inverted=True).tolist() == [[0, 1, 1, 0.5, 0, 0]]
    assert as_shown(np.full((1, 3), 7, np.float32), None).tolist() == [[0, 0, 0]]
    assert as_shown(np.full((1, 3), np.nan, np.float32), None).tolist() == [[0, 0, 0]]


def test_importing_images_loads_no_decoder() -> None:
    code = (
        "import sys, semeia.images; sys.exit(bool({'PIL', 'pydicom', 'nibabel', 'torch', 'scipy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_real_images_are_read_as_pillow_reads_them(shared_data: Path) -> None:
    from PIL import Image

    for folder in ("brain_mri/Training", "chest_xray/train"):
        for path in files_under(shared_data / folder)[::500]:
            with Image.open(path) as picture:
                np.testing.assert_array_equal(open_image(path).grey(), np.asarray(picture.convert("L")))
