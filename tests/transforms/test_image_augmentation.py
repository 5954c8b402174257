"""What augmentation does to images: measured on pictures whose right answer is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from semeia.recipe import ImageAugmentation
from semeia.transforms.image_augmentation import augment_images, views

EVERYTHING: dict[str, Any] = {
    "rotation": 20,
    "zoom": [0.8, 1.3],
    "shift": 0.1,
    "flip": True,
    "flip_vertical": True,
    "brightness": 0.3,
    "contrast": 1.5,
    "gamma": 1.5,
    "noise": 0.2,
    "erase": 0.4,
}


def bytes_of(*shape: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def augmented(batch: NDArray[np.uint8], seed: int = 1, **settings: Any) -> NDArray[np.float32]:
    return augment_images(batch, ImageAugmentation(**settings), np.random.default_rng(seed))


def spots(*places: tuple[int, int], side: int = 41, radius: int = 2) -> NDArray[np.uint8]:
    """Return one picture with round white spots around (down, across)."""
    down, across = np.mgrid[:side, :side]
    seen = [(down - y) ** 2 + (across - x) ** 2 <= radius**2 for y, x in places]
    return (np.any(seen, axis=0) * 255).astype(np.uint8)[None]


def centre(values: NDArray[np.float32]) -> tuple[float, float]:
    down, across = np.mgrid[: values.shape[0], : values.shape[1]]
    return float((values * down).sum() / values.sum()), float((values * across).sum() / values.sum())


@pytest.mark.parametrize("channels", [1, 3])
def test_nothing_asked_is_nothing_changed(channels: int) -> None:
    batch = bytes_of(3, channels, 12, 20)
    changed = augmented(batch)
    assert changed.dtype == np.float32
    np.testing.assert_array_equal(changed, batch / np.float32(255))
    np.testing.assert_array_equal(augmented(batch, mixup=0.4), changed)  # mixup comes after the transform


@pytest.mark.parametrize("shape", [(40, 1, 24, 24), (7, 3, 19, 30), (1, 1, 1, 1), (0, 1, 8, 8)])
def test_values_stay_from_0_to_1_and_the_batch_as_it_was(shape: tuple[int, ...]) -> None:
    batch = bytes_of(*shape)
    before = batch.copy()
    changed = augmented(batch, **EVERYTHING)
    assert changed.shape == shape and changed.dtype == np.float32
    assert ((changed >= 0) & (changed <= 1)).all()
    np.testing.assert_array_equal(batch, before)


@pytest.mark.parametrize("name", ["everything", *EVERYTHING])
def test_the_same_seed_gives_the_same_bits_and_another_does_not(name: str) -> None:
    asked = EVERYTHING if name == "everything" else {name: EVERYTHING[name]}
    batch = bytes_of(24, 1, 32, 32)
    first = augmented(batch, **asked)
    np.testing.assert_array_equal(first, augmented(batch, **asked))
    assert not np.array_equal(first, augmented(batch, seed=2, **asked))


def test_how_many_threads_compute_makes_no_difference() -> None:
    import torch

    batch, threads = bytes_of(64, 1, 64, 64), torch.get_num_threads()
    changed = []
    for count in (1, 3):
        torch.set_num_threads(count)
        changed.append(augmented(batch, **EVERYTHING))
    torch.set_num_threads(threads)
    np.testing.assert_array_equal(*changed)


def test_the_batch_is_changed_in_blocks_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = bytes_of(9, 3, 16, 24)
    whole = augmented(batch, **EVERYTHING)
    monkeypatch.setattr("semeia.transforms.image_augmentation._AT_ONCE", 1)
    np.testing.assert_array_equal(augmented(batch, **EVERYTHING), whole)


@pytest.mark.parametrize(("name", "axis"), [("flip", 3), ("flip_vertical", 2)])
def test_half_of_the_images_are_flipped_exactly(name: str, axis: int) -> None:
    batch = bytes_of(200, 2 + 1, 7, 10)
    plain, changed = augmented(batch), augmented(batch, **{name: True})
    flipped = (changed == np.flip(plain, axis)).all(axis=(1, 2, 3))
    same = (changed == plain).all(axis=(1, 2, 3))
    assert (flipped ^ same).all()
    assert 70 <= flipped.sum() <= 130


def test_nothing_is_flipped_unless_asked() -> None:
    batch = np.repeat(spots((20, 5))[None], 60, axis=0)
    for changed in augmented(batch, rotation=10, zoom=[0.9, 1.1], shift=0.05):
        assert centre(changed[0])[1] < 14


def test_zoom_keeps_the_centre_and_magnifies_about_it() -> None:
    batch = np.repeat(spots((20, 20), radius=6)[None], 30, axis=0)
    for factor in (0.5, 1.5):
        for changed in augmented(batch, zoom=[factor, factor]):
            np.testing.assert_allclose(centre(changed[0]), (20, 20), atol=1e-3)
            assert changed.sum() == pytest.approx(batch[0].sum() / 255 * factor**2, rel=0.05)


def test_zoom_is_spread_over_its_range() -> None:
    batch = np.repeat(spots((20, 20), radius=6)[None], 300, axis=0)
    factors = np.sqrt(augmented(batch, zoom=[1.0, 1.2]).sum((1, 2, 3)) / (batch[0].sum() / 255))
    assert 0.98 < factors.min() < 1.02 and 1.18 < factors.max() < 1.22
    assert factors.mean() == pytest.approx(1.1, abs=0.01)


@pytest.mark.parametrize("shape", [(41, 41), (41, 61)])
def test_rotation_keeps_distances_and_stays_within_its_angle(shape: tuple[int, int]) -> None:
    down, across = np.mgrid[: shape[0], : shape[1]]
    middle = (shape[0] - 1) / 2, (shape[1] - 1) / 2
    spot = ((down - middle[0]) ** 2 + (across - middle[1] - 14) ** 2 <= 4).astype(np.uint8) * 255
    angles = []
    for changed in augmented(np.repeat(spot[None, None], 200, axis=0), rotation=30):
        y, x = np.subtract(centre(changed[0]), middle)
        assert np.hypot(y, x) == pytest.approx(14, abs=0.2)
        angles.append(np.rad2deg(np.arctan2(y, x)))
    assert max(np.abs(angles)) < 31 and min(angles) < -25 and max(angles) > 25
    assert abs(np.mean(angles)) < 4


def test_shift_moves_by_a_share_of_each_side() -> None:
    batch = np.zeros((200, 1, 40, 80), np.uint8)
    batch[:, :, 18:22, 38:42] = 255
    moved = np.array([centre(changed[0]) for changed in augmented(batch, shift=0.25)]) - (19.5, 39.5)
    assert np.abs(moved[:, 0]).max() == pytest.approx(10, abs=0.5)
    assert np.abs(moved[:, 1]).max() == pytest.approx(20, abs=1)


def test_no_black_corner_appears_beyond_the_edge() -> None:
    white = np.full((20, 1, 32, 32), 255, np.uint8)
    changed = augmented(white, rotation=45, zoom=[0.5, 1.0], shift=0.2)
    np.testing.assert_allclose(changed, 1, atol=1e-6)


def test_noise_has_the_standard_deviation_that_was_asked_for_and_is_normal() -> None:
    grey = np.full((20, 1, 100, 100), 128, np.uint8)
    noise = (augmented(grey, noise=20 / 255) - 128 / 255).astype(np.float64)
    assert noise.std() == pytest.approx(20 / 255, rel=0.01)
    assert abs(noise.mean()) < 0.001
    standard = noise / noise.std()
    assert (standard**4).mean() == pytest.approx(3, abs=0.1)
    assert (np.abs(standard) > 1.96).mean() == pytest.approx(0.05, abs=0.003)
    flat = noise.reshape(20, -1)
    assert abs(np.corrcoef(flat[:, 1:].ravel(), flat[:, :-1].ravel())[0, 1]) < 0.01
    assert abs(np.corrcoef(flat[0], flat[1])[0, 1]) < 0.05


def test_brightness_adds_the_same_everywhere() -> None:
    grey = np.tile(np.arange(100, 156, dtype=np.uint8), (100, 1, 8, 1))
    change = augmented(grey, brightness=0.2) - grey / np.float32(255)
    np.testing.assert_allclose(change, change[:, :, :1, :1] * np.ones_like(change), atol=1e-5)
    assert -0.2 < change.min() < -0.17 and 0.17 < change.max() < 0.2


def test_contrast_keeps_the_mean_and_is_spread_evenly_about_1() -> None:
    grey = np.tile(np.arange(100, 156, dtype=np.uint8), (400, 1, 8, 1))
    changed = augmented(grey, contrast=1.5)
    np.testing.assert_allclose(changed.mean((1, 2, 3)), grey[0].mean() / 255, atol=1e-4)
    factors = changed.std((1, 2, 3)) / (grey[0].std() / 255)
    assert 1 / 1.51 < factors.min() < 1 / 1.45 and 1.45 < factors.max() < 1.51
    assert abs(np.log(factors).mean()) < 0.04


def test_gamma_keeps_black_and_white_and_the_order_of_greys() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (100, 1, 1, 1))
    changed = augmented(ramp, gamma=2)[:, 0, 0]
    assert (changed[:, 0] == 0).all() and (changed[:, -1] == 1).all()
    assert (np.diff(changed, axis=1) > 0).all()
    powers = np.log(changed[:, 128]) / np.log(128 / 255)
    assert 0.5 < powers.min() < 0.55 and 1.8 < powers.max() < 2


def test_colours_of_one_image_are_changed_alike() -> None:
    grey = np.repeat(bytes_of(10, 1, 16, 16), 3, axis=1)
    changed = augmented(grey, rotation=10, zoom=[1, 1.2], flip=True, brightness=0.2, contrast=1.3, gamma=1.3)
    np.testing.assert_array_equal(changed[:, 0], changed[:, 1])
    np.testing.assert_array_equal(changed[:, 0], changed[:, 2])


def test_a_rectangle_of_half_of_the_images_is_blanked() -> None:
    batch = bytes_of(400, 1, 40, 40)
    batch[:, :, :, :20] //= 2
    plain, changed = augmented(batch), augmented(batch, erase=0.3)
    shares = []
    for one, other in zip(plain[:, 0], changed[:, 0], strict=True):
        different = np.argwhere(one != other)
        if len(different):
            (top, left), (bottom, right) = different.min(0), different.max(0) + 1
            inside = other[top:bottom, left:right]
            np.testing.assert_allclose(inside, one.mean(), atol=1e-5)
            shares.append(inside.size / 1600)
    assert 150 <= len(shares) <= 250
    assert 0.27 < max(shares) <= 0.31 and np.mean(shares) == pytest.approx(0.15, abs=0.03)


@pytest.mark.parametrize("flips", [{}, {"flip": True}, {"flip": True, "flip_vertical": True}])
def test_there_are_so_many_different_views_and_the_first_is_the_image(flips: dict[str, Any]) -> None:
    batch = bytes_of(5, 3, 16, 20)
    for count in (1, 2, 4, 8):
        seen = views(batch, count, ImageAugmentation(**flips))
        assert len(seen) == count == len({view.tobytes() for view in seen})
        np.testing.assert_array_equal(seen[0], batch / np.float32(255))
        assert all(view.shape == batch.shape and view.dtype == np.float32 for view in seen)


def test_views_are_mirrored_only_where_training_did_so() -> None:
    batch = np.repeat(spots((20, 8))[None], 2, axis=0)
    assert all(centre(view[0, 0])[1] < 12 for view in views(batch, 8, ImageAugmentation(rotation=30)))
    plain, mirrored, zoomed, both = views(batch, 4, ImageAugmentation(flip=True))
    np.testing.assert_array_equal(mirrored, plain[..., ::-1])
    np.testing.assert_allclose(both, zoomed[..., ::-1], atol=1e-5)
    assert centre(zoomed[0, 0])[1] == pytest.approx(20 - 12 * 1.1, abs=0.1)


def test_views_treat_every_image_by_itself() -> None:
    batch, asked = bytes_of(7, 1, 16, 16), ImageAugmentation()
    for whole, alone in zip(views(batch, 8, asked), views(batch[3:4], 8, asked), strict=True):
        np.testing.assert_allclose(whole[3:4], alone, atol=1e-6)
    assert [view.shape for view in views(batch[:0], 4, asked)] == [(0, 1, 16, 16)] * 4
