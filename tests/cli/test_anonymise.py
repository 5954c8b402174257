"""``semeia anonymise``: what it says, and never says."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np

from semeia.events import Event
from semeia.signals import open_recording
from semeia.signals.edf_writer import EdfWriter


def test_kinds_and_counts_are_said_and_no_value(run, tmp_path: Path) -> None:
    with EdfWriter(
        tmp_path / "Rosalinde.edf", ["Fp1", "Brunhilde"], 100, subject="MRN4711", started_at=datetime(2020, 2, 3)
    ) as w:
        w.write(np.ones((2, 500)))
        w.annotate([Event(1, 1, "Rosalinde called"), Event(2, 1, "seizure")])
    code, out, err = run("anonymise", str(tmp_path / "Rosalinde.edf"), str(tmp_path / "p1.edf"))
    assert code == 0 and not err
    assert [line.split(None, 2) for line in out.splitlines()[:-2]] == [
        ["removed", "1", "channel label"],
        ["removed", "1", "annotation text"],
        ["removed", "1", "patient's code"],
        ["removed", "1", "date of the recording"],
    ]
    assert "kept     samples, channels, times of marks and the time of day" in out
    assert out.splitlines()[-1] == f"written  {tmp_path / 'p1.edf'}"
    assert not [word for word in ("Rosalinde", "Brunhilde", "MRN4711", "2020") if word in out]
    with open_recording(tmp_path / "p1.edf") as recording:
        assert [channel.label for channel in recording.channels] == ["Fp1", "ch1"]
        assert [event.label for event in recording.events] == ["note", "seizure"]


def test_the_date_is_moved_when_asked_for(run, tmp_path: Path) -> None:
    with EdfWriter(tmp_path / "a.edf", ["Fp1"], 100, started_at=datetime(2020, 2, 3, 4)) as w:
        w.write(np.ones((1, 500)))
    target = str(tmp_path / "b.edf")
    assert run("anonymise", str(tmp_path / "a.edf"), target, "--shift-days", "-3")[0] == 0
    with open_recording(target) as recording:
        assert recording.started_at == datetime(2020, 1, 31, 4)
    code, _, err = run("anonymise", str(tmp_path / "a.edf"), target)
    assert code == 1 and "is there already" in err
