"""What importers share: contradictions, duplicates, clocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from semeia.datasets import LabelledRecording
from semeia.datasets.importing import distinct, with_clocks
from semeia.errors import DatasetError
from semeia.events import Event, Events


def labelled(path, *events, duration=600.0, patient="p", started_at=None):
    marks = Events(Event(onset, length, label) for onset, length, label in events)
    return LabelledRecording(path, patient, marks, duration, group="g", started_at=started_at)


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ([(0, 600, "preictal"), (0, 600, "interictal")], "overlaps"),
        (
            [(0, 600, "preictal"), (590, 5, "sz_foc_ia")],
            "preictal from 0 s to 600 s overlaps seizure from 590 s to 595 s",
        ),
        (
            [(0, 400, "interictal"), (10, 5, "interictal"), (300, 9, "healthy")],
            "interictal from 0 s to 400 s overlaps healthy",
        ),
        ([(0, 900, "preictal")], "a preictal is marked from 0 s to 900 s, but the file has 600 s"),
        ([(-9, 20, "seizure")], "a seizure is marked from -9 s to 11 s"),
    ],
)
def test_classes_that_contradict_are_named_with_file_and_times(tmp_path, events, words):
    with pytest.raises(DatasetError, match=f"^a.edf: .*{words}"):
        labelled(tmp_path / "a.edf", *events).checked()


def test_marks_that_touch_or_mean_something_else_do_not_contradict(tmp_path):
    events = [
        (0, 300, "preictal"),
        (299.5, 60, "seizure"),
        (310, 5, "seizure"),
        (100, 250, "artefact"),
        (700, 1, "note"),
    ]
    assert labelled(tmp_path / "a.edf", *events).checked().events
    rejected = Events([Event(0, 600, "seizure", status="rejected"), Event(0, 600, "interictal")])
    replace(labelled(tmp_path / "a.edf"), events=rejected).checked()


def test_same_bytes_in_two_files_are_a_leak(tmp_path):
    noise = np.random.default_rng(1).bytes(300_000)
    for name in ("a.edf", "b.edf", "c.edf"):
        (tmp_path / name).write_bytes(noise)
    changed = bytearray(noise)
    changed[100_000] ^= 1  # where the quick comparison does not look
    (tmp_path / "b.edf").write_bytes(changed)
    with pytest.raises(DatasetError, match=r"/a.edf and .*/c.edf are the same recording: leave one of them out"):
        distinct(labelled(tmp_path / name) for name in ("a.edf", "b.edf", "c.edf"))
    assert len(distinct([labelled(tmp_path / "a.edf"), labelled(tmp_path / "b.edf")])) == 2


DAY = datetime(2020, 5, 17, 22)


@pytest.mark.parametrize(
    ("starts", "kept"),
    [
        ([DAY, DAY + timedelta(seconds=600)], True),
        ([DAY, DAY + timedelta(seconds=590)], True),
        ([DAY, DAY + timedelta(seconds=300)], False),  # one patient is not recorded twice at a time
        ([DAY, DAY], False),
        ([DAY, None], False),
        ([datetime(2016, 1, 1, 22), datetime(2016, 1, 1, 23)], False),  # a date that was taken out
    ],
)
def test_clock_is_kept_only_where_all_recordings_of_the_patient_can_share_it(tmp_path, starts, kept):
    recordings = [labelled(tmp_path / f"{k}.edf", started_at=start) for k, start in enumerate(starts)]
    other = labelled(tmp_path / "x.edf", patient="q", started_at=DAY)
    *own, last = with_clocks([*recordings, other])
    assert [r.started_at for r in own] == (starts if kept else [None, None])
    assert last.started_at == DAY
