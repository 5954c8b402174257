"""The leak guard of image sets: exact and near twins, as groups that a split keeps together.

A twin on the other side of a split makes a network look better than it is: it has seen the answer. Exact twins have the
same decoded grey pixels, whatever the file; near twins are one picture re-encoded, resized or cut at its edges
(`semeia.images.likeness`). Neighbouring slices of one patient are neither: that takes the patient's name.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from semeia.datasets.image_importing import PARTS
from semeia.errors import DatasetError, SemeiaError
from semeia.images import as_shown, files_under, open_image
from semeia.images.likeness import SIDE, near_twins, thumbnail

__all__ = ["Crossing", "Leaks", "SortedImage", "TwinGroup", "crossing", "find_leaks", "sorted_images"]

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class SortedImage:
    """An image file as somebody sorted it.

    Parameters
    ----------
    path : Path
    label : str
        Its class.
    part : str
        Which part of a split it lies in; empty where there is none.
    """

    path: Path
    label: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class TwinGroup:
    """Images that belong on one side of a split.

    Parameters
    ----------
    images : tuple of SortedImage
        Two at least, in the order in which they were given.
    alike : tuple of float
        How much each has in common with the group's leader: 1 for exact twins of it, otherwise 0.975 and more.
    exact : bool
        All have the same decoded grey pixels.
    """

    images: tuple[SortedImage, ...]
    alike: tuple[float, ...]
    exact: bool

    @property
    def labels(self) -> list[str]:
        """The classes it lies in."""
        return sorted({image.label for image in self.images})

    @property
    def parts(self) -> list[str]:
        """The parts of the split it lies in."""
        return sorted({image.part for image in self.images})


@dataclass(frozen=True, slots=True)
class Crossing:
    """How many groups of one sort there are, and what they cross.

    Parameters
    ----------
    groups : int
    surplus : int
        Images beyond the first of each group.
    across_classes, across_parts : int
        Groups with members in more than one class, and in more than one part of the split.
    """

    groups: int
    surplus: int
    across_classes: int
    across_parts: int


@dataclass(frozen=True, slots=True)
class Leaks:
    """What the guard found.

    Parameters
    ----------
    images : tuple of SortedImage
        Those that were read.
    exact : tuple of TwinGroup
        Groups of exact twins.
    groups : tuple of TwinGroup
        Groups of exact and near twins, the largest first: what a split keeps together.
    apart : tuple of (SortedImage, SortedImage, float)
        Near twins that lie in different groups, since their leaders are none, and what they have in common.
    unread : tuple of str
        Why others could not be read, a line for each.
    digests : tuple of str
        Of the decoded grey pixels of each of `images`: the same for exact twins, here and in other sets.
    """

    images: tuple[SortedImage, ...]
    exact: tuple[TwinGroup, ...]
    groups: tuple[TwinGroup, ...]
    apart: tuple[tuple[SortedImage, SortedImage, float], ...]
    unread: tuple[str, ...]
    digests: tuple[str, ...] = ()

    @property
    def near(self) -> tuple[TwinGroup, ...]:
        """The groups with near twins in them."""
        return tuple(group for group in self.groups if not group.exact)

    def units(self) -> dict[Path, str]:
        """Return, for each image, the name of what stays on one side of a split: its group's leader, or itself."""
        leaders = {image.path: str(group.images[0].path) for group in self.groups for image in group.images}
        return {image.path: leaders.get(image.path, str(image.path)) for image in self.images}


def crossing(groups: Collection[TwinGroup]) -> Crossing:
    """Return how many groups there are, and what they cross."""
    return Crossing(
        len(groups),
        sum(len(group.images) - 1 for group in groups),
        sum(len(group.labels) > 1 for group in groups),
        sum(len(group.parts) > 1 for group in groups),
    )


def sorted_images(folders: Sequence[Path]) -> list[SortedImage]:
    """Return the images of folders whose sub-folders are classes, and perhaps parts of a split before that.

    The class is the folder that an image lies in. The part is a folder on the way to it that is named train, test or
    the like; where several folders are given, else the folder itself.

    Raises
    ------
    DatasetError
        If a folder is none.
    FileError
        If one holds no images.
    """
    found: dict[Path, SortedImage] = {}
    for folder in folders:
        if not folder.is_dir():
            raise DatasetError(f"{folder}: no such folder")
        whole = folder.name if len(folders) > 1 else ""
        for path in files_under(folder):
            way = [folder.name, *path.relative_to(folder).parts[:-1]]
            part = next((name for name in way if name.lower() in PARTS), whole)
            found.setdefault(path.resolve(), SortedImage(path, path.absolute().parent.name, part))
    return list(found.values())


