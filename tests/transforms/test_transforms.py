"""Every transform of the catalogue: what all of them promise."""

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
from semeia.signals.filters import Filter
from semeia.signals.recording import ArrayRecording
from semeia.transforms import Transform, entry_of, names, transform_named

RATE = 100.0
FITTED = ["spectrogram", "psd", "features"]
SMALL = {"raw": {}, "spectrogram": {}, "psd": {"height": 9, "width": 7}, "features": {}}


def eeg(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    return (np.random.default_rng(seed).standard_normal(shape) * 30 + 40).astype(np.float32)


def made(name: str, **parameters: Any) -> Transform:
    return transform_named(name, rate=RATE, **SMALL[name], **parameters)


def fitted(name: str, **parameters: Any) -> Transform:
    return made(name, **parameters).fit([eeg(4, 3, 1600, seed=9)])


def test_names_are_looked_up_and_the_nearest_is_offered() -> None:
    assert names("signals") == ["raw", "spectrogram", "psd", "features"]
    assert names("images") == ["image"] and names() == [*names("signals"), *names("images")]
    assert all(entry_of(name).description for name in names())
    with pytest.raises(RecipeError, match="transform 'row' is not in the catalogue: did you mean 'raw'"):
        transform_named("row")
    with pytest.raises(RecipeError, match="no parameter 'highpass': did you mean 'high_pass'"):
        transform_named("psd", rate=256, highpass=1)
    with pytest.raises(RecipeError, match="needs the parameter 'rate'"):
        transform_named("spectrogram")


def parameters_of(name: str, draw: st.DrawFn) -> dict[str, Any]:
    def seconds(low: float, high: float) -> float:
        return draw(st.floats(low, high))

    if name == "spectrogram":
        return {
            "method": draw(st.sampled_from(["stft", "multitaper"])),
            "window": seconds(0.1, 2),
            "step": seconds(0.02, 2),
            "lowest": seconds(0.1, 10),
            "time_bandwidth": seconds(0.5, 4),
        }
    if name == "psd":
        return {
            "window": seconds(0.2, 1),
            "segment": seconds(1, 3),
            "lowest": seconds(0.1, 5),
            "height": draw(st.integers(1, 30)),
            "width": draw(st.integers(1, 30)),
        }
    return {"segment": seconds(1.5, 3)} if name == "features" else {}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_shape_is_that_of_what_apply_gives(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(names("signals")))
    rate = data.draw(st.floats(60, 200))
    parameters = data.draw(st.composite(lambda draw: parameters_of(name, draw))())
    windows, channels = data.draw(st.tuples(st.integers(0, 3), st.integers(1, 4)))
    samples = data.draw(st.integers(int(3.1 * rate), 900))
    transform = transform_named(name, rate=rate, **parameters).fit([eeg(2, 2, samples)])
    applied = transform.apply(eeg(windows, channels, samples))
    assert applied.shape == (windows, *transform.shape(channels, samples))
    assert applied.dtype == np.float32 and np.isfinite(applied).all()
    dimensions = {"signal": 2, "picture": 3, "features": 1}
    assert len(transform.shape(channels, samples)) == dimensions[transform.gives]


@pytest.mark.parametrize("name", names("signals"))
def test_windows_are_transformed_each_by_itself_and_stay_as_they_are(name: str) -> None:
    transform, batch = fitted(name), eeg(5, 3, 1600)
    before = batch.copy()
    together = transform.apply(batch)
    np.testing.assert_array_equal(batch, before)
    apart = np.concatenate([transform.apply(one[None]) for one in batch])
    np.testing.assert_allclose(together, apart, atol=1 / 64 if name == "psd" else 1e-4)
    np.testing.assert_array_equal(together, transform.apply(batch))


@pytest.mark.parametrize("name", FITTED)
def test_many_windows_are_computed_in_pieces_without_a_seam(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    transform, batch = fitted(name), eeg(6, 5, 1600)
    together = transform.apply(batch)
    for module in ("spectral", "features"):
        monkeypatch.setattr(f"semeia.transforms.{module}._AT_ONCE", 700)
    monkeypatch.setattr("semeia.transforms.psd._PIXELS_AT_ONCE", 100)
    np.testing.assert_allclose(transform.apply(batch), together, atol=1 / 64 if name == "psd" else 1e-4)


@pytest.mark.parametrize("name", FITTED)
@pytest.mark.parametrize("level", [0.0, 12.5, -1e5])
def test_a_constant_channel_gives_finite_values_and_changes_no_other(name: str, level: float) -> None:
    transform, batch = fitted(name), eeg(2, 3, 1600)
    whole = transform.apply(batch).reshape(2, 3, -1)
    batch[:, 1] = level
    applied = transform.apply(batch)
    assert np.isfinite(applied).all()
    np.testing.assert_allclose(applied.reshape(2, 3, -1)[:, [0, 2]], whole[:, [0, 2]], atol=1e-4)


@pytest.mark.parametrize("name", FITTED)
def test_fitted_on_silence_it_still_gives_finite_values(name: str) -> None:
    transform = made(name).fit([np.zeros((2, 3, 1600), np.float32)])
    assert np.isfinite(transform.apply(eeg(2, 3, 1600))).all()


@pytest.mark.parametrize("name", FITTED)
def test_it_must_be_fitted_on_something(name: str) -> None:
    with pytest.raises(RecipeError, match=f"transform '{name}': it has no .* yet; fit it on training windows first"):
        made(name).apply(eeg(1, 2, 1600))
    for nothing in ([], [eeg(0, 3, 1600)]):
        with pytest.raises(RecipeError, match=f"transform '{name}': there is no training window to fit it on"):
            made(name).fit(nothing)


@pytest.mark.parametrize("name", FITTED)
def test_how_training_windows_are_batched_makes_no_difference(name: str) -> None:
    batch = eeg(8, 3, 1600)
    one = made(name).fit([batch]).state()
    other = made(name).fit(iter([batch[:1], batch[1:3], batch[3:3], batch[3:]])).state()
    assert one.keys() == other.keys()
    for key, value in one.items():
        assert other[key] == (pytest.approx(value, rel=1e-6) if isinstance(value, list) else value)


@pytest.mark.parametrize("name", names("signals"))
def test_what_was_fitted_survives_as_json(name: str) -> None:
    transform = fitted(name, high_pass=0.5, causal_filter=True)
    again = transform_named(name, **json.loads(json.dumps(transform.state(), allow_nan=False)))
    assert again == transform and again is not transform
    np.testing.assert_array_equal(again.apply(eeg(1, 3, 1600)), transform.apply(eeg(1, 3, 1600)))


@pytest.mark.parametrize("name", FITTED)
def test_the_number_of_channels_may_be_another_than_in_training(name: str) -> None:
    assert fitted(name).apply(eeg(2, 7, 1600)).shape == (2, *fitted(name).shape(7, 1600))


@pytest.mark.parametrize(
    ("name", "parameters", "needed"),
    [
        ("spectrogram", {"window": 2}, "2 s long (200 samples at 100 Hz)"),
        ("psd", {"segment": 8}, "8 s long (800 samples at 100 Hz)"),
        ("features", {"segment": 2.5}, "2.5 s long (250 samples at 100 Hz)"),
    ],
)
def test_a_window_that_is_too_short_is_told_how_long_it_must_be(name: str, parameters: dict, needed: str) -> None:
    transform = made(name, **parameters)
    for refused in (lambda: transform.shape(3, 150), lambda: transform.fit([eeg(1, 3, 150)])):
        with pytest.raises(RecipeError) as caught:
            refused()
        assert str(caught.value) == f"transform {name!r}: a window of 1.5 s is too short; it must be at least {needed}"


@pytest.mark.parametrize("name", FITTED)
def test_causal_says_whether_the_future_is_seen(name: str) -> None:
    assert made(name).causal
    assert not made(name, high_pass=0.5).causal
    seen = made(name, high_pass=0.5, causal_filter=True)
    assert seen.causal
    data, labels = eeg(2, 2000), ["C3", "C4"]
    (_, whole), (_, part) = (next(seen.signal(ArrayRecording(d, RATE, labels))) for d in (data, data[:, :1600]))
    np.testing.assert_array_equal(whole[:, :1600], part)


def test_cached_signals_are_shared_by_transforms_with_the_same_filter() -> None:
    states = [made(name, high_pass=0.5).signal_state() for name in names("signals")]
    assert all(state == states[0] for state in states)
    assert fitted("psd", high_pass=0.5).signal_state() == states[0]
    assert made("raw", gain="adaptive", high_pass=0.5).signal_state() != states[0]
    assert made("raw", high_pass=0.6).signal_state() != states[0]


@pytest.mark.parametrize("name", FITTED)
def test_the_signal_is_the_filtered_one(name: str) -> None:
    data = eeg(2, 2000)
    transform = made(name, high_pass=1.0, notch=30)
    blocks = [block for _, block in transform.signal(ArrayRecording(data, RATE, ["C3", "C4"]), 7)]
    np.testing.assert_allclose(
        np.concatenate(blocks, axis=1), Filter(high_pass=1.0, notch=30).apply(data, RATE), atol=1e-3
    )


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("features", {"high_pass": "1"}, "high_pass is '1'; it must be a frequency"),
        ("features", {"segment": 0.001}, r"segment is 0.001; it must be at least 0.04 s \(4 samples at 100 Hz\)"),
        ("features", {"segment": 0.1}, "frequencies are then 10 Hz apart and none is delta"),
        ("features", {"mean": [0.0]}, "mean and sd belong together"),
        ("features", {"mean": [0.0], "sd": [1.0]}, "mean must be a list of 15 numbers"),
        ("features", {"mean": [0.0] * 15, "sd": [1.0] * 14 + [0]}, "sd holds 0; all must be above 0"),
        ("features", {"mean": [0.0] * 15, "sd": ["1"] * 15}, "sd must be a list of 15 numbers"),
        ("raw", {"gain": ["fixed"]}, r"gain is \['fixed'\]; it must be 'fixed' or 'adaptive'"),
        ("spectrogram", {"method": ["stft"]}, r"method is \['stft'\]; it must be 'multitaper' or 'stft'"),
        ("spectrogram", {"method": "wavelet"}, "method is 'wavelet'; it must be 'multitaper' or 'stft'"),
        ("spectrogram", {"window": -1}, "window is -1; it must be a number above 0"),
        ("spectrogram", {"step": 0.001}, r"step is 0.001; it must be at least 0.01 s \(1 samples at 100 Hz\)"),
        ("spectrogram", {"highest": 60}, "highest is 60; it must be above 0 and at most 50 Hz, half the rate"),
        ("spectrogram", {"lowest": 8.2, "highest": 8.8}, "no frequency of a frame of 1 s lies from 8.2 to 8.8 Hz"),
        ("spectrogram", {"lowest": 70}, "no frequency of a frame of 1 s lies from 70 to 50 Hz"),
        ("spectrogram", {"floor": None}, "floor is None; it must be a number of dB"),
        ("spectrogram", {"time_bandwidth": 60}, "time_bandwidth is 60; it must be below 50"),
        ("psd", {"segment": 1}, r"segment is 1; it must be at least 2 s \(200 samples at 100 Hz\)"),
        ("psd", {"weakest": 3, "strongest": 3}, "weakest is 3; it must be below strongest, 3 dB"),
        ("psd", {"strongest": "hot"}, "strongest is 'hot'; it must be a number of dB"),
    ],
)
def test_impossible_values_are_refused(name: str, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=f"transform '{name}': .*{message}"):
        made(name, **parameters)


@pytest.mark.parametrize("size", [0, 7.5, True])
def test_pictures_have_whole_pixels(size: Any) -> None:
    with pytest.raises(RecipeError, match=f"height is {size}; it must be a whole number of pixels above 0"):
        transform_named("psd", rate=RATE, height=size)


def test_no_transform_needs_torch() -> None:
    code = (
        "import sys, numpy as np\nfrom semeia.transforms import names, transform_named\n"
        "for name in names('signals'):\n x = np.ones((1, 2, 1600), np.float32)\n"
        " transform_named(name, rate=100.0).fit([x]).apply(x)\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
