"""Near twins: a picture re-encoded, resized or cut at its edges, told from one that only resembles it.

Hashes of low frequencies alone do not tell them apart where all images show the same organ in the same place: two chest
X-rays of different children are closer than one X-ray and its own crop. So candidates found by a coarse fingerprint are
laid upon each other (shift and scale of both axes; Lucas and Kanade, IJCAI 1981, by Gauss-Newton steps), from 16 to 64
pixels, and what their fine structure then has in common decides. ``benchmarks/leaks.py`` measures how well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

__all__ = ["SIDE", "TWINS", "likeness", "near_twins", "thumbnail"]

SIDE = 64
"""Pixels of a thumbnail's side; its aspect is given up, as cropping does."""
TWINS = 0.975
"""Least correlation of near twins: between what planted ones and neighbouring slices have (docs/images.md)."""
_CANDIDATES = 10  # nearest by fingerprint that are looked at
_INNER = np.array([[0.025, 0.95, 0.025, 0.95]], np.float32)  # what lies within 2.5 % of every edge
_LEVELS = ((16, 2, 0.85), (32, 2, 0.88))
"""Pixels of a side, steps, and the least correlation of fine structure, at 32 pixels, to go on."""
_FURTHEST, _SCALES = 0.15, (0.8, 1.25)  # of a side: how far images may be shifted and scaled
_BLOCK = 512  # pairs at once, and rows of the table of distances
_Images = NDArray[np.float32]
_Places = NDArray[np.intp]


def thumbnail(shown: _Images) -> _Images:
    """Return an image as it is looked at, (height, width), at 64 × 64 pixels."""
    import PIL.Image

    whole = PIL.Image.fromarray(np.ascontiguousarray(shown, np.float32))
    return np.asarray(whole.resize((SIDE, SIDE), PIL.Image.Resampling.BILINEAR))


def near_twins(
    thumbnails: _Images, progress: Callable[[float], None] = lambda share: None
) -> tuple[_Places, NDArray[np.float32]]:
    """Return the pairs of near twins, the likest first.

    Parameters
    ----------
    thumbnails : ndarray of float32, (images, 64, 64)
    progress : callable
        Takes the share done, 0 to 1.

    Returns
    -------
    pairs : ndarray of int, (pairs, 2)
        Each with the smaller place first.
    likeness : ndarray of float32, (pairs,)
        From `TWINS` to 1.
    """
    pairs = _nearest(thumbnails)
    found = [np.empty(0, np.intp)], [np.empty(0, np.float32)]
    for block in _blocks(len(pairs)):
        left, right = thumbnails[pairs[block, 0]], thumbnails[pairs[block, 1]]
        alike = likeness(left, right)
        found[0].append(np.flatnonzero(alike >= TWINS) + block.start)
        found[1].append(alike[alike >= TWINS])
        progress(block.stop / len(pairs))
    kept, alike = np.concatenate(found[0]), np.concatenate(found[1])
    order = np.lexsort((kept, -alike))
    return pairs[kept[order]], alike[order]


