"""Augmentation: what may change in a training window, and what may not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from semeia.errors import RecipeError
from semeia.recipe import Augmentation
from semeia.transforms.augmentation import FEWEST_CHANNELS, augment, channel_choices, mixup


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def windows(count: int = 400) -> np.ndarray:
    return generator(9).standard_normal((count, 3, 50)).astype(np.float32)


def test_without_settings_nothing_changes() -> None:
    batch = windows()
    np.testing.assert_array_equal(augment(batch, Augmentation(), generator()), batch)
    for chosen in channel_choices([5, 5], Augmentation(), generator()):
        np.testing.assert_array_equal(chosen, np.arange(5))


def test_the_batch_that_is_given_stays_as_it_is() -> None:
    batch = windows()
    before = batch.copy()
    augment(batch, Augmentation(amplitude=2, invert=True, noise=1), generator())
    np.testing.assert_array_equal(batch, before)


def test_all_channels_of_a_window_are_scaled_alike_within_the_limits() -> None:
    batch = windows()
    factors = augment(batch, Augmentation(amplitude=3), generator()) / batch
    assert np.ptp(factors, axis=(1, 2)).max() < 1e-5
    assert 1 / 3 <= factors.min() < 0.4 and 2.7 < factors.max() <= 3.0001
    assert np.median(factors) == pytest.approx(1, abs=0.15)  # as often weaker as stronger


def test_half_of_the_windows_are_turned_upside_down() -> None:
    batch = windows()
    signs = augment(batch, Augmentation(invert=True), generator()) / batch
    assert set(np.unique(signs)) == {-1, 1}
    assert (np.ptp(signs, axis=(1, 2)) == 0).all()
    assert (signs[:, 0, 0] < 0).mean() == pytest.approx(0.5, abs=0.08)


def test_noise_is_of_up_to_the_level_that_is_said() -> None:
    batch = windows()
    levels = (augment(batch, Augmentation(noise=2), generator()) - batch).std(axis=(1, 2))
    assert levels.max() < 2.5
    assert levels.mean() == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize(
    "changes", [{"amplitude": 2}, {"invert": True}, {"noise": 1}, {"mirror": True}, {"channel_dropout": 0.2}]
)
def test_augmented_windows_stay_float32_and_repeat_with_the_generator(changes: dict) -> None:
    one, same, other = (augment(windows(), Augmentation(**changes), generator(seed), LABELS) for seed in (1, 1, 2))
    assert one.dtype == np.float32
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=20), st.booleans(), st.integers(0, 1000))
def test_channels_are_distinct_there_and_equally_many_for_all(channels: list[int], subset: bool, seed: int) -> None:
    choices = channel_choices(channels, Augmentation(channels=subset), generator(seed))
    (number,) = {len(chosen) for chosen in choices}
    most = min(channels)
    assert number == most or (subset and min(FEWEST_CHANNELS, most) <= number <= most)
    for chosen, count in zip(choices, channels, strict=True):
        assert len(set(chosen.tolist())) == len(chosen)
        assert chosen.min() >= 0 and chosen.max() < count


def test_every_number_of_channels_from_four_on_and_every_channel_comes_up() -> None:
    rng, settings = generator(), Augmentation(channels=True)
    choices = [channel_choices([8], settings, rng)[0] for _ in range(300)]
    assert {len(chosen) for chosen in choices} == {4, 5, 6, 7, 8}
    assert {chosen[0] for chosen in choices} == set(range(8))


LABELS = ["C3", "Cz", "C4"]


def test_half_of_the_windows_are_mirrored() -> None:
    batch = windows()
    mirrored = augment(batch, Augmentation(mirror=True), generator(), LABELS)
    turned = (mirrored == batch[:, ::-1]).all(axis=(1, 2))
    assert (turned | (mirrored == batch).all(axis=(1, 2))).all()
    assert turned.mean() == pytest.approx(0.5, abs=0.08)
    assert mirrored.dtype == np.float32


def test_the_mirror_needs_to_know_the_channels() -> None:
    with pytest.raises(RecipeError, match="augmentation.mirror needs examples of one montage"):
        augment(windows(), Augmentation(mirror=True), generator())
    with pytest.raises(RecipeError, match="the mirror image of F7 is not among the channels"):
        augment(windows(), Augmentation(mirror=True), generator(), ["C3", "F7", "C4"])
    with pytest.raises(ValidationError, match="channels in random order have no left and right"):
        Augmentation(mirror=True, channels=True)


@given(st.integers(1, 12), st.floats(0.01, 0.99), st.integers(0, 1000))
def test_silenced_channels_are_zero_and_others_stay_and_one_is_left(channels: int, chance: float, seed: int) -> None:
    batch = generator(seed).standard_normal((30, channels, 5)).astype(np.float32)
    changed = augment(batch, Augmentation(channel_dropout=chance), generator(seed))
    silent = (changed == 0).all(axis=2)
    np.testing.assert_array_equal(changed[~silent], batch[~silent])
    assert not silent.all(axis=1).any()
    assert changed.shape == batch.shape and changed.dtype == np.float32


def test_as_many_channels_are_silenced_as_is_said() -> None:
    batch = generator().standard_normal((2000, 20, 2)).astype(np.float32)
    changed = augment(batch, Augmentation(channel_dropout=0.3), generator())
    assert (changed == 0).mean() == pytest.approx(0.3, abs=0.01)


def test_a_silenced_channel_has_no_noise() -> None:
    changed = augment(windows(), Augmentation(channel_dropout=0.5, noise=5, amplitude=2), generator())
    assert (changed == 0).all(axis=2).mean() == pytest.approx(0.4, abs=0.1)


@given(st.integers(1, 20), st.integers(2, 5), st.sampled_from([(3,), (2, 8), (2, 4, 5)]), st.integers(0, 999))
def test_mixed_examples_have_the_targets_of_their_parts(size: int, classes: int, shape: tuple, seed: int) -> None:
    rng = generator(seed)
    targets = rng.dirichlet(np.ones(classes), size)
    # Inputs that hold their own targets tell whether both were mixed alike.
    inputs = np.broadcast_to(targets[:, :1].reshape(size, *(1,) * len(shape)), (size, *shape)).astype(np.float32)
    mixed, shares = mixup(inputs, targets, 0.4, generator(seed))
    assert mixed.shape == inputs.shape and mixed.dtype == shares.dtype == np.float32
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    assert (shares >= 0).all()
    np.testing.assert_allclose(mixed.reshape(size, -1), shares[:, :1].repeat(np.prod(shape), axis=1), atol=1e-5)
    np.testing.assert_allclose(shares.mean(axis=0).sum(), 1, atol=1e-5)
    again, same = mixup(inputs, targets, 0.4, generator(seed))
    np.testing.assert_array_equal(mixed, again)
    np.testing.assert_array_equal(shares, same)


def test_mixup_of_nothing_changes_nothing_and_of_much_mixes_halves() -> None:
    inputs, targets = windows(), np.eye(2)[generator().integers(2, size=400)]
    same, shares = mixup(inputs, targets, 0, generator())
    np.testing.assert_array_equal(same, inputs)
    np.testing.assert_array_equal(shares, targets)
    _, little = mixup(inputs, targets, 0.01, generator())
    _, much = mixup(inputs, targets, 1e4, generator())
    assert (np.minimum(little, 1 - little) < 0.01).mean() > 0.95
    assert set(much.round(1).ravel().tolist()) == {0, 0.5, 1}
