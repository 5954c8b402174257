"""Files become rows: by reference or copied, with their patient and what they mark."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serving import write_recording

import vendors
from semeia.errors import FileError
from semeia.events import Event, Events
from semeia.signals.opening import files_under
from semeia.web import library, marks
from semeia.web.entrance import owner
from semeia.web.models import Mark, Patient, Project, Recording, Track
from semeia.web.permission import project_of


@pytest.fixture
def project() -> Project:
    return project_of(owner())


def test_a_file_is_taken_by_reference_and_found_again(project: Project, recording_file: Path) -> None:
    row, new = library.add_file(project, recording_file)
    assert new and not row.copied and row.path == str(recording_file)
    assert (row.name, row.patient.name, row.duration) == ("p1_01.edf", "p1", 60.0)
    assert row.channels[0] == {"label": "Fp1", "rate": 128.0, "unit": "uV"}
    assert row.started_at is not None and row.started_at.isoformat() == "2020-02-03T04:05:06+00:00"
    event = marks.current().get()
    assert (event.onset, event.duration, event.label, event.author) == (20.0, 10.0, "seizure", "file")
    again, new = library.add_file(project, recording_file.parent / ".." / recording_file.parent.name / "p1_01.edf")
    assert again.pk == row.pk and not new and Mark.objects.count() == 1


def test_a_file_that_changed_is_read_again(project: Project, tmp_path: Path) -> None:
    path = write_recording(tmp_path / "a.edf", seconds=10, events=())
    row, _ = library.add_file(project, path)
    write_recording(path, seconds=20, events=())
    again, _ = library.add_file(project, path)
    assert (again.pk, again.duration, again.size) == (row.pk, 20.0, path.stat().st_size)


def test_a_copy_is_whole_and_goes_with_its_row(project: Project, database: Path, recording_file: Path) -> None:
    row, _ = library.add_file(project, recording_file, copy=True)
    copy = database / "recordings" / row.pk / "p1_01.edf"
    assert row.copied and row.path == str(copy)
    assert copy.read_bytes() == recording_file.read_bytes()
    marks.change(marks.current().get(), None, label="artefact")
    track = Track.objects.create(project=project, recording=row, model="m", window=4, hop=1, operating_point={})
    values = database / "tracks" / f"{track.pk}.npy"
    values.parent.mkdir(exist_ok=True)
    values.write_bytes(b"values")
    library.remove(row)
    assert not copy.parent.exists() and not values.exists() and recording_file.exists()
    assert not (Recording.objects.exists() or Mark.objects.exists() or Patient.objects.exists())


def test_a_reference_goes_without_its_file(project: Project, recording_file: Path) -> None:
    library.remove(library.add_file(project, recording_file)[0])
    assert recording_file.is_file()


def test_what_cannot_be_read_leaves_nothing_behind(project: Project, database: Path, tmp_path: Path) -> None:
    path = tmp_path / "broken.edf"
    path.write_bytes(b"0       " + b"x" * 1000)
    with pytest.raises(FileError, match="broken.edf"):
        library.add_file(project, path, copy=True)
    assert not Recording.objects.exists() and not list(database.glob("uploads/*"))


@pytest.mark.parametrize(
    ("place", "subject", "patient"),
    [
        ("chb01/chb01_03.edf", "", "chb01"),
        ("chb17/chb17a_03.edf", "X", "chb17"),
        ("PN00/PN00-1.edf", "", "PN00"),
        ("sub-07_task-rest_eeg.edf", "", "sub-07"),
        ("somewhere/visit.edf", "", "visit"),
        ("chb01/chb01_03.edf", "code7", "code7"),
    ],
)
def test_a_patient_is_named_by_header_folder_or_file(
    project: Project, tmp_path: Path, place: str, subject: str, patient: str
) -> None:
    path = write_recording(tmp_path / place, seconds=1, subject=subject, events=())
    assert library.add_file(project, path)[0].patient.name == patient


def test_a_given_patient_is_whose_it_is(project: Project, recording_file: Path) -> None:
    assert library.add_file(project, recording_file, patient="Anna")[0].patient.name == "Anna"


@pytest.mark.parametrize("beside", ["{stem}_events.tsv", "{stem}.tsv", "{folder}-summary.txt"])
def test_seizures_marked_beside_a_file_come_with_it(project: Project, tmp_path: Path, beside: str) -> None:
    path = write_recording(tmp_path / "chb05" / "chb05_01.edf", events=(Event(1.0, 0.0, "eyes closed"),))
    table = path.with_name(beside.format(stem=path.stem, folder="chb05"))
    if table.suffix == ".tsv":
        Events([Event(30.0, 5.0)], duration=60.0).write(table)
    else:
        table.write_text(
            "File Name: chb05_01.edf\nNumber of Seizures in File: 1\n"
            "Seizure Start Time: 30 seconds\nSeizure End Time: 35 seconds\n"
        )
    library.add_file(project, path)
    assert [(mark.onset, mark.author) for mark in marks.current()] == [(1.0, "file"), (30.0, "file")]


def test_seizures_that_a_file_marks_itself_are_not_doubled(project: Project, tmp_path: Path) -> None:
    path = write_recording(tmp_path / "a.edf")
    Events([Event(20.0, 10.0)], duration=60.0).write(path.with_name("a_events.tsv"))
    library.add_file(project, path)
    assert marks.current().count() == 1


def test_a_recording_of_several_files_is_taken_where_it_lies(project: Project, tmp_path: Path) -> None:
    vendors.brainvision(tmp_path / "p2_01.vhdr")
    row, new = library.add_file(project, tmp_path / "p2_01.vhdr")
    assert new and (row.patient.name, row.duration, len(row.channels)) == ("p2", 3.0, 3)
    assert marks.current().get().label == "seizure"
    with pytest.raises(FileError, match="p2_01.vhdr: is kept in several files: import it where it lies"):
        library.add_file(project, tmp_path / "p2_01.vhdr", copy=True)


def test_a_folder_gives_its_recordings(tmp_path: Path, recording_file: Path) -> None:
    for name in ("b/two.EDF", "a/one.edf", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(recording_file, tmp_path / name)
    assert [file.name for file in files_under(tmp_path)] == ["one.edf", "two.EDF"]
    assert files_under(recording_file) == [recording_file]
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="holds no EDF"):
        files_under(tmp_path / "empty")


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\eeg\\a.edf", "a.edf"),
        ("..", "recording"),
        (".hidden.edf", "hidden.edf"),
        ("a\x1b[31m\n.edf", "a_[31m_.edf"),
        ("Müller 1.edf", "Müller 1.edf"),
        ("\udcff.edf", "_.edf"),
        ("é" * 300 + ".edf", "é" * 98 + ".edf"),
    ],
)
def test_a_name_is_only_a_name(given_name: str, kept: str) -> None:
    assert library.safe_name(given_name) == kept


@given(st.text())
def test_any_name_becomes_one_that_can_be_written(name: str) -> None:
    safe = library.safe_name(name)
    assert safe and safe == Path(safe).name and safe not in {".", ".."}
    assert len(safe.encode()) <= 200 and safe.isprintable()
