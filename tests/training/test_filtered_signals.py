"""Filtered signals on disk: what is missing in them, how it is imputed, and what they are known by."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epilepsy import LABELS, eeg, interrupt, write_recording
from semeia.datasets import LabelledRecording
from semeia.events import Events
from semeia.recipe import Dropouts
from semeia.recipe import Examples as ExampleSettings
from semeia.signals.dropouts import imputed, with_dropouts_as_gaps
from semeia.signals.edf_writer import EdfWriter
from semeia.training.signals import Signal, filtered, signal_key
from semeia.transforms import transform_named

SETTINGS = ExampleSettings(window=4.0)
TRANSFORM = transform_named("raw", rate=64.0, high_pass=0.5)


def labelled(path: Path) -> LabelledRecording:
    return LabelledRecording(path, "p", Events(), 60.0, "a")


def with_dropout(path: Path, first: int = 20, stop: int = 27) -> Path:
    """Write a recording in which nothing was recorded from second `first` to `stop`."""
    data = eeg(60, [])
    data[:, first * 128 : stop * 128] = 0
    with EdfWriter(path, LABELS, 128) as writer:
        writer.write(data)
    return path


@given(
    st.lists(st.tuples(st.integers(0, 25), st.integers(1, 30)), max_size=6),
    st.integers(1, 60),
    st.lists(st.integers(0, 120), max_size=8),
)
@settings(deadline=None)
def test_what_is_missing_in_a_window_is_counted_sample_by_sample(runs, window, firsts) -> None:
    absent, at = np.zeros(400, bool), 0
    for apart, length in runs:
        absent[at + apart + 1 : at + apart + 1 + length] = True
        at += apart + 1 + length
    edges = np.flatnonzero(np.diff(absent, prepend=False, append=False)).reshape(-1, 2)
    signal = Signal(SimpleNamespace(shape=(400, 1)), ("C3",), edges.astype(np.int64))
    found = signal.missing_in(np.array(firsts, np.int64), window)
    assert found.tolist() == [int(absent[first : first + window].sum()) for first in firsts]


@pytest.mark.parametrize("impute", ["sample", "average"])
def test_a_dropout_is_a_gap_or_imputed_as_inference_does(tmp_path: Path, impute: str) -> None:
    recording = labelled(with_dropout(tmp_path / "a.edf"))
    gap = filtered(recording, SETTINGS, TRANSFORM)
    ((first, stop),) = gap.missing.tolist()
    assert (first, stop) == (20 * 64, 27 * 64)
    samples = gap.read(0, gap.samples)
    np.testing.assert_array_equal(
        np.isnan(samples).any(axis=0), np.isin(np.arange(gap.samples), np.arange(first, stop))
    )
    dropouts = Dropouts(most=0.5, impute=impute, recent=5.0)
    filled = filtered(recording, SETTINGS.model_copy(update={"dropouts": dropouts}), TRANSFORM)
    np.testing.assert_array_equal(filled.missing, gap.missing)
    with closing(recording.open()) as opened:
        blocks = TRANSFORM.signal(with_dropouts_as_gaps(opened), 7.0)
        wanted = np.concatenate([b for _, b in imputed(blocks, method=impute, recent=320)], axis=1)
    np.testing.assert_allclose(filled.read(0, filled.samples), wanted, atol=1e-4)
    before = filled.read(0, first)
    np.testing.assert_array_equal(before, samples[:, :first])
    inside = filled.read(first, stop)
    if impute == "average":
        np.testing.assert_allclose(
            inside, np.repeat(before[:, -320:].mean(axis=1)[:, None], stop - first, 1), atol=1e-3
        )
    else:
        assert all(np.isin(row, past).all() for row, past in zip(inside, before[:, -320:], strict=True))


def test_a_gap_of_the_file_is_missing_too(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "a.edf", 60, [])
    interrupt(path, 30, 5)
    assert filtered(labelled(path), SETTINGS, TRANSFORM).missing.tolist() == [[30 * 64, 35 * 64]]


def test_memory_is_time_major(tmp_path: Path) -> None:
    signal = filtered(labelled(write_recording(tmp_path / "a.edf", 60, [])), SETTINGS, TRANSFORM)
    assert signal.file.shape == (60 * 64, 5)
    assert signal.read(0, 256).T.flags.c_contiguous


def test_a_signal_is_known_by_all_that_it_depends_on_and_nothing_else(tmp_path: Path) -> None:
    one = labelled(write_recording(tmp_path / "a.edf", 60, []))

    def key(settings: ExampleSettings = SETTINGS, **changes):
        return signal_key(one, settings, transform_named("raw", **{"rate": 64.0, "high_pass": 0.5} | changes))

    spectrogram = transform_named("spectrogram", rate=64.0, high_pass=0.5, highest=30.0)
    alike = [
        key(),
        key(scale=50.0),
        key(SETTINGS.model_copy(update={"window": 9.0})),
        signal_key(one, SETTINGS, spectrogram),
    ]
    assert all(other == alike[0] for other in alike)
    others = [
        key(rate=32.0),
        key(high_pass=1.0),
        key(causal_filter=True),
        key(SETTINGS.model_copy(update={"montage": "recorded"})),
        key(SETTINGS.model_copy(update={"dropouts": Dropouts(most=0.5)})),
        key(SETTINGS.model_copy(update={"dropouts": Dropouts(most=0.5, impute="average")})),
        signal_key(labelled(write_recording(tmp_path / "b.edf", 60, [], seed=1)), SETTINGS, TRANSFORM),
    ]
    assert len({str(other) for other in [key(), *others]}) == 8
