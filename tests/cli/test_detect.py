"""``semeia detect``: one recording, many, and good ones among bad."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from command import files_under, semeia

import semeia as package
from epilepsy import interrupt, write_patients, write_recording
from semeia.cli import main
from semeia.events import read_tsv

pytestmark = pytest.mark.usefixtures("small_model")


@pytest.fixture
def run(small_model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def run(*arguments: object) -> tuple[int, str, str]:
        options = [*map(str, arguments), "--model", str(small_model)]
        monkeypatch.setattr("sys.argv", ["semeia", "detect", *options])
        with pytest.raises(SystemExit) as ended:
            main()
        out = capsys.readouterr()
        return int(ended.value.code or 0), out.out, out.err

    return run


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write_recording(tmp_path / "patient.edf", seed=42)


def spans(path: Path) -> list[tuple[float, float]]:
    return [(event.onset, event.stop) for event in read_tsv(path).seizures()]


FOUND = [pytest.approx((40, 70), abs=2), pytest.approx((100, 125), abs=2)]


def test_events_and_track_of_one_recording_are_written(recording: Path, tmp_path: Path, small_model: Path) -> None:
    events, track = tmp_path / "new" / "events.tsv", tmp_path / "deep" / "er" / "track.csv"
    answer = semeia("detect", recording, "-o", events, "--track", track, "--model", small_model)
    assert answer.status == 0 and answer.err == ""
    assert answer.out.startswith("patient.edf: 2 likely seizures\n  0:00:")
    assert spans(events) == FOUND
    with track.open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["time", "probability"]
    with package.open(recording) as opened:
        found = package.load(small_model).detect(opened)
    np.testing.assert_allclose([float(row["time"]) for row in rows], 2 + np.arange(147), atol=1e-3)
    np.testing.assert_allclose([float(row["probability"]) for row in rows], found.track.probability, atol=1e-6)


def test_without_output_nothing_is_written(run, recording: Path, tmp_path: Path) -> None:
    assert run(recording)[0] == 0
    assert files_under(tmp_path) == {"patient.edf"}


def test_hop_and_threshold_are_those_that_are_given(run, recording: Path, tmp_path: Path) -> None:
    code, out, _ = run(recording, "--hop", "0.5", "--threshold", "0", "--track", tmp_path / "t.csv")
    assert code == 0 and "1 likely seizure\n" in out
    assert "0:00:00 to 0:02:30" in out
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 1 + 293


def test_a_recording_without_seizures_has_none_and_a_file_that_says_so(run, tmp_path: Path) -> None:
    calm = write_recording(tmp_path / "calm.edf", 30, [])
    code, out, _ = run(calm, "-o", tmp_path / "calm.tsv")
    assert (code, out) == (0, "calm.edf: no likely seizures\n")
    assert "bckg" in (tmp_path / "calm.tsv").read_text()
    assert spans(tmp_path / "calm.tsv") == []


def test_windows_at_gaps_are_said_and_left_empty(run, recording: Path, tmp_path: Path) -> None:
    interrupt(recording, 80, 10)
    code, out, _ = run(recording, "--track", tmp_path / "t.csv")
    assert code == 0
    assert "patient.edf: 2 likely seizures (13 windows at gaps not scored)" in out
    lines = (tmp_path / "t.csv").read_text().splitlines()
    assert sum(line.endswith(",") for line in lines) == 13


def test_a_folder_gets_a_tsv_for_each_recording_in_the_same_order_of_folders(run, tmp_path: Path) -> None:
    write_patients(tmp_path / "in", 2)
    write_recording(tmp_path / "in" / "UPPER.EDF", 20, [])
    (tmp_path / "in" / "notes.txt").write_text("no recording")
    (tmp_path / "in" / "folder.edf").mkdir()
    code, out, err = run(tmp_path / "in", "--output-dir", tmp_path / "out")
    assert (code, err) == (0, "")
    written = files_under(tmp_path / "out")
    assert {name for name in written if name.endswith(".tsv")} == {
        "UPPER.tsv",
        "patient1/patient1_01.tsv",
        "patient2/patient2_01.tsv",
    }
    assert spans(tmp_path / "out" / "patient1" / "patient1_01.tsv") == FOUND
    assert out.count("likely seizure") == 3


def test_the_good_go_on_among_the_bad(run, recording: Path, tmp_path: Path) -> None:
    bad, few = tmp_path / "bad.edf", tmp_path / "few.edf"
    bad.write_bytes(b"nothing")
    write_recording(few, 20, [], labels=("C3", "C4"))
    last = write_recording(tmp_path / "z.edf", 30, [])
    code, out, err = run(bad, recording, tmp_path / "missing.edf", few, last, "--output-dir", tmp_path / "out")
    assert code == 1
    assert files_under(tmp_path / "out") == {"patient.tsv", "z.tsv"}
    assert spans(tmp_path / "out" / "patient.tsv") == FOUND
    lines = err.splitlines()
    assert [line.split(":")[1] for line in lines[:3]] == [" bad.edf", " missing.edf", " few.edf"]
    assert lines[3] == "semeia: 3 of 5 recordings were left out, for the reasons above"
    assert all(line.startswith("semeia: ") for line in lines)
    assert "patient.edf: 2 likely seizures" in out and "z.edf: no likely seizures" in out


def test_a_folder_without_recordings_is_said(run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    code, _, err = run(tmp_path / "in", "--output-dir", tmp_path / "out")
    assert code == 1
    assert err == "semeia: in: this folder holds no EDF, BDF, MAT or other EEG file\n"


def test_what_is_found_scores_well_against_what_is_true(run, recording: Path, tmp_path: Path) -> None:
    run(recording, "-o", tmp_path / "found.tsv")
    answer = semeia("score", recording, tmp_path / "found.tsv", "--json")
    assert answer.status == 0
    assert '"f1": 1.0' in answer.out


def test_a_name_in_another_script_is_no_reason_to_fail(small_model: Path, tmp_path: Path) -> None:
    path = write_recording(tmp_path / "Ωmega µ.edf", 20, [])
    answer = semeia("detect", path, "--model", small_model, PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert answer.status == 0, answer
    assert "no likely seizures" in answer.out
