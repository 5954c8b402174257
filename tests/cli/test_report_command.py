"""``semeia report``: from files, or from what the Library knows of a recording."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import semeia

from epilepsy import write_recording
from semeia.events import Event, Events, write_csv

HEAD = "onset\tduration\teventType\tconfidence\tchannels\tdateTime\trecordingDuration\n"


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write_recording(tmp_path / "a.edf", subject="p7")


def test_events_of_files_are_confirmed_unless_a_model_wrote_them(run, recording: Path, tmp_path: Path) -> None:
    marked, found, notes = tmp_path / "marked.tsv", tmp_path / "found.tsv", tmp_path / "notes.txt"
    marked.write_text(HEAD + "50\t20\tsz\tn/a\tall\tn/a\tn/a\n")
    found.write_text(HEAD + "90\t20\tsz\t0.93\tall\tn/a\tn/a\n")
    notes.write_text("Alpha <10 Hz>.")
    page = tmp_path / "out.html"
    code, out, _ = run(
        *("report", str(recording), "--events", str(marked), "--events", str(found), "-o", str(page)),
        *("--note", "Awake.", "--notes", str(notes), "--reader", "Dr. Ada", "--notch", "50", "--high-pass", "0"),
    )
    assert (code, out) == (0, f"{page}: 1 confirmed seizure, 1 proposal not reviewed\n")
    text = page.read_text()
    for expected in (
        "Awake.\nAlpha &lt;10 Hz&gt;.",
        "marked in marked.tsv",
        "high-pass off, low-pass off, notch 50 Hz",
        "Dr. Ada",
        "found.tsv",
        "as recorded",
    ):
        assert expected in text


def test_a_table_that_tells_the_answers_is_believed(run, recording: Path, tmp_path: Path) -> None:
    found = {"confidence": 0.9, "author": "net", "source": "net"}
    events = [Event(10, 5, **found, status=status) for status in ("accepted", "rejected", "proposed")]
    write_csv(Events(events), tmp_path / "exported.csv")
    page = tmp_path / "out.html"
    code, out, _ = run("report", str(recording), "--events", str(tmp_path / "exported.csv"), "-o", str(page))
    assert (code, out) == (0, f"{page}: 1 confirmed seizure, 1 proposal not reviewed\n")
    assert "a reader, proposed by net" in page.read_text()


def test_the_annotations_of_a_file_and_no_events_at_all(run, recording: Path, tmp_path: Path) -> None:
    page = tmp_path / "out.html"
    assert run("report", str(recording), "-o", str(page))[1] == f"{page}: 2 confirmed seizures\n"
    assert "marked in a.edf" in page.read_text()
    run("report", str(recording), "-o", str(page), "--anonymous")
    text = page.read_text()
    assert "a.edf" not in text and "p7" not in text and "marked in the file" in text


def test_what_the_library_knows_is_reported(recording: Path, tmp_path: Path) -> None:
    home = {"SEMEIA_HOME": str(tmp_path / "home")}
    semeia("import", recording, "--patient", "Meier", **home)
    answer = semeia("report", recording, "-o", tmp_path / "out.html", **home)
    assert answer.status == 0, answer
    assert "Meier" in (tmp_path / "out.html").read_text()


def test_what_cannot_be_reported_is_one_line(run, recording: Path, tmp_path: Path) -> None:
    before, page = recording.read_bytes(), tmp_path / "x.html"
    assert run("report", str(recording), "-o", str(recording))[0] == 2
    assert recording.read_bytes() == before
    for options, words in (
        (("--montage", "banana"), "there is no montage 'banana'"),
        (("--low-pass", "64"), "not below 64 Hz"),
        (("--notes", str(tmp_path / "none.txt")), "none.txt: cannot be read"),
    ):
        code, _, err = run("report", str(recording), "-o", str(page), *options)
        assert code == 1 and err.count("\n") == 1 and words in err
    assert not page.exists()
