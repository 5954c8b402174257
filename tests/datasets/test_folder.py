"""The importer of a folder: where marks come from, whose a recording is, and what has no label."""

from __future__ import annotations

from pathlib import Path

import edfio
import numpy as np
import pytest
import scipy.io

from semeia.datasets import gather
from semeia.datasets.folder import folder
from semeia.errors import DatasetError, FileError, RecipeError
from semeia.events import Event, Events, write_tsv


def write_edf(path: Path, seizures: list[tuple[float, float]] | None, subject: str = "X") -> Path:
    """Write a minute of one channel; EDF+ when `seizures` is a list, plain EDF when it is None."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng([*map(ord, str(path))]).normal(0, 30, 6000)
    signal = edfio.EdfSignal(noise, 100, label="Fp1", physical_range=(-500, 500))
    notes = [edfio.EdfAnnotation(onset, length, "seizure") for onset, length in seizures or []]
    if seizures is not None:
        notes.append(edfio.EdfAnnotation(0, None, "start"))
    edfio.Edf([signal], patient=edfio.Patient(code=subject), annotations=notes or None).write(path)
    return path


def test_annotations_are_the_marks_and_their_absence_means_no_seizure(tmp_path):
    write_edf(tmp_path / "p1" / "a.edf", [(10, 20)])
    write_edf(tmp_path / "p1" / "b.edf", [])
    one, two = folder(tmp_path)
    assert [(event.onset, event.stop) for event in one.events.seizures()] == [(10, 30)]
    assert len(two.events.seizures()) == 0
    assert (one.patient, one.duration, one.group) == ("p1", 60, "a")


@pytest.mark.parametrize("name", ["a.tsv", "a_events.tsv"])
def test_table_beside_comes_before_annotations(tmp_path, name):
    write_edf(tmp_path / "a.edf", [(10, 20)])
    write_tsv(Events([Event(40, 5)], duration=60), tmp_path / name)
    assert [event.onset for event in folder(tmp_path)[0].events] == [40]


def test_table_beside_makes_plain_edf_usable(tmp_path):
    write_edf(tmp_path / "sub-01" / "eeg" / "sub-01_task-rest_eeg.edf", None)
    write_tsv(Events(duration=60), tmp_path / "sub-01" / "eeg" / "sub-01_task-rest_events.tsv")
    (only,) = folder(tmp_path)
    assert (only.patient, len(only.events)) == ("sub-01", 0)


def test_plain_edf_without_a_table_has_no_label(tmp_path):
    write_edf(tmp_path / "a.edf", None)
    with pytest.raises(DatasetError, match=r"a.edf: marks nothing.*put a_events.tsv beside it"):
        folder(tmp_path)


@pytest.mark.parametrize(
    ("place", "subject", "patient_from", "patient"),
    [
        ("p7/night/a_1.edf", "code", "auto", "p7"),
        ("a_1.edf", "code", "auto", "code"),
        ("a_1.edf", "X", "auto", "a"),
        ("p7/a_1.edf", "code", "header", "code"),
        ("p7/a_1.edf", "code", "file", "a"),
        ("p7/a_1.edf", "code", "folder", "p7"),
    ],
)
def test_patient_is_found(tmp_path, place, subject, patient_from, patient):
    write_edf(tmp_path / place, [], subject)
    assert folder(tmp_path, patient_from=patient_from)[0].patient == patient


def test_missing_patient_is_refused(tmp_path):
    write_edf(tmp_path / "a.edf", [])
    with pytest.raises(DatasetError, match="its header names no patient"):
        folder(tmp_path, patient_from="header")
    with pytest.raises(RecipeError, match="patient_from = 'name': it is one of auto, folder, header, file, recording"):
        folder(tmp_path, patient_from="name")


def test_empty_and_absent_folders_are_refused(tmp_path):
    with pytest.raises(DatasetError, match="holds no EDF"):
        folder(tmp_path)
    with pytest.raises(DatasetError, match="no such folder"):
        folder(tmp_path / "absent")


def test_seizure_outside_its_recording_is_refused(tmp_path):
    write_edf(tmp_path / "a.edf", [])
    write_tsv(Events([Event(400, 5)]), tmp_path / "a.tsv")
    with pytest.raises(DatasetError, match="the marks belong to another"):
        folder(tmp_path)


def write_mat(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng([*map(ord, str(path))]).normal(0, 30, (6000, 3))
    scipy.io.savemat(path, {f"eeg_{path.stem}": noise})
    return path


def test_names_of_files_and_folders_label_them_as_a_whole(tmp_path):
    for name in ("sz1_ict_clean.mat", "sz1_pre_clean.mat", "calm/a.mat"):
        write_mat(tmp_path / name)
    labels = {"*_ict_*": "ictal", "*_pre_*": "preictal", "calm/*": "interictal"}
    found = folder(tmp_path, rate=100, labels=labels)
    assert [(r.path.stem, r.patient, [(e.onset, e.stop, e.label) for e in r.events]) for r in found] == [
        ("a", "calm", [(0, 60, "interictal")]),
        ("sz1_ict_clean", "sz1", [(0, 60, "ictal")]),
        ("sz1_pre_clean", "sz1", [(0, 60, "preictal")]),
    ]
    assert [len(r.events.seizures()) for r in found] == [0, 1, 0]
    with found[0].open() as recording:
        assert (recording.rate, len(recording.channels)) == (100, 3)


def test_labels_that_contradict_are_refused(tmp_path):
    write_mat(tmp_path / "sz1_ict_pre.mat")
    with pytest.raises(DatasetError, match=r"sz1_ict_pre.mat: labels contradict each other: '\*_ict\*' = 'ictal', "):
        folder(tmp_path, rate=100, labels={"*_ict*": "ictal", "*_pre*": "preictal"})


def test_mat_file_needs_a_table_or_a_label(tmp_path):
    write_mat(tmp_path / "a.mat")
    with pytest.raises(DatasetError, match=r"a.mat: nothing says what is in it; put a_events.tsv beside it.*or name"):
        folder(tmp_path, rate=100)
    write_tsv(Events([Event(40, 5)], duration=60), tmp_path / "a.tsv")
    assert [event.onset for event in folder(tmp_path, rate=100)[0].events] == [40]
    with pytest.raises(
        FileError, match="a.mat: .* give it in Hz as --rate 400, --set rate=400, or rate = 400 in a recipe"
    ):
        folder(tmp_path)


def test_each_recording_may_be_a_patient_by_itself(tmp_path):
    for name in ("SZ_sample1.mat", "deep/SZ_sample1.mat"):
        write_mat(tmp_path / name)
    found = folder(tmp_path, rate=100, labels={"SZ_*": "seizure"}, patient_from="recording")
    assert [r.patient for r in found] == ["SZ_sample1", "deep/SZ_sample1"]


def test_parts_of_one_seizure_belong_together_by_the_beginning_of_their_names(tmp_path):
    for name in ("sz1_pre", "sz1_ict", "sz2_pre", "sz2_ict"):
        write_edf(tmp_path / "kramer" / f"{name}.edf", [])
    found = folder(tmp_path / "kramer", patient_from="root", group="sz[0-9]+")
    assert {(r.patient, r.path.stem): r.group for r in found} == {
        ("kramer", f"sz{number}_{part}"): f"sz{number}" for number in (1, 2) for part in ("pre", "ict")
    }
    with pytest.raises(DatasetError, match=r"sz1_ict.edf: group = 'chb' does not match the beginning of its name"):
        folder(tmp_path / "kramer", patient_from="root", group="chb")
    with pytest.raises(RecipeError, match=r"group = '\(' is no regular expression"):
        folder(tmp_path / "kramer", patient_from="root", group="(")


def test_same_recording_twice_is_refused(tmp_path):
    path = write_edf(tmp_path / "p1" / "a.edf", [])
    (tmp_path / "p2").mkdir()
    (tmp_path / "p2" / "b.edf").write_bytes(path.read_bytes())
    with pytest.raises(DatasetError, match="p1/a.edf and p2/b.edf are the same recording"):
        folder(tmp_path)


def test_real_contest_and_clinic_clips_are_labelled_by_name(shared_data):
    kramer = folder(shared_data / "kramer_ieeg", rate=400, labels={"*_ict_*": "ictal", "*_pre_*": "preictal"})
    assert {r.patient: sorted(e.label for o in kramer if o.patient == r.patient for e in o.events) for r in kramer} == {
        f"sz{number}": ["ictal", "preictal"] for number in (1, 2, 3)
    }
    names = ("SZ", "LPD", "GPD", "LRDA", "GRDA", "Other")
    clips = folder(shared_data / "iiic_clips", rate=200, labels={f"{n}_*": n for n in names}, patient_from="recording")
    assert sorted(r.events[0].label for r in clips) == sorted(names * 2)
    assert {r.duration for r in clips} == {50}


def test_real_clips_are_labelled(shared_data):
    found = folder(shared_data / "chbmit_clips")
    assert len(found) == 16
    assert {recording.patient for recording in found} == {"chb01", "chb02"}
    for recording in found:
        seizures = recording.events.seizures()
        kind = recording.path.stem.rpartition("_")[2]
        assert len(seizures) == (0 if kind == "preictal" else 1)
        if kind == "seizure":
            assert (seizures[0].onset, seizures[0].stop) == (10, recording.duration)


def test_proposals_that_nobody_answered_are_no_labels_and_alone_say_that_nobody_looked(tmp_path):
    proposed = Event(30, 5, confidence=0.8, author="net", source="net", status="proposed")
    for name, events in (("a", [Event(10, 5, author="anna"), proposed]), ("b", [proposed])):
        write_edf(tmp_path / f"{name}.edf", None)
        write_tsv(Events(events, duration=60), tmp_path / f"{name}.tsv", whole=True)
    one, two = gather("folder", path=tmp_path)
    assert [event.onset for event in one.events] == [10] and one.marked
    assert not two.events and not two.marked
