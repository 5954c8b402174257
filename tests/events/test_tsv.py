"""Events as SzCORE/BIDS TSV, written and read back, and what is said of bad files."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeia.errors import EventError, FileError, StorageError
from semeia.events import Event, Events, read_tsv, write_tsv

HEADER = "onset\tduration\teventType\tconfidence\tchannels\tdateTime\trecordingDuration\n"


def text_of(events: Events, folder: Path) -> str:
    write_tsv(events, folder / "a.tsv")
    return (folder / "a.tsv").read_bytes().decode()


def read_text(text: str | bytes, folder: Path) -> Events:
    path = folder / "b_events.tsv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_tsv(path)


def test_rows_are_as_the_standard_says(tmp_path):
    events = Events(
        [
            Event(12.346, 30, channels=("FP1-F7", "F7-T7"), confidence=0.987),
            Event(80, 0, "sz_foc_ia"),
            Event(90, 1, "blink"),
        ],
        duration=3600,
        started_at=datetime(2026, 1, 31, 23, 59, 58),
    )
    assert text_of(events, tmp_path) == (
        HEADER
        + "12.35\t30.00\tsz\t0.99\tFP1-F7,F7-T7\t2026-01-31 23:59:58\t3600.00\n"
        + "80.00\t0.00\tsz_foc_ia\tn/a\tall\t2026-01-31 23:59:58\t3600.00\n"
        + "90.00\t1.00\tblink\tn/a\tall\t2026-01-31 23:59:58\t3600.00\n"
    )


def test_recording_without_a_seizure_has_one_background_row(tmp_path):
    text = text_of(Events([Event(3, 1, "blink")], duration=61.5), tmp_path)
    assert text == (HEADER + "0.00\t61.50\tbckg\tn/a\tall\tn/a\t61.50\n" + "3.00\t1.00\tblink\tn/a\tall\tn/a\t61.50\n")
    again = read_tsv(tmp_path / "a.tsv")
    assert [event.label for event in again] == ["blink"]
    assert again.duration == 61.5


def test_unknown_length_is_written_and_read(tmp_path):
    assert text_of(Events(), tmp_path) == HEADER + "0.00\tn/a\tbckg\tn/a\tall\tn/a\tn/a\n"
    again = read_tsv(tmp_path / "a.tsv")
    assert (len(again), again.duration, again.started_at) == (0, None, None)


def test_rejected_events_are_left_out(tmp_path):
    assert "bckg" in text_of(Events([Event(3, 1, status="rejected")], duration=10), tmp_path)


def test_events_write_is_the_same(tmp_path):
    Events([Event(1, 2)], duration=10).write(tmp_path / "c.tsv")
    assert read_tsv(tmp_path / "c.tsv")[0].stop == 3


def test_channel_with_a_comma_is_refused_and_nothing_is_left_behind(tmp_path):
    with pytest.raises(EventError, match="'A,B' cannot stand in a list"):
        write_tsv(Events([Event(1, 2, channels=("A,B",))]), tmp_path / "a.tsv")
    assert not list(tmp_path.iterdir())


def test_absent_folder_is_a_storage_error(tmp_path):
    with pytest.raises(StorageError, match="cannot be written"):
        write_tsv(Events(), tmp_path / "absent" / "a.tsv")


HUNDREDTHS = st.integers(0, 10**8).map(lambda value: value / 100)
WORDS = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters=","), min_size=1, max_size=12)
EVENTS = st.builds(
    Event,
    onset=HUNDREDTHS,
    duration=HUNDREDTHS,
    label=st.just("seizure") | st.sampled_from(["sz_foc_a", "sz_gen_nm"]) | WORDS.map(lambda word: "other " + word),
    channels=st.lists(WORDS.filter(lambda word: word.lower() not in {"all", "n/a"}), max_size=3).map(tuple),
    confidence=st.none() | st.integers(0, 100).map(lambda value: value / 100),
)


@settings(deadline=None)
@given(
    st.lists(EVENTS, max_size=6),
    st.none() | HUNDREDTHS,
    st.none() | st.datetimes(datetime(1985, 1, 1), datetime(2084, 12, 31)).map(lambda t: t.replace(microsecond=0)),
)
def test_what_is_written_is_read_back(tmp_path_factory, events, duration, started_at):
    path = tmp_path_factory.getbasetemp() / "round.tsv"
    given = Events((replace(event, source=path.name) for event in events), duration=duration, started_at=started_at)
    write_tsv(given, path)
    again = read_tsv(path)
    assert again == given
    assert (again.duration, again.started_at) == (duration, started_at)


def test_every_decimal_is_read(tmp_path):
    events = read_text(HEADER + "1.23456\t1e1\tsz\t0.12345\tn/a\tn/a\t100.125\n", tmp_path)
    assert (events[0].onset, events[0].duration, events[0].confidence) == (1.23456, 10.0, 0.12345)
    assert events.duration == 100.125
    assert events[0].source == "b_events.tsv"


def test_columns_in_any_order_carriage_returns_and_byte_order_mark(tmp_path):
    text = "\ufeffduration\tlateralization\tonset\ttrial_type\r\n5\tleft\t7\tsz\r\n\r\n"
    assert [(e.onset, e.duration, e.label) for e in read_text(text, tmp_path)] == [(7.0, 5.0, "seizure")]


def test_unknown_duration_is_a_moment(tmp_path):
    assert read_text(HEADER + "1\tn/a\tsz\tn/a\tall\tn/a\tn/a\n", tmp_path)[0].duration == 0


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("x\t1\tsz\tn/a\tall\tn/a\tn/a", r"line 2, column onset: 'x' is not a number of seconds"),
        ("n/a\t1\tsz\tn/a\tall\tn/a\tn/a", r"line 2, column onset: 'n/a' is not"),
        ("1_0\t1\tsz\tn/a\tall\tn/a\tn/a", r"column onset: '1_0'"),
        ("nan\t1\tsz\tn/a\tall\tn/a\tn/a", r"column onset: 'nan'"),
        ("1e999\t1\tsz\tn/a\tall\tn/a\tn/a", r"column onset: '1e999'"),
        ("1\t-2\tsz\tn/a\tall\tn/a\tn/a", r"column duration: '-2' is not a number of seconds from 0 up"),
        ("1\t2\tsz\t1.5\tall\tn/a\tn/a", r"column confidence: '1.5' is not a number in 0..1"),
        ("1\t2\tsz\tn/a\tall\t31.1.2026\tn/a", r"column dateTime: '31.1.2026' is not a time like"),
        ("1\t2\tsz\tn/a\tall\tn/a\t-5", r"column recordingDuration: '-5'"),
        ("1\t2\tsz", r"line 2 has 3 columns, but the first line names 7"),
        (
            "1\t2\tsz\tn/a\tall\tn/a\t9\n1\t2\tsz\tn/a\tall\tn/a\t8",
            r"line 3, recordingDuration: 8.0 where line 2 says 9.0",
        ),
    ],
)
def test_bad_row_is_named_with_line_column_and_value(tmp_path, row, words):
    with pytest.raises(FileError, match=words):
        read_text(HEADER + row + "\n", tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"a\tb\n1\t2\n", "no column 'onset'"),
        (b"onset\tduration\n1\t2\n", "no column 'eventType'"),
        (b"\xff\xfe\x00", "not UTF-8"),
    ],
)
def test_what_is_no_table_of_events_is_refused(tmp_path, content, words):
    with pytest.raises(FileError, match=words):
        read_text(content, tmp_path)


def test_missing_file_and_folder_are_refused(tmp_path):
    with pytest.raises(FileError, match="no such file"):
        read_tsv(tmp_path / "absent.tsv")
    with pytest.raises(FileError, match="cannot be read"):
        read_tsv(tmp_path)


@settings(deadline=None)
@given(
    st.binary(max_size=200)
    | st.text("\t\n0123456789.-naszbckgonset/", max_size=200).map(lambda t: (HEADER + t).encode())
)
def test_any_bytes_give_events_or_one_clear_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.tsv"
    path.write_bytes(content)
    try:
        read_tsv(path)
    except FileError as error:
        assert "\n" not in str(error)
