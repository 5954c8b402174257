"""A recording in any format that is read becomes one EDF+ or BDF+ file, and what is lost on the way is said."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from semeia.errors import RecordingError
from semeia.events import Event
from semeia.events.details import says_more
from semeia.signals.edf_output import Said, kind_of, write_records
from semeia.signals.edf_scale import Kind
from semeia.signals.edf_source import Records, records_of
from semeia.signals.recording import Channel, Recording

__all__ = ["convert", "in_halves", "kind_asked", "unique"]

_LABEL, _TEXT, _UNIT, _CODE = 16, 80, 8, 74
Progress = Callable[[float], None]


def convert(
    recording: Recording,
    path: str | Path,
    progress: Progress = lambda share: None,
    *,
    events: Sequence[Event] | None = None,
) -> list[str]:
    """Write a recording as EDF+, or as BDF+ where the name ends in ``.bdf``.

    Samples of an EDF file are copied bit for bit, those of a BDF file into a BDF file too. Others are rounded by at
    most half a step of their channel's own range. The events become annotations, the gaps an interrupted file.

    Parameters
    ----------
    recording : Recording
    path : str or Path
        Replaced if it is there; it appears whole or not at all.
    progress : callable
        Told the share done, 0..1.
    events : sequence of Event, optional
        Instead of those of the recording. Of either, reader, answer and comment are kept.

    Returns
    -------
    list of str
        What the file cannot say, a line each; empty where nothing is lost but free text of the old header.

    Raises
    ------
    RecordingError
        If the name ends otherwise, there is nothing to write, or EDF has no room for it.
    FileError
        If the recording cannot be read to its end.
    StorageError
        If the disk is full or the place may not be written.
    """
    path = Path(path)
    looking, writing = in_halves(progress)
    records = records_of(recording, kind_asked(path), looking)
    said, changed = _said(recording, records, recording.events if events is None else events)
    write_records(path, records, said, writing)
    return [*records.lost, *changed]


def kind_asked(path: Path) -> Kind:
    """Return the kind of file that a name asks for.

    Raises
    ------
    RecordingError
        If it ends neither in ``.edf`` nor in ``.bdf``.
    """
    kind = kind_of(path)
    if kind is None:
        raise RecordingError(f"{path.name}: the name must end in .edf (16 bits a sample) or .bdf (24 bits)")
    return kind


def in_halves(progress: Progress) -> tuple[Progress, Progress]:
    """Return what is told of the first and of the second half of the work."""
    return (lambda share: progress(share / 2)), (lambda share: progress(0.5 + share / 2))


def unique(labels: Sequence[str], width: int = _LABEL) -> list[str]:
    """Return labels cut to a width; those that only the cut has made equal get a number."""
    found: list[str] = []
    for index, label in enumerate(labels):
        cut = label[:width]
        twin, number = cut, 2
        while twin in found and label not in labels[:index]:
            twin = f"{cut[: width - len(str(number)) - 1]}~{number}"
            number += 1
        found.append(twin)
    return found


def _said(recording: Recording, records: Records, marked: Sequence[Event]) -> tuple[Said, list[str]]:
    own = [recording.channels[index] for index in records.channels]
    plain = [_ascii(channel.label) or f"ch{index + 1}" for index, channel in enumerate(own)]
    labels = unique(plain)
    channels = [
        Channel(
            label,
            channel.rate,
            _ascii(channel.unit)[:_UNIT],
            _ascii(channel.transducer)[:_TEXT],
            _ascii(channel.prefilter)[:_TEXT],
        )
        for label, channel in zip(labels, own, strict=True)
    ]
    renamed = [f"{old.label!r} as {new!r}" for old, new in zip(own, labels, strict=True) if old.label != new]
    changed = [f"labels written in 16 plain characters: {', '.join(renamed)}"] if renamed else []
    named = dict(zip((channel.label for channel in own), labels, strict=True))
    events = tuple(replace(e, channels=tuple(named.get(name, name) for name in e.channels)) for e in marked)
    code = "_".join(_ascii(recording.subject).split())
    if code[:_CODE] != recording.subject:  # an empty one is written as X, and read as empty
        changed.append(f"patient code {recording.subject!r} written as {code[:_CODE] or 'X'!r}")
    whole = any(map(says_more, events))
    return Said(f"{code[:_CODE] or 'X'} X X X", recording.started_at, tuple(channels), events, whole), changed


def _ascii(text: str) -> str:
    """Return a text in printable ASCII: accents taken off, µ as u, whatever else is foreign as a question mark."""
    bare = unicodedata.normalize("NFKD", text.replace("µ", "u").replace("μ", "u").replace("Ω", "Ohm"))
    bare = "".join(c for c in bare if not unicodedata.combining(c))
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in bare).strip()