def find_leaks(images: Iterable[SortedImage], progress: Progress = lambda what, share: None) -> Leaks:
    """Find the exact and near twins of an image set.

    Of a file with several frames or slices, all are compared for exact twins, and the middle one for near twins. A file
    that cannot be read is left out and named.

    Parameters
    ----------
    images : iterable of SortedImage
    progress : callable
        Takes what is done (``reading``, ``comparing``) and the share of it, 0 to 1.

    Raises
    ------
    DatasetError
        If not one image can be read.
    """
    images, unread = list(images), []
    read: list[SortedImage] = []
    digests: list[str] = []
    copies: dict[bytes, list[int]] = defaultdict(list)
    thumbnails: list[NDArray[np.float32]] = []  # one for each picture, in the order of `copies`
    for number, image in enumerate(images, 1):
        try:
            digest, small = _seen(image.path)
        except SemeiaError as error:
            unread.append(error.about(image.path.name))
        else:
            if digest not in copies:
                thumbnails.append(small)
            copies[digest].append(len(read))
            read.append(image)
            digests.append(digest.hex())
        progress("reading", number / len(images))
    if not read:
        raise DatasetError(f"not one of {len(images)} images can be read; the first: {unread[0] if unread else 'none'}")
    stack, same = np.stack(thumbnails), list(copies.values())
    pairs, alike = near_twins(stack, lambda share: progress("comparing", share))
    led, apart = _led(pairs, alike)
    exact = [_group(read, dict.fromkeys(members, 1.0), exact=True) for members in same if len(members) > 1]
    near = [
        _group(read, {place: like for picture, like in group.items() for place in same[picture]}, exact=False)
        for group in led
    ]
    grouped = {image.path for group in near for image in group.images}
    groups = near + [group for group in exact if group.images[0].path not in grouped]
    groups.sort(key=lambda group: (-len(group.images), str(group.images[0].path)))
    loose = [(read[same[a][0]], read[same[b][0]], like) for a, b, like in apart]
    return Leaks(tuple(read), tuple(exact), tuple(groups), tuple(loose), tuple(unread), tuple(digests))


def _seen(path: Path) -> tuple[bytes, NDArray[np.float32]]:
    """Return what tells exact twins (a digest of the grey pixels of all frames) and what tells near twins."""
    image = open_image(path)
    digest = hashlib.blake2b(digest_size=16)
    small = np.zeros((SIDE, SIDE), np.float32)
    for frame in range(image.frames):
        grey = image.grey(frame)
        digest.update(repr(grey.shape).encode() + np.ascontiguousarray(grey).tobytes())
        if frame == image.frames // 2:
            small = thumbnail(as_shown(grey, image.window(frame), inverted=image.inverted))
    return digest.digest(), small


def _led(
    pairs: NDArray[np.intp], alike: NDArray[np.float32]
) -> tuple[list[dict[int, float]], list[tuple[int, int, float]]]:
    """Return groups of near twins, each with what its members have in common with its leader; and what stays apart.

    Whoever has the most near twins leads first, and all of them that are still free follow. So every member is a near
    twin of its leader: what resembles what resembles it, and so on, never becomes one group.
    """
    twins: dict[int, dict[int, float]] = defaultdict(dict)
    found = [(one, other, like) for (one, other), like in zip(pairs.tolist(), alike.tolist(), strict=True)]
    for one, other, like in found:
        twins[one][other] = twins[other][one] = like
    leader_of: dict[int, int] = {}
    groups: list[dict[int, float]] = []
    for leader in sorted(twins, key=lambda place: (-len(twins[place]), place)):
        free = {place: like for place, like in twins[leader].items() if place not in leader_of}
        if leader not in leader_of and free:
            groups.append({leader: 1.0, **free})
            leader_of |= dict.fromkeys(groups[-1], leader)
    apart = [pair for pair in found if leader_of.get(pair[0], -1) != leader_of.get(pair[1], -2)]
    return groups, apart


def _group(read: Sequence[SortedImage], alike: Mapping[int, float], *, exact: bool) -> TwinGroup:
    places = sorted(alike)
    return TwinGroup(tuple(read[place] for place in places), tuple(alike[place] for place in places), exact)
