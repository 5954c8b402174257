"""Image sets in the library: a folder of images, or what was dropped on the page, becomes rows.

What a picture came labelled as is the folder that it lies in; the sets that Semeia knows get the classes and patients
of their importers, so that labels and what models say are the same words.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction

from semeia.datasets.brain_mri import brain_mri
from semeia.datasets.image_importing import PARTS
from semeia.datasets.kermany import kermany
from semeia.datasets.leaks import Leaks, crossing
from semeia.errors import DatasetError, FileError, ImageError, SemeiaError
from semeia.images import files_under, open_image
from semeia.images.opening import SUFFIXES
from semeia.web.jobs import lifecycle
from semeia.web.library import move_in, safe_name
from semeia.web.models import ImageSet, Picture, Project, User, new_id

__all__ = ["DROPPED", "add_dropped", "add_folder", "guard", "is_image", "keep_twins", "look_through", "remove_set"]

DROPPED = "Dropped images"
"""The set of images that were dropped without a folder."""
_KNOWN = (kermany, brain_mri)
_MOST_CLASSES = 20
"""Folders beyond this number are taken for patients: nobody tells so many classes apart by a key."""
_BATCH = 500  # rows written at once
_STATED = ("name", "size", "modified_ns", "kind", "width", "height", "frames", "label", "patient", "problem")
Progress = Callable[[float], None]


class _Said(NamedTuple):
    """What is said of a file by where it lies."""

    label: str = ""
    patient: str = ""


def is_image(name: str) -> bool:
    """Return whether a file is an image, by its name."""
    return name.lower().endswith(SUFFIXES)


def add_folder(project: Project, folder: Path, *, progress: Progress = lambda share: None) -> tuple[ImageSet, bool]:
    """Take the images of a folder and its sub-folders into the library; they stay where they are.

    A folder that is there already is looked through again.

    Parameters
    ----------
    project : Project
    folder : Path
    progress : callable
        Takes the share that is done, 0 to 1.

    Returns
    -------
    (ImageSet, bool)
        The row, and whether it is new.

    Raises
    ------
    FileError
        If the folder holds no image.
    ImageError
        If it is a file.
    """
    folder = Path(os.path.realpath(folder))
    if folder.is_file():
        raise ImageError(f"{folder.name}: is a file; images are taken in by the folder that they lie in")
    described = _folder_described(project, folder, progress)
    with transaction.atomic():
        found, new = ImageSet.objects.get_or_create(
            project=project, path=str(folder), defaults={"name": _name_of(folder), "copied": False}
        )
        _keep(found, described)
    return found, new


def look_through(found: ImageSet) -> None:
    """Look through a set's folder again: what is new or has changed is taken in, and what was answered stays.

    Raises
    ------
    FileError
        If its folder is gone, or holds no image any more.
    """
    if not Path(found.path).is_dir():
        raise FileError(found.name, "its folder is gone: put it back where it was, or remove the set")
    described = _folder_described(found.project, Path(found.path), lambda share: None)
    with transaction.atomic():
        _keep(found, described)


def add_dropped(project: Project, part: Path | None, id: str, name: str, folder: str) -> Picture:
    """Add the picture of a file that came in; it moves to its place in the home folder.

    Parameters
    ----------
    project : Project
    part : Path or None
        The file; None where it was moved already, by a server that was killed then.
    id, name : str
        Of the picture.
    folder : str
        Folders that it was dropped with, such as ``chest_xray/NORMAL``: the first names the set. Empty where it was
        dropped alone.

    Raises
    ------
    SemeiaError
        If it cannot be read: then it is removed.
    """
    parts = [safe_name(one) for one in PurePosixPath(folder).parts if one not in {"/", ".."}]
    found = _set_of_dropped(project, parts[0] if parts else DROPPED)
    place = Path(found.path).joinpath(*parts[1:]) / name
    if found.pictures.filter(path=str(place)).exists():  # another of this name came before
        place = place.with_name(f"{id[:6]} {name}")
    try:
        if part is not None:
            move_in(part, place.parent, place.name)
        way = place.relative_to(found.path)
        picture = _described(project, place, way, _by_folders(way.parts[:-1]))
        if picture.problem:
            place.unlink(missing_ok=True)
            raise ImageError(picture.problem)
        picture.pk, picture.set = id, found
        with transaction.atomic():
            picture.save(force_insert=True)
            _note_classes(found)
    except SemeiaError:
        if not found.pictures.exists():
            remove_set(found)
        raise
    return picture


def guard(found: ImageSet, user: User | None) -> None:
    """Queue a job that looks for twins, where they have not been looked for."""
    if found.twins is None:
        lifecycle.queue("twins", found, user, {})


def remove_set(found: ImageSet) -> None:
    """Remove an image set with its verdicts and findings; its files only where they were copied."""
    path, copied = found.path, found.copied
    found.delete()
    if copied:
        shutil.rmtree(path, ignore_errors=True)


def keep_twins(found: ImageSet, leaks: Leaks) -> None:
    """Keep what the leak guard found: its counts, each picture's group of twins, and what could not be decoded."""
    groups = {
        os.path.realpath(image.path): f"{number:x}"
        for number, group in enumerate(leaks.groups, 1)
        for image in group.images
    }
    read = {os.path.realpath(image.path) for image in leaks.images}
    exact, near, together = (crossing(groups) for groups in (leaks.exact, leaks.near, leaks.groups))
    with transaction.atomic():
        changed = []
        for picture in found.pictures.only("path", "group", "problem"):
            before = picture.group, picture.problem
            picture.group = groups.get(picture.path, "")
            if picture.path not in read and not picture.problem:
                picture.problem = _problem(Path(picture.path).name, leaks)
            if before != (picture.group, picture.problem):
                changed.append(picture)
        Picture.objects.bulk_update(changed, ["group", "problem"], batch_size=_BATCH)
        found.twins = {
            "images": len(leaks.images),
            "exact": exact.surplus,
            "exact_groups": exact.groups,
            "near_groups": near.groups,
            "across_classes": together.across_classes,
        }
        found.save(update_fields=["twins"])


