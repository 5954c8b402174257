"""Images prepared once: bytes in the order asked for, kept by content, with progress and errors."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from semeia.errors import FileError
from semeia.images import open_image
from semeia.transforms import image_transform_named
from semeia.transforms.prepared import Place, prepared_images

TRANSFORM = image_transform_named("image", size=16)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEMEIA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def images(tmp_path: Path) -> list[Place]:
    rng = np.random.default_rng(0)
    for number in range(20):
        pixels = rng.integers(0, 256, (20 + number, 30, 3) if number % 2 else (20, 20 + number), np.uint8)
        (tmp_path / "set").mkdir(exist_ok=True)
        path = tmp_path / "set" / f"{number}.png"
        PIL.Image.fromarray(pixels).save(path)
        os.utime(path, (time.time() - 60,) * 2)
    return [(tmp_path / "set" / f"{number}.png", 0, None) for number in range(20)]


def test_rows_are_the_prepared_images_in_their_order(images: list[Place]) -> None:
    chosen = [*images[::-1], images[3]]
    rows = prepared_images(chosen, TRANSFORM)
    assert rows.dtype == np.uint8 and rows.shape == (21, 1, 16, 16)
    for row, (path, _, _) in zip(rows.read(np.arange(21)), chosen, strict=True):
        np.testing.assert_array_equal(row, TRANSFORM.prepare(open_image(path).shown()))


def test_they_are_made_once_and_found_again_where_they_were_moved(images: list[Place], tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    first = prepared_images(images, TRANSFORM, lambda done, total: told.append((done, total)))
    assert told[-1] == (20, 20)
    told.clear()
    (tmp_path / "set").rename(tmp_path / "moved")
    moved: list[Place] = [(tmp_path / "moved" / path.name, 0, None) for path, _, _ in images]
    assert prepared_images(moved, TRANSFORM, lambda done, total: told.append((done, total))).path == first.path
    assert not told


def test_statistics_make_no_difference_but_size_order_and_content_do(images: list[Place]) -> None:
    first = prepared_images(images, TRANSFORM)
    fitted = TRANSFORM.fit([first.read(np.arange(20))])
    assert prepared_images(images, fitted).path == first.path
    assert prepared_images(images, image_transform_named("image", size=17)).path != first.path
    assert prepared_images(images[::-1], TRANSFORM).path != first.path
    PIL.Image.fromarray(np.zeros((9, 9), np.uint8)).save(images[0][0])
    again = prepared_images(images, TRANSFORM)
    assert again.path != first.path and not again.read(np.array([0])).any()


def test_frames_of_one_file_are_images_of_their_own(tmp_path: Path) -> None:
    pages = [PIL.Image.fromarray(np.full((16, 16), grey, np.uint8)) for grey in (10, 20, 30)]
    path = tmp_path / "pages.tiff"
    pages[0].save(path, save_all=True, append_images=pages[1:])
    rows = prepared_images([(path, frame, None) for frame in (2, 0)], TRANSFORM).read(np.arange(2))
    assert rows[:, 0, 0, 0].tolist() == [30, 10]


def test_a_damaged_image_is_named_and_nothing_is_left_behind(images: list[Place], home: Path) -> None:
    path = images[7][0]
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(FileError, match=r"^7\.png: is damaged"):
        prepared_images(images, TRANSFORM)
    assert not list((home / "cache" / "examples").iterdir())


def test_no_image_is_no_row(home: Path) -> None:
    assert len(prepared_images([], TRANSFORM)) == 0
