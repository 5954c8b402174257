"""CHB-MIT's own marks (`semeia.events.chbmit`): the summary with all its variations, and the binary files."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeia.errors import FileError
from semeia.events import read_events, read_seizures, read_summary
from semeia.events.chbmit import on_one_clock

SUMMARY = """Data Sampling Rate: 256 Hz
*************************

Channels in EDF Files:
**********************
Channel 1: FP1-F7
Channel 2: -

File Name: chb90_01.edf
File Start Time: 23:30:00
File End Time: 24:30:00
Number of Seizures in File: 1
Seizure Start Time: 10 seconds\x20\x20
Seizure End Time: 25 seconds

Channels changed:
*****************
Channel 1: FP1-CS2
Channel 2: ECG
Channel 3: T8-P8

File Name: chb90_02+.edf
File Start Time: 25:10:00
File End Time: 2:10:10
Number of Seizures in File: 2
Seizure 1 Start Time: 2951 seconds
Seizure 1 End Time:   3030 seconds
Seizure 2 Start Time: 9196 seconds
Seizure 1 End Time:   9267 seconds

File Name: chb90_03.edf
Number of Seizures in File: 0
"""


def summary(folder: Path, text: str) -> Path:
    path = folder / "chb90-summary.txt"
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "  \n"])
def test_variations_of_the_summary_are_read(tmp_path, line_end):
    entries = read_summary(summary(tmp_path, SUMMARY.replace("\n", line_end)))
    first, second, third = entries.values()
    assert list(entries) == ["chb90_01.edf", "chb90_02+.edf", "chb90_03.edf"]
    assert (first.channels, first.rate) == (("FP1-F7", "-"), 256)
    assert second.channels == third.channels == ("FP1-CS2", "ECG", "T8-P8")
    assert [(e.onset, e.stop) for e in first.seizures] == [(10, 25)]
    assert (first.started, first.ended, first.seizures.duration) == ("23:30:00", "24:30:00", 3600)
    assert (third.started, third.ended, third.seizures.duration) == ("", "", None)


def test_wrongly_numbered_end_is_paired_by_order(tmp_path):
    entry = read_summary(summary(tmp_path, SUMMARY))["chb90_02+.edf"]
    assert [(e.onset, e.stop) for e in entry.seizures] == [(2951, 3030), (9196, 9267)]
    assert entry.seizures.duration == 3610  # 25:10:00 to 2:10:10 of the same day


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("in File: 1", "in File: 2", r"chb90_01.edf: 'Number of Seizures in File' is 2, but 1 have times"),
        ("End Time: 25 seconds", "End Time: 5 seconds", r"line 14: the seizure of chb90_01.edf ends at 5 s"),
        (
            "Time: 10 seconds",
            "Time: ten seconds",
            r"line 13: 'Seizure Start Time: ten seconds' is not a time",
        ),
        ("Seizure End Time: 25 seconds", "", "do not alternate"),
        ("chb90_03.edf", "chb90_01.edf", "chb90_01.edf stands there twice"),
        ("File Name:", "Name:", "is no CHB-MIT summary"),
    ],
)
def test_contradiction_in_the_summary_is_named(tmp_path, old, new, words):
    with pytest.raises(FileError, match=words):
        read_summary(summary(tmp_path, SUMMARY.replace(old, new)))


def skip(ticks: int) -> bytes:
    upper, lower = divmod(ticks & 0xFFFFFFFF, 0x10000)
    return struct.pack("<HHH", 59 << 10, upper, lower)


def binary(marks: list[tuple[int, int]], resolution: int = 256) -> bytes:
    """Return a file of (code, ticks since the last annotation), as the data set has them."""
    text = f"## time resolution: {resolution}".encode()
    data = struct.pack("<HH", 22 << 10, 63 << 10 | len(text)) + text + b"\0" * (len(text) % 2)
    data += skip(-1) + b"\x01\x00"
    for code, ticks in marks:
        data += skip(ticks) + struct.pack("<H", code << 10)
    return data + b"\0\0"


def seizures(folder: Path, data: bytes) -> Path:
    path = folder / "chb90_01.edf.seizures"
    path.write_bytes(data)
    return path


SEIZURES = st.lists(st.tuples(st.integers(0, 2**24), st.integers(1, 2**20)), max_size=5)


@settings(deadline=None)
@given(SEIZURES, st.sampled_from([200, 256, 512]))
def test_any_seizures_are_read_to_the_tick(tmp_path_factory, gaps, resolution):
    marks = [mark for before, length in gaps for mark in ((32, before), (33, length))]
    path = seizures(tmp_path_factory.getbasetemp(), binary(marks, resolution))
    tick, wanted = 0, []
    for before, length in gaps:
        wanted.append(((tick + before) / resolution, length / resolution))
        tick += before + length
    assert [(e.onset, e.duration) for e in read_seizures(path)] == wanted


def test_short_intervals_without_a_skip_are_read(tmp_path):
    data = binary([])[:-2] + struct.pack("<HHH", 32 << 10 | 512, 33 << 10 | 1000, 0)
    assert [(e.onset, e.duration) for e in read_seizures(seizures(tmp_path, data))] == [(2.0, 1000 / 256)]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"onset\tduration\n", "does not begin with its time resolution"),
        (binary([(32, 5), (33, 9)])[:-2], "is truncated: 52 bytes"),
        (binary([(32, 5)]), "has no end"),
        (binary([(33, 256)]), r"ends at 1 s that did not begin"),
        (binary([(32, 256), (32, 256)]), r"begins at 2 s, where none can"),
        (binary([(32, -256), (33, 9)]), r"begins at -1 s, where none can"),
        (binary([], resolution=0), "does not begin with its time resolution"),
    ],
)
def test_bad_binary_file_is_refused(tmp_path, data, words):
    with pytest.raises(FileError, match=words):
        read_seizures(seizures(tmp_path, data))


@settings(deadline=None)
@given(st.binary(max_size=80), st.booleans())
def test_any_bytes_give_seizures_or_one_clear_error(tmp_path_factory, content, begun):
    path = tmp_path_factory.getbasetemp() / "any.edf.seizures"
    path.write_bytes((binary([])[:-2] if begun else b"") + content)
    try:
        read_seizures(path)
    except FileError as error:
        assert "\n" not in str(error)


def test_missing_file_is_refused(tmp_path):
    for reader in (read_summary, read_seizures):
        with pytest.raises(FileError, match="no such file"):
            reader(tmp_path / "absent")


def test_every_binary_file_agrees_with_its_summary(shared_data):
    entries = read_summary(shared_data / "chbmit_clips/chb01/chb01-summary.txt")
    files = sorted((shared_data / "chbmit_clips").glob("*/*.seizures"))
    for path in files:
        found = read_events(path)
        assert len(found) == 1
        if path.name.startswith("chb01"):
            told = entries[path.name.removesuffix(".seizures")].seizures
            assert [(e.onset, e.stop) for e in found] == [(e.onset, e.stop) for e in told]
    assert {path.name[:8] for path in files} >= {f"chb01_{n}" for n in ("03", "04", "15", "16", "18", "21", "26")}


def test_real_summaries_are_read(shared_data):
    counts = {}
    for path in shared_data.rglob("*-summary.txt"):
        entries = read_summary(path)
        counts[path.name] = (len(entries), sum(len(entry.seizures) for entry in entries.values()))
        assert all(len(entry.channels) == 23 and entry.rate == 256 for entry in entries.values())
    assert counts == {
        "chb01-summary.txt": (42, 7),
        "chb05-summary.txt": (39, 5),
        "chb08-summary.txt": (20, 5),
    }


CLOCKS = """Data Sampling Rate: 256 Hz
File Name: a.edf
File Start Time: 22:30:00
File End Time: 23:30:00
Number of Seizures in File: 0
File Name: b.edf
File Start Time: 23:30:07
File End Time: 24:30:07
Number of Seizures in File: 0
File Name: c.edf
File Start Time: 25:12:01
File End Time: 2:12:01
Number of Seizures in File: 0
File Name: d.edf
Number of Seizures in File: 0
File Name: e.edf
File Start Time: 2:11:55
File End Time: 3:11:55
Number of Seizures in File: 0
File Name: f.edf
File Start Time: 01:00:00
File End Time: 02:00:00
Number of Seizures in File: 0
"""


def test_clock_times_past_midnight_lie_on_one_clock(tmp_path):
    hours = {name: start / 3600 for name, start in on_one_clock(read_summary(summary(tmp_path, CLOCKS))).items()}
    assert list(hours) == ["a.edf", "b.edf", "c.edf", "e.edf", "f.edf"]  # d says no time
    assert hours["a.edf"] == 22.5
    assert hours["b.edf"] == pytest.approx(23.5, abs=0.01)
    assert hours["c.edf"] == pytest.approx(25.2, abs=0.01)  # 25:12:01 is 01:12:01 of the next day
    assert hours["e.edf"] == pytest.approx(26.2, abs=0.01)  # begins some seconds before the one ahead of it ended
    assert hours["f.edf"] == 49  # back in the day: another one


def test_clocks_of_real_summaries_go_forward(shared_data):
    for path in shared_data.rglob("*-summary.txt"):
        entries = read_summary(path)
        starts = on_one_clock(entries)
        assert len(starts) == len(entries)
        assert list(starts.values()) == sorted(starts.values())
