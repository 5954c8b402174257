"""``semeia import``."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import numpy as np
from command import assert_one_line, files_under, semeia

from epilepsy import write_patients
from imaging import write_images
from semeia.events import Event
from semeia.signals.edf_writer import EdfWriter


def rows(home: Path, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(home / "semeia.sqlite3") as connection:
        found = connection.execute(query).fetchall()
    connection.close()
    return found


def test_each_file_is_taken_or_refused_in_one_line(tmp_path: Path) -> None:
    home, patients = tmp_path / "home", tmp_path / "patients"
    write_patients(patients)
    files = sorted(patients.rglob("*.edf"))
    broken = files[0].with_name("broken.edf")
    broken.write_bytes(files[0].read_bytes()[:-100])
    answer = semeia("import", patients, tmp_path / "nowhere.edf", SEMEIA_HOME=str(home))
    assert answer.status == 1 and not answer.err
    *lines, summary = answer.out.splitlines()
    assert len(lines) == len(files) + 2
    assert sum(line.startswith("taken    ") for line in lines) == len(files)
    assert "refused  nowhere.edf: there is no such file" in answer.out
    assert any(line.startswith("refused  broken.edf: ") and "truncated" in line for line in lines)
    assert summary == f"{len(files)} recordings in the library, 2 refused"
    assert rows(home, "select count(*) from web_recording where not copied") == [(len(files),)]
    again = semeia("import", files[0], SEMEIA_HOME=str(home))
    assert again.status == 0 and again.out.startswith("known    ")
    assert again.out.splitlines()[-1] == "1 recording in the library, none refused"


def test_events_outside_a_recording_are_said(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with EdfWriter(tmp_path / "a" / "a.edf", ["Fp1", "Fp2"], 128) as writer:
        writer.write(np.zeros((2, 128 * 10), np.float32))
        writer.annotate([Event(2.0, 3.0), Event(1000.0, 5.0), Event(8.0, 30.0)])
    answer = semeia("import", tmp_path / "a", SEMEIA_HOME=str(tmp_path / "home"))
    assert answer.status == 0
    taken, note, _ = answer.out.splitlines()
    assert taken.startswith("taken    a.edf") and taken.endswith("2 seizures")
    assert note == (
        "note     a.edf: 1 event lies outside the recording: left out; "
        "1 event reaches beyond the recording: cut at its edge"
    )


def test_copies_stay_when_the_file_goes(tmp_path: Path) -> None:
    home = tmp_path / "home"
    write_patients(tmp_path / "patients")
    (file, *_) = sorted((tmp_path / "patients").rglob("*.edf"))
    data = file.read_bytes()
    answer = semeia("import", file, "--copy", "--patient", "Anna", SEMEIA_HOME=str(home))
    assert answer.status == 0 and ": Anna, " in answer.out
    file.unlink()
    ((path, copied),) = rows(home, "select path, copied from web_recording")
    assert copied and Path(str(path)).read_bytes() == data
    assert Path(str(path)).is_relative_to(home)


def test_a_full_disk_leaves_no_half_copy(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert semeia("import", tmp_path / "no.edf", SEMEIA_HOME=str(home)).status == 1  # makes the database
    write_patients(tmp_path / "patients")
    (file, *_) = sorted((tmp_path / "patients").rglob("*.edf"))
    with file.open("r+b") as large:  # believed: the number of records is said to be unknown
        large.seek(236)
        large.write(b"-1      ")
        size = large.seek(0, os.SEEK_END)
        large.seek(256 * 7)
        record = large.read()
        large.seek(size)
        while size < 4_000_000:
            size += large.write(record)
    answer = semeia("import", file, "--copy", SEMEIA_HOME=str(home), full_at=2_000_000)
    assert answer.status == 1 and "cannot be stored in the home folder (file too large)" in answer.out, answer
    assert rows(home, "select count(*) from web_recording") == [(0,)]
    assert not {name for name in files_under(home) if name.startswith(("uploads/", "recordings/"))}


def test_a_database_that_is_none_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "semeia.sqlite3").write_bytes(b"not a database" * 100)
    assert_one_line(semeia("import", tmp_path, SEMEIA_HOME=str(tmp_path)), "semeia.sqlite3", "not a database")


def test_a_folder_of_images_becomes_an_image_set(tmp_path: Path) -> None:
    home = tmp_path / "home"
    folder = write_images(tmp_path / "lungs", each=1)
    answer = semeia("import", folder, SEMEIA_HOME=str(home))
    assert answer.status == 0 and not answer.err
    assert answer.out.splitlines() == [
        "taken    lungs: 5 images (clear, dense)",
        "left out broken.png: is damaged, or of a sort of PNG, JPEG or TIFF that is not read",
        "1 image set in the library, none refused",
    ]
    assert rows(home, "select kind, state from web_job") == [("twins", "queued")]
    assert semeia("import", folder, SEMEIA_HOME=str(home)).out.startswith("known    lungs: 5 images")
    alone = semeia("import", folder / "dense" / "ct.dcm", SEMEIA_HOME=str(home))
    assert alone.status == 1
    assert alone.out.startswith("refused  ct.dcm: is a file; images are taken in by the folder that they lie in")


def test_twins_are_kept_with_the_set(tmp_path: Path) -> None:
    home = tmp_path / "home"
    folder = write_images(tmp_path / "lungs", each=1)
    answer = semeia("leaks", folder, "--save", "--progress", tmp_path / "progress.jsonl", SEMEIA_HOME=str(home))
    assert answer.status == 0, answer
    assert rows(home, "select json_extract(twins, '$.exact') from web_imageset") == [(1,)]
    said = [json.loads(line) for line in (tmp_path / "progress.jsonl").read_text().splitlines()]
    assert [line["share"] for line in said] == sorted(line["share"] for line in said) and said[-1]["share"] == 1
