"""One door to events on disk: `semeia.events.read_events`."""

from __future__ import annotations

import pytest

from semeia.errors import FileError
from semeia.events import Event, Events, read_events, write_tsv


def test_tsv_is_read_whatever_its_ending(tmp_path):
    write_tsv(Events([Event(1, 2)], duration=10), tmp_path / "a.txt")
    assert read_events(tmp_path / "a.txt")[0].onset == 1


def test_summary_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(FileError, match="tells of many recordings"):
        read_events(tmp_path / "chb01-summary.txt")


def test_missing_files_are_refused(tmp_path):
    for name in ("a.tsv", "a.edf.seizures"):
        with pytest.raises(FileError, match=f"{name}: no such file"):
            read_events(tmp_path / name)
