"""Image sets as gathered: what cannot be read is left out, twins and patients share a unit, and it is kept."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semeia.datasets import gather, gather_images, pooled, twins
from semeia.datasets.catalogue import check
from semeia.datasets.leaks import crossing
from semeia.errors import DatasetError, RecipeError

Written = Callable[..., Path]


def picture(seed: int) -> Image.Image:
    """Return spots of its own: what survives JPEG and resizing."""
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (16, 16), np.uint8)).resize((64, 64), Image.Resampling.BICUBIC)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test a cache of its own."""
    monkeypatch.setenv("SEMEIA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Return a function that writes the picture of a seed below the set's folder, an hour ago."""

    def save(place: str, seed: int, **options: int) -> Path:
        path = tmp_path / "set" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        picture(seed).save(path, **options)
        an_hour_ago = path.stat().st_mtime - 3600
        os.utime(path, (an_hour_ago, an_hour_ago))
        return path

    return save


@pytest.fixture
def images(written: Written, tmp_path: Path) -> Path:
    """Return a set in which a patient and a twin of another class hang together."""
    for seed in range(8):
        written(f"{'healthy' if seed % 2 else 'ill'}/p{seed}_0.png", seed)
    written("ill/p2_1.png", 20)
    written("healthy/p9_0.png", 20)  # the same pixels in the other class: p2 and p9 are one unit
    written("ill/p0_1.jpg", 1, quality=70)  # a near twin of p1's: p0 and p1 are one
    return tmp_path / "set"


def gathered(folder: Path, **parameters: object):
    return gather_images("image-folder", path=folder, patient=r"p\d", **parameters)


def test_patients_and_twins_share_a_unit(images: Path) -> None:
    found = gathered(images, weight=2.0)
    units = {image.key: image.unit for image in found.images}
    assert units["p2_0.png"] == units["p2_1.png"] == units["p9_0.png"] == "p2"
    assert units["p0_0.png"] == units["p0_1.jpg"] == units["p1_0.png"] == "p0"
    assert len(set(units.values())) == 7
    assert {(image.source, image.weight) for image in found.images} == {("image-folder", 2.0)}
    assert crossing(found.leaks.exact).across_classes == 1  # kept, and counted
    assert found.counts == {"healthy": 5, "ill": 6}
    assert "1 surplus exact twins (1 groups across classes)" in found.summary()


def test_what_cannot_be_read_is_left_out_and_named(images: Path) -> None:
    half = images / "ill" / "half.png"
    half.write_bytes((images / "ill" / "p0_0.png").read_bytes()[:700])
    (images / "healthy" / "none.jpg").write_bytes(b"\xff\xd8\xff")
    found = gathered(images)
    assert len(found.images) == 11
    assert sorted(line.partition(": ")[0] for line in found.left_out) == ["half.png", "none.jpg"]
    assert found.summary().endswith("; 2 left out")


def test_all_frames_of_a_file_have_one_unit(tmp_path: Path, written: Written) -> None:
    written("ill/a.png", 0)
    folder = tmp_path / "set" / "healthy"
    folder.mkdir()
    picture(1).save(folder / "b.tif", save_all=True, append_images=[picture(2), picture(3)])
    found = gather_images("image-folder", path=tmp_path / "set", frames="all")
    assert [image.key for image in found.images] == ["b.tif", "b.tif #1", "b.tif #2", "a.png"]
    assert len({image.unit for image in found.images}) == 2


def test_a_blank_picture_that_everybody_has_does_not_join_the_whole_set(written: Written, tmp_path: Path) -> None:
    for patient in range(30):
        written(f"{'ill' if patient % 2 else 'healthy'}/q{patient:02}_a.png", patient)
        shutil.copy2(
            written("blank.png", 99), tmp_path / f"set/{'ill' if patient % 2 else 'healthy'}/q{patient:02}_b.png"
        )
    found = gather_images("image-folder", path=tmp_path / "set", patient=r"q\d+")
    by_unit: dict[str, set[str]] = {}
    for image in found.images:
        by_unit.setdefault(image.unit, set()).add(image.patient)
    assert max(map(len, by_unit.values())) == 10
    assert len(found.leaks.apart) == 20  # said, since they lie apart
    assert gather_images("image-folder", path=tmp_path / "set", patient=r"q\d+") == found
    unknown = gather_images("image-folder", path=tmp_path / "set")  # nobody is chained: copies alone are kept together
    assert max(sum(i.unit == unit for i in unknown.images) for unit in {i.unit for i in unknown.images}) == 30
    assert not unknown.leaks.apart


def test_twins_are_known_the_second_time_until_a_file_changes(
    images: Path, written: Written, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (images / "ill" / "broken.png").write_bytes(b"no picture")
    os.utime(images / "ill" / "broken.png", (0, 0))
    table = images.parent / "table.csv"
    table.write_text("path,label\n" + "".join(f"{path},{path.parent.name}\n" for path in sorted(images.rglob("*.*g"))))
    first = gather_images("image-table", path=table)
    (kept,) = (own_home / "cache" / "twins").iterdir()
    looked = []
    find = twins.find_leaks
    monkeypatch.setattr(twins, "find_leaks", lambda found, *a: looked.append(len(found)) or find(found, *a))
    assert gather_images("image-table", path=table) == first
    assert not [count for count in looked if count > 1]
    kept.write_text(json.dumps({"read": [999]}))  # damaged: looked for again
    assert gather_images("image-table", path=table) == first
    written("ill/p4_0.png", 5)
    looked.clear()
    changed = gather_images("image-table", path=table)
    assert max(looked) == 11
    assert len(changed.leaks.exact) == 2


def test_a_file_that_can_be_read_by_now_is(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = twins.find_leaks
    broken = images / "ill" / "p4_0.png"

    def without(found, *rest):
        return find([image for image in found if image.path != broken], *rest)

    monkeypatch.setattr(twins, "find_leaks", without)  # as if its decoder were not installed
    assert len(gathered(images).images) == 10
    monkeypatch.undo()
    monkeypatch.setenv("SEMEIA_HOME", str(images.parent / "home"))
    assert len(gathered(images).images) == 11


def test_progress_goes_to_its_end_and_never_back(images: Path) -> None:
    seen: list[tuple[int, int]] = []
    gathered(images, progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen) and seen[-1] == (22, 22)
    seen.clear()
    gathered(images, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(22, 22)]  # known


def test_sets_are_pooled_with_twins_between_them(images: Path, tmp_path: Path) -> None:
    for label in ("healthy", "ill"):
        (tmp_path / "other" / label).mkdir(parents=True)
        picture(0 if label == "ill" else 50).save(tmp_path / "other" / label / "x.png")
    sets = [gathered(images), gather_images("image-folder", path=tmp_path / "other")]
    together = pooled(sets)
    units = {str(image.path.relative_to(tmp_path)): image.unit for image in together.images}
    assert units["other/ill/x.png"] == units["set/ill/p0_0.png"] == "p0"
    assert units["other/healthy/x.png"] == "other/healthy/x.png"
    assert pooled(sets[:1]) is sets[0]


def test_one_class_only_is_one_clear_line(written: Written, tmp_path: Path) -> None:
    written("healthy/a.png", 0)
    written("healthy/b.png", 1)
    with pytest.raises(DatasetError) as caught:
        gather_images("image-folder", path="set", beside=tmp_path)
    assert "2 images" in str(caught.value) and "of one class (healthy)" in str(caught.value)
    (tmp_path / "set/ill").mkdir()
    (tmp_path / "set/ill/c.png").write_bytes(b"\x89PNG\r\n\x1a\n")  # the other class is there, and cannot be read
    with pytest.raises(DatasetError, match=r"of one class \(healthy\)"):
        gather_images("image-folder", path="set", beside=tmp_path)


def test_nothing_that_can_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "set/ill").mkdir(parents=True)
    (tmp_path / "set/ill/c.png").write_bytes(b"x")
    with pytest.raises(DatasetError, match=r"no image can be used; the first: c.png: is no PNG"):
        gather_images("image-folder", path=tmp_path / "set")
    (tmp_path / "set/ill/c.png").rename(tmp_path / "set/ill/c.jpg")
    with pytest.raises(DatasetError, match="not one of 1 images can be read"):
        gather_images("image-folder", path=tmp_path / "set")


def test_absent_sources_are_errors_unless_optional(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="data source 'kermany': nowhere does not exist"):
        gather_images("kermany", beside=tmp_path, path="nowhere")
    assert gather_images("kermany", beside=tmp_path, path="nowhere", optional=True).images == ()


def test_images_are_no_recordings_and_the_other_way_round(images: Path) -> None:
    with pytest.raises(RecipeError) as caught:
        gather("image-folder", path=images)
    assert str(caught.value).startswith(
        "data source 'image-folder' gives images, where recordings are wanted: chbmit, siena"
    )
    with pytest.raises(RecipeError) as caught:
        gather_images("folder", path=images)
    assert str(caught.value) == (
        "data source 'folder' gives recordings, where images are wanted: kermany, brain-mri, image-folder, image-table"
    )
    assert check("image-folder", {"path": str(images)})
    with pytest.raises(RecipeError, match="where recordings are wanted"):
        check("image-folder", {"path": str(images)}, gives="recordings")


@pytest.mark.parametrize(
    ("source", "parameters", "words"),
    [
        ("kermany", {"path": "a", "classes": "four"}, "it should be 'two' or 'three'"),
        ("kermany", {"path": "a", "parts": []}, "parts = []"),
        ("brain-mri", {"path": "a", "parts": ["train"]}, "it should be 'Training' or 'Testing'"),
        ("image-folder", {"path": "a", "frames": "first"}, "it should be 'middle' or 'all'"),
        ("image-folder", {"path": "a", "plain": "axial"}, "did you mean 'plane'?"),
    ],
)
def test_values_that_cannot_be_are_refused(source: str, parameters: dict[str, object], words: str) -> None:
    with pytest.raises(RecipeError) as caught:
        gather_images(source, **parameters)
    assert words in str(caught.value)


def test_real_slices_have_their_twins_in_one_unit(shared_data: Path, tmp_path: Path) -> None:
    for folder in ("no_tumor", "glioma_tumor"):
        (tmp_path / "Training" / folder).mkdir(parents=True)
        files = sorted((shared_data / "brain_mri" / "Training" / folder).iterdir())[:80]
        for file in files:
            (tmp_path / "Training" / folder / file.name).symlink_to(file)
    found = gather_images("brain-mri", path=tmp_path)
    assert found.counts == {"glioma": 80, "none": 80}
    surplus = crossing(found.leaks.groups).surplus
    assert surplus > 0 and len({image.unit for image in found.images}) == 160 - surplus
