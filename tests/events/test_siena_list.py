"""The seizure lists of Siena (`semeia.events.siena`), with everything that their writers did differently."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeia.errors import FileError
from semeia.events.siena import read_seizures_list

LIST = """PN10

Data Sampling Rate: 512 Hz

Channel 5: 1      \r
Seizure n 1 (in sleep):
File name: PN10-1.edf\x20
Registration start time: 05.40.05
Registration end time:  08.40.05
Seizure start time: 07.45.50\x20
Seizure end time:07.46.59

Seizure n 3
File name: PN10-3.edf
Registration start time:1 3.33.18
Registration end time: 16.00.00
Seizure start time: 15.43.53 (CLINICAL ONSET); 15.43.59 (ELECTRIC ONSET)
Seizure end time: 15:45.02 opure 15.44.40
"""

SHARED = """PN01
File name: PN01.edf
Registration start time: 19.00.44
Registration end time: 08.28.35

Seizure n 1
Start time: 21:51:02
End time: 21:51:56

Seizure n 2
Start time: 7:53:17
End time: 7:54:31
"""


def read(folder, text):
    path = folder / "Seizures-list-PN10.txt"
    path.write_text(text, newline="")
    return read_seizures_list(path)


def clock(hours, minutes, seconds):
    return 3600 * hours + 60 * minutes + seconds


def test_uneven_spelling_is_read(tmp_path):
    one, three = read(tmp_path, LIST)
    assert (one.file, one.registered) == ("PN10-1.edf", clock(5, 40, 5))
    assert (one.start, one.stop) == (clock(7, 45, 50), clock(7, 46, 59))
    assert three.registered == clock(13, 33, 18)
    assert (three.start, three.stop) == (clock(15, 43, 59), clock(15, 45, 2))


def test_file_told_once_holds_for_the_seizures_after_it(tmp_path):
    assert [(s.file, s.registered, s.start) for s in read(tmp_path, SHARED)] == [
        ("PN01.edf", clock(19, 0, 44), clock(21, 51, 2)),
        ("PN01.edf", clock(19, 0, 44), clock(7, 53, 17)),
    ]


def test_start_of_one_recording_is_not_that_of_the_next(tmp_path):
    text = SHARED.replace("Seizure n 2\n", "Seizure n 2\nFile name: PN01-2.edf\n")
    assert [s.registered for s in read(tmp_path, text)] == [clock(19, 0, 44), None]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("07.45.50", "at dawn", "line 10: 'at dawn' is not a time of day"),
        ("07.45.50", "27.45.50", "line 10: '27.45.50' is not a time"),
        ("Seizure end time:07.46.59", "", "line 17: starts and ends of seizures do not alternate"),
        ("Seizure start time: 07.45.50 ", "", "line 11: starts and ends of seizures do not alternate"),
        ("Seizure end time: 15:45.02 opure 15.44.40", "", "its last seizure has no end"),
        ("File name: PN10-1.edf ", "", "line 11: no 'File name' says which recording"),
        ("eizure", "", "is no list of seizures"),
    ],
)
def test_what_cannot_be_understood_is_named_with_its_line(tmp_path, old, new, words):
    text = LIST.replace(old, new)
    if old == "eizure":
        text = "nothing"
    with pytest.raises(FileError, match=words):
        read(tmp_path, text)


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(FileError, match="no such file"):
        read_seizures_list(tmp_path / "absent")


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet="SeizurFlnamtR: .0123456789\n", max_size=300), st.booleans())
def test_any_text_gives_seizures_or_one_clear_error(tmp_path_factory, text, begun):
    try:
        read(tmp_path_factory.getbasetemp(), (LIST if begun else "") + text)
    except FileError as error:
        assert "\n" not in str(error)


def test_real_lists_are_read(shared_data):
    found = {p.stem[-4:]: read_seizures_list(p) for p in (shared_data / "layouts/siena").glob("*/Seizures-list-*.txt")}
    assert {name: len(list_) for name, list_ in found.items()} == {"PN00": 5, "PN16": 2}
    assert [s.stop - s.start for s in found["PN16"]] == [123, 107]
