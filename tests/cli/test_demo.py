"""``semeia demo``: patients are made once, and what is shown is what was found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from semeia.cli import main

pytestmark = pytest.mark.slow


def test_patients_are_made_once_and_check_says_whether_all_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    shown, made = [], []
    for arguments in (["--check"], ["--check"]):
        monkeypatch.setattr("sys.argv", ["semeia", "demo", "--home", str(tmp_path), *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out = capsys.readouterr()
        assert out.err == ""
        shown.append(out.out)
        made.append({path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()})
    assert made[0] == made[1]
    assert sorted(path.name for path in made[0] if path.suffix == ".edf") == ["demo1.edf", "demo2.edf", "demo3.edf"]
    assert shown[0] == shown[1]
    right = "none missed, no false alarms" in shown[1]
    assert (ended.value.code or 0) == (0 if right else 1)
    assert re.search(r"\d+ seizures found, (none|\d+) missed, (no|\d+) false alarms?\. \(SzCORE", shown[0])
    assert len(re.findall(r"^demo[123]  [ ▁▂▃▄▅▆▇█]{80,}$", shown[0], re.MULTILINE)) == 3
