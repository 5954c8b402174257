"""Near twins: a picture again, not one that resembles it."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from semeia.images.likeness import TWINS, likeness, near_twins, thumbnail

Change = Callable[[Image.Image], Image.Image]


def organ(seed: int, size: int = 200) -> Image.Image:
    """Return a picture of the same organ in the same place, with a fine structure of its own."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    shape = 160 * (x**2 / 0.6 + y**2 / 0.8 < 1) - 60 * ((np.abs(x) - 0.35) ** 2 / 0.05 + y**2 / 0.3 < 1)
    marks = sum(
        40 * rng.normal() * np.exp(-((x - rng.uniform(-1, 1)) ** 2 + (y - rng.uniform(-1, 1)) ** 2) / 0.004)
        for _ in range(150)
    )
    return Image.fromarray(np.clip(shape + marks + 40, 0, 255).astype(np.uint8))


def small(picture: Image.Image) -> NDArray[np.float32]:
    return thumbnail(np.asarray(picture.convert("L"), np.float32) / 255)


def jpeg(picture: Image.Image) -> Image.Image:
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=40)
    return Image.open(data)


CHANGES: dict[str, Change] = {
    "re-encoded": jpeg,
    "smaller": lambda picture: picture.resize((90, 90)),
    "larger, other aspect": lambda picture: picture.resize((390, 300)),
    "coloured": lambda picture: jpeg(picture.convert("RGB")),
    "cut": lambda picture: picture.crop((9, 2, 194, 192)),
    "all": lambda picture: jpeg(picture.crop((3, 9, 196, 191)).resize((150, 150))),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_picture_changed_is_its_own_near_twin_in_both_directions(change: str) -> None:
    before = np.stack([small(organ(seed)) for seed in range(4)])
    after = np.stack([small(CHANGES[change](organ(seed))) for seed in range(4)])
    assert likeness(before, after).min() > TWINS
    assert likeness(after, before).min() > TWINS


def test_the_same_organ_of_another_is_none() -> None:
    images = np.stack([small(organ(seed)) for seed in range(9)])
    assert likeness(images[:-1], images[1:]).max() < TWINS - 0.1


def test_pairs_come_once_and_the_likest_first() -> None:
    images = [small(organ(seed)) for seed in range(20)]
    images += [small(CHANGES["all"](organ(3))), small(jpeg(organ(5)))]
    shares: list[float] = []
    pairs, alike = near_twins(np.stack(images), shares.append)
    assert pairs.tolist() == [[5, 21], [3, 20]]
    assert alike[0] >= alike[1] >= TWINS
    assert shares[-1] == 1


def test_blank_images_and_single_ones_have_no_twins() -> None:
    blank = np.zeros((5, 64, 64), np.float32)
    assert len(near_twins(blank)[0]) == 0
    assert len(near_twins(np.stack([small(organ(0))]))[0]) == 0
