"""Vendors' formats, read by MNE-Python: small files of each are what they say, and bad ones end in one line."""

from __future__ import annotations

import random
import subprocess
import sys
import textwrap
import time
from datetime import datetime
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import vendors
from semeia.errors import FileError, RecordingError, SemeiaError
from semeia.signals import Gap, open_recording
from semeia.signals.mne_formats import MneRecording

START = datetime(2020, 2, 3, 4, 5, 6)
KINDS = {
    "a.vhdr": (vendors.brainvision, START, "", "seizure"),
    "in.set": (partial(vendors.eeglab, beside=False), None, "", "seizure"),
    "out.set": (partial(vendors.eeglab, beside=True), None, "", "seizure"),
    "a.lay": (vendors.persyst, datetime(2020, 2, 3, 4, 5, 6), "p7", "seizure"),
    "a.raw": (vendors.egi, START, "", "sz01"),
    "a.gdf": (vendors.gdf, START, "p7", "768"),
    "a.eeg": (vendors.nihon, None, "", "seizure"),
    "a.cnt": (vendors.neuroscan, START, "", "7"),
    "a.data": (vendors.nicolet, START, "", ""),
    "a_raw.fif": (vendors.fif, None, "", "seizure"),
    "a_raw.fif.gz": (vendors.fif, None, "", "seizure"),
}


