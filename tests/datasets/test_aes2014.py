"""The importer of AES 2014: hours by sequence, time to the seizure, test files without a label."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.io

from semeia.datasets.aes2014 import aes2014
from semeia.errors import DatasetError, FileError

RATE, SECONDS = 4.0, 600.0


def write_segment(root: Path, patient: str, kind: str, number: int, sequence: int | None) -> Path:
    path = root / patient / f"{patient}_{kind}_segment_{number:04d}.mat"
    path.parent.mkdir(exist_ok=True, parents=True)
    seed = [number, *map(ord, patient + kind)]
    data = np.random.default_rng(seed).normal(0, 30, (3, int(RATE * SECONDS))).astype(np.int16)
    said = {"data": data, "data_length_sec": SECONDS, "sampling_frequency": RATE} | (
        {} if sequence is None else {"sequence": sequence}
    )
    scipy.io.savemat(path, {f"{kind}_segment_{number}": said}, do_compression=True)
    return path


@pytest.fixture
def root(tmp_path):
    for number in (1, 2, 3, 5, 6, 7):  # 4 was lost; 7 begins the second hour
        write_segment(tmp_path, "Dog_1", "preictal", number, (number - 1) % 6 + 1)
    for number in (1, 2):
        write_segment(tmp_path, "Dog_1", "interictal", number, number)
    write_segment(tmp_path, "Patient_2", "interictal", 1, 1)
    write_segment(tmp_path, "Dog_1", "test", 1, None)
    return tmp_path


def test_files_of_one_sequence_are_an_hour(root):
    groups: dict[str, list[str]] = {}
    for recording in aes2014(root):
        groups.setdefault(recording.group, []).append(recording.path.stem[-4:])
    assert groups == {
        "Dog_1 interictal hour from 1": ["0001", "0002"],
        "Dog_1 preictal hour from 1": ["0001", "0002", "0003", "0005", "0006"],
        "Dog_1 preictal hour from 7": ["0007"],
        "Patient_2 interictal hour from 1": ["0001"],
    }


def test_class_is_an_event_over_the_file_and_the_seizure_is_known(root):
    found = {recording.path.stem: recording for recording in aes2014(root)}
    first, last = found["Dog_1_preictal_segment_0001"], found["Dog_1_preictal_segment_0006"]
    assert [(e.onset, e.stop, e.label) for e in first.events] == [(0, 600, "preictal")]
    assert (first.patient, first.duration, first.labelled) == ("Dog_1", 600, True)
    assert (first.around, last.around) == ((3900,), (900,))  # the hour, and the 5 min before the onset
    calm = found["Dog_1_interictal_segment_0002"]
    assert (calm.events[0].label, calm.around) == ("interictal", ())
    with first.open() as recording:
        assert recording.read(0, 1).shape == (3, 4)


def test_test_files_come_when_they_are_asked_for_and_have_no_label(root):
    (only,) = aes2014(root, part="test")
    assert (only.labelled, len(only.events), only.around) == (False, 0, ())
    assert len(aes2014(root, part="all")) == 10


def test_choice_of_patients_and_progress(root):
    seen = []
    assert {r.patient for r in aes2014(root, patients=["Patient_2"], progress=lambda *at: seen.append(at))} == {
        "Patient_2"
    }
    assert seen == [(1, 1)]
    with pytest.raises(DatasetError, match="patient 'Dog_9' is not there; there are Dog_1, Patient_2"):
        aes2014(root, patients=["Dog_9"])


def test_files_without_a_sequence_are_counted_in_sixes(tmp_path):
    for number in (6, 7):
        write_segment(tmp_path, "Dog_2", "preictal", number, None)
    sixth, seventh = aes2014(tmp_path)
    assert (sixth.group, sixth.around) == ("Dog_2 preictal hour from 1", (900,))
    assert (seventh.group, seventh.around) == ("Dog_2 preictal hour from 7", (3900,))


def test_what_is_wrong_is_named(tmp_path):
    with pytest.raises(DatasetError, match="is this AES 2014"):
        aes2014(tmp_path)
    path = write_segment(tmp_path, "Dog_3", "preictal", 1, 7)
    with pytest.raises(DatasetError, match="segment_0001.mat: its sequence is 7; an hour has files 1 to 6"):
        aes2014(tmp_path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(FileError, match="segment_0001.mat: is damaged or truncated"):
        aes2014(tmp_path)


def test_same_file_twice_is_refused(root):
    copy = root / "Dog_1" / "Dog_1_interictal_segment_0009.mat"
    copy.write_bytes((root / "Dog_1" / "Dog_1_preictal_segment_0001.mat").read_bytes())
    with pytest.raises(
        DatasetError, match=r"Dog_1/Dog_1_interictal_segment_0009.mat and Dog_1/.* are the same recording"
    ):
        aes2014(root)
