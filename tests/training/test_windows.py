"""Windows for training: cut from cached signals, apart from gaps, balanced, and the same every time."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from epilepsy import LABELS, interrupt, write_patients, write_recording
from semeia.datasets import LabelledRecording, gather
from semeia.errors import DatasetError, StorageError
from semeia.events import Event, Events
from semeia.recipe import Augmentation
from semeia.recipe import Examples as ExampleSettings
from semeia.signals import open_recording
from semeia.training.windows import TrainingBatches, Windows, prepare
from semeia.transforms import Transform, transform_named

SETTINGS = ExampleSettings(window=4.0, step=1.0)


@pytest.fixture
def transform() -> Transform:
    return transform_named("raw", rate=64.0, high_pass=0.5)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[LabelledRecording]:
    return gather("folder", path=write_patients(tmp_path_factory.mktemp("data"), 3))


def batches(windows: Windows, transform: Transform, seed: int = 1, **changes) -> TrainingBatches:
    return TrainingBatches(
        windows,
        transform,
        Augmentation(**changes),
        batch_size=64,
        examples_per_epoch=6400,
        seed=seed,
    )


def labelled(path: Path, *seizures: tuple[float, float], patient: str = "one") -> LabelledRecording:
    with open_recording(path) as recording:
        events = Events([Event(*seizure) for seizure in seizures], duration=recording.duration)
        return LabelledRecording(path, patient, events, recording.duration, group=path.stem)


def test_the_cached_signal_is_that_of_the_whole_recording(recordings, transform) -> None:
    windows = prepare(recordings[:1], SETTINGS, transform)
    with open_recording(recordings[0].path) as recording:
        whole = np.concatenate([block for _, block in transform.signal(recording, 1e6)], axis=1)
    signal = windows.signals[0]
    assert (signal.samples, signal.labels, len(signal.missing)) == (whole.shape[1], LABELS, 0)
    np.testing.assert_allclose(signal.read(0, signal.samples), whole, atol=1e-3)
    np.testing.assert_array_equal(signal.read(100, 164), signal.read(0, signal.samples)[:, 100:164])
    blocks = dict(signal.blocks(64, signal.samples))
    np.testing.assert_array_equal(np.concatenate(list(blocks.values()), axis=1), signal.read(64, signal.samples))
    assert next(iter(blocks)) == 0


def test_a_signal_is_made_once_and_anew_for_another_transform_or_file(
    tmp_path: Path, transform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEMEIA_HOME", str(tmp_path / "home"))
    cache = tmp_path / "home" / "cache" / "signals"
    path = write_recording(tmp_path / "one.edf", 20, [(5, 5)])
    recording = labelled(path, (5, 5))

    def prepared(with_transform: Transform) -> set[str]:
        prepare([recording], SETTINGS, with_transform)
        return {file.name for file in cache.glob("*.npy")}

    first = prepared(transform)
    assert len(first) == 1
    made = (cache / next(iter(first))).stat().st_mtime_ns
    assert prepared(transform) == first
    assert (cache / next(iter(first))).stat().st_mtime_ns == made
    assert len(prepared(transform_named("raw", rate=64.0))) == 2
    os.utime(path, ns=(1, 1))
    shutil.copy(path, tmp_path / "moved.edf")
    recording = replace(recording, path=tmp_path / "moved.edf")
    assert len(prepared(transform)) == 2  # known by its content, wherever it lies
    write_recording(tmp_path / "moved.edf", 20, [(5, 5)], seed=1)
    assert len(prepared(transform)) == 3


def test_a_window_is_where_its_label_says(recordings, transform) -> None:
    windows = prepare(recordings, SETTINGS, transform)
    assert (windows.window, windows.step) == (256, 64)
    np.testing.assert_array_equal(windows.first, np.rint(windows.examples.start * 64))
    loud = [
        np.std(windows.signals[number].read(first, first + 256)) > 60
        for number, first in zip(windows.examples.recording, windows.first, strict=True)
    ]
    np.testing.assert_array_equal(loud, windows.examples.label == 1)


def test_windows_that_touch_a_gap_are_left_out(tmp_path: Path, transform) -> None:
    path = write_recording(tmp_path / "gap.edf", 60, [(40, 10)])
    interrupt(path, 20, 7)  # seconds 20 to 27 were not recorded
    windows = prepare([labelled(path, (47, 10))], SETTINGS, transform)
    start = windows.examples.start
    assert not ((start > 16) & (start < 27)).any()
    assert {16.0, 27.0} <= set(start)
    stretches = np.stack([windows.signals[0].read(first, first + 256) for first in windows.first])
    assert np.isfinite(stretches).all()


def test_a_batch_is_the_same_for_the_same_seed_epoch_and_step(recordings, transform) -> None:
    windows = prepare(recordings, SETTINGS, transform)
    changes = {"channels": True, "amplitude": 2.0, "invert": True, "noise": 0.5}
    one, other = (batches(windows, transform, **changes) for _ in range(2))
    other.batch(4, 1)
    for epoch, step in ((0, 0), (3, 7), (0, 1)):
        for mine, yours in zip(one.batch(epoch, step), other.batch(epoch, step), strict=True):
            np.testing.assert_array_equal(mine, yours)
    first = one.batch(0, 0)[0]
    for changed in (
        one.batch(0, 1),
        one.batch(1, 0),
        batches(windows, transform, seed=2, **changes).batch(0, 0),
    ):
        assert changed[0].shape != first.shape or not np.array_equal(changed[0], first)


def test_without_augmentation_a_batch_is_what_the_network_sees_of_the_recording(recordings, transform) -> None:
    windows = prepare(recordings[:1], SETTINGS, transform)
    inputs, classes = batches(windows, transform).batch(0, 0)
    assert inputs.shape == (64, 5, 256) and inputs.dtype == np.float32 and classes.dtype == np.int64
    cut = transform.apply(np.stack([windows.signals[0].read(first, first + 256) for first in windows.first]))
    for example, label in zip(inputs, classes, strict=True):
        (row,) = np.flatnonzero((cut == example).all(axis=(1, 2)))
        assert windows.examples.label[row] == label


def test_the_last_batch_of_an_epoch_is_what_is_left(recordings, transform) -> None:
    windows = prepare(recordings, SETTINGS, transform)
    made = TrainingBatches(windows, transform, Augmentation(), batch_size=64, examples_per_epoch=100, seed=0)
    assert [len(made.batch(0, step)[1]) for step in (0, 1)] == [64, 36]


def drawn(windows: Windows, transform: Transform) -> Counter[tuple[str, int]]:
    """Count patients and classes over an epoch of 6400 examples."""
    rows = batches(windows, transform)._drawn(0)
    return Counter(zip(windows.examples.patient[rows].tolist(), windows.examples.label[rows].tolist(), strict=True))


def test_patients_and_their_classes_are_drawn_alike(tmp_path: Path, recordings, transform) -> None:
    much = write_recording(tmp_path / "much.edf", 400, [(200, 8)], seed=9)
    windows = prepare([*recordings, labelled(much, (200, 8), patient="much")], SETTINGS, transform)
    counts = drawn(windows, transform)
    assert len(counts) == 8
    for count in counts.values():
        assert count == pytest.approx(800, abs=5 * np.sqrt(800))


def test_a_source_with_more_weight_is_drawn_more_often(recordings, transform) -> None:
    heavy = [replace(recordings[0], weight=4.0), *recordings[1:]]
    counts = drawn(prepare(heavy, SETTINGS, transform), transform)
    assert counts["patient1", 1] == pytest.approx(6400 * 4 / 6 / 2, rel=0.1)
    assert counts["patient2", 0] == pytest.approx(6400 * 1 / 6 / 2, rel=0.15)


def test_recordings_with_other_channels_share_a_batch(tmp_path: Path, recordings, transform) -> None:
    labels = ("F3", "F4", "C3", "C4", "P3", "P4", "O1", "O2")
    wide = write_recording(tmp_path / "wide.edf", 60, [(20, 10)], labels=labels)
    windows = prepare([recordings[0], labelled(wide, (20, 10), patient="wide")], SETTINGS, transform)
    assert batches(windows, transform).batch(0, 0)[0].shape == (64, 5, 256)
    widths = {batches(windows, transform, channels=True).batch(0, step)[0].shape[1] for step in range(20)}
    assert widths == {4, 5}


@pytest.mark.parametrize(("seizures", "missing"), [([], "seizure"), ([(0, 20)], "background")])
def test_training_needs_every_class(tmp_path: Path, transform, seizures, missing: str) -> None:
    path = write_recording(tmp_path / "one.edf", 20, [])
    windows = prepare([labelled(path, *seizures)], SETTINGS, transform)
    with pytest.raises(DatasetError, match=f"no {missing} window of 4 s: training needs every class"):
        batches(windows, transform)


def test_a_recording_that_cannot_be_used_is_named(tmp_path: Path, transform) -> None:
    few = write_recording(tmp_path / "few.edf", 20, [(5, 5)], labels=("C3", "C4", "ECG"))
    with pytest.raises(DatasetError, match="few.edf: at least 4 scalp channels are needed; there are 2: C3, C4"):
        prepare([labelled(few, (5, 5))], SETTINGS, transform)


def test_a_recording_that_is_damaged_is_named_once(tmp_path: Path, transform) -> None:
    path = write_recording(tmp_path / "cut.edf", 20, [(5, 5)])
    recording = labelled(path, (5, 5))
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(DatasetError, match=r"^cut.edf: ") as caught:
        prepare([recording], SETTINGS, transform)
    assert str(caught.value).count("cut.edf") == 1


def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path, transform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMEIA_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "cache").write_text("a file where a folder should be")
    path = write_recording(tmp_path / "one.edf", 20, [(5, 5)])
    with pytest.raises(StorageError, match="cache.signals: this folder cannot be made"):
        prepare([labelled(path, (5, 5))], SETTINGS, transform)
