"""Changes to training images that leave their label true; and the views of an image that are averaged in testing.

Turn, zoom, shift and flip are one affine map and one bilinear interpolation. Where it looks beyond the edge it sees
the pixel at the edge: black would draw a sharp wedge that no test image has, and a reflection a second lung.
Brightness, contrast and gamma change each of the 256 greys of an image once, not every pixel. All draws come from the
generator that is given, so that a resumed training goes on with the same bits. Mixup comes after the transform, as for
signals (`semeia.transforms.augmentation.mixup`).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from semeia.recipe import ImageAugmentation

__all__ = ["augment_images", "views"]

Pictures = NDArray[np.uint8]
Values = NDArray[np.float32]
Poses = NDArray[np.float64]

_AT_ONCE = 1 << 17  # pixels whose places are held at once: they stay in the processor's cache
_VIEWS = ((0, 1.0), (0, 1.1), (5, 1.1), (-5, 1.1), (0, 1.05), (3, 1.05), (-3, 1.05), (0, 1.15))
"""Turn in degrees and magnification of each view."""
_GREYS = np.arange(256, dtype=np.float32) / 255


def augment_images(batch: Pictures, settings: ImageAugmentation, rng: np.random.Generator) -> Values:
    """Return changed copies of images.

    Parameters
    ----------
    batch : array, uint8, (images, channels, height, width)
        As a transform's `prepare` gives them.
    settings : ImageAugmentation
    rng : numpy.random.Generator

    Returns
    -------
    array, float32, of the same shape, 0 to 1
    """
    poses = _drawn_poses(len(batch), settings, rng)
    greys = _drawn_greys(batch, settings, rng)
    changed = np.empty(batch.shape, np.float32)
    for images in _blocks(batch):
        values = _toned(batch[images], None if greys is None else greys[images])
        changed[images] = values if poses is None else _posed(values, poses[images])
    if settings.noise:
        _add_noise(changed, settings.noise, rng)
    if settings.erase:
        _erase(changed, settings.erase, rng)
    return changed


def views(batch: Pictures, count: int, settings: ImageAugmentation) -> list[Values]:
    """Return several looks at the same images, for a network's answers to be averaged.

    The first is as they are. Where training flipped images, each view is followed by its mirror image; the others are
    turned and zoomed a little, as two pictures of one patient differ. Nothing is drawn.

    Parameters
    ----------
    batch : array, uint8, (images, channels, height, width)
    count : int
        1 to 8.
    settings : ImageAugmentation
        Of the training: only whether it flipped images is of account.

    Returns
    -------
    list of array, float32, of the same shape, 0 to 1
    """
    values = _toned(batch, None)
    downs, acrosses = ([1, -1] if flips else [1] for flips in (settings.flip_vertical, settings.flip))
    flips = [(across, down) for down in downs for across in acrosses]
    looks = [_pose(turn, zoom, across, down) for turn, zoom in _VIEWS for across, down in flips][:count]
    return [values, *(_looked(values, np.tile(look, (len(batch), 1))) for look in looks[1:])]


# Where each pixel is looked for


def _drawn_poses(count: int, settings: ImageAugmentation, rng: np.random.Generator) -> Poses | None:
    """Return the pose of each image (images, 6), or None where none is to be changed."""
    moved = settings.rotation or settings.shift or settings.zoom != [1.0, 1.0]
    if not (moved or settings.flip or settings.flip_vertical):
        return None
    turn = rng.uniform(-settings.rotation, settings.rotation, count)
    zoom = rng.uniform(settings.zoom[0], settings.zoom[1], count)
    shift = rng.uniform(-settings.shift, settings.shift, (2, count))
    across, down = np.where(rng.random((2, count)) < 0.5, -1, 1)
    across, down = across if settings.flip else abs(across), down if settings.flip_vertical else abs(down)
    poses = np.array([_pose(*each) for each in zip(turn, zoom, across, down, strict=True)]).reshape(count, 6)
    poses[:, [2, 5]] = shift.T
    return poses


def _pose(turn: float, zoom: float, across: int, down: int) -> NDArray[np.float64]:
    """Return the affine map from places in the changed image to places in the original, (6,).

    Places are across and down from the middle, in pixels, and the last of each three is a share of the side.

    Parameters
    ----------
    turn : float
        Degrees.
    zoom : float
        Magnification.
    across, down : {1, -1}
        -1 flips.
    """
    cosine, sine = np.cos(np.deg2rad(turn)) / zoom, np.sin(np.deg2rad(turn)) / zoom
    return np.array([across * cosine, -across * sine, 0.0, down * sine, down * cosine, 0.0])


def _looked(values: Values, poses: Poses) -> Values:
    looked = np.empty_like(values)
    for images in _blocks(values):
        looked[images] = _posed(values[images], poses[images])
    return looked


def _blocks(batch: NDArray[np.uint8] | Values) -> list[slice]:
    step = max(1, _AT_ONCE // (batch.shape[2] * batch.shape[3]))
    return [slice(start, start + step) for start in range(0, len(batch), step)]


def _posed(values: Values, poses: Poses) -> Values:
    """Return images in their poses; a flip alone is exact."""
    import torch
    from torch.nn.functional import grid_sample

    if (poses[:, [1, 2, 3, 5]] == 0).all() and (abs(poses[:, [0, 4]]) == 1).all():
        flipped = (each[:, :: int(pose[4]), :: int(pose[0])] for each, pose in zip(values, poses, strict=True))
        return np.stack(list(flipped))
    places = torch.from_numpy(_places(poses, *values.shape[2:]))
    looked = grid_sample(torch.from_numpy(values), places, padding_mode="border", align_corners=False)
    return np.asarray(looked.numpy())


def _places(poses: Poses, height: int, width: int) -> Values:
    """Return where each pixel is looked for, (images, height, width, 2): across and down, -1 to 1 from edge to edge."""
    right, down = (np.arange(side) - (side - 1) / 2 for side in (width, height))
    # Both coordinates as one complex number: a sum for each pixel, written in one go.
    column, row = ((poses[:, k] / width + 1j * poses[:, 3 + k] / height) * 2 for k in (0, 1))
    moved = (poses[:, 2] + 1j * poses[:, 5]) * 2
    across = (column[:, None] * right + moved[:, None]).astype(np.complex64)
    places = across[:, None, :] + (row[:, None] * down).astype(np.complex64)[:, :, None]
    return np.asarray(places.view(np.float32).reshape(len(poses), height, width, 2), np.float32)


# Which value each pixel has


def _drawn_greys(batch: Pictures, settings: ImageAugmentation, rng: np.random.Generator) -> Values | None:
    """Return what each of the 256 greys of each image becomes, (images, 256), or None where all stay."""
    if not settings.brightness and settings.contrast == 1 and settings.gamma == 1:
        return None
    lighter, stretch, power = 2 * rng.random((3, len(batch), 1)) - 1
    mean = batch.mean(axis=(1, 2, 3), dtype=np.float64)[:, None] / 255
    greys = mean + (_GREYS - mean) * settings.contrast**stretch + settings.brightness * lighter
    return np.asarray(np.clip(greys, 0, 1) ** (settings.gamma**power), np.float32)


def _toned(batch: Pictures, greys: Values | None) -> Values:
    if greys is None:
        return np.divide(batch, np.float32(255), dtype=np.float32)
    return np.asarray([table[image] for table, image in zip(greys, batch, strict=True)], np.float32)


def _add_noise(values: Values, sd: float, rng: np.random.Generator) -> None:
    """Add white noise and keep to 0..1, in place: normal quantiles, looked up by random numbers of 16 bits.

    That is several times faster than to draw normal numbers, and 65536 of them tell no picture of 8 bits.
    """
    quantiles = _quantiles() * np.float32(sd)
    for image in values:
        flat = image.reshape(-1)
        flat += quantiles[np.frombuffer(rng.bytes(2 * flat.size), "<u2")]
        np.clip(flat, 0, 1, out=flat)


@lru_cache(maxsize=1)
def _quantiles() -> Values:
    """Return the normal distribution in 65536 equally likely steps, of variance 1."""
    from scipy.special import ndtri

    steps = ndtri((np.arange(1 << 16) + 0.5) / (1 << 16))
    frozen: Values = (steps / steps.std()).astype(np.float32)
    frozen.flags.writeable = False  # it is shared by all who ask for it
    return frozen


def _erase(values: Values, most: float, rng: np.random.Generator) -> None:
    """Fill a rectangle with the image's mean in half of the images, in place (Zhong et al., AAAI 2020)."""
    height, width = values.shape[2:]
    chosen, area, aspect, top, left = rng.random((5, len(values)))
    for number in np.flatnonzero(chosen < 0.5):
        form = 2 ** (aspect[number] - 0.5)  # sides from 1 : 2 to 2 : 1
        share = np.sqrt(most * area[number])
        tall, wide = (max(1, round(min(share * by, 1.0) * side)) for by, side in ((form, height), (1 / form, width)))
        upper, first = round(top[number] * (height - tall)), round(left[number] * (width - wide))
        place = values[number, :, upper : upper + tall, first : first + wide]
        place[:] = values[number].mean(axis=(1, 2))[:, None, None]
