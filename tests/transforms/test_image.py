"""The transform of images: one size, bytes, normalised; and told from the transforms of signals."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from semeia.errors import RecipeError
from semeia.transforms import ImageTransform, entry_of, image_transform_named, transform_named


def made(size: Any = 32, **parameters: Any) -> ImageTransform:
    return image_transform_named("image", size=size, **parameters)


def picture(channels: int, height: int, width: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).random((channels, height, width), np.float32)


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(1, 70), st.integers(1, 70)),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.sampled_from([1, 3]),
    st.sampled_from([1, 3]),
    st.sampled_from(["pad", "crop", "stretch"]),
)
def test_every_image_becomes_bytes_of_the_shape(
    there: tuple[int, int], size: tuple[int, int], of: int, channels: int, fit: str
) -> None:
    transform = made(list(size), channels=channels, fit=fit)
    prepared = transform.prepare(picture(of, *there))
    assert prepared.dtype == np.uint8
    assert prepared.shape == transform.shape() == (channels, *size)


def test_what_has_the_size_already_stays_as_it_is() -> None:
    stored = np.random.default_rng(0).integers(0, 256, (3, 20, 30), np.uint8)
    for fit in ("pad", "crop", "stretch"):
        prepared = made([20, 30], channels=3, fit=fit).prepare(stored.astype(np.float32) / 255)
        np.testing.assert_array_equal(prepared, stored)


def test_padding_is_black_and_on_both_sides() -> None:
    prepared = made(32, fit="pad").prepare(np.ones((1, 40, 80), np.float32))[0]
    assert (prepared[8:24] == 255).all()
    assert not prepared[:8].any() and not prepared[24:].any()


def test_cropping_keeps_the_middle() -> None:
    shown = np.zeros((1, 40, 80), np.float32)
    shown[:, :, 20:60] = 1
    cropped = made(20, fit="crop").prepare(shown)[0]
    assert (cropped[:, 1:-1] == 255).all()
    stretched = made(20, fit="stretch").prepare(shown)[0]
    assert (stretched[:, :4] == 0).all() and (stretched[:, 6:14] == 255).all()


@pytest.mark.parametrize(("shape", "size"), [((106, 91), [214, 187]), ((168, 212), [69, 235]), ((304, 104), [82, 73])])
def test_cropping_stays_within_the_image_where_rounding_would_not(shape: tuple[int, int], size: list[int]) -> None:
    assert made(size, fit="crop").prepare(picture(1, *shape)).shape == (1, *size)


def test_fine_stripes_become_grey_instead_of_moire() -> None:
    shown = np.zeros((1, 300, 300), np.float32)
    shown[:, :, ::2] = 1
    small = made(30).prepare(shown)[0, :, 2:-2]
    assert abs(small.astype(int) - 127).max() <= 12


def test_colours_become_grey_by_luminance_and_grey_is_repeated() -> None:
    red, green, blue = (
        made(4).prepare(np.eye(3, dtype=np.float32)[k][:, None, None] * np.ones((1, 9, 9))) for k in range(3)
    )
    assert [int(each[0, 0, 0]) for each in (red, green, blue)] == [76, 150, 29]
    grey = picture(1, 16, 16)
    np.testing.assert_array_equal(made(8, channels=3).prepare(grey), np.repeat(made(8).prepare(grey), 3, axis=0))


def test_what_was_not_recorded_is_black() -> None:
    shown = np.ones((1, 16, 16), np.float32)
    shown[0, :8], shown[0, 8, 0], shown[0, 15, 15] = np.nan, np.inf, -np.inf
    prepared = made(16).prepare(shown)[0]
    assert not prepared[:8].any() and prepared[8, 0] == 255 and prepared[15, 15] == 0
    assert (prepared[9:15] == 255).all()


def test_fitted_training_images_have_mean_0_and_sd_1() -> None:
    rng = np.random.default_rng(0)
    batch = np.clip(rng.normal([90, 120, 160], [20, 30, 40], (50, 8, 8, 3)), 0, 255).astype(np.uint8)
    images = np.ascontiguousarray(batch.transpose(0, 3, 1, 2))
    transform = made(8, channels=3).fit([images[:20], images[20:]])
    normalised = transform.apply(images)
    assert normalised.dtype == np.float32
    np.testing.assert_allclose(normalised.mean((0, 2, 3)), 0, atol=1e-4)
    np.testing.assert_allclose(normalised.std((0, 2, 3)), 1, atol=1e-4)


def test_bytes_and_shares_are_normalised_alike() -> None:
    images = np.random.default_rng(0).integers(0, 256, (4, 1, 8, 8), np.uint8)
    transform = made(8).fit([images])
    np.testing.assert_allclose(transform.apply(images), transform.apply(images.astype(np.float32) / 255), atol=1e-5)


def test_a_set_of_one_colour_is_not_divided_by_nothing() -> None:
    black = np.zeros((2, 1, 8, 8), np.uint8)
    assert np.isfinite(made(8).fit([black]).apply(black)).all()


def test_imagenet_statistics_are_taken_whatever_the_images() -> None:
    transform = made(8, channels=3, normalise="imagenet")
    assert transform.fit([np.zeros((1, 3, 8, 8), np.uint8)]) == transform
    normalised = transform.apply(np.full((1, 3, 8, 8), 0.5, np.float32))
    np.testing.assert_allclose(
        normalised[0, :, 0, 0], [(0.5 - 0.485) / 0.229, (0.5 - 0.456) / 0.224, (0.5 - 0.406) / 0.225], rtol=1e-5
    )
    assert made(8, normalise="imagenet").apply(np.zeros((1, 1, 8, 8), np.uint8)).shape == (1, 1, 8, 8)


def test_what_was_fitted_survives_as_json() -> None:
    images = np.random.default_rng(0).integers(0, 256, (4, 3, 8, 10), np.uint8)
    for parameters in ({}, {"normalise": "imagenet", "fit": "crop"}):
        transform = made([8, 10], channels=3, **parameters).fit([images])
        again = image_transform_named("image", **json.loads(json.dumps(transform.state(), allow_nan=False)))
        assert again == transform
        np.testing.assert_array_equal(again.apply(images), transform.apply(images))


def test_what_is_prepared_does_not_depend_on_what_is_fitted() -> None:
    transform = made(8)
    fitted = transform.fit([np.full((1, 1, 8, 8), 9, np.uint8)])
    assert fitted != transform and fitted.prepared_state() == transform.prepared_state()
    assert made(8, fit="crop").prepared_state() != transform.prepared_state()


def test_it_must_be_fitted_on_something() -> None:
    with pytest.raises(RecipeError, match="transform 'image': it has no mean and sd yet; fit it on training images"):
        made().apply(np.zeros((1, 1, 32, 32), np.uint8))
    with pytest.raises(RecipeError, match="no training image"):
        made().fit([])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"size": 0}, "size is 0; it must be a whole number of pixels up to 4096, or"),
        ({"size": True}, "size is True"),
        ({"size": [32, 32, 3]}, r"size is \[32, 32, 3\]"),
        ({"size": "224"}, "size is '224'"),
        ({"size": 5000}, "size is 5000"),
        ({"channels": 2}, r"channels is 2; it must be 1 \(grey\) or 3"),
        ({"fit": "squeeze"}, "fit is 'squeeze'; it must be one of pad, crop, stretch"),
        ({"normalise": "zscore"}, "normalise is 'zscore'; it can only be \"imagenet\""),
        ({"mean": [0.5]}, "mean and sd are given together"),
        ({"mean": [0.5, 0.5], "sd": [0.2]}, r"mean is \[0.5, 0.5\]; it must be a list of 1 numbers"),
        ({"mean": [0.5], "sd": [0]}, r"sd is \[0\]; it must be a list of 1 numbers"),
        ({"mean": [float("nan")], "sd": [0.2]}, r"mean is \[nan\]"),
    ],
)
def test_impossible_values_are_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=f"transform 'image': {message}"):
        made(**parameters)


def test_transforms_of_signals_and_images_are_told_apart() -> None:
    assert entry_of("image").of == "images" and entry_of("raw").of == "signals"
    with pytest.raises(
        RecipeError, match=r"transform 'image' is for images, and this task is on signals: take raw, .*"
    ):
        transform_named("image", size=32)
    with pytest.raises(RecipeError, match="transform 'raw' is for signals, and this task is on images: take image"):
        image_transform_named("raw", rate=256.0)
    with pytest.raises(RecipeError, match="'imag' is not in the catalogue: did you mean 'image'"):
        image_transform_named("imag")
    with pytest.raises(RecipeError, match="no parameter 'sise': did you mean 'size'"):
        image_transform_named("image", sise=3)


def test_it_needs_no_torch() -> None:
    code = (
        "import sys, numpy as np\nfrom semeia.transforms import image_transform_named\n"
        "import semeia.transforms.image_augmentation, semeia.transforms.prepared\n"
        "t = image_transform_named('image', size=8)\nx = t.prepare(np.ones((1, 9, 9), np.float32))[None]\n"
        "t.fit([x]).apply(x)\nassert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