def _problem(name: str, leaks: Leaks) -> str:
    return next((line for line in leaks.unread if line.startswith(f"{name}: ")), "")


def _name_of(folder: Path) -> str:
    """Return what the set of a folder is called; a part of a split alone would not say of what."""
    name = safe_name(folder.name)
    return f"{safe_name(folder.parent.name)}/{name}" if folder.name.lower() in PARTS else name


def _set_of_dropped(project: Project, name: str) -> ImageSet:
    found = ImageSet.objects.filter(project=project, copied=True, name=name).first()
    if found is None:
        id = new_id()
        path = str(settings.HOME / "images" / id)
        found = ImageSet.objects.create(id=id, project=project, name=name, path=path, copied=True)
    return found


def _folder_described(project: Project, folder: Path, progress: Progress) -> list[Picture]:
    """Return the rows of the images of a folder."""
    files = [file for file in files_under(folder) if _is_text(str(file))]
    if not files:
        raise FileError(safe_name(folder.name), "no path in this folder is written in UTF-8; rename them")
    said = _sorted(folder, files)
    described = []
    for number, file in enumerate(files, 1):
        described.append(_described(project, file, file.relative_to(folder), said[file]))
        progress(number / len(files))
    return described


def _sorted(folder: Path, files: Sequence[Path]) -> dict[Path, _Said]:
    """Return what is said of each file: by the importer of a set that is known, else by the folders."""
    for importer in _KNOWN:
        try:
            images, _ = importer(folder)
        except (DatasetError, FileError):
            continue
        said = {image.path: _Said(image.label, image.patient if image.patient_known else "") for image in images}
        if said.keys() == set(files):
            return said
    said = {file: _by_folders(file.relative_to(folder).parts[:-1]) for file in files}
    if len({one.label for one in said.values()}) > _MOST_CLASSES:
        return {file: _Said(patient=one.label) for file, one in said.items()}
    return said


def _by_folders(way: Sequence[str]) -> _Said:
    """Return the class that the folders on the way to a file say, which may lie in parts of a split."""
    way = way[1:] if way and way[0].lower() in PARTS else way
    return _Said(way[0][:200] if way else "")


def _described(project: Project, path: Path, place: Path | PurePosixPath, said: _Said) -> Picture:
    """Return the row of a file by what describes it; one that cannot be read has a problem."""
    about: dict[str, Any] = {"label": said.label, "patient": said.patient, "size": 0, "modified_ns": 0}
    try:
        status = path.stat()
        about |= {"size": status.st_size, "modified_ns": status.st_mtime_ns}
        image = open_image(path)
        about |= {name: getattr(image, name) for name in ("kind", "width", "height", "frames")}
    except SemeiaError as error:
        about["problem"] = error.about(path.name)
    except OSError:
        about["problem"] = f"{path.name}: the file went away"
    return Picture(project=project, path=str(path), name=place.as_posix(), **about)


def _keep(found: ImageSet, described: Sequence[Picture]) -> None:
    """Write the rows of a set: new ones, and those of files that have changed."""
    known = {picture.path: picture for picture in found.pictures.all()}
    new, changed = [], []
    for picture in described:
        before = known.get(picture.path)
        if before is not None and (before.size, before.modified_ns) == (picture.size, picture.modified_ns):
            picture.problem = picture.problem or before.problem  # what the leak guard could not decode
        if before is None:
            picture.set = found
            new.append(picture)
        elif any(getattr(before, name) != getattr(picture, name) for name in _STATED):
            for name in _STATED:
                setattr(before, name, getattr(picture, name))
            changed.append(before)
    Picture.objects.bulk_create(new, batch_size=_BATCH)
    Picture.objects.bulk_update(changed, _STATED, batch_size=_BATCH)
    if new or changed:
        found.twins = None  # the guard has not seen these
    _note_classes(found)


def _note_classes(found: ImageSet) -> None:
    labels = found.pictures.filter(problem="").exclude(label="").values_list("label", flat=True).distinct()
    found.classes = sorted(labels)
    found.save(update_fields=["classes", "twins"])


def _is_text(path: str) -> bool:
    return path.encode(errors="replace").decode() == path
