"""Events become TALs and come back; TALs as the EDF+ specification and other writers give them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeia.errors import EventError
from semeia.events import Event
from semeia.events.tal import (
    Tal,
    decode_tals,
    encode_event,
    encode_timekeeping,
    events_of,
    format_seconds,
    timekeeping_onset,
)


def test_examples_of_the_specification():
    # Clause 2.2.2 of Kemp & Olivan 2003.
    assert decode_tals(b"+180\x14Lights off\x14Close door\x14\0") == [Tal(180, 0, ("Lights off", "Close door"))]
    assert decode_tals(b"+1800.2\x1525.5\x14Apnea\x14\0") == [Tal(1800.2, 25.5, ("Apnea",))]
    first = decode_tals(b"+567\x14\x14\0+568\x14x\x14\0" + bytes(20))
    assert first == [Tal(567, 0, ("",)), Tal(568, 0, ("x",))]
    assert [event.label for event in events_of(first)] == ["x"]


def test_timekeeping_list_may_carry_events_too():
    found = events_of(decode_tals(b"+5\x14\x14Recording starts\x14\0"), start=5.0, source="a.edf")
    assert [(event.onset, event.label, event.source) for event in found] == [(0.0, "Recording starts", "a.edf")]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"5\x14x\x14\0", "onset '5' is not a signed number"),
        (b"+nan\x14x\x14\0", "not a signed number"),
        (b"+1e5\x14x\x14\0", "not a signed number"),
        (b"+\x14x\x14\0", "not a signed number"),
        (b"+5\x15-1\x14x\x14\0", "duration '-1' is not a number"),
        (b"+5\x14x", "is not closed"),
        (b"+5", "is not closed"),
    ],
)
def test_what_is_no_list_is_refused(data, said):
    with pytest.raises(EventError, match=said):
        decode_tals(data)


def test_empty_duration_is_none_and_latin_text_is_read():
    assert decode_tals(b"+5\x15\x14caf\xe9\x14\0") == [Tal(5, 0, ("café",))]


def test_onset_of_a_record():
    assert timekeeping_onset(encode_timekeeping(12.25) + b"+13\x14cut off he") == 12.25
    assert timekeeping_onset(b"-0.5\x14\x14\0") == -0.5
    for data in (b"", bytes(10), b"+5\x14text\x14\0", b"5\x14\x14\0"):
        with pytest.raises(EventError, match="instead of an onset"):
            timekeeping_onset(data)


def test_seconds_are_written_without_an_exponent():
    assert [format_seconds(value) for value in (0.0, 1e-7, 86400.125, 1e12)] == [
        "0", "0.0000001", "86400.125", "1000000000000",
    ]  # fmt: skip
    assert format_seconds(-0.0, sign=True) == "+0"


# The format writes label@@channel: what is left to doubt are a label with @@ in it, and a channel that begins with @.
texts = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1).filter(lambda text: "@@" not in text)
names = texts.filter(lambda name: not name.startswith("@"))


@given(
    st.floats(0, 1e6).map(lambda value: round(value, 6)),
    st.floats(0, 1e5).map(lambda value: round(value, 6)),
    texts,
    st.lists(names, max_size=3),
)
def test_events_come_back(onset, duration, label, channels):
    event = Event(onset, duration, label, tuple(channels))
    assert events_of(decode_tals(encode_event(event))) == [event]
    shifted = events_of(decode_tals(encode_event(event, start=0.25)), start=0.25)
    assert shifted[0].onset == pytest.approx(onset, abs=1e-9)


def test_control_characters_cannot_break_a_list():
    (event,) = events_of(decode_tals(encode_event(Event(1, 0, "a\x14b\0c\x15d"))))
    assert event.label == "a b c d"


@given(st.binary(max_size=200))
def test_any_bytes_give_lists_or_our_error(data):
    try:
        events_of(decode_tals(data))
    except EventError as error:
        assert "\n" not in str(error)
