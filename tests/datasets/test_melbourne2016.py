"""The importer of Melbourne 2016: two releases, the lists of labels, what leaked, test files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.io

from semeia.datasets.melbourne2016 import melbourne2016
from semeia.errors import DatasetError, FileError

SAMPLES = 4 * 600


def write_struct(root: Path, name: str, sequence: int | None = None) -> None:
    """Write a file of the contest's own release."""
    path = root / name
    path.parent.mkdir(exist_ok=True, parents=True)
    data = np.random.default_rng([*map(ord, name)]).normal(0, 30, (SAMPLES, 2)).astype(np.float32)
    said = {"data": data, "iEEGsamplingRate": 4.0, "nSamplesSegment": SAMPLES, "channelIndices": [[1, 2]]}
    scipy.io.savemat(
        path, {"dataStruct": said | ({} if sequence is None else {"sequence": sequence})}, do_compression=True
    )


def write_bare(root: Path, name: str) -> None:
    """Write a file of the later release: 6 s at the 400 Hz that nothing in it says."""
    data = np.random.default_rng([*map(ord, name)]).normal(0, 30, (SAMPLES, 2)).astype(np.float32)
    scipy.io.savemat(root / name, {"data": data}, do_compression=True)


@pytest.fixture
def contest(tmp_path):
    for index in (5, 6, 7):
        write_struct(tmp_path, f"train_1/1_{index}_0.mat", (index - 1) % 6 + 1)
        write_struct(tmp_path, f"train_1/1_{index}_1.mat", (index - 1) % 6 + 1)
    write_struct(tmp_path, "test_1_new/new_1_3.mat")
    write_struct(tmp_path, "test_2/2_3.mat")
    return tmp_path


@pytest.fixture
def ecosystem(tmp_path):
    for name in ("Pat1Train_6_1.mat", "Pat1Train_7_1.mat", "Pat2Train_7_0.mat", "Pat1Test_3_0.mat", "Pat1Test_5_0.mat"):
        write_bare(tmp_path, name)
    (tmp_path / "UTC_08_00_00.mat").write_bytes(b"another study's")
    return tmp_path


def test_contest_files_have_class_hour_and_time_to_the_seizure(contest):
    found = {recording.path.name: recording for recording in melbourne2016(contest)}
    assert len(found) == 6
    last, first = found["1_6_1.mat"], found["1_7_1.mat"]
    assert (last.patient, last.duration, last.events[0].label) == ("Pat1", 600, "preictal")
    assert (last.group, last.around) == ("Pat1 preictal hour from 1", (900,))
    assert (first.group, first.around) == ("Pat1 preictal hour from 7", (3900,))
    assert found["1_6_0.mat"].events[0].label == "interictal" and found["1_6_0.mat"].around == ()


def test_later_release_has_its_rate_told_and_its_hours_counted(ecosystem):
    six, seven, other = melbourne2016(ecosystem)
    assert (six.rate, six.duration, six.group) == (400, 6, "Pat1 preictal hour from 1")
    assert (seven.group, other.patient, other.events[0].label) == ("Pat1 preictal hour from 7", "Pat2", "interictal")
    with six.open() as recording:
        assert recording.rate == 400


def test_unsafe_files_are_left_out(contest):
    rows = "image,class,safe\n1_5_0.mat,0,0\n1_6_0.mat,0,1\n"
    (contest / "train_and_test_data_labels_safe.csv").write_text(rows)
    assert "1_5_0.mat" not in {r.path.name for r in melbourne2016(contest)}
    assert len(melbourne2016(contest, only_safe=False)) == 6


def test_test_files_are_labelled_by_what_was_public(ecosystem):
    assert [r.labelled for r in melbourne2016(ecosystem, part="test")] == [False, False]
    rows = "image,class,usage\nPat1Test_3_0,1,Public\nPat1Test_5_0,,Private\n"
    (ecosystem / "contest_test_data_labels_public.csv").write_text(rows)
    three, five = melbourne2016(ecosystem, part="test")
    assert (three.labelled, three.events[0].label, three.group) == (True, "preictal", "Pat1Test_3_0")
    assert (five.labelled, len(five.events)) == (False, 0)
    (ecosystem / "contest_test_data_labels_public.csv").write_text(rows.replace("Public", "Ignored"))
    assert [r.labelled for r in melbourne2016(ecosystem, part="test")] == [False, False]


def test_test_files_of_the_contest_are_known_by_their_names(contest):
    found = melbourne2016(contest, part="test")
    assert {(r.path.name, r.patient, r.labelled) for r in found} == {
        ("new_1_3.mat", "Pat1", False),
        ("2_3.mat", "Pat2", False),
    }
    assert len(melbourne2016(contest, part="all")) == 8


def test_contradictions_are_named(contest):
    table = contest / "contest_train_data_labels.csv"
    table.write_text("image,class\n1_5_0,1\n")
    with pytest.raises(DatasetError, match=r"1_5_0.mat is interictal by its name, but preictal in contest_train"):
        melbourne2016(contest)
    (contest / "train_and_test_data_labels_safe.csv").write_text("image,class,safe\n1_5_0.mat,0,1\n")
    with pytest.raises(DatasetError, match="1_5_0 is interictal in train_and_test.*, but preictal in contest_train"):
        melbourne2016(contest)
    table.write_text("image,class\n1_5_0,2\n")
    with pytest.raises(FileError, match="contest_train_data_labels.csv: line 2 does not say"):
        melbourne2016(contest)
    (contest / "train_and_test_data_labels_safe.csv").write_text("image,class,safe\n1_5_0.mat,0,yes\n")
    with pytest.raises(FileError, match="labels_safe.csv: line 2 does not say 0 or 1 in 'safe'"):
        melbourne2016(contest)


def test_other_folders_and_patients_are_refused(tmp_path, contest):
    with pytest.raises(DatasetError, match="patient 'Pat9' is not there; there are Pat1, Pat2"):
        melbourne2016(contest, patients=["Pat9"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="is this Melbourne 2016"):
        melbourne2016(tmp_path / "empty")


def test_real_files_and_lists_are_read(shared_data):
    (train,) = melbourne2016(shared_data / "melbourne_2016")
    assert (train.patient, train.duration, train.events[0].label) == ("Pat1", 600, "preictal")
    assert (train.group, train.around) == ("Pat1 preictal hour from 1", (2700,))
    (test,) = melbourne2016(shared_data / "melbourne_2016", part="test")
    assert (test.path.name, test.labelled) == ("Pat1Test_5_0.mat", False)
