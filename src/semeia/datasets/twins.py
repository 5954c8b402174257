"""The twins of an image set, looked for once and kept in the home folder until a file changes."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from semeia.datasets.leaks import Leaks, Progress, SortedImage, TwinGroup, find_leaks
from semeia.errors import DatasetError
from semeia.home import home_folder, make_folder, replacing
from semeia.images.likeness import TWINS

__all__ = ["known_twins"]

_FORMAT = 2
_SETTLED = 2.0  # seconds: a file that changed just now may change once more within one tick of the clock


def known_twins(images: Sequence[SortedImage], progress: Progress = lambda what, share: None) -> Leaks:
    """Return the twins of an image set as `semeia.datasets.leaks.find_leaks` finds them, or found them before.

    What is kept depends on the paths, sizes and times of change of the files; classes and parts may differ. Files that
    could not be read are tried again: what decodes them may have been installed since.

    Raises
    ------
    DatasetError
        If not one image can be read.
    StorageError
        If the cache cannot be written.
    """
    images = sorted(images, key=lambda image: str(image.path))
    key, settled = _state(images)
    file = home_folder() / "cache" / "twins" / f"{key}.json"
    kept = _kept(file, images)
    if kept is not None:
        return kept
    found = find_leaks(images, progress)
    if settled and _state(images)[0] == key:
        make_folder(file.parent)
        with replacing(file) as beside:
            beside.write_text(json.dumps(_table(found, images)), encoding="utf-8")
    return found


def _state(images: Sequence[SortedImage]) -> tuple[str, bool]:
    """Return a digest of what the files are now, and whether it can be trusted to notice their next change."""
    digest, newest = hashlib.blake2b(f"{_FORMAT} {TWINS}".encode(), digest_size=16), 0.0
    for image in images:
        try:
            about = image.path.stat()
            state, newest = (about.st_size, about.st_mtime_ns), max(newest, about.st_mtime)
        except OSError:  # it is left out, and named, when it is read
            state = (-1, -1)
        digest.update(repr((str(image.path.absolute()), *state)).encode())
    return digest.hexdigest(), newest < time.time() - _SETTLED


def _table(found: Leaks, images: Sequence[SortedImage]) -> dict[str, Any]:
    """Return what was found as plain data, with images as their places."""
    place = {image.path: number for number, image in enumerate(images)}
    return {
        "read": [place[image.path] for image in found.images],
        "exact": [[[place[image.path] for image in group.images], group.alike] for group in found.exact],
        "near": [[[place[image.path] for image in group.images], group.alike] for group in found.near],
        "apart": [[place[one.path], place[other.path], alike] for one, other, alike in found.apart],
        "unread": found.unread,
        "digests": found.digests,
    }


def _kept(file: Path, images: Sequence[SortedImage]) -> Leaks | None:
    """Return what was found before; None where that is not known, or does not hold any more."""
    try:
        table = json.loads(file.read_text(encoding="utf-8"))
        read = set(table["read"])
        exact, near = (
            tuple(
                TwinGroup(tuple(images[place] for place in places), tuple(alike), exact=name == "exact")
                for places, alike in table[name]
            )
            for name in ("exact", "near")
        )
        apart = tuple((images[one], images[other], alike) for one, other, alike in table["apart"])
        unread, digests = tuple(table["unread"]), tuple(table["digests"])
    except (OSError, ValueError, TypeError, KeyError, IndexError):  # absent or damaged: the images are read again
        return None
    without = [image for number, image in enumerate(images) if number not in read]
    with suppress(DatasetError):
        if without and find_leaks(without).images:
            return None
    grouped = {image.path for group in near for image in group.images}
    groups = [*near, *(group for group in exact if group.images[0].path not in grouped)]
    groups.sort(key=lambda group: (-len(group.images), str(group.images[0].path)))
    return Leaks(tuple(images[place] for place in table["read"]), exact, tuple(groups), apart, unread, digests)
