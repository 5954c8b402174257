"""NIfTI: slices lie as radiologists look at them, whatever the order of the axes in the file."""

from __future__ import annotations

import gzip
import itertools
from pathlib import Path

import nibabel
import numpy as np
import pytest
from handmade_images import nifti, put
from nibabel.orientations import apply_orientation, inv_ornt_aff

from semeia.errors import FileError, ImageError
from semeia.images import open_image

BRAIN = np.random.default_rng(0).integers(-500, 500, (5, 6, 7), np.int16)
"""Axes towards the patient's right, anterior, superior."""
SLICES = {
    "axial": [BRAIN[::-1, ::-1, k].T for k in range(7)],
    "coronal": [BRAIN[::-1, k, ::-1].T for k in range(6)],
    "sagittal": [BRAIN[k, ::-1, ::-1].T for k in range(5)],
}


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
def test_slices_are_the_same_in_whatever_order_the_axes_are_stored(tmp_path: Path, order, plane) -> None:
    for flips in itertools.product((1, -1), repeat=3):
        towards = np.array(list(zip(order, flips, strict=True)), float)
        stored = apply_orientation(BRAIN, towards)
        affine = inv_ornt_aff(towards, BRAIN.shape)
        image = open_image(put(tmp_path, "a.nii", nifti(stored, affine)), plane=plane)
        assert image.frames == len(SLICES[plane])
        for k in (0, 2, image.frames - 1):
            np.testing.assert_array_equal(image.read(k)[0], SLICES[plane][k])


def test_a_slightly_oblique_volume_is_taken_for_its_nearest_axes(tmp_path: Path) -> None:
    turned = np.eye(4)
    turned[:2, :2] = [[0.97, -0.24], [0.24, 0.97]]
    np.testing.assert_array_equal(
        open_image(put(tmp_path, "a.nii", nifti(BRAIN, turned))).read(3)[0], SLICES["axial"][3]
    )


@pytest.mark.parametrize("version", [1, 2])
def test_gzipped_files_of_both_versions_are_read(tmp_path: Path, version: int) -> None:
    data = nifti(BRAIN, version=version)
    for name, written in (("a.nii", data), ("a.nii.gz", gzip.compress(data))):
        image = open_image(put(tmp_path, name, written))
        assert (image.kind, image.width, image.height, image.frames, image.channels) == ("NIfTI", 5, 6, 7, 1)
        np.testing.assert_array_equal(image.read(6)[0], SLICES["axial"][6])


def test_values_are_scaled_and_the_window_is_the_files(tmp_path: Path) -> None:
    volume = nibabel.Nifti1Image(BRAIN, np.eye(4))
    volume.header["cal_min"], volume.header["cal_max"] = -10, 90
    data = bytearray(volume.to_bytes())
    data[112:120] = np.array([0.5, 3], "<f4").tobytes()  # scl_slope, scl_inter
    image = open_image(put(tmp_path, "a.nii", bytes(data)))
    np.testing.assert_array_equal(image.read(2)[0], SLICES["axial"][2] * 0.5 + 3)
    assert image.window(2) == (-10, 90)


def test_volumes_follow_one_another(tmp_path: Path) -> None:
    moving = np.stack([BRAIN, BRAIN + 1000], 3)
    image = open_image(put(tmp_path, "a.nii", nifti(moving)))
    assert image.frames == 14
    np.testing.assert_array_equal(image.read(7 + 3)[0], SLICES["axial"][3] + 1000)


def test_rgb_is_read_and_complex_numbers_are_refused(tmp_path: Path) -> None:
    colour = np.zeros((4, 5, 2), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    colour["G"] = 200
    image = open_image(put(tmp_path, "a.nii", nifti(colour)))
    assert image.read(1).shape == (3, 5, 4) and image.read(1)[1].min() == 200
    with pytest.raises(FileError, match="of type complex64"):
        open_image(put(tmp_path, "a.nii", nifti(BRAIN.astype(np.complex64))))


def test_truncated_files_say_so(tmp_path: Path) -> None:
    data = nifti(BRAIN)
    with pytest.raises(FileError, match=r"is truncated: the file ends after 762 bytes, where its header needs 772"):
        open_image(put(tmp_path, "a.nii", data[:-10]))
    with pytest.raises(FileError, match="it unpacks to 410 bytes of pixels instead of 420"):
        open_image(put(tmp_path, "a.nii.gz", gzip.compress(data[:-10]))).read()
    with pytest.raises(FileError, match="is damaged or cut short"):
        open_image(put(tmp_path, "a.nii.gz", gzip.compress(data)[:-200])).read()
    with pytest.raises(FileError, match="ends within its header"):
        open_image(put(tmp_path, "a.nii.gz", gzip.compress(data[:347])))


def test_claims_of_gigabytes_are_refused_before_unpacking(tmp_path: Path) -> None:
    data = bytearray(nifti(BRAIN))
    data[42:48] = np.array([2000, 2000, 2000], "<i2").tobytes()
    with pytest.raises(FileError, match="is truncated"):
        open_image(put(tmp_path, "a.nii", bytes(data)))
    with pytest.raises(FileError, match=r"unpacks to 14.9 GiB: unpack it first"):
        open_image(put(tmp_path, "a.nii.gz", gzip.compress(data)))
    data[42:48] = np.array([32767, 32767, 1], "<i2").tobytes()
    with pytest.raises(FileError, match=r"unpacks to 2.0 GiB|50 million"):
        open_image(put(tmp_path, "a.nii.gz", gzip.compress(data)))


def test_pixels_in_another_file_and_a_wrong_plane_are_said(tmp_path: Path) -> None:
    data = nifti(BRAIN)
    with pytest.raises(FileError, match="its pixels are in another file"):
        open_image(put(tmp_path, "a.hdr", data[:344] + b"ni1\0" + data[348:]))
    with pytest.raises(ImageError, match="plane = 'oblique': it is one of axial, coronal, sagittal"):
        open_image(put(tmp_path, "a.nii", data), plane="oblique")  # type: ignore[arg-type]
    with pytest.raises(FileError, match="is gzipped, but not a NIfTI file"):
        open_image(put(tmp_path, "a.nii.gz", gzip.compress(b"x" * 1000)))
