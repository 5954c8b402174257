"""The PSD diagram: Welch's power, resampled and coloured."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import signal

from semeia.transforms import transform_named
from semeia.transforms.psd import VIRIDIS, PsdDiagram, bilinear

RATE = 100.0


def eeg(*shape: int) -> NDArray[np.float32]:
    steps = np.random.default_rng(0).standard_normal(shape)
    return (signal.lfilter([1], [1, -0.95], steps, axis=-1) * 10).astype(np.float32)


def test_a_ten_minute_file_of_16_electrodes_has_48_channels() -> None:
    transform = transform_named("psd", rate=400.0)
    assert transform.shape(16, 240_000) == (48, 75, 75)
    assert transform_named("psd", rate=400.0, height=299, width=299).shape(16, 240_000) == (48, 299, 299)


def test_its_columns_are_scipys_welch_of_each_segment() -> None:
    batch = eeg(2, 3, 1700)
    power = PsdDiagram(rate=RATE, segment=5, window=1, highest=40).measure(batch)
    assert power.shape == (2, 3, 40, 3)
    for column in range(3):
        part = batch[..., 500 * column : 500 * (column + 1)].astype(float)
        density = signal.welch(part, RATE, "hann", 100, 50)[1]
        np.testing.assert_allclose(power[..., column], 10 * np.log10(density[..., 1:41]), atol=1e-3)


@given(st.integers(1, 60), st.integers(1, 60))
def test_resampling_equals_torchs(given_pixels: int, wanted: int) -> None:
    row = torch.from_numpy(np.random.default_rng(0).standard_normal((1, 1, 1, given_pixels)).astype(np.float32))
    theirs = torch.nn.functional.interpolate(row, (1, wanted), mode="bilinear", antialias=True)[0, 0, 0].numpy()
    np.testing.assert_allclose(bilinear(given_pixels, wanted) @ row[0, 0, 0].numpy(), theirs, atol=1e-5)


def test_the_colours_are_matplotlibs_viridis() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    theirs = np.rint(np.array(matplotlib.colormaps["viridis"].colors) * 255)
    np.testing.assert_array_equal(VIRIDIS, theirs)


def test_every_electrode_is_drawn_in_red_green_and_blue_of_its_power() -> None:
    transform = PsdDiagram(rate=RATE, segment=5, window=1, height=11, width=9, weakest=-20, strongest=30)
    batch = eeg(2, 3, 3000)
    pictures = transform.apply(batch).reshape(2, 3, 3, 11, 9)
    steps = np.rint((pictures + 1) * 127.5)
    power = bilinear(50, 11) @ transform.measure(batch) @ bilinear(6, 9).T
    index = np.clip((power + 20) / 50 * 256, 0, 255).astype(int)
    np.testing.assert_array_equal(steps, np.moveaxis(VIRIDIS[index], -1, 2))


def test_what_leaves_the_range_has_the_outermost_colours() -> None:
    transform = PsdDiagram(rate=RATE, segment=5, weakest=0, strongest=1)
    batch = np.stack([np.zeros((1, 3000)), 1e4 * np.random.default_rng(0).standard_normal((1, 3000))])
    for picture, colour in zip(transform.apply(batch), VIRIDIS[[0, -1]], strict=True):
        np.testing.assert_allclose(picture.mean(axis=(1, 2)), colour / 127.5 - 1, atol=1e-6)


def test_the_range_is_fitted_to_the_quantiles_of_training_windows() -> None:
    batch = eeg(8, 3, 3000)
    fitted = PsdDiagram(rate=RATE, segment=5).fit([batch])
    wanted = np.quantile(fitted.measure(batch), (0.01, 0.99))
    assert (fitted.weakest, fitted.strongest) == pytest.approx(tuple(wanted), abs=0.11)


def test_a_range_that_the_recipe_gives_stays() -> None:
    batch = [eeg(2, 3, 3000)]
    whole = PsdDiagram(rate=RATE, weakest=-10, strongest=20)
    assert whole.fit(batch) is whole
    assert PsdDiagram(rate=RATE, weakest=-10).fit(batch).weakest == -10
    assert PsdDiagram(rate=RATE, strongest=20).fit(batch).strongest == 20
    assert PsdDiagram(rate=RATE, weakest=300).fit(batch).strongest == 301
    assert PsdDiagram(rate=RATE, strongest=-300).fit(batch).weakest == -301
