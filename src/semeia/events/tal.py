"""Events as EDF+ annotations: time-stamped annotation lists (TALs), as pure functions of bytes.

An EDF+ or BDF+ file keeps its events in "annotation signals" made of TALs. `semeia.signals` finds those
signals; this module says what their bytes mean. Source: Kemp & Olivan 2003, EDF+ specification, clause
2.2.2 (https://www.edfplus.info/specs/edfplus.html#tal), and its standard texts for the ``@@`` notation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from semeia.errors import EventError
from semeia.events.details import details_of, with_details
from semeia.events.event import Event

__all__ = [
    "Tal",
    "decode_tals",
    "encode_event",
    "encode_timekeeping",
    "events_of",
    "format_seconds",
    "timekeeping_onset",
]

_END = b"\x00"
_TEXT_END = b"\x14"
_DURATION = b"\x15"
_ONSET = re.compile(rb"[+-](?:\d{1,15}(?:\.\d{0,30})?|\.\d{1,30})")
_LENGTH = re.compile(rb"(?:\d{1,15}(?:\.\d{0,30})?|\.\d{1,30})")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CHANNEL_MARK = "@@"


class Tal(NamedTuple):
    """One time-stamped annotation list.

    Parameters
    ----------
    onset, duration : float
        Seconds from the header's start time.
    texts : tuple of str
        Its annotations. A first text that is empty makes the list a record's timekeeping one.
    """

    onset: float
    duration: float
    texts: tuple[str, ...]


def decode_tals(data: bytes) -> list[Tal]:
    """Return the lists in the bytes of one record of an annotation signal.

    Text is decoded as UTF-8, or as Latin-1 where it is no UTF-8 (many writers use that).

    Raises
    ------
    EventError
        If an onset or a duration is no number, or a list is not closed.
    """
    return [_decode(part) for part in data.split(_END) if part]


def timekeeping_onset(data: bytes) -> float:
    """Return the onset in seconds that opens the first annotation signal of a data record.

    Parameters
    ----------
    data : bytes
        The beginning of the signal; what follows the onset is not looked at.

    Raises
    ------
    EventError
        If it does not begin with a timekeeping list.
    """
    onset, *texts = data.split(_TEXT_END, 2)
    if len(texts) < 2 or texts[0] or not _ONSET.fullmatch(onset):
        raise EventError(f"it begins with {_shown(data)} instead of an onset")
    return float(onset)


def _decode(part: bytes) -> Tal:
    stamp, *texts = part.split(_TEXT_END)
    if not texts or texts[-1]:
        raise EventError(f"annotation {_shown(part)} is not closed")
    onset, mark, length = stamp.partition(_DURATION)
    if not _ONSET.fullmatch(onset):
        raise EventError(f"annotation onset {_shown(onset)} is not a signed number of seconds")
    # Some writers leave the mark with nothing behind it: no duration was meant.
    if mark and length and not _LENGTH.fullmatch(length):
        raise EventError(f"annotation duration {_shown(length)} is not a number of seconds")
    return Tal(float(onset), float(length or 0), tuple(_text(text) for text in texts[:-1]))


def events_of(tals: Iterable[Tal], *, start: float = 0.0, source: str = "") -> list[Event]:
    """Return the events of annotation lists; timekeeping texts are left out.

    Texts of one list that share a label and differ in their ``@@channel`` become one event. A list that Semeia wrote
    with all it knew of an event (`semeia.events.details`) becomes that event.

    Parameters
    ----------
    tals : iterable of Tal
    start : float
        Seconds from the header's start time to the recording's first sample.
    source : str
        Where the events come from: `Event.source`.
    """
    events = []
    for tal in tals:
        onset = round(tal.onset - start, 9)
        whole = [event for text in tal.texts if (event := with_details(onset, tal.duration, text)) is not None]
        if whole:
            events += whole
            continue
        channels_of: dict[str, list[str]] = {}
        for text in tal.texts:
            if text:
                label, mark, channel = text.rpartition(_CHANNEL_MARK)
                channels_of.setdefault(label if mark else text, []).extend([channel] if mark and channel else [])
        events += [
            Event(onset, tal.duration, label, tuple(channels), source=source) for label, channels in channels_of.items()
        ]
    return events


def encode_event(event: Event, *, start: float = 0.0, whole: bool = False) -> bytes:
    """Return an event as one list; each of its channels becomes a text ``label@@channel``.

    Parameters
    ----------
    event : Event
    start : float
        Seconds from the header's start time to the recording's first sample.
    whole : bool
        Add a text that says the rest: who marked it, what was answered and noted (`semeia.events.details`).
    """
    label = _CONTROL.sub(" ", event.label) or " "
    texts = [f"{label}{_CHANNEL_MARK}{_CONTROL.sub(' ', name)}" for name in event.channels] or [label]
    texts += [details_of(event)] if whole else []
    stamp = format_seconds(event.onset + start, sign=True)
    if event.duration:
        stamp += _DURATION.decode() + format_seconds(event.duration)
    return b"".join(text.encode("utf-8", "replace") + _TEXT_END for text in [stamp, *texts]) + _END


def encode_timekeeping(onset: float) -> bytes:
    """Return the list that opens a data record which starts `onset` seconds after the header's start time."""
    return format_seconds(onset, sign=True).encode() + _TEXT_END + _TEXT_END + _END


def format_seconds(seconds: float, *, sign: bool = False) -> str:
    """Return seconds as decimal text without an exponent, to a nanosecond."""
    return np.format_float_positional(round(seconds, 9) + 0.0, trim="-", sign=sign)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _shown(data: bytes) -> str:
    text = data[:24].decode("latin-1")
    return repr(text + "..." if len(data) > 24 else text)
