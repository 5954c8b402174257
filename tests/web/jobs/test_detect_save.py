"""``semeia detect --save`` and ``--progress``: what is found in the terminal is in the page's Library too."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from serving import wait_for
from working import assert_found_once, find, now

from semeia.web import library, marks
from semeia.web.models import Job, Mark, Recording, Track


def detect(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "semeia", "detect", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_file_and_what_is_found_in_it_are_in_the_library(simulated: Path) -> None:
    answer = detect(simulated, "--save")
    assert (answer.returncode, answer.stderr) == (0, "") and "1 likely seizure" in answer.stdout
    row = Recording.objects.get()
    assert (row.path, row.copied, row.name) == (str(simulated), False, "sim.edf")
    assert_found_once(row, truth=1)
    assert Track.objects.get().job is None
    again = detect(simulated, "--save", "--threshold", "1")
    assert again.returncode == 0
    assert Recording.objects.get() == row
    assert Track.objects.get().operating_point["threshold"] == 1.0
    assert not marks.current(Mark.objects.filter(source="eeg-starter")).exists()


def test_progress_is_json_lines_in_order(simulated: Path, tmp_path: Path) -> None:
    answer = detect(simulated, "--progress", tmp_path / "p.jsonl", "--hop", "2")
    assert answer.returncode == 0, answer.stderr
    said = [json.loads(line) for line in (tmp_path / "p.jsonl").read_text().splitlines()]
    assert said[0] == {"event": "recording", "name": "sim.edf"} and said[-1] == {"event": "done", "events": 1}
    shares = [line["share"] for line in said if line["event"] == "progress"]
    assert shares == sorted(shares) and shares[-1] == 1.0
    firsts, count = [], 0
    for line in (line for line in said if line["event"] == "track"):
        assert (line["window"], line["hop"], line["first"]) == (8.0, 2.0, count)
        firsts.append(count)
        count += len(line["values"])
    assert len(firsts) > 1 and count == 297
    assert not Recording.objects.exists()


def test_a_file_that_cannot_be_read_is_refused_and_not_taken_in(tmp_path: Path) -> None:
    bad = tmp_path / "bad.edf"
    bad.write_bytes(b"nothing")
    answer = detect(bad, "--save")
    assert answer.returncode == 1 and answer.stderr.count("\n") == 1 and "bad.edf" in answer.stderr
    assert not Recording.objects.exists()


@pytest.mark.parametrize("saved", [True, False])
def test_sigterm_ends_it_with_75_and_nothing_half_done(long_file: Path, tmp_path: Path, saved: bool) -> None:
    progress, options = tmp_path / "p.jsonl", ["--save"] if saved else ["-o", str(tmp_path / "e.tsv")]
    command = [sys.executable, "-m", "semeia", "detect", str(long_file), "--progress", str(progress), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        wait_for(lambda: progress.exists() and '"track"' in progress.read_text(), 60)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (75, "Stopped.\n")
    assert not Track.objects.exists() and not (tmp_path / "e.tsv").exists()


def test_a_job_whose_recording_was_removed_says_so(recording_file: Path) -> None:
    from working import in_library

    row = in_library(recording_file)
    job = find(row)
    arguments = now(job).argv
    library.remove(row)
    assert not Job.objects.exists()
    answer = detect(*arguments[1:])
    assert answer.returncode == 1
    assert answer.stderr == "semeia: the recording was removed from the Library\n"
