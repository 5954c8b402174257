"""`semeia simulate` writes what it says, and overwrites nothing unasked."""

from __future__ import annotations

from pathlib import Path

import pytest

from semeia.cli.simulate import simulate
from semeia.errors import FileError
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
