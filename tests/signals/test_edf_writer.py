"""What is written block by block is what other readers and ours find."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from semeia.errors import RecordingError, StorageError
from semeia.events import Event
from semeia.signals import open_recording
from semeia.signals.edf_writer import EdfWriter

START = datetime(2031, 5, 6, 7, 8, 9, 125000)


@pytest.fixture
def samples():
    return np.random.default_rng(5).normal(0, 200, (3, 1000)).astype(np.float32)


def test_blocks_of_any_length_give_the_same_file(tmp_path, samples):
    files = []
    for sizes in ([1000], [1, 99, 100, 101, 699], [30] * 33 + [10], [0, 1000]):
        path = tmp_path / "written.edf"
        with EdfWriter(path, ["A", "B", "C"], 100) as writer:
            for stop, size in zip(np.cumsum(sizes), sizes, strict=True):
                writer.write(samples[:, stop - size : stop])
        assert (writer.samples, writer.padding) == (1000, 0)
        files.append(path.read_bytes())
    assert len(set(files)) == 1


def test_edfio_and_we_read_what_was_written(tmp_path, samples):
    import edfio

    path = tmp_path / "written.edf"
    events = [Event(1.5, 3.25, "seizure", ("A", "B")), Event(0.0, 0.0, "Größe ✓"), Event(9.9, 20.0, "late")]
    with EdfWriter(path, ["A", "B", "C"], 100, subject="sim 01", started_at=START, prefilter="HP:0.5Hz") as writer:
        writer.write(samples)
        writer.annotate(events)
    theirs = edfio.read_edf(path)
    assert (theirs.patient.code, theirs.startdate, theirs.starttime) == ("sim_01", START.date(), START.time())
    assert theirs.num_data_records == 10
    for row, signal in zip(samples, theirs.signals, strict=True):
        np.testing.assert_allclose(signal.data, row, atol=0.0501)
    with open_recording(path) as ours:
        np.testing.assert_allclose(ours.read(0, 10), samples, atol=0.0501)
        assert (ours.subject, ours.started_at, ours.channels[2].prefilter) == ("sim_01", START, "HP:0.5Hz")
        found = [(event.onset, event.duration, event.label, event.channels) for event in ours.events]
        assert sorted(found) == sorted((e.onset, e.duration, e.label, e.channels) for e in events)
    assert {mark.text for mark in theirs.annotations} == {"seizure@@A", "seizure@@B", "Größe ✓", "late"}


def test_more_events_than_the_records_have_room_for_widen_them(tmp_path, samples):
    path = tmp_path / "written.edf"
    events = [Event(index / 10, 1.0, f"mark {index} " + "ä" * (index % 90)) for index in range(200)]
    with EdfWriter(path, ["A", "B", "C"], 100) as writer:
        writer.write(samples)
        writer.annotate(events)
    with open_recording(path) as recording:
        np.testing.assert_allclose(recording.read(0, 10), samples, atol=0.0501)
        assert [event.label for event in recording.events] == [event.label for event in events]


def test_last_record_is_padded_and_says_so(tmp_path, samples):
    path = tmp_path / "written.edf"
    with EdfWriter(path, ["A", "B", "C"], 300) as writer:
        writer.write(samples)
    assert writer.padding == 200
    with open_recording(path) as recording:
        assert recording.duration == 4
        np.testing.assert_allclose(recording.read_samples(1000, 200), 0, atol=1e-3)


def test_what_lies_beyond_the_range_is_clipped(tmp_path):
    path = tmp_path / "written.edf"
    with EdfWriter(path, ["A"], 4, physical_range=(-100, 100)) as writer:
        writer.write([[-1e9, -100, 100, 1e9]])
    with open_recording(path) as recording:
        np.testing.assert_allclose(recording.read(0, 1)[0], [-100, -100, 100, 100], rtol=1e-6)


def test_start_that_is_unknown_stays_unknown(tmp_path):
    path = tmp_path / "written.edf"
    with EdfWriter(path, ["A"], 4) as writer:
        writer.write(np.zeros((1, 4)))
    with open_recording(path) as recording:
        assert (recording.started_at, recording.subject) == (None, "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"labels": []}, "at least one channel"),
        ({"labels": [""]}, "needs a label"),
        ({"labels": ["x" * 17]}, "at most 16 printable ASCII"),
        ({"labels": ["µ"]}, "at most 16 printable ASCII"),
        ({"labels": ["A"], "rate": 0}, "whole number of Hz"),
        ({"labels": ["A"], "rate": 0.5}, "whole number of Hz"),
        ({"labels": ["A"], "physical_range": (1, 1)}, "must be the smaller"),
        ({"labels": ["A"], "physical_range": (-1e9, 1e9)}, "8 characters"),
    ],
)
def test_what_a_header_cannot_say_is_refused(tmp_path, arguments, said):
    with pytest.raises(RecordingError, match=said):
        EdfWriter(tmp_path / "written.edf", **{"rate": 4, **arguments})


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (np.zeros((2, 4)), "shape"),
        (np.zeros(4), "shape"),
        ([[0, np.nan]], "no numbers"),
        ([[np.inf, 0]], "no numbers"),
    ],
)
def test_blocks_that_do_not_fit_leave_nothing_behind(tmp_path, block, said):
    with pytest.raises(RecordingError, match=said), EdfWriter(tmp_path / "written.edf", ["A"], 4) as writer:
        writer.write(np.zeros((1, 100)))
        writer.write(block)
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_samples_is_not_written(tmp_path):
    with pytest.raises(RecordingError, match="no samples"), EdfWriter(tmp_path / "written.edf", ["A"], 4):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "written.edf"
    path.write_bytes(b"old")
    with pytest.raises(StorageError, match="no space left"), EdfWriter(path, ["A"], 4) as writer:
        monkeypatch.setattr(writer, "_file", open("/dev/full", "wb", buffering=0))  # noqa: PTH123, SIM115
        writer.write(np.zeros((1, 400)))
    writer._file.close()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_absent_is_reported(tmp_path):
    with (
        pytest.raises(StorageError, match="cannot be written"),
        EdfWriter(tmp_path / "a" / "b.edf", ["A"], 4),
    ):
        pass


def test_writing_outside_the_block_is_refused(tmp_path):
    writer = EdfWriter(tmp_path / "written.edf", ["A"], 4)
    with pytest.raises(RecordingError, match="with block"):
        writer.write(np.zeros((1, 4)))
