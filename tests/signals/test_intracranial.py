"""Simulated intracranial EEG: the same seed the same signal, plausible spectra, and only what was planted."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import welch

from semeia.errors import RecordingError
from semeia.signals.simulator.intracranial import IntracranialPatient, IntracranialSignal
from semeia.signals.simulator.waves import Wave, Waves, sharp_wave

RATE = 400.0


def signal_of(seed: int = 1, *, level=lambda time: 0.0, hour: int = 1, place: int = 0) -> IntracranialSignal:
    return IntracranialSignal(
        IntracranialPatient.from_seed(seed), hour=(hour,), place=place, started=place * 600.0, rate=RATE, level=level
    )


def test_same_seed_gives_the_same_samples_and_another_file_others():
    samples = signal_of().array(9_000)
    assert samples.shape == (16, 9_000)
    assert samples.dtype == np.float32
    assert np.array_equal(samples, signal_of().array(9_000))
    assert not np.array_equal(samples, signal_of(place=1).array(9_000))
    assert not np.array_equal(samples, signal_of(hour=2).array(9_000))


def test_blocks_come_in_ten_seconds_so_that_memory_is_bounded():
    lengths = [block.shape[1] for block in signal_of().blocks(9_000)]
    assert lengths == [4_000, 4_000, 1_000]


def test_rate_may_be_no_whole_number():
    patient = IntracranialPatient.from_seed(3)
    assert IntracranialSignal(patient, hour=(1,), rate=399.609756).array(23_977).shape == (16, 23_977)


@pytest.mark.parametrize("seed", range(4))
def test_power_falls_with_frequency_as_in_the_real_contest(seed):
    """Median spectrum of Pat1Train_3_1 of Melbourne 2016: 22 dB at 2 Hz, 5 dB at 20 Hz, -11 dB at 100 Hz."""
    frequencies, power = welch(signal_of(seed).array(24_000), RATE, nperseg=800)
    median = 10 * np.log10(np.median(power, axis=0))
    at = {hertz: float(np.interp(hertz, frequencies, median)) for hertz in (2, 20, 100)}
    assert 10 < at[2] < 32
    assert 7 < at[2] - at[20] < 26
    assert 20 < at[2] - at[100] < 45


def test_neighbours_are_alike_and_strips_less():
    close, far = [], []
    for seed in range(4):
        matrix = np.abs(np.corrcoef(signal_of(seed).array(12_000)))
        close += [matrix[k, k + 1] for k in range(16) if k % 4 < 3]
        far += [matrix[k, (k + 8) % 16] for k in range(16)]
    assert np.median(close) > np.median(far) + 0.1


def test_planted_change_is_fast_power_at_the_focus_and_nothing_elsewhere():
    patient = IntracranialPatient.from_seed(1)
    _, focus = patient.sites()
    calm, changed = signal_of().array(24_000), signal_of(level=lambda time: 1.0).array(24_000)
    frequency, width = patient.fast
    frequencies, before = welch(calm, RATE, nperseg=800)
    after = welch(changed, RATE, nperseg=800)[1]
    band = np.abs(frequencies - frequency) < width
    ratio = after[:, band].mean(axis=1) / before[:, band].mean(axis=1)
    assert ratio[focus.argmax()] > 1.15
    assert ratio[focus == 0] == pytest.approx(1, abs=0.02)


def test_level_grows_within_the_file():
    growing = signal_of(level=lambda time: time / 60).array(24_000) - signal_of().array(24_000)
    quarters = np.abs(growing).reshape(16, 4, -1).mean(axis=(0, 2))
    assert (np.diff(quarters) > 0).all()


def test_wave_is_drawn_alike_in_one_block_and_in_many():
    gains = np.array([0.0, 50.0, -20.0], np.float32)
    waves = Waves([Wave(0.4, 0.7, gains, lambda since: sharp_wave(since, 0.02, 0.5, 0.08))], 200.0)
    whole, parts = np.zeros((3, 400), np.float32), np.zeros((3, 400), np.float32)
    waves.draw(whole, 0)
    for first in range(0, 400, 33):
        waves.draw(parts[:, first : first + 33], first)
    assert np.array_equal(whole, parts)
    assert not whole[0].any()
    assert whole[1].max() == pytest.approx(50, rel=0.03)
    assert abs(whole[1].argmax() / 200 - 0.46) < 0.006


def test_impossible_patients_are_refused():
    with pytest.raises(RecordingError, match="4 channels"):
        IntracranialPatient.from_seed(1, channels=3)
    with pytest.raises(RecordingError, match="seed -1"):
        IntracranialPatient.from_seed(-1)
