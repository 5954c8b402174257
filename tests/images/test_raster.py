"""PNG, JPEG and TIFF: what is stored is what is read."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
from handmade_images import COLOUR, GREY, encoded, put
from PIL import Image

from semeia.errors import FileError, ImageError
from semeia.images import open_image


@pytest.mark.parametrize(("kind", "name"), [("PNG", "a.png"), ("TIFF", "a.tif")])
def test_grey_of_8_bits_is_read_as_stored(tmp_path: Path, kind: str, name: str) -> None:
    image = open_image(put(tmp_path, name, encoded(GREY, kind)))
    assert (image.kind, image.width, image.height, image.frames, image.channels) == (kind, 40, 30, 1, 1)
    values = image.read()
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values[0], GREY)
    assert image.window() == (0, 255)
    np.testing.assert_allclose(image.shown()[0], GREY / np.float32(255))


def test_16_bits_are_kept(tmp_path: Path) -> None:
    deep = GREY.astype(np.uint16) * 257
    for name, kind in (("a.png", "PNG"), ("a.tif", "TIFF")):
        image = open_image(put(tmp_path, name, encoded(deep, kind)))
        np.testing.assert_array_equal(image.read()[0], deep)
        assert image.window() == (0, 65535)


def test_a_float_tiff_is_read_as_stored_and_shown_over_its_range(tmp_path: Path) -> None:
    values = GREY.astype(np.float32) / 7 - 3
    image = open_image(put(tmp_path, "a.tif", encoded(values, "TIFF")))
    np.testing.assert_array_equal(image.read()[0], values)
    assert image.window() is None
    assert (image.shown().min(), image.shown().max()) == (0, 1)


def test_one_bit_is_black_and_white(tmp_path: Path) -> None:
    image = open_image(put(tmp_path, "a.png", encoded(Image.fromarray(GREY).convert("1"), "PNG")))
    assert set(np.unique(image.read())) == {0, 1}
    assert image.window() == (0, 1)


def test_colours_come_first_and_grey_ones_are_their_luma(tmp_path: Path) -> None:
    image = open_image(put(tmp_path, "a.png", encoded(COLOUR, "PNG")))
    np.testing.assert_array_equal(image.read(), COLOUR.transpose(2, 0, 1))
    np.testing.assert_array_equal(image.grey(), np.asarray(Image.fromarray(COLOUR).convert("L")))


def test_a_palette_is_looked_up_and_a_grey_one_is_grey(tmp_path: Path) -> None:
    picture = Image.fromarray(GREY % 4).convert("P")
    picture.putpalette([200, 0, 0, 0, 200, 0, 0, 0, 200, 9, 9, 9])
    image = open_image(put(tmp_path, "colour.png", encoded(picture, "PNG")))
    assert image.channels == 3
    assert image.read()[:, GREY == 0][:, 0].tolist() == [200, 0, 0]
    picture.putpalette([0, 0, 0, 50, 50, 50, 99, 99, 99, 9, 9, 9])
    image = open_image(put(tmp_path, "grey.png", encoded(picture, "PNG")))
    assert image.channels == 1
    np.testing.assert_array_equal(image.read()[0], np.array([0, 50, 99, 9])[GREY % 4])


def test_what_is_transparent_lies_on_black(tmp_path: Path) -> None:
    alpha = np.where(np.arange(40) < 20, 255, 0).astype(np.uint8) * np.ones((30, 1), np.uint8)
    for pixels in (np.dstack([GREY, alpha]), np.dstack([COLOUR, alpha])):
        values = open_image(put(tmp_path, "a.png", encoded(pixels, "PNG"))).read()
        assert not values[:, :, 20:].any()
        np.testing.assert_array_equal(values[0, :, :20], GREY[:, :20])


def test_cmyk_becomes_rgb(tmp_path: Path) -> None:
    red = Image.new("RGB", (16, 16), (255, 0, 0)).convert("CMYK")
    image = open_image(put(tmp_path, "a.jpg", encoded(red, "JPEG", quality=95)))
    assert image.channels == 3
    np.testing.assert_allclose(image.read()[:, 8, 8], [255, 0, 0], atol=4)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("kind", "name"), [("JPEG", "a.jpg"), ("TIFF", "a.tif")])
def test_orientation_is_followed(tmp_path: Path, orientation: int, kind: str, name: str) -> None:
    picture = Image.fromarray(np.kron([[0, 80, 160], [255, 40, 200]], np.ones((16, 16))).astype(np.uint8))
    exif = picture.getexif()
    exif[0x0112] = orientation
    image = open_image(put(tmp_path, name, encoded(picture, kind, exif=exif)))
    stored = np.asarray(picture)
    turned = {
        1: stored,
        2: stored[:, ::-1],
        3: stored[::-1, ::-1],
        4: stored[::-1],
        5: stored.T,
        6: stored.T[:, ::-1],
        7: stored[::-1, ::-1].T,
        8: stored.T[::-1],
    }[orientation]
    assert (image.height, image.width) == turned.shape
    np.testing.assert_allclose(image.read()[0], turned, atol=3)


def test_pages_and_the_frames_of_an_animation_are_frames(tmp_path: Path) -> None:
    pages = [Image.fromarray(np.roll(GREY, k, 1)) for k in range(3)]
    for name, kind in (("a.tif", "TIFF"), ("a.png", "PNG")):
        data = encoded(pages[0], kind, save_all=True, append_images=pages[1:])
        image = open_image(put(tmp_path, name, data))
        assert image.frames == 3
        for k in (2, 0, 1):
            np.testing.assert_array_equal(image.read(k)[0], np.roll(GREY, k, 1))
        with pytest.raises(ImageError, match="no frame 3; they go from 0 to 2"):
            image.read(3)


def test_a_page_of_another_size_is_refused_and_the_first_is_read(tmp_path: Path) -> None:
    small = Image.fromarray(GREY[:10])
    image = open_image(put(tmp_path, "a.tif", encoded(GREY, "TIFF", save_all=True, append_images=[small])))
    np.testing.assert_array_equal(image.read()[0], GREY)
    with pytest.raises(FileError, match="frame 1 is 40 × 10 pixels, not 40 × 30"):
        image.read(1)


def test_where_white_is_zero_low_values_are_shown_white(tmp_path: Path) -> None:
    deep = GREY.astype(np.uint16) * 257
    image = open_image(put(tmp_path, "a.tif", encoded(deep, "TIFF", tiffinfo={262: 0})))
    np.testing.assert_array_equal(image.read()[0], deep)
    assert image.inverted
    np.testing.assert_allclose(image.shown()[0], 1 - GREY / 255, atol=1e-6)


@pytest.mark.parametrize(("kind", "name"), [("PNG", "a.png"), ("JPEG", "a.jpg"), ("TIFF", "a.tif")])
def test_half_a_file_is_one_clear_line(tmp_path: Path, kind: str, name: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 200), np.uint8)
    data = encoded(noise, kind)
    with pytest.raises(FileError, match=rf"^{name}: is damaged") as caught:
        open_image(put(tmp_path, name, data[: len(data) // 2])).read()
    assert "\n" not in str(caught.value)


def png_claiming(width: int, height: int) -> bytes:
    data = bytearray(encoded(GREY, "PNG"))
    data[16:24] = width.to_bytes(4) + height.to_bytes(4)
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4)
    return bytes(data)


@pytest.mark.parametrize("size", [(10_000, 5001), (20_000, 9000), (2**31 - 1, 2**31 - 1)])
def test_too_many_pixels_are_refused_before_decoding(tmp_path: Path, size: tuple[int, int]) -> None:
    with pytest.raises(FileError, match="50 million of the largest frame"):
        open_image(put(tmp_path, "a.png", png_claiming(*size)))


def test_50_million_pixels_that_are_not_there_cost_nothing_to_open(tmp_path: Path) -> None:
    image = open_image(put(tmp_path, "a.png", png_claiming(10_000, 5000)))
    assert (image.width, image.height) == (10_000, 5000)
    with pytest.raises(FileError):
        image.read()


def test_a_file_that_changed_is_no_longer_read(tmp_path: Path) -> None:
    path = put(tmp_path, "a.png", encoded(GREY, "PNG"))
    image = open_image(path)
    put(tmp_path, "a.png", encoded(GREY[:10], "PNG"))
    with pytest.raises(FileError, match="as when it was opened"):
        image.read()
    path.unlink()
    with pytest.raises(FileError, match="there is no such file"):
        image.read()
