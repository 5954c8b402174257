"""What image importers share: folders of parts and classes, a patient found in a name, frames of a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from semeia.datasets.labelled_image import LabelledImage
from semeia.errors import DatasetError, RecipeError, SemeiaError
from semeia.images import files_under
from semeia.images.opening import Plane

__all__ = ["PARTS", "Found", "Frames", "compiled", "known_folders", "labelled", "matched", "place_in", "with_frames"]

Found = tuple[list[LabelledImage], list[str]]
"""The images, and a line for each that is left out."""
Frames = Literal["middle", "all"]
PARTS = frozenset({"train", "training", "val", "valid", "validation", "test", "testing"})
"""How folders of a split are named, in small letters."""
_ONE_FRAME = (".jpg", ".jpeg")


def known_folders(
    root: Path, classes: Mapping[str, str], known: Sequence[str], parts: Sequence[str] | None, otherwise: str
) -> Iterator[tuple[Path, str, str]]:
    """Yield path, class and part of the images of a set whose folders are known.

    Parameters
    ----------
    root : Path
        The set, with a folder for each part; or one of the parts.
    classes : mapping of str to str
        The folders of the classes, and what these are called.
    known : sequence of str
        How the parts may be called.
    parts : sequence of str or None
        Those wanted; None for all that are there.
    otherwise : str
        What is said where no class is there.

    Raises
    ------
    DatasetError
        If no class, or not a part that is wanted, is there.
    """
    if any((root / folder).is_dir() for folder in classes):
        name = root.absolute().name
        there = {name if name in known else "": root}
    else:
        there = {part: root / part for part in known if any((root / part / folder).is_dir() for folder in classes)}
    if not there:
        raise DatasetError(f"{root}: {otherwise}")
    for part in parts or ():
        if part not in there:
            listed = ", ".join(filter(None, there)) or "none"
            raise DatasetError(f"{root.name}: part {part!r} is not there; there are {listed}")
    for part, place in there.items():
        if parts is None or part in parts:
            for folder, label in classes.items():
                # An empty folder of a class is none; whether too few are left is asked when all is gathered.
                if (place / folder).is_dir() and any((place / folder).iterdir()):
                    yield from ((path, label, part) for path in files_under(place / folder))


def compiled(name: str, expression: str | None) -> re.Pattern[str] | None:
    """Return a regular expression that a recipe gives.

    Raises
    ------
    RecipeError
        If it is none.
    """
    try:
        return None if expression is None else re.compile(expression)
    except re.error as error:
        raise RecipeError(f"{name} = {expression!r} is no regular expression: {error}") from error


def matched(expression: re.Pattern[str] | None, text: str) -> str:
    """Return the groups of a match, or all of it where it has none; empty where nothing matches."""
    match = expression.search(text) if expression is not None else None
    if match is None:
        return ""
    return " ".join(filter(None, match.groups())) if match.re.groups else match[0]


def with_frames(images: Iterable[LabelledImage], frames: Frames) -> Found:
    """Return images for the frames that are wanted of each file.

    Parameters
    ----------
    images : iterable of LabelledImage
        One for each file.
    frames : {"middle", "all"}

    Returns
    -------
    images : list of LabelledImage
    left_out : list of str
        A line for each file that cannot be opened.
    """
    found: list[LabelledImage] = []
    left_out: list[str] = []
    for image in images:
        if image.path.suffix.lower() in _ONE_FRAME:  # the larger sets need not be opened
            found.append(image)
            continue
        try:
            count = image.open().frames
        except SemeiaError as error:
            left_out.append(error.about(image.path.name))
            continue
        wanted = range(count) if frames == "all" else [count // 2]
        found += [replace(image, frame=frame) for frame in wanted]
    return found, left_out


def place_in(root: Path, file: Path) -> str:
    """Return how a file is called by its place in a set: the set's folder, and the way from there."""
    return f"{root.absolute().name}/{file.relative_to(root).as_posix()}"


def labelled(path: Path, label: str, part: str, *, patient: str, place: str, plane: Plane = "axial") -> LabelledImage:
    """Return an image whose patient is known where one is named; otherwise it is called by its place in the set."""
    return LabelledImage(path, label, patient or place, part=part, patient_known=bool(patient), plane=plane)
