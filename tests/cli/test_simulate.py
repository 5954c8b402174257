"""`semeia simulate` writes what it says, and overwrites nothing unasked."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import assert_one_line, semeia

from semeia.cli.simulate import simulate
from semeia.datasets.aes2014 import aes2014
from semeia.errors import FileError, RecordingError
from semeia.signals import open_recording


def test_patients_get_a_folder_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    simulate(tmp_path / "set", hours=0.1, patients=2, seizures=10)
    for name in ("sim01", "sim02"):
        with open_recording(tmp_path / "set" / name / f"{name}_01.edf") as recording:
            assert recording.duration == 360
            assert len(recording.channels) == 23
            assert len(recording.events) == 1
        assert (tmp_path / "set" / name / f"{name}_01_events.tsv").is_file()
    assert "0.1 h, 23 channels at 256 Hz, 1 seizure; truth in sim02_01_events.tsv" in capsys.readouterr().out


def test_nothing_is_overwritten_without_force(tmp_path: Path) -> None:
    target = tmp_path / "one.edf"
    simulate(target, hours=0.01, seizures=0)
    before = target.read_bytes()
    with pytest.raises(FileError, match="--force"):
        simulate(target, hours=0.01, seed=2)
    assert target.read_bytes() == before
    simulate(target, hours=0.01, seed=2, seizures=0, force=True)
    assert target.read_bytes() != before


def test_several_patients_do_not_go_into_one_file(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="folder"):
        simulate(tmp_path / "one.edf", patients=2)


def test_a_set_is_written_in_a_layout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    simulate(tmp_path / "set", layout="aes2014", patients=1, hours=2, file_seconds=2, test_files=1, preictal=0, seed=4)
    assert len(aes2014(tmp_path / "set", part="all")) == 13
    said = capsys.readouterr().out
    assert "13 files, 0." in said
    assert "MB, in the layout of aes2014; source: aes2014" in said


def test_options_of_sets_and_of_recordings_are_kept_apart(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="--dropouts is of sets: it needs --layout"):
        simulate(tmp_path / "one.edf", dropouts=0.1)
    with pytest.raises(RecordingError, match="takes no montage; it takes patients"):
        simulate(tmp_path / "set", layout="chbmit", montage="referential")
    assert not list(tmp_path.iterdir())


def test_layout_is_an_option_of_the_command(tmp_path: Path) -> None:
    said = semeia("simulate", "--layout", "nowhere", tmp_path / "set")
    assert_one_line(said, "layout 'nowhere' is none of aes2014, melbourne2016, seeg, chbmit, siena")
    said = semeia("simulate", "--layout", "aes2014", "--hours", "0", tmp_path / "set")
    assert_one_line(said, "0 hours: a contest's set has whole hours of six files, 2 or more a patient")
    assert not list(tmp_path.iterdir())
