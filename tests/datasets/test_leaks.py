"""The leak guard: twins are found by their pixels, and grouped so that nothing chains."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semeia.datasets import leaks
from semeia.datasets.leaks import SortedImage, crossing, find_leaks, sorted_images
from semeia.errors import DatasetError, FileError
from semeia.images import files_under


def picture(seed: int) -> Image.Image:
    """Return spots of its own: what survives JPEG and resizing."""
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (16, 16), np.uint8)).resize((128, 128), Image.Resampling.BICUBIC)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Return a set in two parts and two classes, with twins across everything and one file that is none."""
    for part, label in (("train", "healthy"), ("train", "ill"), ("test", "healthy"), ("test", "ill")):
        (tmp_path / part / label).mkdir(parents=True)
    for seed in range(12):
        picture(seed).save(tmp_path / "train" / ("healthy" if seed % 2 else "ill") / f"{seed}.png")
    picture(1).save(tmp_path / "train/healthy/1 again.tif")  # other bytes, same pixels
    picture(2).convert("RGB").save(tmp_path / "test/ill/2.png")
    picture(3).save(tmp_path / "test/ill/3.jpg", quality=60)
    picture(4).crop((4, 2, 125, 124)).resize((90, 96)).save(tmp_path / "train/ill/4 cut.png")
    (tmp_path / "test/healthy/broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return tmp_path


def test_classes_and_parts_are_the_folders(images: Path) -> None:
    found = {image.path.relative_to(images).as_posix(): (image.label, image.part) for image in sorted_images([images])}
    assert found["train/healthy/1.png"] == ("healthy", "train")
    assert found["test/ill/2.png"] == ("ill", "test")
    two = sorted_images([images / "train", images / "test"])
    assert {image.part for image in two} == {"train", "test"}
    alone = sorted_images([images / "test" / "ill"])
    assert {(image.label, image.part) for image in alone} == {("ill", "")}
    apart = sorted_images([images / "train" / "ill", images / "test" / "ill"])
    assert len({image.path for image in apart}) == len(apart) == 9
    assert len(sorted_images([images, images / "train"])) == len(found)  # none is there twice
    with pytest.raises(DatasetError, match="no such folder"):
        sorted_images([images / "absent"])


def test_exact_and_near_twins_are_found_and_what_they_cross_is_counted(images: Path) -> None:
    found = find_leaks(sorted_images([images]))
    named = [{image.path.relative_to(images).as_posix() for image in group.images} for group in found.exact]
    assert sorted(map(sorted, named)) == [
        ["test/ill/2.png", "train/ill/2.png"],
        ["train/healthy/1 again.tif", "train/healthy/1.png"],
    ]
    assert crossing(found.exact) == leaks.Crossing(groups=2, surplus=2, across_classes=0, across_parts=1)
    near = [{image.path.relative_to(images).as_posix() for image in group.images} for group in found.near]
    assert sorted(map(sorted, near)) == [
        ["test/ill/3.jpg", "train/healthy/3.png"],
        ["train/ill/4 cut.png", "train/ill/4.png"],
    ]
    assert crossing(found.near) == leaks.Crossing(groups=2, surplus=2, across_classes=1, across_parts=1)
    assert len(found.groups) == 4 and not found.apart
    assert found.unread == ("broken.png: is damaged, or of a sort of PNG, JPEG or TIFF that is not read",)
    assert len(found.images) == 16


def test_units_keep_twins_together_and_leave_others_alone(images: Path) -> None:
    found = find_leaks(sorted_images([images]))
    units = found.units()
    assert len(units) == len(found.images)
    assert len(set(units.values())) == 12  # as many as there are pictures
    for group in found.groups:
        assert len({units[image.path] for image in group.images}) == 1


def test_an_exact_twin_of_a_near_twin_joins_its_group(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    for name, quality in (("1.jpg", 95), ("2.jpg", 50), ("3.jpg", 50)):
        picture(0).save(folder / name, quality=quality)
    found = find_leaks(sorted_images([tmp_path]))
    assert [len(group.images) for group in found.groups] == [3]
    assert [len(group.images) for group in found.exact] == [2]
    assert not found.groups[0].exact


def test_what_resembles_what_resembles_it_does_not_become_one_group() -> None:
    chain = np.array([(k, k + 1) for k in range(30)], np.intp)
    groups, apart = leaks._led(chain, np.full(30, 0.98, np.float32))
    assert max(len(group) for group in groups) == 3
    assert len(apart) + sum(len(group) - 1 for group in groups) == 30  # what no group holds is said
    star = np.array([(0, k) for k in range(1, 9)], np.intp)
    assert leaks._led(star, np.full(8, 0.98, np.float32)) == (
        [dict.fromkeys(range(1, 9), pytest.approx(0.98)) | {0: 1.0}],
        [],
    )


def test_all_frames_count_for_exact_twins(tmp_path: Path) -> None:
    pages = [picture(k) for k in range(3)]
    folder = tmp_path / "a"
    folder.mkdir()
    pages[0].save(folder / "1.tif", save_all=True, append_images=[pages[1], pages[2]])
    pages[0].save(folder / "2.tif", save_all=True, append_images=[pages[1], pages[0]])
    found = find_leaks(sorted_images([tmp_path]))
    assert not found.exact
    assert len(found.near) == 1  # by the middle one


def test_nothing_that_can_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="holds no PNG"):
        sorted_images([tmp_path])
    (tmp_path / "a.png").write_bytes(b"x")
    with pytest.raises(DatasetError, match=r"not one of 1 images can be read; the first: a.png: is no PNG"):
        find_leaks(sorted_images([tmp_path]))


@pytest.mark.slow
def test_the_brain_mri_set_has_101_surplus_copies(shared_data: Path) -> None:
    root = shared_data / "brain_mri" / "Training"
    digests = [leaks._seen(path)[0] for path in files_under(root)]
    assert len(digests) - len(set(digests)) == 101


def test_real_near_twins_are_found_and_neighbouring_slices_are_none(shared_data: Path) -> None:
    folder = shared_data / "brain_mri" / "Training" / "no_tumor"
    found = find_leaks([SortedImage(path, "no_tumor") for path in files_under(folder)[:60]])
    assert all(alike >= 0.975 for group in found.groups for alike in group.alike)
    assert max(len(group.images) for group in found.groups) <= 7
