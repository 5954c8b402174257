"""Image sets gathered: an importer's images without those that cannot be read, and what a split keeps together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from semeia.datasets.catalogue import nothing_found, ready
from semeia.datasets.labelled_image import LabelledImage
from semeia.datasets.leaks import Leaks, SortedImage, crossing
from semeia.datasets.twins import known_twins
from semeia.errors import DatasetError

__all__ = ["ImageSet", "gather_images", "pooled"]

_FEWEST, _SHARE = 10, 0.01
"""Patients that twins may join into one unit: so many, or this share of all."""
_Atom = tuple[bool, str]  # whether the patient is known, and the name


@dataclass(frozen=True, slots=True)
class ImageSet:
    """The images of a source, and what the leak guard found.

    Parameters
    ----------
    images : tuple of LabelledImage
        With their units.
    leaks : Leaks
        Exact and near twins; in `apart` also those that would have joined too many patients into one unit.
    left_out : tuple of str
        A line for each file that cannot be used.
    """

    images: tuple[LabelledImage, ...]
    leaks: Leaks
    left_out: tuple[str, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many images each class has."""
        return dict(sorted(Counter(image.label for image in self.images).items()))

    def summary(self) -> str:
        """Return in one line what there is, which twins, and how much was left out."""
        exact, near = crossing(self.leaks.exact), crossing(self.leaks.near)
        known = len({image.patient for image in self.images if image.patient_known})
        unknown = sum(not image.patient_known for image in self.images)
        said = [
            f"{len(self.images)} images ({', '.join(f'{label} {n}' for label, n in self.counts.items())})",
            f"{known} patients" + (f", of {unknown} images unknown" if unknown else ""),
            f"{exact.surplus} surplus exact twins ({exact.across_classes} groups across classes)",
            f"{near.groups} groups with near twins ({near.across_classes} across classes)",
        ]
        return "; ".join([*said, *([f"{len(self.left_out)} left out"] if self.left_out else [])])


def gather_images(
    source: str,
    *,
    beside: Path = Path(),
    optional: bool = False,
    weight: float = 1.0,
    progress: Callable[[int, int], None] | None = None,
    **parameters: Any,
) -> ImageSet:
    """Return the labelled images of a source, checked for twins.

    Every image is read once, and what cannot be read is left out; what that says is kept until a file changes.

    Parameters
    ----------
    source : str
        As in `semeia.datasets.names`.
    beside, optional
        As for `semeia.datasets.gather`.
    weight : float
        How often an image of this source is drawn in training, compared with others.
    progress : callable, optional
        Called with how much is done and how much there is to do.
    **parameters
        The importer's own.

    Raises
    ------
    RecipeError
        If the source or a parameter is unknown or missing, or it is a source of recordings.
    DatasetError
        If its path does not exist, what is there cannot be used or is not asked for, or all images are of one class.
    """
    importer = ready(source, parameters, gives="images", beside=beside, optional=optional, progress=None)
    if importer is None:
        return ImageSet((), Leaks((), (), (), (), ()), ())
    listed, left_out = importer()
    if not listed and left_out:
        raise DatasetError(f"data source {source!r}: no image can be used; the first: {left_out[0]}")
    if not listed:
        raise nothing_found(source, importer)
    images = [replace(image, source=source, weight=weight) for image in listed]
    found, leaks = _guarded(images, progress)
    labels = {image.label for image in found}
    if len(labels) == 1:
        where = importer.keywords.get("path", "")
        some = f"all {len(found)} images of {where} are of one class" if len(found) > 1 else f"{where} has one image"
        raise DatasetError(f"data source {source!r}: {some} ({labels.pop()}): a network learns from two and more")
    return ImageSet(tuple(found), leaks, (*left_out, *leaks.unread))


def pooled(sets: Sequence[ImageSet], progress: Callable[[int, int], None] | None = None) -> ImageSet:
    """Return several image sets as one, so that a twin in another set stays on the same side of a split."""
    if len(sets) == 1:
        return sets[0]
    images = [image for each in sets for image in each.images]
    left_out = tuple(line for each in sets for line in each.left_out)
    if not images:
        return ImageSet((), Leaks((), (), (), (), ()), left_out)
    found, leaks = _guarded(images, progress)
    return ImageSet(tuple(found), leaks, left_out + leaks.unread)


def _guarded(
    images: Sequence[LabelledImage], progress: Callable[[int, int], None] | None
) -> tuple[list[LabelledImage], Leaks]:
    """Return those of the images that can be read, with their units, and their twins."""
    files = {image.path: SortedImage(image.path, image.label, image.part) for image in images}
    total = 2 * len(files)

    def show(what: str, share: float) -> None:
        if progress is not None:
            progress(round((share + (what == "comparing")) * len(files)), total)

    leaks = known_twins(list(files.values()), show)
    if progress is not None:
        progress(total, total)
    digest = dict(zip((image.path for image in leaks.images), leaks.digests, strict=True))
    found = [replace(image, digest=digest[image.path]) for image in images if image.path in digest]
    units = _Units(found)
    apart = []
    # What has the same pixels is joined first: where it must stop, near twins stay apart rather than these.
    for group in (*leaks.exact, *leaks.groups):
        first = group.images[0]
        pairs = zip(group.images[1:], group.alike[1:], strict=True)
        apart += [(first, other, alike) for other, alike in pairs if not units.twins(first.path, other.path)]
    named = units.names()
    leaks = replace(leaks, apart=(*leaks.apart, *dict.fromkeys(apart)))
    return [replace(image, unit=named[_atom(image)]) for image in found], leaks


def _atom(image: LabelledImage) -> _Atom:
    return image.patient_known, image.patient


class _Units:
    """Patients joined by twins: disjoint sets, each of which knows how many patients it has."""

    def __init__(self, images: Sequence[LabelledImage]) -> None:
        self.leader = {_atom(image): _atom(image) for image in images}
        self.of: dict[Path, _Atom] = {}
        self.patients = Counter(atom for atom in self.leader if atom[0])
        self.most = max(_FEWEST, int(_SHARE * len(self.patients)))
        for image in images:  # a file that two sources name belongs to what both say
            self._unite(self.of.setdefault(image.path, _atom(image)), _atom(image))

    def twins(self, one: Path, other: Path) -> bool:
        """Join what two twins belong to, and return whether they are together.

        Whose an image is, is trusted; twins may join patients, but only so many: a blank picture that everybody has
        would make one unit of the whole set.
        """
        first, second = self._root(self.of[one]), self._root(self.of[other])
        counts = self.patients[first], self.patients[second]
        if first != second and min(counts) > 0 and sum(counts) > self.most:
            return False
        self._unite(first, second)
        return True

    def names(self) -> dict[_Atom, str]:
        """Return the unit of each patient: the first name of those that are known, else of all."""
        first: dict[_Atom, _Atom] = {}
        for atom in sorted(self.leader, key=lambda atom: (not atom[0], atom[1])):
            first.setdefault(self._root(atom), atom)
        return {atom: first[self._root(atom)][1] for atom in self.leader}

    def _root(self, atom: _Atom) -> _Atom:
        while self.leader[atom] != atom:
            self.leader[atom] = self.leader[self.leader[atom]]
            atom = self.leader[atom]
        return atom

    def _unite(self, one: _Atom, other: _Atom) -> None:
        first, second = self._root(one), self._root(other)
        if first != second:
            self.leader[second] = first
            self.patients[first] += self.patients[second]
