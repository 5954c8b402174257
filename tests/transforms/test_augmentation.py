"""Augmentation: what may change in a training window, and what may not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeia.recipe import Augmentation
from semeia.transforms.augmentation import FEWEST_CHANNELS, augment, channel_choices


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


@pytest.mark.parametrize("changes", [{"amplitude": 2}, {"invert": True}, {"noise": 1}])
def test_augmented_windows_stay_float32_and_repeat_with_the_generator(changes: dict) -> None:
    one, same, other = (augment(windows(), Augmentation(**changes), generator(seed)) for seed in (1, 1, 2))
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
