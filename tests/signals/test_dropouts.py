"""Drop-outs: found in the file's own samples, handed on as gaps, and filled from the past alone."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import scipy.io
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from semeia.errors import RecordingError
from semeia.signals import dropouts, open_recording
from semeia.signals.dropouts import MissingRuns, find_dropouts, imputed, with_dropouts_as_gaps
from semeia.signals.filters import Filter
from semeia.signals.montage import ChosenChannels, MontagedRecording, montage_named
from semeia.signals.recording import ArrayRecording, Channel, Gap, Recording

RATE = 400.0
Cuts = list[int]
Method = Literal["sample", "average"]
METHODS: tuple[Method, ...] = ("sample", "average")


def noise(channels: int, samples: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0, 30, (channels, samples)).astype(np.float32)


def recorded(data: NDArray[np.float32], rate: float = RATE, **given: object) -> ArrayRecording:
    return ArrayRecording(data, rate, [f"c{n}" for n in range(len(data))], **given)  # type: ignore[arg-type]


class TestFinding:
    def test_zeros_in_all_channels_are_a_dropout(self) -> None:
        data = noise(16, 4000)
        data[:, 1000:1200] = 0
        data[:, 3992:] = 0
        assert find_dropouts(recorded(data)) == (Gap(2.5, 3.0), Gap(9.98, 10.0))

    def test_zeros_for_less_than_20_ms_or_in_some_channels_are_none(self) -> None:
        data = noise(16, 4000)
        data[:, 1000:1007] = 0
        data[:15, 2000:3000] = 0
        assert find_dropouts(recorded(data)) == ()

    def test_any_other_value_must_be_held_for_half_a_second(self) -> None:
        data = noise(16, 4000)
        data[:, 1000:1200] = data[:, 1000:1001]
        data[:, 2000:2199] = data[:, 2000:2001]
        assert find_dropouts(recorded(data)) == (Gap(2.5, 3.0),)

    def test_not_a_number_in_some_and_zero_in_the_others_is_a_dropout(self) -> None:
        data = noise(4, 4000)
        data[:2, 1000:1200] = 0
        data[2:, 1000:1200] = np.nan
        assert find_dropouts(recorded(data)) == (Gap(2.5, 3.0),)

    def test_what_touches_is_one_dropout(self) -> None:
        data = noise(4, 4000)
        data[:, 800:1000] = np.nan
        data[:, 1000:1200] = 0
        assert find_dropouts(recorded(data)) == (Gap(2.0, 3.0),)

    def test_one_coarse_channel_needs_longer(self) -> None:
        data = noise(1, 4000)
        data[:, 1000:1063] = 0
        data[:, 2000:2064] = 0
        assert find_dropouts(recorded(data)) == (Gap(5.0, 5.16),)

    @settings(deadline=None)
    @given(
        runs=st.lists(st.tuples(st.integers(0, 380), st.integers(1, 60), st.sampled_from([0.0, 7.0, np.nan]))),
        block=st.integers(1, 500),
    )
    def test_does_not_depend_on_how_the_recording_is_read(self, runs: list[tuple[int, int, float]], block: int) -> None:
        data = noise(8, 400)
        for start, length, value in runs:
            data[:, start : start + length] = value
        recording = recorded(data, rate=100.0)
        whole = find_dropouts(recording)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dropouts, "_BLOCK", 8 * block)
            assert find_dropouts(recording) == whole

    def test_a_recording_that_is_one_dropout_is_one_gap(self) -> None:
        assert find_dropouts(recorded(np.zeros((3, 4000), np.float32))) == (Gap(0.0, 10.0),)

    def test_a_recording_without_channels_or_samples_has_none(self) -> None:
        assert find_dropouts(recorded(np.zeros((0, 10), np.float32))) == ()
        assert find_dropouts(recorded(np.zeros((2, 0), np.float32))) == ()


class TestGaps:
    def test_dropouts_read_as_not_a_number_and_are_gaps(self) -> None:
        data = noise(16, 4000)
        data[:, 1000:1200] = 0
        recording = with_dropouts_as_gaps(recorded(data, gaps=[(2.9, 4.0), (8.0, 9.0)]))
        assert recording.gaps == (Gap(2.5, 4.0), Gap(8.0, 9.0))
        whole = recording.read(0, 10)
        assert np.isnan(whole[:, 1000:1600]).all()
        assert np.isnan(whole[:, 3200:3600]).all()
        kept = np.r_[0:1000, 1600:3200, 3600:4000]
        np.testing.assert_array_equal(whole[:, kept], data[:, kept])

    def test_any_window_of_some_channels_equals_that_of_the_whole(self) -> None:
        data = noise(4, 4000)
        data[:, 1000:1200] = 0
        data[:, 1300:1400] = 0
        recording = with_dropouts_as_gaps(recorded(data))
        whole = recording.read(0, 10)
        for first, count in ((0, 1000), (990, 20), (1100, 10), (1190, 300), (1200, 100), (1399, 2), (4000, 0)):
            some = recording.read_samples(first, count, [2, 0])
            np.testing.assert_array_equal(some, whole[[2, 0], first : first + count])

    def test_a_recording_without_dropouts_comes_back_itself(self) -> None:
        clean = recorded(noise(4, 4000))
        assert with_dropouts_as_gaps(clean) is clean
        gapped = recorded(noise(4, 4000), gaps=[(2.0, 3.0)])
        assert with_dropouts_as_gaps(gapped) is gapped

    def test_what_is_not_a_number_becomes_a_gap_though_the_file_knows_of_none(self) -> None:
        data = noise(4, 4000)
        data[:, 400:800] = np.nan
        assert with_dropouts_as_gaps(recorded(data)).gaps == (Gap(1.0, 2.0),)

    def test_montage_and_chosen_channels_keep_the_gaps(self) -> None:
        data = noise(19, 2560)
        data[:, 256:512] = 0
        longitudinal = montage_named("longitudinal")
        labels = sorted({name for label in longitudinal.labels for name in label.split("-")})
        under = with_dropouts_as_gaps(ArrayRecording(data, 256.0, labels))
        for recording in (MontagedRecording(under, longitudinal), ChosenChannels(under, ["Cz"])):
            assert recording.gaps == (Gap(1.0, 2.0),)
            missing = np.isnan(recording.read(0, 10))
            assert missing[:, 256:512].all()
            assert missing.sum() == 256 * len(recording.channels)

    def test_filtered_and_resampled_they_are_still_gaps_and_leave_no_step(self) -> None:
        data = noise(4, 8000) + 500
        data[:, 4000:4400] = 0
        recording = with_dropouts_as_gaps(recorded(data))
        filtered = np.concatenate([block for _, block in Filter(1.0, 40.0).blocks(recording, 3.0, None, 100.0)], axis=1)
        np.testing.assert_array_equal(np.flatnonzero(np.isnan(filtered[0])), np.arange(1000, 1100))
        assert np.nanmax(np.abs(filtered)) < 100

    def test_channels_of_other_rates_have_the_gap_too(self) -> None:
        fast = noise(2, 4000)
        fast[:, 1000:1200] = 0

        class TwoRates(Recording):
            path, subject, started_at, duration = None, "", None, 10.0
            channels = (Channel("a", 400.0), Channel("b", 400.0), Channel("SpO2", 4.0, "%"))

            def _read_native(self, indices: list[int], first: int, count: int) -> NDArray[np.float32]:  # type: ignore[override]
                if list(indices) == [2]:
                    return np.full((1, count), 97, np.float32)
                return fast[list(indices), first : first + count]

        recording = with_dropouts_as_gaps(TwoRates())
        assert recording.gaps == (Gap(2.5, 3.0),)
        np.testing.assert_array_equal(np.flatnonzero(np.isnan(recording.read(0, 10, ["SpO2"])[0])), [10, 11])

    def test_file_of_nothing_but_nan_is_one_gap(self, tmp_path: Path) -> None:
        scipy.io.savemat(tmp_path / "a.mat", {"eeg": np.full((2, 900), np.nan)})
        with open_recording(tmp_path / "a.mat", rate=300) as under:
            recording = with_dropouts_as_gaps(under)
            assert recording.gaps == (Gap(0.0, 3.0),)
            assert np.isnan(recording.read(0, 3)).all()
            assert np.isnan(recording.read(0, 3, rate=100)).all()

    def test_melbourne_file_lacks_84_percent(self, shared_data: Path) -> None:
        with open_recording(shared_data / "melbourne_2016" / "Pat1Test_5_0.mat", rate=400.0) as under:
            recording = with_dropouts_as_gaps(under)
            assert recording.gaps[0] == Gap(0.0, 503.8425)
            assert sum(stop - start for start, stop in recording.gaps) / recording.duration == pytest.approx(
                0.844, abs=0.001
            )
            assert not (recording.read(0, 600) == 0).all(axis=0).any()


def in_blocks(data: NDArray[np.float32], cuts: Cuts) -> list[tuple[int, NDArray[np.float32]]]:
    edges = sorted({0, data.shape[1], *(cut for cut in cuts if cut < data.shape[1])})
    return [(a, data[:, a:b].copy()) for a, b in pairwise(edges)]


def filled(data: NDArray[np.float32], cuts: Cuts, method: Method, recent: int, seed: int = 0) -> NDArray[np.float32]:
    blocks = list(imputed(in_blocks(data, cuts), method=method, recent=recent, seed=seed))
    assert [first for first, _ in blocks] == [first for first, _ in in_blocks(data, cuts)]
    return np.concatenate([block for _, block in blocks], axis=1)


holes = st.lists(st.tuples(st.integers(0, 290), st.integers(1, 120), st.sets(st.integers(0, 2), min_size=1)))


def with_holes(runs: list[tuple[int, int, set[int]]]) -> NDArray[np.float32]:
    data = noise(3, 300)
    for start, length, rows in runs:
        data[sorted(rows), start : start + length] = np.nan
    return data


class TestImputing:
    @settings(deadline=None)
    @given(
        runs=holes,
        cuts=st.lists(st.integers(1, 299), max_size=20),
        method=st.sampled_from(METHODS),
        recent=st.integers(1, 100),
        seed=st.integers(0, 9),
    )
    def test_fills_all_changes_nothing_else_and_does_not_depend_on_the_blocks(
        self, runs: list[tuple[int, int, set[int]]], cuts: Cuts, method: Method, recent: int, seed: int
    ) -> None:
        data = with_holes(runs)
        whole = filled(data, [], method, recent, seed)
        there = ~np.isnan(data)
        assert not np.isnan(whole).any()
        np.testing.assert_array_equal(whole[there], data[there])
        np.testing.assert_array_equal(filled(data, cuts, method, recent, seed), whole)

    @settings(deadline=None)
    @given(runs=holes, end=st.integers(1, 299), method=st.sampled_from(METHODS))
    def test_looks_at_nothing_that_comes_later(
        self, runs: list[tuple[int, int, set[int]]], end: int, method: Method
    ) -> None:
        data = with_holes(runs)
        np.testing.assert_array_equal(filled(data[:, :end], [], method, 40), filled(data, [], method, 40)[:, :end])

    def test_a_short_stretch_is_one_piece_of_what_was_recorded_last(self) -> None:
        data = np.arange(2000, dtype=np.float32)[None]
        data[:, 1000:1050] = np.nan
        made_up = filled(data, [], "sample", 100)[0, 1000:1050]
        np.testing.assert_array_equal(np.diff(made_up), 1)
        assert made_up[0] >= 900
        assert made_up[-1] < 1000

    def test_what_was_imputed_is_never_imputed_from(self) -> None:
        data = np.arange(400, dtype=np.float32)[None]
        data[:, 100:200] = np.nan
        data[:, 210:300] = np.nan
        made_up = filled(data, [], "sample", 60)[0, 210:300]
        assert set(made_up.tolist()) <= {*map(float, range(50, 100)), *map(float, range(200, 210))}

    def test_the_average_is_that_of_what_was_recorded_last(self) -> None:
        data = noise(2, 1000)
        data[0, 500:900] = np.nan
        made_up = filled(data, [700], "average", 100)
        np.testing.assert_allclose(made_up[0, 500:900], data[0, 400:500].mean(), rtol=1e-5)

    def test_a_stretch_over_many_blocks_is_filled_to_its_end(self) -> None:
        data = noise(3, 20_000)
        data[:, 500:19_500] = np.nan
        small = filled(data, list(range(100, 20_000, 100)), "sample", 400)
        np.testing.assert_array_equal(small, filled(data, [], "sample", 400))
        pieces = small[0, 500:19_500].reshape(-1, 200)
        assert len({float(piece[0]) for piece in pieces}) > 50
        assert small[:, 500:19_500].std() == pytest.approx(30, rel=0.1)

    def test_channels_that_are_missing_together_get_the_same_moment(self) -> None:
        data = np.arange(1000, dtype=np.float32) + np.array([[0], [5000]], np.float32)
        data[:, 600:900] = np.nan
        made_up = filled(data, [], "sample", 100)
        np.testing.assert_array_equal(made_up[1] - made_up[0], 5000)

    def test_stretches_and_seeds_draw_differently(self) -> None:
        data = noise(1, 3000)
        data[:, 1000:1100] = np.nan
        first, other = (filled(data, [], "sample", 1000, seed)[0, 1000:1100] for seed in (0, 1))
        assert (first != other).any()

    def test_before_anything_is_known_it_is_zero(self) -> None:
        data = noise(2, 100)
        data[:, :40] = np.nan
        for method in METHODS:
            assert not filled(data, [20], method, 10)[:, :40].any()

    def test_the_blocks_that_came_are_left_as_they_were(self) -> None:
        data = noise(1, 100)
        data[:, 50:] = np.nan
        blocks = in_blocks(data, [60])
        list(imputed(blocks, method="average", recent=10))
        assert np.isnan(blocks[1][1]).all()

    def test_an_unknown_method_or_no_samples_to_impute_from_is_refused_at_once(self) -> None:
        with pytest.raises(RecordingError, match="there are 'sample' and 'average'"):
            imputed([], method="median", recent=10)  # type: ignore[arg-type]
        with pytest.raises(RecordingError, match="needs at least one"):
            imputed([], method="sample", recent=0)


class TestMissingRuns:
    @settings(deadline=None)
    @given(runs=holes, cuts=st.lists(st.integers(1, 299), max_size=20))
    def test_are_where_any_channel_is_missing_however_it_is_cut(
        self, runs: list[tuple[int, int, set[int]]], cuts: Cuts
    ) -> None:
        data = with_holes(runs)
        missing = MissingRuns()
        for first, block in in_blocks(data, cuts):
            missing.add(first, block)
        flags = np.zeros(300, bool)
        for start, stop in missing.runs:
            assert not flags[max(start - 1, 0) : stop].any()
            flags[start:stop] = True
        np.testing.assert_array_equal(flags, np.isnan(data).any(axis=0))

    def test_of_nothing_are_none(self) -> None:
        missing = MissingRuns()
        missing.add(0, noise(2, 100))
        assert missing.runs.shape == (0, 2)
        assert missing.runs.dtype == np.int64
