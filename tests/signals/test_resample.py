"""Another rate: exact grid, no seams, no dips at the edges, gaps that stay where they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeia.errors import RecordingError
from semeia.signals import ArrayRecording
from semeia.signals import resample as module


def recorded(rate: float, seconds: float = 20.0, seed: int = 1) -> ArrayRecording:
    noise = np.random.default_rng(seed).normal(0, 200, (2, round(rate * seconds)))
    return ArrayRecording(noise + np.array([[0], [3000]]), rate, ["A", "B"])


def whole(recording: ArrayRecording, rate: float) -> np.ndarray:
    return recording.read_samples(0, recording.sample_count(rate), rate=rate)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([(256, 200), (200, 256), (399.6, 400), (400, 399.6), (173.61, 128), (1000, 100), (2, 64)]),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
    st.booleans(),
)
def test_any_window_equals_the_whole(rates, where, gapped):
    recording = recorded(rates[0])
    if gapped:
        count = recording.sample_count()
        recording._samples[:, count // 3 : count // 3 + 3] = np.nan
        recording._samples[1, count // 2 : count // 2 + count // 5] = np.nan
    expected = whole(recording, rates[1])
    first, stop = sorted(int(share * expected.shape[1]) for share in where)
    window = recording.read_samples(first, stop - first, rate=rates[1])
    np.testing.assert_allclose(window, expected[:, first:stop], atol=1e-4, rtol=0)


def test_blocks_have_no_seams(monkeypatch):
    recording = recorded(256)
    expected = whole(recording, 200)
    monkeypatch.setattr(module, "_BLOCK", 500)
    np.testing.assert_allclose(whole(recording, 200), expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("rates", [(256, 200), (128, 256), (399.6, 400), (512, 128)])
def test_it_agrees_with_scipy_away_from_the_ends(rates):
    from fractions import Fraction

    from scipy.signal import resample_poly

    ratio = (Fraction(str(rates[1])) / Fraction(str(rates[0]))).limit_denominator(10_000)
    noise = np.random.default_rng(2).normal(0, 50, (1, round(rates[0] * 20)))
    ours = whole(ArrayRecording(noise, rates[0], ["A"]), rates[1])
    theirs = resample_poly(noise, ratio.numerator, ratio.denominator, axis=1)
    assert ours.shape == theirs.shape
    # Not closer, because our phases sum to one exactly and scipy's to within 0.3 %.
    np.testing.assert_allclose(ours[:, 200:-200], theirs[:, 200:-200], atol=0.5)


def test_a_sine_stays_a_sine_on_the_exact_grid():
    time = np.arange(round(399.6 * 600)) / 399.6
    recording = ArrayRecording(100 * np.sin(2 * np.pi * 10 * time)[None], 399.6, ["A"])
    late = recording.read_samples(400 * 590, 4000 - 400, rate=400)[0]
    expected = 100 * np.sin(2 * np.pi * 10 * np.arange(400 * 590, 400 * 590 + 3600) / 400)
    np.testing.assert_allclose(late[:3000], expected[:3000], atol=0.2)


@pytest.mark.parametrize("rate", [100, 250, 256.5, 1000])
def test_a_constant_stays_constant_to_the_very_edges(rate):
    recording = ArrayRecording(np.full((1, 512), 5000.0), 256, ["A"])
    np.testing.assert_allclose(whole(recording, rate), 5000, rtol=1e-6)


def test_gaps_stay_and_do_not_spread():
    data = np.full((2, 2560), 100.0)
    recording = ArrayRecording(data, 256, ["A", "B"], gaps=[(2.0, 3.5), (6.0, 6.0 + 3 / 256)])
    found = whole(recording, 100)
    time = np.arange(1000) / 100
    missing = ((time >= 2) & (time < 3.5)) | ((time >= 6) & (time < 6.0 + 3 / 256))
    np.testing.assert_array_equal(np.isnan(found), [missing, missing])
    np.testing.assert_allclose(found[:, ~missing], 100, rtol=1e-6)


def test_a_recording_of_nothing_stays_nothing():
    assert np.isnan(whole(ArrayRecording(np.full((1, 100), np.nan), 100, ["A"]), 64)).all()


def test_what_aliases_is_filtered_out():
    time = np.arange(2560) / 256
    recording = ArrayRecording(100 * np.sin(2 * np.pi * 100 * time)[None], 256, ["A"])
    assert np.abs(recording.read(1, 9, rate=100)).max() < 1


@pytest.mark.parametrize("rate", [np.pi * 80, 256.00001, 255.983616])
def test_rates_without_a_simple_ratio_keep_their_grid(rate):
    time = np.arange(256 * 40) / 256
    recording = ArrayRecording(100 * np.sin(2 * np.pi * 9 * time)[None], 256, ["A"])
    found = recording.read(30, 39, rate=rate)[0]
    first = int(np.ceil(30 * rate))
    np.testing.assert_allclose(found, 100 * np.sin(2 * np.pi * 9 * (first + np.arange(len(found))) / rate), atol=0.3)


@pytest.mark.parametrize("rate", [1e-4, 1e8])
def test_rates_too_far_apart_are_refused(rate):
    with pytest.raises(RecordingError, match="too far apart"):
        recorded(256).read(0, 10, rate=rate)
