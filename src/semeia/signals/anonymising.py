"""A recording without what could say whose it is: samples, times and known words are kept, free text is not.

What this cannot do: the signal itself stays, and so do the clock time of day, rates and the choice of electrodes.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from semeia.errors import RecordingError
from semeia.events import Event
from semeia.events.details import says_more
from semeia.signals import known_words as known
from semeia.signals.converting import in_halves, kind_asked, unique
from semeia.signals.edf import EdfRecording
from semeia.signals.edf_output import Said, write_records
from semeia.signals.edf_source import records_of
from semeia.signals.recording import Channel, Recording

__all__ = ["Removed", "anonymise"]

_DAY = datetime(1985, 1, 1)
"""The day that every recording is said to be of: the earliest that EDF can say, and what stands for unknown ones."""
_TEXTUAL = "annotation"  # in the label of a channel whose samples are text, though EDF+ would call it otherwise
_UNKNOWN = frozenset({"", "X", "x"})
_PATIENT = ("patient's code", "patient's sex", "birth date", "patient's name")
_RECORDING = ("date of the recording", "administration code", "technician", "equipment")
Progress = Callable[[float], None]


@dataclass(frozen=True)
class Removed:
    """What an anonymous copy does not hold.

    Parameters
    ----------
    kinds : dict of str to int
        How many fields or texts of each kind were removed or replaced; never what they said.
    lost : tuple of str
        What the format cannot say, as for a conversion.
    """

    kinds: dict[str, int]
    lost: tuple[str, ...]


def anonymise(
    recording: Recording, path: str | Path, *, shift_days: int | None = None, progress: Progress = lambda share: None
) -> Removed:
    """Write a recording as EDF+ (or BDF+, by the name) without names, numbers, dates and free text.

    Kept are the samples (bit for bit out of an EDF file, and out of a BDF file into one), the time of day, marks whose
    wording is fixed, and labels, units, filters and transducers that consist of known words alone. Other labels become
    ``ch1``, ``ch2``...; of other marks only the time is kept. The header is made anew, so that nothing of its reserved
    fields, and nothing behind the last record, is carried over.

    Parameters
    ----------
    recording : Recording
    path : str or Path
        Replaced if it is there; it appears whole or not at all.
    shift_days : int, optional
        Move the date by so many days, as for all recordings of one patient; otherwise it becomes 1 January 1985.
    progress : callable
        Told the share done, 0..1.

    Raises
    ------
    RecordingError
        If the name ends neither in ``.edf`` nor in ``.bdf``, the date cannot be moved so far, or there is nothing to
        write.
    FileError
        If the recording cannot be read to its end.
    StorageError
        If the disk is full or the place may not be written.
    """
    path = Path(path)
    looking, writing = in_halves(progress)
    kind = kind_asked(path)
    started_at = _moved(recording, shift_days)
    textual = [index for index, channel in enumerate(recording.channels) if _TEXTUAL in channel.label.lower()]
    records = records_of(recording, kind, looking, without=textual)
    channels = [recording.channels[index] for index in records.channels]
    plain, count = _channels(channels)
    events = _events(
        recording.events, dict(zip([c.label for c in channels], [c.label for c in plain], strict=True)), count
    )
    count["channel that may hold text"] += len(textual)
    count.update(_header_fields(recording))
    said = Said("X X X X", started_at, tuple(plain), events, whole=any(map(says_more, events)))
    write_records(path, records, said, writing)
    return Removed({kind: number for kind, number in count.items() if number}, records.lost)


def _moved(recording: Recording, days: int | None) -> datetime | None:
    start = recording.started_at
    if start is None:
        return None
    try:
        return datetime.combine(_DAY, start.time()) if days is None else start + timedelta(days=days)
    except OverflowError:
        raise RecordingError(f"its date cannot be moved by {days} days") from None


def _channels(channels: Iterable[Channel]) -> tuple[list[Channel], Counter[str]]:
    """Return channels of known words alone, and how many texts were others."""
    channels, count, found = list(channels), Counter[str](), []
    kept = {channel.label for channel in channels if known.known_label(channel.label)}
    names = (name for name in map("ch{}".format, range(1, len(channels) * 2 + 1)) if name not in kept)
    for channel in channels:
        label = channel.label if channel.label in kept else next(names)
        unit = channel.unit if known.known_unit(channel.unit) else ""
        transducer = channel.transducer if known.known_transducer(channel.transducer) else ""
        prefilter = channel.prefilter if known.known_prefilter(channel.prefilter) else ""
        texts = {"channel label": label, "unit": unit, "transducer": transducer, "prefilter": prefilter}
        before = (channel.label, channel.unit, channel.transducer, channel.prefilter)
        count.update(kind for (kind, now), then in zip(texts.items(), before, strict=True) if now != then)
        found.append(Channel(label, channel.rate, unit, transducer, prefilter))
    labels = unique([channel.label for channel in found])
    return [channel._replace(label=label) for channel, label in zip(found, labels, strict=True)], count


def _events(events: Iterable[Event], named: dict[str, str], count: Counter[str]) -> tuple[Event, ...]:
    found = []
    for event in events:
        label = known.known_event(event.label)
        count["annotation text"] += label != event.label
        count["reader or comment of an annotation"] += bool(event.author or event.comment)
        channels = tuple(named[name] for name in event.channels if name in named)
        count["channel of an annotation"] += len(event.channels) - len(channels)
        found.append(Event(event.onset, event.duration, label, channels, event.confidence, status=event.status))
    return tuple(found)


def _header_fields(recording: Recording) -> Counter[str]:
    """Count what is not carried over; of other formats than EDF only what a recording says of itself."""
    count = Counter[str]()
    if not isinstance(recording, EdfRecording):
        count["patient's code"] += bool(recording.subject)
        count["date of the recording"] += recording.started_at is not None
        return count
    records, header = recording.records, recording.records.header
    raw = os.pread(records.file, header.size, 0).replace(b"\0", b" ").decode("latin-1")
    patient, words = raw[8:88].split(), raw[88:168].split()
    if header.plus:
        count.update(_unlike_x(_PATIENT, patient, "further text on the patient"))
        count.update(_unlike_x(_RECORDING, words[1:], "further text on the recording"))
    else:
        count["text on the patient"] += bool(patient)
        count["text on the recording"] += bool(words)
    count["date of the recording"] = int(recording.started_at is not None)
    signals, place = len(header.signals), 256 + 224 * len(header.signals)
    reserved = [
        raw[197 if header.plus else 192 : 236],
        *(raw[at : at + 32] for at in range(place, place + 32 * signals, 32)),
    ]
    count["reserved field"] += sum(bool(text.strip()) for text in reserved)
    written = sum(stretch.records for stretch in recording.stretches)
    count["bytes behind the last record"] += records.size - header.size - written * header.record_bytes
    return count


def _unlike_x(kinds: Iterable[str], words: list[str], further: str) -> Counter[str]:
    kinds = list(kinds)
    count = Counter(kind for kind, word in zip(kinds, words, strict=False) if word not in _UNKNOWN)
    count[further] += len(words) > len(kinds)
    return count
