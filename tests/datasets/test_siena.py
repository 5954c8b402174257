"""The importer of Siena: clock times over midnight, misspelt names, headers that disagree with the list."""

from __future__ import annotations

import datetime
from pathlib import Path

import edfio
import numpy as np
import pytest

from semeia.datasets.siena import siena
from semeia.errors import DatasetError, FileError


def write_recording(path: Path, start: tuple[int, int, int], seconds: int) -> None:
    path.parent.mkdir(exist_ok=True, parents=True)
    noise = np.random.default_rng([*map(ord, path.name)]).normal(0, 30, seconds)
    signal = edfio.EdfSignal(noise, 1, label="EEG Fp1", physical_range=(-500, 500))
    edfio.Edf([signal], starttime=datetime.time(*start)).write(path)


def write_list(folder: Path, *blocks: tuple[str, str, str, str]) -> None:
    """Write a list of (file, registration start, seizure start, seizure end)."""
    lines = [folder.name]
    for number, (file, registered, start, stop) in enumerate(blocks, 1):
        lines += [f"Seizure n {number}", f"File name: {file}", f"Registration start time: {registered}"]
        lines += [f"Seizure start time: {start}", f"Seizure end time: {stop}", ""]
    (folder / f"Seizures-list-{folder.name}.txt").write_text("\n".join(lines))


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "PN06"
    write_recording(folder / "PN06-1.edf", (23, 50, 0), 3600)
    write_recording(folder / "PN06-2.edf", (10, 0, 0), 3600)
    write_recording(folder / "PN06-3.edf", (12, 0, 0), 600)
    write_list(
        folder,
        ("PNO6-1.edf", "23.50.00", "00.10.00", "00.11.30"),
        ("PN06-2.edf ", "9.00.00", "10.30.00", "10.30.40"),
        ("PN06-2.edf", "9.00.00", "10.50.00", "10.50.10"),
    )
    return tmp_path


def times(recordings):
    return {r.path.name: [(e.onset, e.stop) for e in r.events] for r in recordings}


def test_clock_times_become_seconds_of_the_recording(root):
    found = siena(root)
    assert times(found) == {
        "PN06-1.edf": [(1200, 1290)],  # over midnight; PNO6 with a letter O
        "PN06-2.edf": [(1800, 1840), (3000, 3010)],  # its header says 10:00, whatever the list says
        "PN06-3.edf": [],  # not in the list
    }
    assert {(r.patient, r.started_at) for r in found} == {("PN06", None)}  # headers carry no dates


def test_start_of_the_list_is_taken_where_the_header_cannot_be_right(root):
    write_recording(root / "PN06" / "PN06-2.edf", (0, 0, 0), 7200)  # anonymised
    assert times(siena(root))["PN06-2.edf"] == [(5400, 5440), (6600, 6610)]


@pytest.mark.parametrize("told", ["PN11-.edf", "PN11.edf", "pn11-1.EDF"])
def test_only_recording_is_meant_by_an_unfinished_name(tmp_path, told):
    write_recording(tmp_path / "PN11" / "PN11-1.edf", (8, 0, 0), 600)
    write_list(tmp_path / "PN11", (told, "8.00.00", "8.05.00", "8.06.00"))
    assert times(siena(tmp_path)) == {"PN11-1.edf": [(300, 360)]}


def test_recording_that_a_wrong_name_may_mean_is_not_taken_for_one_without_seizures(root):
    write_list(root / "PN06", ("PN06-9.edf", "10.00.00", "10.30.00", "10.30.40"))
    with pytest.raises(DatasetError, match=r"Seizures-list-PN06.txt, line 6: 'PN06-9.edf' is not there, .* PN06-1.edf"):
        siena(root)


def test_seizure_outside_its_file_and_missing_list_are_refused(root):
    write_list(root / "PN06", ("PN06-3.edf", "12.00.00", "12.30.00", "12.30.40"))
    with pytest.raises(
        DatasetError, match=r"PN06-3.edf: a seizure is marked from 1800 s to 1840 s, but the file has 600"
    ):
        siena(root)
    assert len(siena(root, check_times=False)) == 3
    (root / "PN06" / "Seizures-list-PN06.txt").unlink()
    with pytest.raises(FileError, match="Seizures-list-PN06.txt: no such file"):
        siena(root)
    with pytest.raises(DatasetError, match="is this Siena"):
        siena(root / "PN06")


def test_known_slip_of_the_pen_is_put_right(tmp_path):
    write_recording(tmp_path / "PN00" / "PN00-3.edf", (18, 15, 44), 2489)
    write_list(tmp_path / "PN00", ("PN00-3.edf", "18.15.44", "18.28.29", "19.29.29"))
    assert times(siena(tmp_path)) == {"PN00-3.edf": [(765, 825)]}


def test_real_layout_is_read(shared_data):
    found = times(siena(shared_data / "layouts" / "siena", check_times=False))
    lengths = [stop - start for seizures in found.values() for start, stop in seizures]
    assert lengths == [70, 54, 60, 74, 67, 123, 107]
    assert found["PN00-2.edf"] == [(1220, 1274)]
    assert found["PN16-1.edf"] == [(7184, 7307)]
    with pytest.raises(
        DatasetError, match="PN00-1.edf: a seizure is marked from 1143 s to 1213 s, but the file has 2 s"
    ):
        siena(shared_data / "layouts" / "siena")
