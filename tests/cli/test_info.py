"""``semeia info``: what a recording says of itself, as text and as JSON."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

import semeia
from epilepsy import LABELS, interrupt, write_recording
from semeia.cli.info import info
from semeia.events import Event
from semeia.signals.edf_writer import EdfWriter


def shown(capsys: pytest.CaptureFixture[str], path: Path, **options: bool) -> str:
    info(path, **options)
    return capsys.readouterr().out


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write_recording(tmp_path / "a.edf", subject="p7")


def test_text_says_patient_time_channels_and_events(recording: Path, capsys) -> None:
    out = shown(capsys, recording)
    for words in ("p7", "0:02:30 (150 s)", "128 Hz, uV", "5: Fp1, Fp2, C3, C4, O1", "seizure (30 s)"):
        assert words in out
    (gaps,) = (line for line in out.splitlines() if line.startswith("gaps"))
    assert gaps.split() == ["gaps", "none"]


def test_text_says_where_the_gaps_are(recording: Path, capsys) -> None:
    interrupt(recording, 80, 10)
    assert "0:01:20 to 0:01:30" in shown(capsys, recording)


def test_many_events_are_cut_short_in_text_and_whole_in_json(tmp_path: Path, capsys) -> None:
    with EdfWriter(tmp_path / "a.edf", LABELS, 16, started_at=datetime(2020, 2, 3, 4, 5, 6)) as writer:
        writer.write([[0.0] * 16 * 60] * 5)
        writer.annotate([Event(onset, 1, f"blink {onset}") for onset in range(50)])
    out = shown(capsys, tmp_path / "a.edf")
    assert "blink 19" in out and "blink 20" not in out and "and 30 more: --json shows all" in out
    assert "2020-02-03 04:05:06" in out
    assert len(json.loads(shown(capsys, tmp_path / "a.edf", as_json=True))["events"]) == 50


def test_json_says_the_same_as_python(recording: Path, capsys) -> None:
    interrupt(recording, 80, 10)
    table = json.loads(shown(capsys, recording, as_json=True))
    with semeia.open(recording) as opened:
        assert table["path"] == str(recording)
        assert table["subject"] == opened.subject == "p7"
        assert table["duration"] == opened.duration == 160
        assert table["started_at"] is None and opened.started_at is None
        assert table["channels"][0] == {"label": "Fp1", "rate": 128.0, "unit": "uV"}
        assert table["gaps"] == [{"start": 80.0, "stop": 90.0}]
        assert [event["onset"] for event in table["events"]] == [event.onset for event in opened.events]


def test_every_real_file_is_told_in_text_and_json(shared_data: Path, capsys) -> None:
    files = sorted((shared_data / "edf_fixtures").iterdir())
    assert len(files) >= 17
    for path in files:
        with semeia.open(path) as opened:
            channels, duration = len(opened.channels), opened.duration
        table = json.loads(shown(capsys, path, as_json=True))
        assert (len(table["channels"]), table["duration"]) == (channels, duration)
        out = shown(capsys, path)
        assert [line.split() for line in out.splitlines() if line.startswith("channels")] == [
            ["channels", str(channels)]
        ]
        assert "\x1b" not in out
