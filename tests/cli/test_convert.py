"""``semeia convert``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from command import assert_one_line, files_under, semeia

import vendors
from epilepsy import write_recording
from semeia.signals import open_recording


def test_a_recording_of_several_files_becomes_one(run, tmp_path: Path) -> None:
    wanted = vendors.brainvision(tmp_path / "a.vhdr")
    code, out, _ = run("convert", str(tmp_path / "a.vhdr"), str(tmp_path / "out.edf"))
    assert code == 0
    assert out.splitlines()[0].startswith("lost     samples rounded to 16 bits, by at most 0.00")
    assert out.splitlines()[-1] == f"written  {tmp_path / 'out.edf'}"
    with open_recording(tmp_path / "out.edf") as recording:
        np.testing.assert_allclose(recording.read(0, 3), wanted, atol=0.01)
        assert [event.label for event in recording.events] == ["seizure"]


def test_an_edf_file_is_copied_and_said_to_be(run, tmp_path: Path) -> None:
    write_recording(tmp_path / "a.edf", subject="p7")
    code, out, _ = run("convert", str(tmp_path / "a.edf"), str(tmp_path / "b.edf"))
    assert (code, out) == (0, f"written  {tmp_path / 'b.edf'}: the samples bit for bit\n")


def test_a_file_that_is_there_is_replaced_only_when_asked_for(run, tmp_path: Path) -> None:
    write_recording(tmp_path / "a.edf", subject="p7")
    (tmp_path / "b.edf").write_bytes(b"mine")
    code, _, err = run("convert", str(tmp_path / "a.edf"), str(tmp_path / "b.edf"))
    assert code == 1 and "is there already; choose another name, or replace it with --overwrite" in err
    assert (tmp_path / "b.edf").read_bytes() == b"mine"
    assert run("convert", str(tmp_path / "a.edf"), str(tmp_path / "b.edf"), "--overwrite")[0] == 0
    before = (tmp_path / "a.edf").read_bytes()
    (tmp_path / "link.edf").symlink_to(tmp_path / "a.edf")
    for own in ("a.edf", "link.edf"):
        code, _, err = run("convert", str(tmp_path / "a.edf"), str(tmp_path / own), "--overwrite")
        assert code == 1 and "is the recording itself" in err
    assert (tmp_path / "a.edf").read_bytes() == before


def test_names_and_files_that_will_not_do_are_one_line(run, tmp_path: Path) -> None:
    write_recording(tmp_path / "a.edf")
    for arguments, words in (
        (("a.edf", "b.txt"), "b.txt: the name must end in .edf (16 bits a sample) or .bdf (24 bits)"),
        (("no.edf", "b.edf"), "no.edf: there is no such file"),
        (("a.edf", "absent/b.edf"), "cannot be written"),
    ):
        code, _, err = run("convert", *(str(tmp_path / name) for name in arguments))
        assert code == 1 and words in err and err.count("\n") == 1


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    write_recording(tmp_path / "a.edf")
    assert_one_line(semeia("convert", tmp_path / "a.edf", tmp_path / "b.edf", full_at=20_000), "b.edf")
    assert files_under(tmp_path) == {"a.edf"}
