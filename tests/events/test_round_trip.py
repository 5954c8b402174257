"""Events written as TSV, CSV and EDF+ annotations come back as they were."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeia.errors import FileError
from semeia.events import Event, Events, read_csv, read_events, read_tsv, write_csv, write_tsv
from semeia.events.tal import decode_tals, encode_event, events_of

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
SECONDS = st.integers(0, 10**14).map(lambda nanoseconds: nanoseconds / 1e9)
EVENTS = st.builds(
    Event,
    onset=SECONDS,
    duration=SECONDS,
    label=TEXTS,
    channels=st.lists(TEXTS, max_size=4).map(tuple),
    confidence=st.none() | st.floats(0, 1),
    author=TEXTS,
    source=TEXTS,
    status=st.sampled_from(["proposed", "accepted", "rejected"]),
    comment=TEXTS,
)
TABLES = st.lists(EVENTS, max_size=5).map(Events)


@given(TABLES)
def test_a_whole_tsv_loses_nothing(tmp_path_factory: pytest.TempPathFactory, events: Events) -> None:
    path = tmp_path_factory.getbasetemp() / "events.tsv"
    write_tsv(events, path, whole=True)
    assert read_tsv(path) == events
    assert read_events(path) == events


@given(TABLES)
def test_a_csv_loses_nothing(tmp_path_factory: pytest.TempPathFactory, events: Events) -> None:
    path = tmp_path_factory.getbasetemp() / "events.csv"
    write_csv(events, path)
    assert read_csv(path) == events
    assert read_events(path) == events


@given(TABLES)
def test_edf_annotations_lose_nothing(events: Events) -> None:
    written = b"".join(encode_event(event, start=0.25, whole=True) for event in events)
    assert Events(events_of(decode_tals(written), start=0.25)) == events


def test_other_programs_read_what_the_standards_have_a_place_for(tmp_path: Path) -> None:
    event = Event(1.5, 2.0, "sz_foc", ("Fp1", "F7"), 0.5, "anna", "page", "accepted", "left temporal")
    write_tsv(Events([event], duration=60), tmp_path / "a.tsv", whole=True)
    cells = (tmp_path / "a.tsv").read_text().splitlines()[1].split("\t")
    assert cells[:5] == ["1.5", "2.0", "sz_foc", "0.50", "Fp1,F7"]
    (tal,) = decode_tals(encode_event(event, whole=True))
    assert tal.texts[:2] == ("sz_foc@@Fp1", "sz_foc@@F7")


def test_a_piece_that_was_changed_is_a_line_in_tables_and_a_text_in_edf(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    write_tsv(Events([Event(1, 2, comment="here")], duration=60), path, whole=True)
    path.write_text(path.read_text().replace('{"comment"', '{"comment'))
    with pytest.raises(FileError, match="line 2, column semeia"):
        read_tsv(path)
    written = encode_event(Event(1, 2, comment="here"), whole=True).replace(b'"here"', b"5")
    labels = [event.label for event in events_of(decode_tals(written))]
    assert labels == ["seizure", 'semeia {"comment":5}']


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "no column 'onset'"),
        ("onset\nx\n", "event 1 of the table cannot be read: could not convert"),
        ("onset,status\n1,maybe\n", "status = 'maybe'"),
        ("onset,channels\n1,Fp1\n", "event 1"),
        ('onset,channels\n1,"[1]"\n', "channels"),
        ("onset,confidence\n1,2\n", "not in 0..1"),
        ("onset,duration\n1,nan\n", "not a time"),
        ('onset\n"1\n', "is no table of events"),
        ("\xff", "not UTF-8"),
    ],
)
def test_what_is_no_csv_of_events_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(FileError, match=said):
        read_csv(path)
