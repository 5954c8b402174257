"""Pixels as the page draws them, and thumbnails."""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from imaging import write_ct
from semeia.errors import FileError, ImageError
from semeia.images import open_image
from semeia.web.pages import Source
from semeia.web.pixels import SIDE, Opened, thumbnail


def source(path: Path) -> Source:
    about = path.stat()
    return Source(path.name, str(path), about.st_size, about.st_mtime_ns)


def drawn(path: Path, frame: int = 0) -> tuple[dict[str, Any], NDArray[Any]]:
    """Read what is sent as the page does."""
    data = Opened().frame(source(path), frame)
    (size,) = struct.unpack_from("<I", data)
    header = json.loads(data[4 : 4 + size])
    assert (4 + size) % 4 == 0
    values = np.frombuffer(data[4 + size :], np.dtype(header["type"]).newbyteorder("<"))
    return header, values.reshape(header["channels"], header["height"], header["width"])


def put(path: Path, pixels: NDArray[Any]) -> Path:
    Image.fromarray(pixels).save(path)
    return path


GREY = (np.arange(30 * 40).reshape(30, 40) * 7 % 256).astype(np.uint8)


@pytest.mark.parametrize(
    ("name", "pixels", "kind"),
    [
        ("a.png", GREY, "uint8"),
        ("b.png", GREY.astype(np.uint16) * 257, "uint16"),
        ("c.tif", GREY.astype(np.float32) / 3, "float32"),
        ("d.tif", GREY.astype(np.int32) - 100, "int16"),
        ("e.tif", GREY.astype(np.int32) * 1000, "float32"),
    ],
)
def test_values_travel_whole_in_the_smallest_type_that_holds_them(
    name: str, pixels: NDArray[Any], kind: str, tmp_path: Path
) -> None:
    header, values = drawn(put(tmp_path / name, pixels))
    assert header["type"] == kind
    np.testing.assert_array_equal(values[0], pixels.astype(np.float32))
    assert header["range"] == [float(pixels.min()), float(pixels.max())] or kind == "float32"


def test_a_ct_is_sent_in_hounsfield_units_with_its_window(tmp_path: Path) -> None:
    header, values = drawn(write_ct(tmp_path / "ct.dcm"), 3)
    assert (header["unit"], header["frame"], header["frames"], header["type"]) == ("HU", 3, 5, "int16")
    assert sorted(set(values.ravel().tolist())) == [-1000, 40, 1000]
    assert header["window"] == pytest.approx([-160, 239])
    assert "Doe" not in json.dumps(header)


def test_grey_that_is_stored_in_colours_is_grey(tmp_path: Path) -> None:
    colour = np.stack([GREY, GREY[::-1], GREY], 2)
    assert drawn(put(tmp_path / "grey.png", np.stack([GREY] * 3, 2)))[1].shape == (1, 30, 40)
    assert drawn(put(tmp_path / "colour.png", colour))[1].shape == (3, 30, 40)


def test_what_cannot_be_drawn_is_one_line(tmp_path: Path) -> None:
    path = put(tmp_path / "a.png", GREY)
    with pytest.raises(ImageError, match="no frame 1"):
        drawn(path, 1)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(FileError, match=r"a\.png"):
        drawn(path)


def test_a_thumbnail_shows_the_middle_frame_and_is_made_once(tmp_path: Path, home: Path) -> None:
    path, cache = write_ct(tmp_path / "ct.dcm"), home / "cache" / "thumbnails"
    before = set(cache.rglob("*.jpg"))
    small = thumbnail(source(path))
    with Image.open(io.BytesIO(small)) as opened:
        assert opened.format == "JPEG" and opened.size == (80, 80)
        seen = np.asarray(opened.convert("L"), np.float32) / 255
    assert np.abs(seen - open_image(path).shown(2)[0]).mean() < 0.02
    (kept,) = set(cache.rglob("*.jpg")) - before
    kept.write_bytes(b"kept")
    assert thumbnail(source(path)) == b"kept"
    kept.unlink()


def test_a_thumbnail_keeps_the_proportions_of_a_large_picture(tmp_path: Path) -> None:
    with Image.open(
        io.BytesIO(thumbnail(source(put(tmp_path / "wide.png", np.zeros((300, 1200), np.uint8)))))
    ) as small:
        assert small.size == (SIDE, SIDE // 4)
