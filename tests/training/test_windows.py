"""Windows for training: cut from cached signals, apart from gaps, balanced, and the same every time."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from epilepsy import LABELS, eeg, interrupt, write_patients, write_recording
from semeia.datasets import LabelledRecording, balanced_weights, gather
from semeia.errors import DatasetError, StorageError
from semeia.events import Event, Events
from semeia.recipe import Augmentation, Patterns
from semeia.recipe import Examples as ExampleSettings
from semeia.signals import open_recording
from semeia.signals.edf_writer import EdfWriter
from semeia.training.batches import TrainingBatches, can_apply, transformed
from semeia.training.windows import Windows, fitted, prepare, selected
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


def test_a_recording_with_fewer_samples_than_the_transform_gives_is_refused(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "slow.edf", 20, [(5, 5)])
    with pytest.raises(DatasetError, match="slow.edf: its channels have 128 Hz; transform.rate = 200 needs as"):
        prepare([labelled(path, (5, 5))], SETTINGS, transform_named("raw", rate=200.0))


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


# --- drop-outs


@pytest.fixture
def holed(tmp_path: Path) -> LabelledRecording:
    """Return a recording of a minute in which seconds 20 to 22 are zero in all channels."""
    data = eeg(60, [(40, 10)])
    data[:, 20 * 128 : 22 * 128] = 0
    with EdfWriter(tmp_path / "holed.edf", LABELS, 128) as writer:
        writer.write(data)
    return labelled(tmp_path / "holed.edf", (40, 10))


@pytest.mark.parametrize(("most", "lost"), [(0.0, [17, 18, 19, 20, 21]), (0.25, [18, 19, 20]), (0.5, []), (0.9, [])])
def test_windows_that_lack_more_than_the_share_are_left_out_and_others_are_filled(
    holed, transform, most: float, lost: list[int]
) -> None:
    windows = prepare([holed], with_dropouts(most), transform)
    kept = set(windows.examples.start.tolist())
    whole = set(prepare([labelled(holed.path, (40, 10))], with_dropouts(0.99), transform).examples.start.tolist())
    assert sorted(whole - kept) == lost and windows.left_out == len(lost)
    assert windows.missing == pytest.approx(2 / 60)
    assert all(np.isfinite(batch).all() for batch in windows.batches())


def with_dropouts(most: float) -> ExampleSettings:
    return ExampleSettings(window=4.0, step=1.0, dropouts={"most": most})


# --- moved windows


@pytest.mark.parametrize("span", [None, (7.0, 55.5)])
def test_windows_are_moved_but_never_out_of_their_class_their_span_or_into_a_gap(
    tmp_path: Path, transform, span: tuple[float, float] | None
) -> None:
    path = write_recording(tmp_path / "one.edf", 60, [(20, 12)])
    interrupt(path, 40, 5)
    recording = replace(labelled(path, (20, 12)), span=span)
    windows = prepare([recording], SETTINGS, transform)
    made = batches(windows, transform, shift=3.0)
    first, stop = (0.0, 65.0) if span is None else span
    moved: set[int] = set()
    for step in range(10):
        rows = made._drawn(0)[step * 64 : (step + 1) * 64]
        shifts = made._shifts(rows, np.random.default_rng([1, 0, step]))
        for row, shift in zip(rows, shifts, strict=True):
            begin = (windows.first[row] + shift) / 64
            assert first <= begin and begin + 4 <= stop
            inside = min(begin + 4, 32) - max(begin, 20)
            label = windows.examples.label[row]
            assert label == (inside > 0) and (not shift or label == 0 or inside == 4)
            moved.add(shift)
        assert np.isfinite(made.batch(0, step)[0]).all()
    assert -192 <= min(moved) < -180 and 180 < max(moved) <= 192 and len(moved) > 200


def test_a_moved_window_is_what_the_signal_holds_there(recordings, transform) -> None:
    windows = prepare(recordings[:1], SETTINGS, transform)
    made = batches(windows, transform, shift=2.0)
    inputs, _ = made.batch(0, 0)
    rows, signal = made._drawn(0)[:64], windows.signals[0]
    whole = transform.apply(signal.read(0, signal.samples))
    for row, example in zip(rows, inputs, strict=True):
        begin = max(0, windows.first[row] - 128)
        places = [k for k in range(begin, windows.first[row] + 129) if np.array_equal(whole[:, k : k + 256], example)]
        assert len(places) == 1


# --- signals kept as the transform gives them


@pytest.mark.parametrize("changes", [{}, {"mixup": 0.4}])
@pytest.mark.parametrize("most", [0.0, 0.6])
def test_signals_kept_as_the_transform_gives_them_make_the_same_batches(holed, transform, changes, most) -> None:
    assert can_apply(transform, Augmentation(**changes))
    plain, kept = (prepare([holed], with_dropouts(most), transform, applied=applied) for applied in (False, True))
    assert plain.key != kept.key and plain.signals[0].file.path != kept.signals[0].file.path
    np.testing.assert_array_equal(plain.signals[0].missing, kept.signals[0].missing)
    np.testing.assert_array_equal(plain.first, kept.first)
    np.testing.assert_array_equal(plain.room, kept.room)
    one, other = (batches(windows, transform, **changes) for windows in (plain, kept))
    for step in range(3):
        for mine, yours in zip(one.batch(0, step), other.batch(0, step), strict=True):
            np.testing.assert_allclose(mine, yours, atol=1e-6)


def test_signals_are_kept_so_only_where_nothing_is_done_to_windows_before(transform, spectrogram) -> None:
    assert can_apply(transform) and not can_apply(spectrogram)
    for change in (
        {"channels": True},
        {"shift": 1.0},
        {"amplitude": 2.0},
        {"invert": True},
        {"noise": 0.1},
        {"mirror": True},
        {"channel_dropout": 0.1},
    ):
        assert not can_apply(transform, Augmentation(**change))


# --- pictures, kept on disk


@pytest.fixture
def spectrogram(recordings, transform) -> Transform:
    made = transform_named("spectrogram", rate=64.0, high_pass=0.5, window=1.0, highest=30.0)
    return fitted(prepare(recordings, SETTINGS, made), made, 0)


def examples_files(home: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mtime_ns for file in (home / "cache" / "examples").glob("*.npy")}


def test_pictures_kept_on_disk_are_those_made_anew(recordings, spectrogram, home: Path) -> None:
    windows = prepare(recordings, SETTINGS, spectrogram)
    kept = batches(windows, spectrogram)
    assert kept._rows is not None
    inputs, classes = kept.batch(2, 1)
    rows = kept._drawn(2)[64:128]
    anew = spectrogram.apply(np.stack([windows.read(row).T for row in rows]))
    np.testing.assert_allclose(inputs, anew, atol=1e-5)
    np.testing.assert_array_equal(classes, windows.examples.label[rows])
    there = examples_files(home)
    other = replace(spectrogram, mean=tuple(m + 1 for m in spectrogram.mean))  # of another fold: normalised only now
    np.testing.assert_allclose(
        batches(windows, other).batch(2, 1)[0], other.apply(np.stack([windows.read(row).T for row in rows])), atol=1e-5
    )
    assert examples_files(home) == there
    mask = windows.examples.label == 0
    mask[0] = False
    mask[windows.examples.label == 1] = True
    few = selected(windows, mask)
    np.testing.assert_allclose(
        transformed(few, spectrogram)(np.array([0])), spectrogram.apply(few.read(0).T[None]), atol=1e-5
    )
    assert len(examples_files(home)) == len(there) + 1


def test_pictures_are_made_anew_under_augmentation(recordings, spectrogram) -> None:
    windows = prepare(recordings, SETTINGS, spectrogram)
    changed = batches(windows, spectrogram, invert=True, amplitude=2.0)
    assert changed._rows is None
    inputs, _ = changed.batch(0, 0)
    plain, _ = batches(windows, spectrogram).batch(0, 0)
    assert inputs.shape == plain.shape and not np.allclose(inputs, plain)
    louder = (inputs - plain) * np.asarray(spectrogram.sd, np.float32).reshape(-1, 1)
    np.testing.assert_allclose(
        louder, np.broadcast_to(louder.mean(axis=(1, 2, 3), keepdims=True), louder.shape), atol=0.05
    )


def test_what_examples_are_known_by_changes_with_all_that_they_hold(tmp_path: Path, recordings, transform) -> None:
    def key(made, settings=SETTINGS, with_transform=transform) -> str:
        return str(prepare(made, settings, with_transform).key)

    assert key(recordings[:2]) == key(recordings[:2])
    other = write_recording(tmp_path / "other.edf", seed=77)
    longer = transform_named("raw", rate=64.0)
    keys = [
        key(recordings[:2]),
        key(recordings[1::-1]),
        key(recordings[:1]),
        key([labelled(other, (40, 30), (100, 25)), recordings[1]]),
        key(recordings[:2], ExampleSettings(window=5.0)),
        key(recordings[:2], ExampleSettings(window=4.0, step=2.0)),
        key(recordings[:2], with_transform=longer),
        key([replace(recordings[0], span=(0.0, 50.0)), recordings[1]]),
    ]
    assert len(set(keys)) == len(keys)


# --- targets


def test_mixup_mixes_examples_and_their_classes_alike(recordings, transform) -> None:
    windows = prepare(recordings, SETTINGS, transform)
    plain, classes = batches(windows, transform).batch(0, 0)
    inputs, targets = batches(windows, transform, mixup=0.4).batch(0, 0)
    assert targets.shape == (64, 2) and targets.dtype == np.float32
    np.testing.assert_allclose(targets.sum(axis=1), 1, atol=1e-6)
    flat = plain.reshape(64, -1)
    for example, target, number in zip(inputs.reshape(64, -1), targets, range(64), strict=True):
        # The example is own * x + (1 - own) * y of one other: find it by what is left.
        shares = [
            (np.dot(example - y, flat[number] - y) / max(np.dot(flat[number] - y, flat[number] - y), 1e-9), k)
            for k, y in enumerate(flat)
        ]
        assert any(
            np.allclose(own * flat[number] + (1 - own) * flat[k], example, atol=1e-4)
            and np.allclose(own * np.eye(2)[classes[number]] + (1 - own) * np.eye(2)[classes[k]], target, atol=1e-3)
            for own, k in shares
        )


PATTERNS = Patterns(kind="patterns", patterns=["spike", "slow"])


@pytest.fixture
def marked(tmp_path: Path) -> LabelledRecording:
    """Return a recording in which C3 shows spikes and all channels slow waves, each told by its loudness."""
    data = eeg(60, [])
    data[2, 10 * 128 : 14 * 128] += 1000
    data[:, 30 * 128 : 36 * 128] += 200
    with EdfWriter(tmp_path / "marked.edf", LABELS, 128) as writer:
        writer.write(data)
    events = Events([Event(10, 4, "spike", ("C3",)), Event(30, 6, "slow")])
    return LabelledRecording(tmp_path / "marked.edf", "p", events, 60.0, "a")


def test_patterns_of_recordings_with_other_channels_share_a_batch(tmp_path: Path, marked) -> None:
    transform = transform_named("raw", rate=64.0)
    data = eeg(20, [], channels=7)
    data[1, 5 * 128 : 9 * 128] += 1000
    with EdfWriter(tmp_path / "wide.edf", ("F3", "F4", "C3", "C4", "P3", "P4", "O2"), 128) as writer:
        writer.write(data)
    wide = LabelledRecording(tmp_path / "wide.edf", "q", Events([Event(5, 4, "spike", ("F4",))]), 20.0, "b")
    windows = prepare([marked, wide], ExampleSettings(window=2.0, overlap=1.0), transform, task=PATTERNS)
    made = batches(windows, transform)
    for step in range(4):
        inputs, targets = made.batch(0, step)
        assert inputs.shape == (64, 5, 128) and targets.shape == (64, 5, 2)
        np.testing.assert_array_equal(inputs.mean(axis=2) > 3, targets[..., 0] == 1)
    every = windows.targets(np.arange(len(windows.examples)))
    np.testing.assert_array_equal(np.isnan(every[:, 5:]).all(axis=(1, 2)), windows.examples.recording == 0)
    assert not np.isnan(every[:, :5]).any()


@pytest.mark.parametrize("channels", [False, True])
def test_patterns_stay_with_their_channels(marked, channels: bool) -> None:
    transform = transform_named("raw", rate=64.0)
    windows = prepare([marked], ExampleSettings(window=2.0, step=1.0, overlap=1.0), transform, task=PATTERNS)
    made = batches(windows, transform, channels=channels)
    seen = np.zeros(2)
    for step in range(6):
        inputs, targets = made.batch(0, step)
        assert targets.shape == (*inputs.shape[:2], 2) and targets.dtype == np.float32
        level = inputs.mean(axis=2)  # raw: µV / 100, softly clipped
        np.testing.assert_array_equal(level > 3, targets[..., 0] == 1)
        np.testing.assert_array_equal((level > 1) & (level < 3), targets[..., 1] == 1)
        seen += targets.sum(axis=(0, 1))
        assert inputs.shape[1] == 5 or channels
    assert (seen > 0).all()
    weights = balanced_weights(windows.examples)
    shown = windows.targets(np.arange(len(windows.examples))).mean(axis=1)
    np.testing.assert_allclose(made.shares, weights @ shown, rtol=1e-6)


def test_mixed_patterns_are_mixed_by_channel(marked) -> None:
    transform = transform_named("raw", rate=64.0)
    windows = prepare([marked], ExampleSettings(window=2.0, step=1.0, overlap=1.0), transform, task=PATTERNS)
    _, targets = batches(windows, transform, mixup=0.5).batch(0, 0)
    assert targets.shape == (64, 5, 2) and ((targets > 0) & (targets < 1)).any()
    assert targets.min() >= 0 and targets.max() <= 1


def test_a_pattern_that_no_window_shows_is_said(marked) -> None:
    transform = transform_named("raw", rate=64.0)
    task = Patterns(kind="patterns", patterns=["spike", "sharp"])
    windows = prepare([marked], ExampleSettings(window=2.0, overlap=1.0), transform, task=task)
    with pytest.raises(DatasetError, match="the training recordings show no sharp in any window: check its label"):
        batches(windows, transform)


def test_without_balance_every_window_is_drawn_alike(recordings, transform) -> None:
    windows = prepare(recordings, SETTINGS, transform)
    made = TrainingBatches(
        windows, transform, Augmentation(), batch_size=64, examples_per_epoch=6400, seed=0, balance=False
    )
    share = (windows.examples.label == 1).mean()
    assert made.shares[1] == pytest.approx(share)
    assert (windows.examples.label[made._drawn(0)] == 1).mean() == pytest.approx(share, abs=0.03)
    np.testing.assert_allclose(batches(windows, transform).shares, [0.5, 0.5])


def test_a_mirror_needs_the_same_channels_everywhere(tmp_path: Path, recordings, transform) -> None:
    other = write_recording(tmp_path / "other.edf", 60, [(20, 10)], labels=("F3", "F4", "C3", "C4", "O2"))
    windows = prepare([recordings[0], labelled(other, (20, 10), patient="other")], SETTINGS, transform)
    with pytest.raises(DatasetError, match=r"augmentation.mirror: other.edf has other channels than patient1_01.edf"):
        batches(windows, transform, mirror=True)