def likeness(left: _Images, right: _Images) -> NDArray[np.float32]:
    """Return the correlation of fine structure of pairs of thumbnails, laid upon each other.

    Parameters
    ----------
    left, right : ndarray of float32, (pairs, 64, 64)

    Returns
    -------
    ndarray of float32, (pairs,)
        -1 where a coarse look showed already that they are no near twins.
    """
    alike = np.full(len(left), -1, np.float32)
    placed = np.tile(np.array([0, 1, 0, 1], np.float32), (len(left), 1))
    going = np.arange(len(left))
    half_left, half_right = _pooled(left, SIDE // 2), _pooled(right, SIDE // 2)
    for side, steps, least in _LEVELS:
        small_left, small_right = _pooled(left[going], side), _pooled(right[going], side)
        for _ in range(steps):
            placed[going] = _step(small_left, small_right, placed[going])
        going = going[_score(half_left[going], half_right[going], placed[going]) >= least]
    placed[going] = _step(left[going], right[going], placed[going])
    alike[going] = _score(left[going], right[going], placed[going])
    return alike


def _nearest(thumbnails: _Images) -> _Places:
    """Return pairs, each once: every image and the nearest to it by fingerprint, also of what lies within 2.5 %."""
    count = min(_CANDIDATES, len(thumbnails) - 1)
    if count < 1:
        return np.empty((0, 2), np.intp)
    inner = np.concatenate(
        [_warped(thumbnails[b], np.repeat(_INNER, b.stop - b.start, 0))[0] for b in _blocks(len(thumbnails))]
    )
    whole, inner = _fingerprint(thumbnails), _fingerprint(inner)
    nearest = np.empty((len(whole), count), np.intp)
    for block in _blocks(len(whole)):
        alike = np.maximum(whole[block] @ whole.T, whole[block] @ inner.T)
        np.maximum(alike, inner[block] @ whole.T, out=alike)
        alike[np.arange(len(alike)), np.arange(block.start, block.stop)] = -np.inf
        nearest[block] = np.argpartition(-alike, count - 1, axis=1)[:, :count]
    own = np.repeat(np.arange(len(whole)), count)
    return np.unique(np.sort(np.stack([own, nearest.ravel()], 1), axis=1), axis=0)


def _fingerprint(images: _Images) -> _Images:
    """Return unit vectors: means of 8 × 8 and of 16 × 16 fields, each without its own mean."""
    parts = []
    for side in (8, 16):
        fields = _pooled(images, side).reshape(len(images), side * side)
        fields = fields - fields.mean(1, keepdims=True)
        parts.append(fields / (np.linalg.norm(fields, axis=1, keepdims=True) + 1e-6))
    return np.asarray(np.concatenate(parts, 1) / np.sqrt(2), np.float32)


def _step(left: _Images, right: _Images, placed: _Images) -> _Images:
    """Return a better place of each left image on its right one: (pairs, 4), shift and scale downwards and across."""
    side = left.shape[1]
    warped, seen = _warped(left, placed)
    moved, fixed = _standard(warped, seen), _standard(right, seen)
    down, across = np.gradient(moved, axis=(1, 2))
    down = down * seen * (side / placed[:, 1, None, None])
    across = across * seen * (side / placed[:, 3, None, None])
    at = (np.arange(side, dtype=np.float32) + 0.5) / side
    slopes = np.stack([down, down * at[:, None], across, across * at], 1).reshape(len(left), 4, side * side)
    curvature = slopes @ slopes.transpose(0, 2, 1)
    damping = 1e-3 * np.trace(curvature, axis1=1, axis2=2) / 4 + 1e-9
    curvature += damping[:, None, None] * np.eye(4, dtype=np.float32)
    change = np.linalg.solve(curvature, slopes @ (fixed - moved).reshape(len(left), side * side, 1))[..., 0]
    better = placed + np.clip(change, -0.05, 0.05)
    better[:, 0::2] = np.clip(better[:, 0::2], -_FURTHEST, _FURTHEST)
    better[:, 1::2] = np.clip(better[:, 1::2], *_SCALES)
    return np.asarray(better, np.float32)


def _score(left: _Images, right: _Images, placed: _Images) -> NDArray[np.float32]:
    """Return the correlation of fine structure where both are seen, taken at the scale of the right one."""
    warped, seen = _warped(left, placed)
    moved, fixed = (_standard(_fine_structure(images), seen) for images in (warped, right))
    return np.asarray((moved * fixed).sum((1, 2)))


def _warped(images: _Images, placed: _Images) -> tuple[_Images, _Images]:
    """Return images shifted and scaled, and 1 where they were seen, else 0."""
    side = images.shape[1]
    at = (np.arange(side, dtype=np.float32) + 0.5) / side
    down, across = (side * (placed[:, k, None] + placed[:, k + 1, None] * at) - 0.5 for k in (0, 2))
    inside = [(places >= -0.5) & (places <= side - 0.5) for places in (down, across)]
    seen = inside[0][:, :, None] & inside[1][:, None, :]
    return _between(_between(images, down, 1), across, 2), seen.astype(np.float32)


def _between(images: _Images, places: _Images, axis: int) -> _Images:
    """Return images at places between their pixels along an axis."""
    places = np.clip(places, 0, images.shape[axis] - 1.001)
    first = places.astype(np.intp)
    index, share = np.expand_dims(first, 3 - axis), np.expand_dims(places - first, 3 - axis).astype(np.float32)
    low = np.take_along_axis(images, index, axis)
    return np.asarray(low + share * (np.take_along_axis(images, index + 1, axis) - low))


def _standard(images: _Images, seen: _Images) -> _Images:
    """Return images without their mean and of length 1, over what is seen."""
    count = seen.sum((1, 2), keepdims=True) + 1e-6
    centred = (images - (images * seen).sum((1, 2), keepdims=True) / count) * seen
    return np.asarray(centred / (np.sqrt((centred * centred).sum((1, 2), keepdims=True)) + 1e-6))


def _pooled(images: _Images, side: int) -> _Images:
    """Return images at a smaller size: means of fields."""
    field = images.shape[1] // side
    return images if field == 1 else images.reshape(len(images), side, field, side, field).mean((2, 4))


def _blurring(side: int, width: float) -> _Images:
    """Return the matrix that blurs one axis: a Gaussian of a width in pixels, without what lies outside."""
    at = np.arange(side)
    weight = np.exp(-((at[:, None] - at) ** 2) / (2 * width**2))
    return np.asarray(weight / weight.sum(1, keepdims=True), np.float32)


def _fine_structure(images: _Images) -> _Images:
    """Return what is finer than 2 pixels and coarser than 0.7: free of shading, of noise and of blocks of JPEG."""
    some, more = (_blurring(images.shape[1], width) for width in (0.7, 2.0))
    return np.asarray(some @ images @ some.T - more @ images @ more.T)


def _blocks(count: int) -> Iterator[slice]:
    for start in range(0, count, _BLOCK):
        yield slice(start, min(start + _BLOCK, count))
