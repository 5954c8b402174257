"""The envelope is the smallest and the largest value of every bin, at every level, whatever the rates and the gaps."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from handmade_edf import Signal, counting, edf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from semeia.errors import FileError, RecordingError
from semeia.signals import ArrayRecording, Channel, Gap, Recording, open_recording
from semeia.signals.envelope import Envelope, build_envelope, envelope_file, extremes

LABELS = ["Fp1", "Cz", "ECG"]


class Mixed(Recording):
    """Several recordings of one length as one, whose channels then have different rates."""

    def __init__(self, *parts: ArrayRecording) -> None:
        self.path, self.subject, self.started_at = None, "", None
        self.duration = max(part.duration for part in parts)
        self.channels = tuple(channel for part in parts for channel in part.channels)
        self._parts = [part for part in parts for _ in part.channels]
        self._own = [index for part in parts for index in range(len(part.channels))]

    def _read_native(self, indices: Sequence[int], first: int, count: int) -> NDArray[np.float32]:
        return np.concatenate(
            [self._parts[index]._read_native([self._own[index]], first, count) for index in indices], axis=0
        )


class Endless(Recording):
    """A recording that takes no memory."""

    path, subject, started_at = None, "", None

    def __init__(self, seconds: float, channels: int, rate: float) -> None:
        self.duration = seconds
        self.channels = tuple(Channel(f"C{index}", rate) for index in range(channels))

    def _read_native(self, indices: Sequence[int], first: int, count: int) -> NDArray[np.float32]:
        return np.broadcast_to(np.arange(first, first + count, dtype=np.float32) % 1000, (len(indices), count)).copy()


def noise(
    seconds: float, rate: float, labels: list[str] = LABELS, gaps: Sequence[tuple[float, float]] = ()
) -> ArrayRecording:
    data = np.random.default_rng(3).normal(7, 30, (len(labels), round(seconds * rate))).astype(np.float32)
    return ArrayRecording(data, rate, labels, gaps=gaps)


def limits(samples: NDArray[np.float32]) -> tuple[float, float]:
    there = samples[~np.isnan(samples)]
    return (float(there.min()), float(there.max())) if there.size else (np.nan, np.nan)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seconds=st.floats(0.1, 5000),
    rate=st.sampled_from([1.0, 10.0, 16.0, 39.96]),
    gaps=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.4)), max_size=3),
)
def test_every_level_holds_the_extremes_of_its_bins(
    tmp_path: Path, seconds: float, rate: float, gaps: list[tuple[float, float]]
) -> None:
    seconds = max(seconds, 2 / rate)
    given = noise(seconds, rate, gaps=[(start * seconds, (start + length) * seconds) for start, length in gaps])
    envelope = build_envelope(given, tmp_path / "e")
    samples, times = given.read(0, given.duration), np.arange(given.sample_count()) / rate
    width = envelope._head.bin
    for level, bins in zip(envelope._levels, envelope._head.bins, strict=True):
        assert len(level) == bins
        assert width * (bins - 1) < given.duration <= width * bins * (1 + 1e-9)
        for place in {0, bins // 3, bins // 2, bins - 1}:
            inside = (times >= place * width - 1e-9) & (times < (place + 1) * width - 1e-9)
            if inside.any():
                expected = [limits(channel[inside]) for channel in samples]
                np.testing.assert_array_equal(level[place], np.array(expected, np.float32))
        width *= 4


def test_bins_without_a_sample_hold_the_one_before(tmp_path: Path) -> None:
    envelope = build_envelope(ArrayRecording([[1, 2, 3, 4]], 0.5, ["Cz"]), tmp_path / "e")
    assert envelope._head.bin < 2
    assert envelope.columns(4)[:, 0].tolist() == [[1, 1], [2, 2], [3, 3], [4, 4]]


def test_columns_hold_the_extremes_of_what_they_span(tmp_path: Path) -> None:
    given = noise(7200, 8, gaps=[(1000, 2000)])
    envelope = build_envelope(given, tmp_path / "e")
    samples = given.read(0, 7200)
    for count in (1, 7, 120, 720, 3600):
        width = 7200 / count
        columns = envelope.columns(count)
        assert columns.shape == (count, 3, 2)
        for place in range(0, count, max(1, count // 11)):
            within = samples[:, round(place * width * 8) : round((place + 1) * width * 8)]
            bins = max(envelope._head.bin, width / 4)  # of the level that was taken, at most
            around = samples[:, max(0, round((place * width - bins) * 8)) : round(((place + 1) * width + bins) * 8)]
            for channel in range(3):
                low, high = limits(within[channel])
                least, most = limits(around[channel])
                shown = columns[place, channel]
                assert np.isnan(shown).all() if np.isnan(low) else least <= shown[0] <= low
                assert np.isnan(low) or high <= shown[1] <= most


def test_a_column_is_nan_only_where_it_lies_wholly_in_a_gap(tmp_path: Path) -> None:
    envelope = build_envelope(noise(7200, 8, gaps=[(1000, 2000)]), tmp_path / "e")
    nan = np.isnan(envelope.overview(72)[:, 0])
    assert nan.tolist() == [10 <= column < 20 for column in range(72)]
    assert envelope.gaps == (Gap(1000, 2000),)


def test_the_overview_takes_scalp_channels_without_their_median(tmp_path: Path) -> None:
    given = noise(7200, 8)
    given._samples[0] += 500
    given._samples[2] *= 100  # the ECG is no scalp channel
    overview = build_envelope(given, tmp_path / "e").overview(10)
    scalp = given._samples[:2] - np.median(given._samples[:2], axis=1, keepdims=True)
    parts = scalp.reshape(2, 10, -1)
    np.testing.assert_allclose(overview[:, 0], parts.min(axis=(0, 2)), atol=5)
    np.testing.assert_allclose(overview[:, 1], parts.max(axis=(0, 2)), atol=5)


def test_without_scalp_channels_all_are_taken(tmp_path: Path) -> None:
    assert build_envelope(noise(60, 8, ["ECG"]), tmp_path / "e").overview(10).shape == (10, 2)


def test_mixed_rates(tmp_path: Path) -> None:
    slow, fast = noise(600, 1, ["SpO2"]), noise(600, 100.5, ["Cz", "Pz"])
    both = build_envelope(Mixed(slow, fast), tmp_path / "both")
    alone = build_envelope(fast, tmp_path / "alone")
    assert both.labels == ("SpO2", "Cz", "Pz")
    np.testing.assert_array_equal(both.columns(50)[:, 1:], alone.columns(50))
    np.testing.assert_array_equal(both.columns(50)[:, 0], build_envelope(slow, tmp_path / "slow").columns(50)[:, 0])


def test_a_dummy_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "dummy.edf"
    dummy = Signal(np.zeros((20, 8)), "-", digital=("0", "0"))
    file.write_bytes(edf(Signal(counting(20, 8), "C3"), dummy, Signal(counting(20, 8), "C4")))
    with open_recording(file) as recording:
        assert build_envelope(recording, tmp_path / "e").labels == ("C3", "C4")
    file.write_bytes(edf(dummy))
    with open_recording(file) as recording, pytest.raises(RecordingError, match="'-' cannot be read"):
        build_envelope(recording, tmp_path / "none")


def test_memory_is_bounded(tmp_path: Path) -> None:
    given = Endless(3600, 64, 512)  # 472 MB
    build_envelope(Endless(10, 1, 8), tmp_path / "warm")
    tracemalloc.start()
    build_envelope(given, tmp_path / "e")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16e6
    assert (tmp_path / "e").stat().st_size < 0.02 * 472e6


def test_a_gap_of_years_costs_nothing(tmp_path: Path) -> None:
    years = 9 * 366 * 86400.0

    class Sparse(Endless):
        gaps = (Gap(60.0, years - 60),)

        def _read_native(self, indices: Sequence[int], first: int, count: int) -> NDArray[np.float32]:
            assert count < 1e6
            return super()._read_native(indices, first, count)

    envelope = build_envelope(Sparse(years, 1, 512), tmp_path / "e")
    assert max(envelope._head.bins) <= 1 << 20
    assert np.isnan(envelope.overview(1000)[1:-1]).all()


def test_what_stops_the_work_leaves_nothing_behind(tmp_path: Path) -> None:
    told: list[float] = []

    def stop(share: float) -> None:
        told.append(share)
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_envelope(Endless(3600, 64, 64), tmp_path / "e", stop)
    assert told == sorted(told)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    build_envelope(noise(60, 8), tmp_path / "e")
    whole = (tmp_path / "e").read_bytes()
    for bad in (
        b"",
        whole[:5],
        whole[:40],
        whole[:-4],
        whole + b"\0\0\0\0",
        b"x" * 200,
        whole[:12] + b"[1]" + whole[15:],
    ):
        (tmp_path / "bad").write_bytes(bad)
        with pytest.raises(FileError, match="envelope"):
            Envelope(tmp_path / "bad")
    with pytest.raises(FileError):
        Envelope(tmp_path / "absent")


def test_the_name_in_the_cache_changes_with_the_file(home: Path) -> None:
    names = {envelope_file(*about) for about in [("a", 1, 2), ("b", 1, 2), ("a", 2, 2), ("a", 1, 3)]}
    assert len(names) == 4
    assert all(name.parent == home / "cache" / "envelopes" for name in names)


def test_extremes_see_past_nan() -> None:
    samples = np.array([[1, np.nan, 3, np.nan, np.nan, 2]], np.float32)
    found = extremes(samples, np.array([0, 3, 5]))
    np.testing.assert_array_equal(found, [[[1, 3], [np.nan, np.nan], [2, 2]]])


def test_real_recordings_have_an_envelope(shared_data: Path, tmp_path: Path) -> None:
    for file in sorted(shared_data.glob("edf_fixtures/*.[eb]df")):
        if "Hypnogram" in file.name:
            continue
        with open_recording(file) as recording:
            envelope = build_envelope(recording, tmp_path / "e")
            for place, label in enumerate(envelope.labels):
                index = [channel.label for channel in recording.channels].index(label)
                if envelope.labels.count(label) == 1:
                    samples = recording.read(0, recording.duration, [index], recording.channels[index].rate)
                    assert envelope.columns(1)[0, place].tolist() == list(limits(samples))
