"""Images of a set at one size, prepared once and kept on disk as bytes, known by what their files hold.

They stay on disk: rows are read as they are drawn, and what was read lately the system keeps in memory by itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from semeia.images import open_image
from semeia.images.opening import Plane
from semeia.transforms.cache import RowFile, cached_rows, content_hash
from semeia.transforms.catalogue import ImageTransform

__all__ = ["Place", "prepared_images"]

Place = tuple[Path, int, str | None]
"""A picture of a file: its path, its frame, and the plane that cuts a volume (None: axial)."""
Progress = Callable[[int, int], None]

_VERSION = 1  # of what opening and preparing make of a file: raised when it changes
_AT_ONCE = 256  # images decoded before they are written


def _nothing(done: int, total: int) -> None:
    """Be told of progress, and do nothing."""


def prepared_images(images: Sequence[Place], transform: ImageTransform, progress: Progress = _nothing) -> RowFile:
    """Return images as the transform prepares them, a row each, in their order.

    Files are decoded side by side in threads, once: later only their content hash is looked up. To prepare a whole set
    and choose rows of it is better than to prepare each part of a split.

    Parameters
    ----------
    images : sequence of (Path, int, str or None)
        Each a file, a frame, and the plane of a volume; an image may be there twice.
    transform : ImageTransform
        Fitted or not: what it has learnt is of no account here.
    progress : callable
        Takes how many images are done, and of how many. It is not called when they are in the cache.

    Returns
    -------
    RowFile
        uint8, (images, channels, height, width).

    Raises
    ------
    FileError, ImageError
        If an image cannot be read; the message names the file.
    StorageError
        If the disk is full.
    """
    with ThreadPoolExecutor(len(os.sched_getaffinity(0)), "prepare") as pool:

        def batches() -> Iterator[NDArray[np.uint8]]:
            for start in range(0, len(images), _AT_ONCE):
                some = images[start : start + _AT_ONCE]
                yield np.stack(list(pool.map(lambda place: _prepared(place, transform), some)))
                progress(start + len(some), len(images))

        try:
            hashes = pool.map(content_hash, [path for path, _, _ in images])
            held = [[content, frame, plane] for content, (_, frame, plane) in zip(hashes, images, strict=True)]
            key = {"images": held, "prepared": transform.prepared_state(), "version": _VERSION}
            return cached_rows(key, transform.shape(), batches, np.uint8)
        except BaseException:  # an error, or an interruption: what waits for a thread is not begun
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _prepared(place: Place, transform: ImageTransform) -> NDArray[np.uint8]:
    path, frame, plane = place
    return transform.prepare(open_image(path, plane=cast(Plane, plane or "axial")).shown(frame))
