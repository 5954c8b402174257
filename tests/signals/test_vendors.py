"""Vendors' formats by their names: what folders are searched for, and what a part of a recording says."""

from __future__ import annotations

from pathlib import Path

import pytest

import vendors
from semeia.errors import FileError
from semeia.signals import open_recording
from semeia.signals.opening import files_under
from semeia.signals.vendors import FORMATS


def test_folders_are_searched_for_headers_not_for_what_belongs_to_them(tmp_path: Path) -> None:
    writers = {".cnt": vendors.neuroscan, ".gdf": vendors.gdf, ".lay": vendors.persyst, ".raw": vendors.egi}
    writers |= {".vhdr": vendors.brainvision, ".eeg": vendors.nihon, ".data": vendors.nicolet}
    for ending, write in writers.items():
        write(tmp_path / f"a{ending}")
    for name in ("a_raw.fif", "a_raw.fif.gz"):
        vendors.fif(tmp_path / name)
    vendors.eeglab(tmp_path / "in.set", beside=False)
    vendors.eeglab(tmp_path / "out.set", beside=True)
    vendors.brainvision(tmp_path / "b.vhdr")
    (tmp_path / "a_raw-1.fif").write_bytes(b"the second part")
    names = [path.name for path in files_under(tmp_path)]
    # a.eeg stands beside a.vhdr here: those are BrainVision's samples; .data is opened when named
    assert names == [
        "a.cnt",
        "a.gdf",
        "a.lay",
        "a.raw",
        "a.vhdr",
        "a_raw.fif",
        "a_raw.fif.gz",
        "b.vhdr",
        "in.set",
        "out.set",
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.vmrk", "is only a part of a recording: open BrainVision's .vhdr beside it"),
        ("a.fdt", "is only a part of a recording: open EEGLAB's .set beside it"),
        ("a.eeg", "if it holds the samples of a BrainVision recording, open the .vhdr beside it"),
    ],
)
def test_a_part_says_what_to_open(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / name).write_bytes(bytes(1000))
    with pytest.raises(FileError, match=words):
        open_recording(tmp_path / name)


def test_every_reader_is_one_of_mne() -> None:
    import mne

    assert all(callable(getattr(mne.io, found.reader)) for found in FORMATS.values())
