"""The importer of BIDS-EEG: subjects, sessions, events, clocks."""

from __future__ import annotations

import datetime
from pathlib import Path

import edfio
import numpy as np
import pytest

from semeia.datasets.bids import bids
from semeia.errors import DatasetError
from semeia.events import Event, Events, write_tsv


def write_run(root: Path, place: str, seizures, started_at=None, table=True) -> Path:
    path = root / place
    path.parent.mkdir(exist_ok=True, parents=True)
    noise = np.random.default_rng([*map(ord, place)]).normal(0, 30, 6000)
    signal = edfio.EdfSignal(noise, 100, label="Fp1", physical_range=(-500, 500))
    edfio.Edf([signal]).write(path)
    if table:
        events = [Event(onset, duration) for onset, duration in seizures]
        write_tsv(
            Events(events, duration=60, started_at=started_at), Path(str(path).replace("_eeg.edf", "_events.tsv"))
        )
    return path


NIGHT = datetime.datetime(2020, 5, 17, 23, 59, 30)


@pytest.fixture
def root(tmp_path):
    write_run(tmp_path, "sub-01/ses-01/eeg/sub-01_ses-01_task-szMonitoring_run-00_eeg.edf", [(10, 20)], NIGHT)
    later = NIGHT + datetime.timedelta(hours=1)
    write_run(tmp_path, "sub-01/ses-01/eeg/sub-01_ses-01_task-szMonitoring_run-01_eeg.edf", [], later)
    write_run(tmp_path, "sub-02/eeg/sub-02_task-rest_eeg.edf", [(5, 10), (30, 10)])
    write_run(tmp_path, "sub-02/eeg/sub-02_task-other_eeg.edf", [], table=False)
    return tmp_path


def test_runs_with_events_are_read(root):
    one, two, three = bids(root)
    assert (one.patient, one.group[-10:], one.duration) == ("sub-01", "run-00_eeg", 60)
    assert [(e.onset, e.stop, e.label) for e in one.events] == [(10, 30, "seizure")]
    assert (one.started_at, two.started_at - one.started_at) == (NIGHT, datetime.timedelta(hours=1))
    assert (three.patient, len(three.events), three.started_at) == ("sub-02", 2, None)


def test_own_column_of_bids_is_read(root):
    table = root / "sub-02/eeg/sub-02_task-rest_events.tsv"
    table.write_text("onset\tduration\ttrial_type\n7.5\t3\tsz_foc_ia\n")
    assert [e.onset for e in bids(root, patients=["sub-02"])[0].events.seizures()] == [7.5]


def test_what_is_missing_or_wrong_is_named(root, tmp_path):
    with pytest.raises(DatasetError, match="patient 'sub-9' is not there; there are sub-01, sub-02"):
        bids(root, patients=["sub-9"])
    write_run(root, "sub-03/eeg/sub-03_task-x_eeg.edf", [], table=False)
    with pytest.raises(DatasetError, match="holds 1 recording without _events.tsv"):
        bids(root, patients=["sub-03"])
    write_run(root, "sub-03/eeg/sub-03_task-x_eeg.edf", [(50, 30)])
    with pytest.raises(DatasetError, match=r"sub-03_task-x_eeg.edf: a seizure is marked from 50 s to 80 s"):
        bids(root)
    (tmp_path / "other").mkdir()
    with pytest.raises(DatasetError, match="is this BIDS"):
        bids(tmp_path / "other")