@pytest.fixture(params=sorted(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


def test_samples_labels_times_and_marks_are_those_of_the_file(kind: str, tmp_path: Path) -> None:
    write, started_at, subject, label = KINDS[kind]
    wanted = write(tmp_path / kind)
    with open_recording(tmp_path / kind) as recording:
        assert isinstance(recording, MneRecording)
        assert (recording.rate, recording.duration, recording.subject) == (200, 3, subject)
        assert recording.started_at == started_at
        names = ["E1", "E2", "E3"] if kind == "a.raw" else vendors.LABELS
        assert [c.label.lower() for c in recording.channels[:3]] == [name.lower() for name in names]
        assert {c.unit for c in recording.channels[:3]} == {"uV"}
        samples = recording.read(0, 3)
        assert samples.dtype == np.float32
        np.testing.assert_allclose(samples[:3], wanted, atol=1e-4)
        np.testing.assert_array_equal(recording.read_samples(150, 301, [2, 0, 2]), samples[[2, 0, 2], 150:451])
        assert [(event.onset, event.label) for event in recording.events] == ([(1.0, label)] if label else [])
        assert recording.gaps == ()


@pytest.mark.parametrize("name", ["a.cnt", "a.raw", "a.vhdr"])
def test_the_clock_is_that_of_the_file_in_any_time_zone(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    KINDS[name][0](tmp_path / name)
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        with open_recording(tmp_path / name) as recording:
            assert recording.started_at == START
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_window_is_resampled_as_of_any_recording(tmp_path: Path) -> None:
    vendors.brainvision(tmp_path / "a.vhdr")
    with open_recording(tmp_path / "a.vhdr") as recording:
        assert recording.read(0.5, 2.5, rate=100).shape == (3, 200)
        with pytest.raises(RecordingError, match="not within"):
            recording.read(0, 3.1)
        assert [file.name for file in recording.files] == ["a.vhdr", "a.eeg", "a.vmrk"]
    with pytest.raises(RecordingError, match="a.vhdr: the recording was closed"):
        recording.read(0, 1)


def test_what_was_not_recorded_is_a_gap_and_nan(tmp_path: Path) -> None:
    wanted = vendors.fif(tmp_path / "a_raw.fif", gap=True)
    with open_recording(tmp_path / "a_raw.fif") as recording:
        assert recording.gaps == (Gap(1.0, 2.0),)
        samples = recording.read(0.5, 2.5)
        assert np.isnan(samples[:, 100:300]).all() and not np.isnan(samples[:, [0, 99, 300, 399]]).any()
        np.testing.assert_allclose(samples[:, 300:], wanted[:, 400:500], atol=1e-4)
        assert [event.label for event in recording.events] == ["seizure"]


def test_triggers_and_fields_keep_their_own_unit(tmp_path: Path) -> None:
    import mne

    info = mne.create_info(["Fp1", "STI", "MEG1"], 100, ["eeg", "stim", "mag"], verbose="error")
    raw = mne.io.RawArray(np.array([[5e-5] * 100, [7.0] * 100, [2e-13] * 100]), info, first_samp=50, verbose="error")
    raw.set_meas_date(START.replace(tzinfo=mne.utils.numerics.UTC)).save(tmp_path / "a_raw.fif", verbose="error")
    with open_recording(tmp_path / "a_raw.fif") as recording:
        assert [channel.unit for channel in recording.channels] == ["uV", "", "T"]
        np.testing.assert_allclose(recording.read(0, 1)[:, 0], [50, 7, 2e-13], rtol=1e-6)
        assert recording.started_at == START.replace(microsecond=500_000)


@pytest.mark.parametrize(
    ("name", "gone", "words"),
    [
        ("a.vhdr", "a.eeg", "several files, and a.eeg is not beside this one: put them into one folder"),
        ("a.vhdr", "a.vmrk", "several files, and a.vmrk is not beside this one"),
        ("out.set", "out.fdt", "several files, and .fdt is not beside this one"),
        ("a.lay", "a.dat", "several files, and .dat is not beside this one"),
        ("a.data", "a.head", "several files, and .head is not beside this one"),
    ],
)
def test_a_file_that_is_not_there_is_named(tmp_path: Path, name: str, gone: str, words: str) -> None:
    KINDS[name][0](tmp_path / name)
    (tmp_path / gone).unlink()
    with pytest.raises(FileError, match=words):
        open_recording(tmp_path / name)


@pytest.mark.parametrize("data_file", ["../secret.eeg", "/etc/passwd", "..\\secret.eeg", "sub/a.eeg"])
def test_no_header_names_samples_outside_its_folder(tmp_path: Path, data_file: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "secret.eeg").write_bytes(bytes(6000))
    vendors.brainvision(tmp_path / "sub" / "a.vhdr", data_file)
    with pytest.raises(FileError, match="names files outside its folder"):
        open_recording(tmp_path / "sub" / "a.vhdr")


def test_samples_of_eeglab_are_taken_from_its_folder_alone(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    vendors.eeglab(tmp_path / "sub" / "a.set", beside=True)
    data = (tmp_path / "sub" / "a.set").read_bytes()
    (tmp_path / "sub" / "a.fdt").rename(tmp_path / "a.fdt")
    (tmp_path / "sub" / "a.set").write_bytes(data)
    with pytest.raises(FileError):
        open_recording(tmp_path / "sub" / "a.set")


def test_damaged_files_end_in_one_line(kind: str, tmp_path: Path, count) -> None:
    KINDS[kind][0](tmp_path / kind)
    good = (tmp_path / kind).read_bytes()
    draw = random.Random(kind)
    for _ in range(count(200)):
        data = bytearray(good[: draw.choice([len(good), draw.randrange(len(good))])])
        for _ in range(draw.choice([0, 1, 4])):
            if data:
                data[draw.randrange(min(len(data), 1000))] = draw.randrange(256)
        (tmp_path / kind).write_bytes(data)
        try:
            with open_recording(tmp_path / kind) as recording:
                recording.read_samples(0, min(recording.sample_count(), 1000))
                assert len(recording.events) < 1000
        except SemeiaError as error:
            assert str(error).startswith(f"{kind}: ") and "\n" not in str(error) and len(str(error)) < 400


def test_without_mne_one_line_says_which_extra_and_nothing_else_needs_it(tmp_path: Path) -> None:
    vendors.brainvision(tmp_path / "a.vhdr")
    code = f"""
        import sys
        import semeia, semeia.signals, semeia.signals.opening, semeia.cli
        assert not [name for name in sys.modules if name.split(".")[0] in ("mne", "torch")]
        sys.modules["mne"] = None
        try:
            semeia.open({str(tmp_path / "a.vhdr")!r})
        except semeia.errors.FileError as error:
            print(error)
    """
    answer = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    assert answer.stdout == (
        "a.vhdr: BrainVision is read by MNE-Python, which is not installed: pip install 'semeia[formats]'\n"
    )
