"""Trends are scipy's spectra and the amplitude's margins, the same in pieces as in one go, whatever the channels."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import welch

from semeia.errors import FileError, RecordingError
from semeia.signals import ArrayRecording, Channel, Recording, open_recording
from semeia.signals import trends as module
from semeia.signals.aeeg import amplitude
from semeia.signals.simulator import SimulatedPatient, simulate, write_simulation
from semeia.signals.trends import Trends, build_trends, trends_file

SIDES = ["Fp1", "C3", "Fp2", "C4", "Cz", "ECG"]


def noise(
    seconds: float, rate: float = 128.0, labels: Sequence[str] = SIDES, gaps: Sequence[tuple[float, float]] = ()
) -> ArrayRecording:
    data = np.random.default_rng(3).normal(70, 30, (len(labels), round(seconds * rate)))
    return ArrayRecording(data, rate, labels, gaps=gaps)


class Endless(Recording):
    """A recording that takes no memory."""

    path, subject, started_at = None, "", None

    def __init__(self, seconds: float, channels: int, rate: float) -> None:
        self.duration = seconds
        self.channels = tuple(Channel(f"E{index}", rate) for index in range(channels))

    def _read_native(self, indices: Sequence[int], first: int, count: int) -> NDArray[np.float32]:
        return np.broadcast_to(np.arange(first, first + count, dtype=np.float32) % 100, (len(indices), count)).copy()


def test_a_column_is_the_spectrum_around_it_averaged_over_the_channels_of_a_side(tmp_path: Path) -> None:
    given = noise(60)
    trends = build_trends(given, tmp_path / "t.npz")
    assert (trends.sides, trends.source, trends.width) == (("left", "right"), "recorded", 1)
    assert trends.power.shape == (2, 60, 50)
    for side, channels in enumerate((["Fp1", "C3"], ["Fp2", "C4"])):
        samples = given.read(29, 32, channels).astype(float)  # the segments whose middles lie in second 30
        frequencies, power = welch(samples, 128, "hann", nperseg=256)
        there = np.isin(frequencies, trends.frequencies)
        np.testing.assert_allclose(trends.power[side, 30], 10 * np.log10(power[:, there].mean(axis=0)), atol=0.01)


def test_the_margins_are_the_median_of_the_channels_smallest_and_largest(tmp_path: Path) -> None:
    given = noise(60, labels=["Fp1", "C3", "O1", "Fp2"])
    trends = build_trends(given, tmp_path / "t.npz")
    whole = amplitude(given.read(0, 60, ["Fp1", "C3", "O1"]), 128.0).reshape(3, 60, 128)
    expected = np.median(np.stack([whole.min(axis=2), whole.max(axis=2)], axis=2), axis=0)
    np.testing.assert_allclose(trends.amplitude[0], expected, rtol=1e-3)


@pytest.mark.parametrize(
    ("rate", "gaps"), [(128.0, []), (173.61, []), (100.0, [(10.3, 21.7), (40.0, 41.0), (44.2, 44.21)]), (1000.0, [])]
)
@pytest.mark.parametrize("most", [1 << 15, 20])
def test_in_pieces_it_is_the_same_as_in_one_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rate: float, gaps: list[tuple[float, float]], most: int
) -> None:
    monkeypatch.setattr(module, "_MOST", most)  # wider columns
    given = noise(61.4, rate, gaps=gaps)
    whole = build_trends(given, tmp_path / "a.npz")
    monkeypatch.setattr(module, "_SAMPLES", 1000)
    pieces = build_trends(given, tmp_path / "b.npz")
    np.testing.assert_allclose(pieces.power, whole.power, atol=0.01)
    np.testing.assert_allclose(pieces.amplitude, whole.amplitude, rtol=1e-3)
    assert whole.width == (1 if most > 20 else 4)
    seconds = np.arange(whole.power.shape[1]) * whole.width
    in_gap = [any(a <= second and second + whole.width <= b for a, b in gaps) for second in seconds]
    assert np.isnan(whole.power[0, in_gap]).all()
    assert np.isnan(whole.amplitude[0, in_gap]).all()
    assert not np.isnan(whole.amplitude[:, seconds > 46]).any()
    assert not np.isnan(whole.power[:, (seconds > 46) & (seconds < 60)]).any()


def test_they_are_made_of_bipolar_pairs_where_these_can_be_made(tmp_path: Path) -> None:
    patient = SimulatedPatient.from_seed(2)
    file, _ = write_simulation(simulate(patient, seconds=60, seizures=[], montage="chbmit"), tmp_path / "sim.edf")
    with open_recording(file) as recording:
        trends = build_trends(recording, tmp_path / "t.npz")
    assert (trends.sides, trends.source) == (("left", "right"), "longitudinal")
    assert 3 < np.nanmedian(trends.amplitude) < 200


def test_without_known_sides_there_is_one(tmp_path: Path) -> None:
    trends = build_trends(noise(10, labels=["EEG 1", "EEG 2"]), tmp_path / "t.npz")
    assert (trends.sides, trends.power.shape) == (("all",), (1, 10, 50))


@pytest.mark.parametrize("given", [noise(60, rate=20.0), noise(10, labels=["ECG"]), noise(0)])
def test_what_has_no_trends_says_so(given: ArrayRecording, tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no trends|no channel looks like scalp EEG"):
        build_trends(given, tmp_path / "t.npz")
    assert not (tmp_path / "t.npz").exists()


def test_a_flat_line_and_a_recording_shorter_than_a_segment_do_no_harm(tmp_path: Path) -> None:
    flat = build_trends(ArrayRecording(np.zeros((1, 1280)), 128.0, ["C3"]), tmp_path / "t.npz")
    assert (flat.power == -40).all()
    assert (flat.amplitude == 0).all()
    short = build_trends(noise(1.5), tmp_path / "t.npz")
    assert np.isnan(short.power).all()
    assert short.power.shape[1] == 2
    assert not np.isnan(short.amplitude).any()


def test_fewer_columns_average_power_and_keep_the_extremes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_EPOCHS", 4)  # so that this one is long enough
    trends = build_trends(noise(60, gaps=[(20, 31)]), tmp_path / "t.npz")
    few = trends.reduced(14)
    assert (few.width, few.power.shape[1]) == (5, 12)
    np.testing.assert_allclose(few.power[:, 7], trends.power[:, 35:40].mean(axis=1), rtol=1e-4)
    np.testing.assert_allclose(few.power[:, 6], np.nanmean(trends.power[:, 30:35], axis=1), rtol=1e-4)
    assert np.isnan(few.power[:, 4:6]).all()
    np.testing.assert_array_equal(few.amplitude[:, 1, 0], trends.amplitude[:, :17, 0].min(axis=1))  # 5 s, 7 s around
    np.testing.assert_array_equal(few.amplitude[:, 1, 1], trends.amplitude[:, :17, 1].max(axis=1))
    same = trends.reduced(60)
    np.testing.assert_array_equal(same.power, trends.power)
    np.testing.assert_array_equal(same.amplitude[:, 40, 1], trends.amplitude[:, 33:48, 1].max(axis=1))
    np.testing.assert_array_equal(np.isnan(same.amplitude), np.isnan(trends.amplitude))
    with pytest.raises(RecordingError, match="1 or more columns"):
        trends.reduced(0)


def test_they_are_kept_whole_and_told_while_they_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SAMPLES", 20_000)
    grown: list[tuple[float, int]] = []
    given = noise(120, gaps=[(5, 7)])
    built = build_trends(
        given, tmp_path / "t.npz", lambda now: grown.append((now.share, int((~np.isnan(now.amplitude[0, :, 0])).sum())))
    )
    assert [share for share, _ in grown] == sorted({share for share, _ in grown})
    assert len(grown) > 2
    assert all(0 < share < 1 and known == round(share * 120) - 4 for share, known in grown)  # a gap, and 1 s around it
    assert built.share == 1.0
    kept = Trends.read(tmp_path / "t.npz")
    assert (kept.sides, kept.gaps, kept.width, kept.share) == (built.sides, given.gaps, 1, 1.0)
    np.testing.assert_array_equal(kept.power, built.power)
    np.testing.assert_array_equal(kept.amplitude, built.amplitude)
    whole = (tmp_path / "t.npz").read_bytes()
    for damaged in (b"", whole[:100], whole[: len(whole) // 2], b"0" * len(whole)):
        (tmp_path / "t.npz").write_bytes(damaged)
        with pytest.raises(FileError):
            Trends.read(tmp_path / "t.npz")


def test_a_long_recording_takes_no_more_memory_than_a_short_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SAMPLES", 1 << 16)  # so that a short recording has many blocks

    def peak(seconds: float) -> int:
        build_trends(Endless(64, 4, 64.0), tmp_path / "t.npz")  # what is imported and kept
        tracemalloc.start()
        build_trends(Endless(seconds, 4, 64.0), tmp_path / "t.npz")
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    short, long = peak(2000), peak(16_000)
    assert (
        long - short < 2.5 * 52 * 4 * 14_000
    )  # the columns themselves, and that they are written; the signal has 14 MB


def test_the_name_in_the_cache_changes_when_the_file_does(tmp_path: Path) -> None:
    names = {trends_file(tmp_path / name, size, time) for name in "ab" for size in (1, 2) for time in (1, 2)}
    assert len(names) == 8
    assert {name.suffix for name in names} == {".npz"}
