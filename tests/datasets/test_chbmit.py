"""The importer of CHB-MIT: what is listed, what is left out, and marks that do not fit."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

import edfio
import numpy as np
import pytest

from semeia.datasets.chbmit import chbmit
from semeia.errors import DatasetError, FileError, MontageError
from semeia.signals.electrodes import scalp_channels
from semeia.signals.montage import montage_named


def write_case(root: Path, case: str, files: dict[str, tuple[int, list[tuple[int, int]]]]) -> None:
    """Write a folder of one case: seconds and seizures of each file."""
    folder = root / case
    folder.mkdir(parents=True)
    lines = ["Data Sampling Rate: 256 Hz", "Channels in EDF Files:", "Channel 1: FP1-F7"]
    for name, (seconds, seizures) in files.items():
        noise = np.random.default_rng([*map(ord, name)]).normal(0, 30, seconds * 16)
        signal = edfio.EdfSignal(noise, 16, label="FP1-F7", physical_range=(-500, 500))
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


NIGHT = datetime.datetime(2077, 5, 9, 22, 30)
LABELS = ("FP1-F7", "F7-T7", "-", "T7-P7", "-")


def write_night(
    folder: Path,
    starts: Sequence[datetime.datetime | None],
    clocks: Sequence[str],
    labels: Sequence[Sequence[str]] | None = None,
) -> None:
    """Write recordings of 10 min with a seizure at 100 s in the first and the last, and their summary."""
    folder.mkdir(parents=True)
    lines = ["Data Sampling Rate: 256 Hz"]
    for number, (start, clock) in enumerate(zip(starts, clocks, strict=True)):
        name = f"{folder.name}_{number:02d}.edf"
        own = labels[number] if labels else LABELS
        noise = np.random.default_rng(number).normal(0, 30, (len(own), 600))
        signals = [
            edfio.EdfSignal(x, 1, label=label, physical_range=(-500, 500)) for x, label in zip(noise, own, strict=True)
        ]
        when = (
            {} if start is None else {"recording": edfio.Recording(startdate=start.date()), "starttime": start.time()}
        )
        edfio.Edf(signals, **when).write(folder / name)
        marked = number in {0, len(starts) - 1}
        lines += ["Channels changed:", *(f"Channel {k}: {label}" for k, label in enumerate(own, 1))]
        lines += [
            f"File Name: {name}",
            f"File Start Time: {clock}" if clock else "",
            f"Number of Seizures in File: {marked:d}",
        ]
        lines += ["Seizure Start Time: 100 seconds", "Seizure End Time: 130 seconds"] if marked else []
    (folder / f"{folder.name}-summary.txt").write_text("\n".join(lines))


def hours(count: int) -> list[datetime.datetime]:
    return [NIGHT + datetime.timedelta(hours=k) for k in range(count)]


CLOCKS = ["22:30:00", "23:30:00", "24:30:00", "25:30:00"]


def test_headers_are_the_clock_and_each_file_knows_the_seizures_of_the_others(tmp_path):
    write_night(tmp_path / "chb30", hours(4), CLOCKS)
    found = chbmit(tmp_path)
    assert [r.started_at for r in found] == hours(4)
    assert [r.around for r in found] == [(10900,), (-3500, 7300), (-7100, 3700), (-10700,)]


def test_seizures_of_files_that_are_not_there_are_known_too(tmp_path):
    write_night(tmp_path / "chb30", hours(4), CLOCKS)
    (tmp_path / "chb30" / "chb30_03.edf").unlink()
    assert [r.around for r in chbmit(tmp_path)] == [(10900,), (-3500, 7300), (-7100, 3700)]


def test_days_without_a_file_are_told_by_the_headers_alone(tmp_path):
    starts = [*hours(3), hours(4)[3] + datetime.timedelta(days=2)]
    write_night(tmp_path / "chb30", starts, CLOCKS)
    found = chbmit(tmp_path)
    assert [r.started_at for r in found] == starts
    assert found[0].around == (10900 + 2 * 86400,)
    (tmp_path / "chb30" / "chb30_02.edf").unlink()
    assert chbmit(tmp_path)[0].around == (10900 + 2 * 86400,)


@pytest.mark.parametrize("start", [None, NIGHT, datetime.datetime(2000, 1, 1)])
def test_summary_is_the_clock_where_the_headers_are_none(tmp_path, start):
    write_night(tmp_path / "chb30", [start] * 4, CLOCKS)
    found = chbmit(tmp_path)
    assert [(r.started_at - found[0].started_at).total_seconds() for r in found] == [0, 3600, 7200, 10800]
    assert found[1].around == (-3500, 7300)


def test_case_without_clock_times_has_no_clock(tmp_path):
    write_night(tmp_path / "chb24", [None] * 4, [""] * 4)
    assert {(r.started_at, r.around) for r in chbmit(tmp_path)} == {(None, ())}


def test_cases_of_one_patient_are_not_on_top_of_each_other(tmp_path):
    for case in ("chb01", "chb21"):
        write_night(tmp_path / case, [None] * 4, CLOCKS)
        for file in (tmp_path / case).glob("*.edf"):  # other samples
            file.write_bytes(file.read_bytes()[:-4] + case.encode()[-4:])
    first, *_, last = chbmit(tmp_path)
    assert first.patient == last.patient
    assert (last.started_at - first.started_at).days == 548


def test_dummies_and_channels_that_change_midway_are_told_apart_by_the_files(tmp_path):
    changed = ("FP1-CS2", "F7-CS2", "T7-CS2", "P7-CS2", "-")
    write_night(tmp_path / "chb12", hours(4), CLOCKS, [LABELS, changed, LABELS, changed])
    found = chbmit(tmp_path)
    assert len(found) == 4
    for recording, own in zip(found, [LABELS, changed] * 2, strict=True):
        with recording.open() as opened:
            assert tuple(channel.label for channel in opened.channels) == own
            assert len(scalp_channels(opened)) == sum(label != "-" for label in own)


def test_recordings_that_cannot_give_a_montage_are_left_out(tmp_path):
    whole = montage_named("longitudinal").labels
    write_night(tmp_path / "chb12", hours(4), CLOCKS, [whole, LABELS, whole, LABELS])
    assert [r.path.stem for r in chbmit(tmp_path, montage="longitudinal")] == ["chb12_00", "chb12_02"]
    with pytest.raises(MontageError):
        chbmit(tmp_path, montage="longitudnal")
    with pytest.raises(DatasetError, match="is listed in its summary and gives the montage chbmit; a folder"):
        chbmit(tmp_path, montage="chbmit")


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
    third = next(r for r in found if r.path.name == "chb08_03.edf")
    assert third.started_at.time() == datetime.time(13, 28, 59)
    assert third.around[0] == pytest.approx(2670 - 3602, abs=1)  # the seizure of chb08_02


def test_real_clips_are_not_taken_for_the_data_set(shared_data):
    with pytest.raises(DatasetError, match="source 'folder'"):
        chbmit(shared_data / "chbmit_clips")
