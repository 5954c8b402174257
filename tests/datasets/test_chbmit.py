"""The importer of CHB-MIT: what is listed, what is left out, and marks that do not fit."""

from __future__ import annotations

from pathlib import Path

import edfio
import numpy as np
import pytest

from semeia.datasets.chbmit import chbmit
from semeia.errors import DatasetError, FileError


def write_case(root: Path, case: str, files: dict[str, tuple[int, list[tuple[int, int]]]]) -> None:
    """Write a folder of one case: seconds and seizures of each file."""
    folder = root / case
    folder.mkdir(parents=True)
    lines = ["Data Sampling Rate: 256 Hz", "Channels in EDF Files:", "Channel 1: FP1-F7"]
    for name, (seconds, seizures) in files.items():
        signal = edfio.EdfSignal(np.zeros(seconds * 16), 16, label="FP1-F7", physical_range=(-100, 100))
        edfio.Edf([signal]).write(folder / name)
        lines += [f"File Name: {name}", f"Number of Seizures in File: {len(seizures)}"]
        for start, stop in seizures:
            lines += [f"Seizure Start Time: {start} seconds", f"Seizure End Time: {stop} seconds"]
    (folder / f"{case}-summary.txt").write_text("\n".join(lines))


@pytest.fixture
def root(tmp_path):
    write_case(tmp_path, "chb01", {"chb01_01.edf": (60, []), "chb01_03.edf": (90, [(10, 20), (40, 60)])})
    write_case(tmp_path, "chb02", {"chb02_16+.edf": (60, [(5, 15)])})
    write_case(tmp_path, "chb21", {"chb21_19.edf": (60, [(5, 15)])})
    return tmp_path


def test_recordings_have_their_patient_marks_and_length(root):
    found = {recording.path.name: recording for recording in chbmit(root)}
    assert list(found) == ["chb01_01.edf", "chb01_03.edf", "chb02_16+.edf", "chb21_19.edf"]
    third = found["chb01_03.edf"]
    assert (third.patient, third.duration, third.group) == ("chb01", 90, "chb01_03")
    assert [(event.onset, event.stop) for event in third.events.seizures()] == [(10, 20), (40, 60)]
    assert len(found["chb01_01.edf"].events) == 0


def test_case_21_is_the_patient_of_case_1(root):
    assert [r.patient for r in chbmit(root, patients=["chb21"])] == ["chb01"]


def test_choices_of_patients_and_of_files_with_seizures(root):
    assert {r.path.parent.name for r in chbmit(root, patients=["chb02", "chb21"])} == {"chb02", "chb21"}
    assert all(len(r.events) for r in chbmit(root, only_with_seizures=True))
    with pytest.raises(DatasetError, match="patient 'chb99' is not there; there are chb01, chb02, chb21"):
        chbmit(root, patients=["chb99"])


def test_files_that_are_listed_but_absent_are_passed_over(root):
    (root / "chb01" / "chb01_03.edf").unlink()
    assert [r.path.name for r in chbmit(root, patients=["chb01"])] == ["chb01_01.edf"]


def test_unlisted_file_without_marks_is_left_out(root):
    (root / "chb01" / "chb01_01.edf").rename(root / "chb01" / "chb01_99.edf")
    assert [r.path.name for r in chbmit(root, patients=["chb01"])] == ["chb01_03.edf"]


def test_seizure_outside_its_file_is_refused(tmp_path):
    write_case(tmp_path, "chb05", {"chb05_06.edf": (2, [(417, 532)])})
    with pytest.raises(
        DatasetError, match=r"chb05_06.edf: a seizure is marked from 417 s to 532 s, but the file has 2 s"
    ):
        chbmit(tmp_path)
    (only,) = chbmit(tmp_path, check_times=False)
    assert only.events[0].onset == 417


def test_other_folders_and_broken_files_are_refused(tmp_path, root):
    with pytest.raises(DatasetError, match="is this CHB-MIT"):
        chbmit(root / "chb01")
    (root / "chb02" / "chb02_16+.edf").write_bytes(b"")
    with pytest.raises(FileError, match="chb02_16"):
        chbmit(root)


def test_real_layout_is_read_and_its_short_files_are_refused(shared_data):
    layout = shared_data / "layouts" / "chbmit"
    with pytest.raises(DatasetError, match=r"chb05_06\.edf: a seizure is marked from 417 s"):
        chbmit(layout)
    found = chbmit(layout, check_times=False)
    assert len(found) == 59
    assert {r.patient: sum(len(o.events) for o in found if o.patient == r.patient) for r in found} == {
        "chb05": 5,
        "chb08": 5,
    }
    assert len(chbmit(layout, only_with_seizures=True, check_times=False)) == 10


def test_real_clips_are_not_taken_for_the_data_set(shared_data):
    with pytest.raises(DatasetError, match="source 'folder'"):
        chbmit(shared_data / "chbmit_clips")
