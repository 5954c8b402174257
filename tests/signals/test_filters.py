"""Filters agree with MNE and scipy, ring at no edge and no gap, and stream to the same values."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import signal as reference

from semeia.errors import RecordingError
from semeia.signals.filters import CausalFilter, Filter
from semeia.signals.recording import ArrayRecording

RATE = 128.0
BANDS = [
    Filter(high_pass=0.5),
    Filter(high_pass=1, order=2),
    Filter(low_pass=30),
    Filter(high_pass=0.5, low_pass=40),
    Filter(high_pass=0.5, low_pass=40, notch=50),
    Filter(notch=50),
]


def eeg(seconds: float, channels: int = 3, rate: float = RATE, seed: int = 0) -> NDArray[np.float32]:
    """Noise with drifts and steps, about 50 µV, with an offset."""
    rng = np.random.default_rng(seed)
    count = round(seconds * rate)
    drift = np.cumsum(rng.normal(0, 1, (channels, count)), axis=1)
    data = drift + rng.normal(0, 20, (channels, count)) + 80
    data[:, count // 3 : count // 3 + 5] += 300
    return data.astype(np.float32)


def recording(data: NDArray[np.float32], rate: float = RATE) -> ArrayRecording:
    return ArrayRecording(data, rate, [f"C{i}" for i in range(len(data))])


def whole(filter: Filter, given: ArrayRecording, seconds: float, rate: float | None = None) -> NDArray[np.float32]:
    blocks = list(filter.blocks(given, seconds, rate=rate))
    assert [first for first, _ in blocks] == np.cumsum([0, *(b.shape[1] for _, b in blocks[:-1])]).tolist()
    return np.concatenate([block for _, block in blocks], axis=1)


@pytest.mark.parametrize("filter", BANDS[:4], ids=str)
def test_zero_phase_agrees_with_mne(filter: Filter) -> None:
    import mne

    data = eeg(120, rate=256)
    theirs = mne.filter.filter_data(
        data.astype(np.float64),
        256,
        filter.high_pass,
        filter.low_pass,
        method="iir",
        iir_params={"order": filter.order, "ftype": "butter", "output": "sos"},
        verbose="error",
    )
    padding = 15 * 256  # MNE extends the ends by less
    assert np.abs(filter.apply(data, 256) - theirs)[:, padding:-padding].max() < 1e-3
    window = filter.read(recording(data, 256), 40, 50)
    assert np.abs(window - theirs[:, 40 * 256 : 50 * 256]).max() < 1e-3


@pytest.mark.parametrize("filter", BANDS, ids=str)
def test_zero_phase_is_forwards_and_backwards(filter: Filter) -> None:
    data = eeg(150)
    twice = reference.sosfiltfilt(filter.sections(RATE), data.astype(np.float64), padlen=filter.padding(RATE))
    inner = slice(filter.padding(RATE), -filter.padding(RATE))
    assert np.abs(filter.apply(data, RATE) - twice)[:, inner].max() < 1e-3


@pytest.mark.parametrize("filter", BANDS, ids=str)
def test_causal_is_the_recursion_settled_on_the_first_value(filter: Filter) -> None:
    sections, data = filter.sections(RATE), eeg(30)
    start = reference.sosfilt_zi(sections)[:, None] * data[None, :, :1]
    once, _ = reference.sosfilt(sections, data.astype(np.float64), zi=start)
    causal = Filter(filter.high_pass, filter.low_pass, filter.notch, filter.order, causal=True)
    np.testing.assert_allclose(causal.apply(data, RATE), once, atol=1e-4)


def test_causal_output_does_not_change_with_what_comes_later() -> None:
    data, causal = eeg(20), Filter(high_pass=0.5, low_pass=40, notch=50, causal=True)
    np.testing.assert_array_equal(causal.apply(data, RATE)[:, :1000], causal.apply(data[:, :1000], RATE))


def test_large_drifts_lose_no_digits() -> None:
    data = eeg(150) + 20_000 * np.sin(np.arange(150 * RATE) / 3000).astype(np.float32)
    filter = Filter(high_pass=0.5)
    twice = reference.sosfiltfilt(filter.sections(RATE), data.astype(np.float64), padlen=4000)
    assert np.abs(filter.apply(data, RATE) - twice)[:, 4000:-4000].max() < 1e-3


@pytest.mark.parametrize("causal", [False, True])
def test_an_offset_makes_no_transient_at_edges_or_gaps(causal: bool) -> None:
    data = np.full((2, 4000), 5000, np.float32)
    data[:, 1500:1700] = np.nan
    data[:, 1700:] = -3000
    filtered = Filter(high_pass=0.5, notch=50, causal=causal).apply(data, RATE)
    assert np.nanmax(np.abs(filtered)) < 1e-2
    np.testing.assert_array_equal(np.isnan(filtered), np.isnan(data))


def test_a_wave_does_not_ring_at_the_edges() -> None:
    wave = 100 * np.sin(2 * np.pi * 10 * np.arange(30 * RATE) / RATE + 0.7)[None].astype(np.float32)
    np.testing.assert_allclose(Filter(low_pass=40).apply(wave, RATE), wave, atol=5)
    np.testing.assert_allclose(Filter(high_pass=0.5).apply(wave, RATE), wave, atol=5)


def test_a_cut_edge_is_nearer_the_truth_than_with_scipys_odd_extension() -> None:
    data, cut = eeg(60, channels=20), round(20 * RATE)
    filter, near = Filter(high_pass=0.5), slice(0, round(2 * RATE))
    truth = filter.apply(data, RATE)[:, cut:][:, near]
    odd = reference.sosfiltfilt(filter.sections(RATE), data[:, cut:], padlen=filter.padding(RATE))[:, near]
    ours = filter.apply(data[:, cut:], RATE)[:, near]
    assert np.std(ours - truth) < 0.8 * np.std(odd - truth)


@pytest.mark.parametrize("causal", [False, True])
def test_each_stretch_between_gaps_is_filtered_by_itself(causal: bool) -> None:
    data, filter = eeg(60), Filter(high_pass=0.5, low_pass=40, causal=causal)
    data[:, 1000:1300] = np.nan
    data[1, 5000:] = np.nan  # one channel alone
    data[2, 4000] = np.nan
    filtered = filter.apply(data, RATE)
    for row, start, stop in [
        (0, 0, 1000),
        (0, 1300, None),
        (1, 1300, 5000),
        (2, 1300, 4000),
        (2, 4001, None),
    ]:
        alone = filter.apply(data[row : row + 1, start:stop], RATE)
        np.testing.assert_allclose(filtered[row, start:stop], alone[0], atol=1e-3)
    np.testing.assert_array_equal(np.isnan(filtered), np.isnan(data))


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(BANDS),
    st.booleans(),
    st.floats(0.3, 60),
    st.lists(st.tuples(st.integers(0, 6000), st.integers(1, 900), st.sampled_from([slice(None), 0, 2])), max_size=4),
)
def test_blocks_equal_the_filtered_whole(filter: Filter, causal: bool, seconds: float, gaps: list[tuple]) -> None:  # type: ignore[type-arg]
    filter = Filter(filter.high_pass, filter.low_pass, filter.notch, filter.order, causal)
    data = eeg(50)
    for first, length, rows in gaps:
        data[rows, first : first + length] = np.nan
    np.testing.assert_allclose(whole(filter, recording(data), seconds), filter.apply(data, RATE), atol=1e-3)


@pytest.mark.parametrize("filter", [*BANDS, Filter(0.1), Filter(0.3, 40, causal=True), Filter()], ids=str)
@pytest.mark.parametrize("gaps", [False, True])
def test_long_recordings_stream_to_the_filtered_whole(filter: Filter, gaps: bool) -> None:
    data = eeg(1500, channels=2)
    if gaps:
        data[:, 20_000:20_700] = data[0, 90_000:130_000] = np.nan
    np.testing.assert_allclose(whole(filter, recording(data), 90), filter.apply(data, RATE), atol=1e-3)


@pytest.mark.parametrize("filter", [*BANDS, Filter(0.5, causal=True)], ids=str)
def test_a_window_equals_that_part_of_the_filtered_whole(filter: Filter) -> None:
    data = eeg(90)
    filtered, given_recording = filter.apply(data, RATE), recording(data)
    for start, stop in [(0, 10), (40, 50), (80, 90), (0, 90), (33.25, 33.5)]:
        part = filter.read(given_recording, start, stop, [2, "C0"])
        np.testing.assert_allclose(
            part,
            filtered[[2, 0], round(start * RATE) : round(stop * RATE)],
            atol=1e-3,
            err_msg=f"{start} {stop}",
        )


def test_windows_and_blocks_are_filtered_at_the_rate_asked_for() -> None:
    given_recording, filter = recording(eeg(60)), Filter(high_pass=0.5)
    resampled = filter.apply(given_recording.read(0, 60, rate=100), 100)
    np.testing.assert_allclose(whole(filter, given_recording, 20, rate=100), resampled, atol=1e-3)
    np.testing.assert_allclose(filter.read(given_recording, 20, 30, rate=100), resampled[:, 2000:3000], atol=1e-3)


def test_streaming_needs_no_more_memory_for_a_longer_recording() -> None:
    class Endless(ArrayRecording):
        def _read_native(self, indices: object, first: int, count: int) -> NDArray[np.float32]:
            rng = np.random.default_rng(first)
            return rng.standard_normal((2, count), np.float32)

    def peak(hours: float) -> int:
        given_recording = Endless(np.zeros((2, 10)), RATE, ["a", "b"])
        given_recording.duration = hours * 3600
        tracemalloc.start()
        for _ in Filter(high_pass=0.5).blocks(given_recording, 120):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(0.2)
    assert peak(2) < 1.2 * peak(0.5)


def test_short_and_empty_signals_are_filtered_too() -> None:
    for causal in (False, True):
        filter = Filter(high_pass=0.5, low_pass=40, causal=causal)
        for samples in (0, 1, 2, 5, 50):
            filtered = filter.apply(np.full((2, samples), 7, np.float32), RATE)
            assert filtered.shape == (2, samples)
            assert np.abs(filtered).max(initial=0) < 1e-3
    np.testing.assert_array_equal(np.isnan(Filter(0.5).apply(np.full((1, 9), np.nan), RATE)), True)
    assert Filter(high_pass=0.5).apply(eeg(10)[0], RATE).shape == (1280,)


def test_a_filter_without_limits_leaves_the_signal_alone() -> None:
    data = eeg(5)
    filtered = Filter().apply(data, RATE)
    np.testing.assert_array_equal(filtered, data)
    assert not np.shares_memory(filtered, data)
    assert Filter().is_identity
    assert Filter().padding(RATE) == 0
    np.testing.assert_array_equal(CausalFilter(Filter(), RATE).push(data), data)


def test_the_input_is_not_changed() -> None:
    data = eeg(20)
    before = data.copy()
    for filter in (Filter(0.5), Filter(0.5, causal=True)):
        filter.apply(data, RATE)
        for _, block in filter.blocks(recording(data), 5):
            block[:] = 0
    np.testing.assert_array_equal(data, before)


def test_the_notch_takes_out_the_line_and_little_else() -> None:
    time = np.arange(40 * RATE) / RATE
    line, near = (100 * np.sin(2 * np.pi * f * time).astype(np.float32)[None] for f in (50, 40))
    filter = Filter(notch=50)
    assert np.abs(filter.apply(line, RATE)[:, 640:-640]).max() < 0.1
    np.testing.assert_allclose(filter.apply(near, RATE)[:, 640:-640], near[:, 640:-640], atol=2)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"high_pass": 0}, "high_pass is 0 Hz; it must be above 0 Hz"),
        ({"low_pass": -3}, "low_pass is -3 Hz"),
        ({"notch": float("nan")}, "notch is nan Hz"),
        ({"high_pass": 70, "low_pass": 1}, "high_pass 70 Hz is not below low_pass 1 Hz"),
        ({"order": 0}, "order is 0; it must be 1 to 10"),
    ],
)
def test_impossible_filters_are_refused(parameters: dict[str, float], message: str) -> None:
    with pytest.raises(RecordingError, match=message):
        Filter(**parameters)  # type: ignore[arg-type]


def test_frequencies_above_half_the_rate_are_refused_with_the_limit() -> None:
    text = "low_pass 70 Hz is not below 64 Hz, half the sampling rate"
    filter, given_recording = Filter(low_pass=70), recording(eeg(5))
    with pytest.raises(RecordingError, match=text):
        filter.apply(eeg(5), RATE)
    with pytest.raises(RecordingError, match=text):
        filter.read(given_recording, 1, 2)
    with pytest.raises(RecordingError, match=text):
        next(filter.blocks(given_recording, 1))


def test_windows_outside_the_recording_and_empty_blocks_are_refused() -> None:
    filter, given_recording = Filter(high_pass=0.5), recording(eeg(5))
    for start, stop in [(-1, 2), (4, 6), (3, 2), (7, 8)]:
        with pytest.raises(RecordingError):
            filter.read(given_recording, start, stop)
    with pytest.raises(RecordingError, match="hold no sample"):
        next(filter.blocks(given_recording, 0))
