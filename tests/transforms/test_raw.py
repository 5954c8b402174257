"""The raw transform: µV on a fixed scale, softly clipped."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from semeia.errors import RecipeError, RecordingError
from semeia.model import installed, read_description
from semeia.signals.filters import Filter
from semeia.signals.recording import ArrayRecording
from semeia.transforms import transform_named
from semeia.transforms.raw import Raw

RATE = 100.0


def eeg(seconds: float, amplitude: float = 30, channels: int = 3, seed: int = 0) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    return (rng.normal(0, amplitude, (channels, round(seconds * RATE))) + 40).astype(np.float32)


def recording(data: NDArray[np.float32], **about: Any) -> ArrayRecording:
    return ArrayRecording(data, RATE, [f"C{i}" for i in range(len(data))], **about)


def joined(transform: Raw, given: ArrayRecording, seconds: float) -> NDArray[np.float32]:
    blocks = [(first, transform.apply(block)) for first, block in transform.signal(given, seconds)]
    assert [first for first, _ in blocks] == np.cumsum([0, *(b.shape[1] for _, b in blocks[:-1])]).tolist()
    assert all(block.dtype == np.float32 for _, block in blocks)
    return np.concatenate([block for _, block in blocks], axis=1)


def whole(transform: Raw, given: ArrayRecording, channels: list[str] | None = None) -> NDArray[np.float32]:
    return np.concatenate([transform.apply(block) for _, block in transform.signal(given, channels=channels)], axis=1)


@given(arrays.arrays(np.float32, (2, 3, 20), elements=st.floats(-(2.0**20), 2.0**20, width=32)))
def test_the_formula_is_the_documented_one(batch: NDArray[np.float32]) -> None:
    before = batch.copy()
    applied = Raw(rate=256, scale=50, clip=4).apply(batch)
    np.testing.assert_allclose(applied, 4 * np.tanh(batch.astype(np.float64) / 200), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(batch, before)
    assert applied.dtype == np.float32
    assert np.abs(applied).max() <= 4


def test_ordinary_eeg_stays_nearly_linear_and_pops_are_bounded() -> None:
    transform = Raw(rate=256)
    np.testing.assert_allclose(transform.apply(np.array([[50.0, -100.0, 150.0]])), [[0.5, -1.0, 1.5]], rtol=0.04)
    assert transform.apply(np.array([1e5]))[0] == pytest.approx(5)
    assert np.isnan(transform.apply(np.array([np.nan]))[0])
    assert transform.apply(np.zeros((0, 5))).shape == (0, 5)


def test_without_filter_and_at_the_same_rate_it_only_reads_scales_and_clips() -> None:
    data = eeg(20)
    transform = Raw(rate=RATE)
    np.testing.assert_allclose(whole(transform, recording(data)), 5 * np.tanh(data / 500), rtol=1e-5)
    np.testing.assert_array_equal(joined(transform, recording(data), 3), whole(transform, recording(data)))
    np.testing.assert_array_equal(whole(transform, recording(data), ["C2"])[0], whole(transform, recording(data))[2])


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from([100.0, 50.0, 64.0, 128.0]),
    st.sampled_from([None, 0.5, 1.0]),
    st.booleans(),
    st.floats(2, 70),
    st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 700)), max_size=3),
)
def test_blocks_equal_the_whole_at_any_rate_and_with_gaps(
    rate: float, high_pass: float | None, causal: bool, seconds: float, gaps: list[tuple[int, int]]
) -> None:
    data = eeg(60)
    for first, length in gaps:
        data[:, first : first + length] = np.nan
    transform = Raw(rate=rate, high_pass=high_pass, causal_filter=causal)
    streamed = joined(transform, recording(data), seconds)
    assert streamed.shape == (3, round(60 * rate))
    np.testing.assert_allclose(streamed, whole(transform, recording(data)), atol=1e-5)
    filter = Filter(high_pass=high_pass, causal=causal)
    plain = transform.apply(filter.apply(recording(data).read(0, 60, rate=rate), rate))
    np.testing.assert_allclose(streamed, plain, atol=1e-5)


def test_a_filter_after_resampling_equals_one_before() -> None:
    data, seconds = eeg(120), 120
    after = whole(Raw(rate=50, high_pass=0.5), recording(data))
    before = Filter(high_pass=0.5).apply(data, RATE)
    before = whole(Raw(rate=50), ArrayRecording(before, RATE, ["C0", "C1", "C2"]))
    inner = slice(20 * 50, (seconds - 20) * 50)
    assert np.abs(after - before)[:, inner].max() < 2e-3


def test_causal_says_whether_the_future_is_seen() -> None:
    assert Raw(rate=256).causal
    assert Raw(rate=256, high_pass=0.5, causal_filter=True).causal
    assert not Raw(rate=256, high_pass=0.5).causal
    assert not Raw(rate=256, gain="adaptive").causal
    data = eeg(20)
    seen = Raw(rate=RATE, high_pass=0.5, causal_filter=True)
    np.testing.assert_array_equal(whole(seen, recording(data))[:, :900], whole(seen, recording(data[:, :900])))


def test_a_short_clip_keeps_its_amplitude_even_with_adaptive_gain() -> None:
    transform = Raw(rate=RATE, gain="adaptive")
    for amplitude in (5, 300):
        assert transform.gain_of(recording(eeg(599, amplitude))) == 1


def test_the_fixed_scale_never_adapts() -> None:
    assert Raw(rate=RATE).gain_of(recording(eeg(900, 5))) == 1


@pytest.mark.parametrize(("amplitude", "gain"), [(30, 1.0), (15, 2.0), (60, 0.5), (1, 4.0), (3000, 0.25)])
def test_the_adaptive_gain_brings_a_recording_to_the_reference_within_limits(amplitude: float, gain: float) -> None:
    given_recording = recording(eeg(1200, amplitude))
    assert Raw(rate=RATE, gain="adaptive").gain_of(given_recording) == pytest.approx(gain, rel=0.03)


def test_the_adaptive_gain_looks_past_seizures_gaps_and_dead_channels() -> None:
    data = eeg(1200, 15, channels=5)
    data[:, 30_000:45_000] *= 20
    data[:, 60_000:90_000] = np.nan
    data[0] = 3
    data[1] = np.nan
    transform = Raw(rate=RATE, gain="adaptive")
    assert transform.gain_of(recording(data)) == pytest.approx(2, rel=0.05)
    assert transform.gain_of(recording(data), [0, 1]) == 1
    seen = whole(transform, recording(data))
    assert np.nanstd(seen[2, :30_000]) == pytest.approx(0.3, rel=0.05)


def test_nothing_is_learnt() -> None:
    transform = Raw(rate=256)
    assert transform.fit([]) is transform


def test_it_survives_as_json() -> None:
    transform = Raw(
        rate=200, scale=80.0, clip=4.0, high_pass=0.5, low_pass=70.0, notch=50.0, causal_filter=True, gain="adaptive"
    )
    state = json.loads(json.dumps(transform.state()))
    assert transform_named("raw", **state) == transform


def test_the_shipped_model_still_sees_what_it_was_trained_on() -> None:
    description = read_description(installed()["eeg-starter"])
    transform = transform_named(description.transform.name, **description.transform.parameters)
    assert transform.state() == description.transform.parameters
    filtered = Filter(high_pass=0.5).apply(eeg(60), RATE)
    np.testing.assert_allclose(whole(transform, recording(eeg(60))), 8 * np.tanh(filtered / 400), atol=1e-5)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"rate": 0}, "rate is 0; it must be a number above 0"),
        ({"rate": "fast"}, "rate is 'fast'"),
        ({"rate": 256, "scale": float("inf")}, "scale is inf"),
        ({"rate": 256, "clip": True}, "clip is True"),
        ({"rate": 256, "notch": "50"}, "notch is '50'; it must be a frequency"),
        ({"rate": 256, "causal_filter": 1}, "causal_filter is 1; it must be true or false"),
        ({"rate": 256, "gain": "auto"}, "gain is 'auto'; it must be 'fixed' or 'adaptive'"),
        ({"rate": 100, "low_pass": 70}, "low_pass 70 Hz is not below 50 Hz"),
        ({"rate": 100, "high_pass": 30, "low_pass": 20}, "not below low_pass"),
    ],
)
def test_impossible_values_are_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=f"transform 'raw': .*{message}"):
        Raw(**parameters)


def test_unknown_channels_and_empty_blocks_are_refused() -> None:
    with pytest.raises(RecordingError, match="no channel"):
        next(Raw(rate=RATE).signal(recording(eeg(5)), channels=["X"]))
    with pytest.raises(RecordingError, match="hold no sample"):
        next(Raw(rate=RATE).signal(recording(eeg(5)), 0))
