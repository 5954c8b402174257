"""Folders of images, and dropped ones, become image sets."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imaging import lung, write_images
from semeia.datasets.leaks import find_leaks, sorted_images
from semeia.errors import FileError, ImageError
from semeia.web import pictures, verdicts
from semeia.web.entrance import owner
from semeia.web.models import ImageSet, Job, Picture, Project, Verdict
from semeia.web.permission import project_of


@pytest.fixture
def project(database: Path) -> Project:
    return project_of(owner())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_images(tmp_path / "lungs")


def image(path: Path, seed: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(lung(seed, dense=False, side=32)).save(path)
    return path


def labels(found: ImageSet) -> dict[str, tuple[str, str]]:
    return {picture.name: (picture.label, picture.patient) for picture in found.pictures.all()}


def test_a_folder_becomes_a_set_whose_classes_are_its_folders(project: Project, folder: Path) -> None:
    found, new = pictures.add_folder(project, folder)
    assert new and (found.name, found.classes, found.copied) == ("lungs", ["clear", "dense"], False)
    assert found.pictures.count() == 16
    ct = found.pictures.get(name="dense/ct.dcm")
    assert (ct.kind, ct.width, ct.height, ct.frames, ct.label) == ("DICOM", 80, 80, 5, "dense")
    (broken,) = found.pictures.exclude(problem="")
    assert broken.problem.startswith("broken.png: is damaged") and str(folder) not in broken.problem


def test_parts_of_a_split_are_no_classes(project: Project, tmp_path: Path) -> None:
    for place in ("train/a/1.png", "test/b/2.png", "test/b/patient 7/3.png", "loose.png"):
        image(tmp_path / "set" / place)
    found, _ = pictures.add_folder(project, tmp_path / "set")
    assert labels(found) == {
        "train/a/1.png": ("a", ""),
        "test/b/2.png": ("b", ""),
        "test/b/patient 7/3.png": ("b", ""),
        "loose.png": ("", ""),
    }
    part, _ = pictures.add_folder(project, tmp_path / "set" / "train")
    assert part.name == "set/train"


def test_a_set_that_is_known_has_the_classes_and_patients_of_its_importer(project: Project, tmp_path: Path) -> None:
    image(tmp_path / "NORMAL" / "IM-0115-0001.jpeg")
    image(tmp_path / "PNEUMONIA" / "person12_virus_3.jpeg")
    found, _ = pictures.add_folder(project, tmp_path)
    assert labels(found) == {
        "NORMAL/IM-0115-0001.jpeg": ("healthy", "IM-0115"),
        "PNEUMONIA/person12_virus_3.jpeg": ("pneumonia", "person12"),
    }
    image(tmp_path / "COVID" / "1.jpeg")
    pictures.look_through(found)
    assert labels(found)["NORMAL/IM-0115-0001.jpeg"] == ("NORMAL", ""), "a class more: it is another set"


def test_many_folders_are_patients(project: Project, tmp_path: Path) -> None:
    for number in range(21):
        image(tmp_path / f"p{number}" / "1.png")
    found, _ = pictures.add_folder(project, tmp_path)
    assert found.classes == [] and labels(found)["p3/1.png"] == ("", "p3")


def test_a_folder_looked_through_again_keeps_what_was_said(project: Project, folder: Path) -> None:
    found, _ = pictures.add_folder(project, folder)
    first = found.pictures.get(name="clear/clear_0.png")
    verdicts.give(first, None, "dense", replaces=None)
    found.twins = {"images": 1}
    found.save()
    again, new = pictures.add_folder(project, folder)
    assert (again.pk, new) == (found.pk, False)
    assert ImageSet.objects.get().twins == {"images": 1}, "nothing has changed"
    image(folder / "clear" / "new.png")
    os.utime(folder / "clear" / "clear_0.png", (1, 1))
    pictures.look_through(found)
    assert found.pictures.count() == 17 and ImageSet.objects.get().twins is None
    first.refresh_from_db()
    assert first.modified_ns == 10**9 and verdicts.of_picture(first).label == "dense"  # type: ignore[union-attr]


def test_what_is_no_folder_of_images_is_refused(project: Project, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"clear_0.png: is a file; images are taken in by the folder"):
        pictures.add_folder(project, folder / "clear" / "clear_0.png")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="holds no PNG, JPEG"):
        pictures.add_folder(project, tmp_path / "empty")
    found, _ = pictures.add_folder(project, folder)
    shutil.rmtree(folder)
    with pytest.raises(FileError, match="its folder is gone"):
        pictures.look_through(found)


def test_the_leak_guard_is_asked_once(project: Project, folder: Path) -> None:
    found, _ = pictures.add_folder(project, folder)
    pictures.guard(found, None)
    pictures.guard(found, None)
    job = Job.objects.get()
    assert job.images == found and job.argv[:2] == ["leaks", str(folder.resolve())]


def test_twins_and_what_cannot_be_decoded_are_kept(project: Project, folder: Path) -> None:
    whole = (folder / "clear" / "clear_1.png").read_bytes()
    (folder / "clear" / "cut.png").write_bytes(whole[: len(whole) // 2])
    found, _ = pictures.add_folder(project, folder)
    assert found.pictures.get(name="clear/cut.png").problem == "", "its header is whole"
    leaks = find_leaks(sorted_images([folder]))
    pictures.keep_twins(found, leaks)
    assert found.twins is not None
    assert (found.twins["images"], found.twins["exact"], found.twins["exact_groups"]) == (15, 1, 1)
    groups = dict(found.pictures.values_list("name", "group"))
    assert groups["dense/dense_0.png"] == groups["dense/twin.png"] != ""
    assert groups["dense/ct.dcm"] == ""
    assert found.pictures.get(name="clear/cut.png").problem.startswith("cut.png: ")
    pictures.look_through(found)
    assert found.pictures.get(name="clear/cut.png").problem != "", "it was not read anew"


def dropped(project: Project, source: Path, id: str, name: str, folder: str = "") -> Picture:
    part = source.parent / f"{id}.part"
    shutil.copy(source, part)
    return pictures.add_dropped(project, part, id, name, folder)


def test_what_is_dropped_lies_in_the_home_folder_and_is_sorted_by_its_folders(
    project: Project, folder: Path, database: Path
) -> None:
    one = dropped(project, folder / "clear" / "clear_0.png", "1" * 16, "a.png")
    assert (one.set.name, one.label, one.set.copied) == (pictures.DROPPED, "", True)
    two = dropped(project, folder / "clear" / "clear_1.png", "2" * 16, "a.png")
    assert two.set == one.set and two.path != one.path
    sorted_in = dropped(project, folder / "dense" / "dense_1.png", "3" * 16, "b.png", "set/train/ill")
    assert (sorted_in.set.name, sorted_in.label, sorted_in.name) == ("set", "ill", "train/ill/b.png")
    assert Path(sorted_in.path).is_relative_to(database / "images")
    pictures.look_through(sorted_in.set)
    assert sorted_in.set.pictures.count() == 1
    up = dropped(project, folder / "dense" / "dense_1.png", "4" * 16, "c.png", "../../x")
    assert Path(up.path).is_relative_to(database / "images")
    place = Path(one.set.path)
    pictures.remove_set(one.set)
    assert not place.exists() and Path(sorted_in.path).is_file()


def test_a_dropped_file_that_cannot_be_read_leaves_nothing(project: Project, folder: Path, database: Path) -> None:
    with pytest.raises(ImageError, match=r"x.png: is damaged"):
        dropped(project, folder / "dense" / "broken.png", "5" * 16, "x.png", "new")
    assert not ImageSet.objects.exists() and not any((database / "images").glob("*"))


def test_a_removed_set_leaves_its_folder(project: Project, folder: Path) -> None:
    found, _ = pictures.add_folder(project, folder)
    picture = found.pictures.first()
    assert picture is not None
    said = verdicts.give(picture, None, "dense", replaces=None)
    assert said is not None
    verdicts.give(picture, None, "clear", replaces=said.pk)
    pictures.remove_set(found)
    assert not Picture.objects.exists() and not Verdict.objects.exists()
    assert (folder / "clear" / "clear_0.png").is_file()


def test_pictures_of_two_projects_are_two_sets(project: Project, folder: Path) -> None:
    mine, _ = pictures.add_folder(project, folder)
    theirs, new = pictures.add_folder(Project.objects.create(name="theirs"), folder)
    assert new and mine.pk != theirs.pk
    assert np.array_equal(*[sorted(s.pictures.values_list("name", flat=True)) for s in (mine, theirs)])
