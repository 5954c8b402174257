"""The probability track and its file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from semeia.errors import StorageError
from semeia.inference import Track


def test_the_file_has_the_centres_of_windows_and_leaves_unscored_ones_empty(tmp_path: Path) -> None:
    track = Track(np.array([0.25, np.nan, 1], np.float32), window=8, hop=0.5, duration=9)
    track.write(tmp_path / "track.csv")
    assert (tmp_path / "track.csv").read_text() == "time,probability\n4.000,0.250000\n4.500,\n5.000,1.000000\n"
    assert track.unscored == 1


def test_times_stay_exact_over_a_day(tmp_path: Path) -> None:
    hop = 95 / 256
    track = Track(np.zeros(200_000, np.float32), window=30, hop=hop, duration=200_000 * hop + 30)
    track.write(tmp_path / "track.csv")
    last = float((tmp_path / "track.csv").read_text().splitlines()[-1].split(",")[0])
    assert last == pytest.approx(15 + hop * 199_999, abs=0.0006)


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    track = Track(np.zeros(3, np.float32), window=8, hop=1, duration=10)
    with pytest.raises(StorageError, match="cannot be written"):
        track.write(tmp_path / "absent" / "track.csv")
