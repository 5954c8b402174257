"""Power spectral densities, beside scipy's and MNE's."""

from __future__ import annotations

import mne
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import signal

from semeia.transforms.features import BANDS, Features
from semeia.transforms.spectral import band_of, decibels, dpss_tapers, hann_taper, spectra, welch
from semeia.transforms.spectrogram import Spectrogram

RATE = 128.0
EVERYTHING = slice(None)


def eeg(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    """Return noise whose power falls with frequency, on an offset, in µV."""
    steps = np.random.default_rng(seed).standard_normal(shape)
    return (signal.lfilter([1], [1, -0.95], steps, axis=-1) * 10 + 200).astype(np.float32)


@settings(max_examples=30, deadline=None)
@given(st.integers(4, 300), st.integers(1, 300), st.integers(1, 3))
def test_frames_of_any_length_and_step_equal_scipys_spectrogram(size: int, step: int, rows: int) -> None:
    step = min(step, size)
    data = eeg(rows, 600)
    wanted = signal.spectrogram(
        data.astype(float), RATE, signal.get_window("hann", size), size, size - step, detrend="constant"
    )[2]
    found = spectra(data, hann_taper(size), step, RATE, EVERYTHING)
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-4 * wanted.max())


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 300), st.integers(1, 3))
def test_welch_equals_scipys(size: int, rows: int) -> None:
    data = eeg(rows, 600)
    wanted = signal.welch(data.astype(float), RATE, signal.get_window("hann", size), size, size // 2)[1]
    np.testing.assert_allclose(welch(data, size, RATE, EVERYTHING), wanted, rtol=1e-3, atol=1e-4 * wanted.max())


@pytest.mark.parametrize("size", [128, 127])
@pytest.mark.parametrize("time_bandwidth", [1.5, 2.0, 4.0])
def test_the_multitaper_estimate_equals_mnes(size: int, time_bandwidth: float) -> None:
    data = eeg(3, size)
    wanted, frequencies = mne.time_frequency.psd_array_multitaper(
        data.astype(float),
        RATE,
        bandwidth=2 * time_bandwidth * RATE / size,
        adaptive=False,
        low_bias=True,
        normalization="full",
        verbose=False,
    )
    found = spectra(data, dpss_tapers(size, time_bandwidth), 1, RATE, EVERYTHING)[:, :, 0]
    np.testing.assert_allclose(found[:, 1:], wanted[:, 1:], rtol=1e-3)
    assert len(frequencies) == found.shape[1]


def test_white_noise_has_its_power_in_every_estimate() -> None:
    data = np.random.default_rng(1).standard_normal((8, 12_800)).astype(np.float32) * 20
    for tapers in (hann_taper(128), dpss_tapers(128, 2.0)):
        assert spectra(data, tapers, 64, RATE, slice(2, 63)).mean() * RATE / 2 == pytest.approx(400, rel=0.02)


def test_the_tapers_together_have_unit_energy() -> None:
    for tapers in (hann_taper(1), hann_taper(77), dpss_tapers(77, 2.5), dpss_tapers(128, 4.0)):
        assert np.square(tapers).sum() == pytest.approx(1, rel=0.005)  # MNE's lack the last of symmetric ones' samples
    assert [len(dpss_tapers(128, bandwidth)) for bandwidth in (1.0, 2.0, 4.0)] == [1, 3, 7]


@given(st.integers(4, 500), st.floats(10, 500), st.floats(0.001, 1), st.floats(0.001, 1))
def test_the_band_holds_just_the_frequencies_within(size: int, rate: float, low: float, high: float) -> None:
    frequencies = np.fft.rfftfreq(size, 1 / rate)
    lowest, highest = low * rate / 2, high * rate / 2
    kept = band_of(size, rate, lowest, highest)
    inside = (frequencies >= lowest * (1 - 1e-7)) & (frequencies <= highest * (1 + 1e-7))
    assert set(frequencies[kept]) <= set(frequencies[inside])
    clear = (frequencies > lowest + 1e-6 * rate) & (frequencies < highest - 1e-6 * rate)
    assert set(frequencies[clear]) <= set(frequencies[kept])


def test_silence_is_the_floor() -> None:
    found = decibels(np.array([0, 1e-9, 1, 100], np.float32), -40)
    np.testing.assert_allclose(found, [-40, -40, 0, 20], rtol=1e-6)


@pytest.mark.parametrize("method", ["stft", "multitaper"])
def test_a_tone_stands_where_it_is_in_frequency_and_time(method: str) -> None:
    time = np.arange(20 * 128) / RATE
    tone = np.where((time >= 8) & (time < 12), 50 * np.sin(2 * np.pi * 20 * time), 0)
    transform = Spectrogram(rate=RATE, method=method, lowest=2, highest=40, step=0.25)
    picture = transform.measure(tone[None, None].astype(np.float32))[0, 0]
    row, column = np.unravel_index(picture.argmax(), picture.shape)
    assert transform.frequencies[row] == pytest.approx(20, abs=2)  # multitaper: within half the bandwidth
    assert 8 <= column * 0.25 <= 11
    assert (picture[:, :28] == -40).all() and (picture[:, 48:] == -40).all()


def test_a_spectrogram_is_normal_for_each_frequency_of_its_training_windows() -> None:
    batch = eeg(4, 3, 1280)
    transform = Spectrogram(rate=RATE).fit([batch])
    applied = transform.apply(batch)
    np.testing.assert_allclose(applied.mean(axis=(0, 1, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(applied.std(axis=(0, 1, 3)), 1, atol=1e-5)
    measured = transform.measure(batch)
    np.testing.assert_allclose(transform.mean, measured.mean(axis=(0, 1, 3), dtype=float), rtol=1e-9)
    np.testing.assert_allclose(transform.sd, measured.std(axis=(0, 1, 3), dtype=float), rtol=1e-9)
    assert transform.mean[5] > transform.mean[50] + 10  # it had fallen by more than 10 dB
    other = eeg(4, 3, 1280, seed=1)
    np.testing.assert_array_equal(transform.normalise(transform.measure(other)), transform.apply(other))
    assert transform.fit_measured([measured]) == transform


def test_band_powers_are_integrals_of_scipys_welch() -> None:
    transform = Features(rate=200.0)
    batch = eeg(2, 3, 3000)
    frequencies, density = signal.welch(batch.astype(float), 200, "hann", 400, 200)
    powers = np.stack(
        [
            density[..., (frequencies >= low) & (frequencies < high)].sum(axis=-1) * 0.5
            for low, high in [*list(BANDS.values())[:5], (80, 101)]
        ],
        axis=-1,
    )
    features = transform.measure(batch)
    np.testing.assert_allclose(features[..., :6], np.log10(powers), atol=1e-3)
    total = powers.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(features[..., 6:12], powers / total, atol=1e-4)
    np.testing.assert_allclose(features[..., 6:12].sum(axis=-1), 1, atol=1e-5)
    cumulated = np.cumsum(density[..., frequencies >= 0.5], axis=-1)
    edge = 0.5 + 0.5 * (cumulated < 0.95 * cumulated[..., -1:]).sum(axis=-1)
    np.testing.assert_allclose(features[..., 12], edge, atol=0.5)
