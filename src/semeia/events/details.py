"""What a standard event file has no place for, as a piece of JSON that stands beside what it has one for.

EDF+ annotations and SzCORE tables know times, a label and channels, and no reader, answer or comment. Programs that
know nothing of this piece pass over it; read by Semeia, it brings an event back as it was.
"""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from semeia.errors import EventError
from semeia.events.event import Event

__all__ = ["details_of", "says_more", "told_event", "with_details"]

_MARK = "semeia "
"""What the piece begins with where other text may stand in its place."""
_KEPT = ("label", "channels", "confidence", "author", "source", "status", "comment")
_PLAIN = {field.name: field.default for field in fields(Event)}


def details_of(event: Event) -> str:
    """Return all of an event but its times as ASCII without control characters, on one line."""
    told = {name: getattr(event, name) for name in _KEPT if getattr(event, name) != _PLAIN[name]}
    return _MARK + json.dumps(told, separators=(",", ":"))


def says_more(event: Event) -> bool:
    """Return whether an event says what a plain annotation cannot: a reader, an answer, a probability or a comment.

    Written without its details, a rejected seizure would come back as a seizure.
    """
    return bool(event.author or event.comment or event.status != "accepted" or event.confidence is not None)


def with_details(onset: float, duration: float, text: str) -> Event | None:
    """Return the event that such a piece tells of, or None where the text is no such piece, or was changed since."""
    if not text.startswith(_MARK + "{"):
        return None
    try:
        return told_event(onset, duration, json.loads(text.removeprefix(_MARK)))
    except (ValueError, EventError, RecursionError):
        return None


def told_event(onset: float, duration: float, told: dict[str, Any]) -> Event:
    """Return an event from its times and some of its attributes by name; unknown ones are passed over.

    Raises
    ------
    ValueError, EventError
        If an attribute is not of its kind.
    """
    found: dict[str, Any] = {}
    for name in _KEPT:
        if name not in told:
            continue
        value = told[name]
        if name == "confidence":
            good = isinstance(value, int | float) and not isinstance(value, bool)
        elif name == "channels":
            good = isinstance(value, list) and all(isinstance(one, str) for one in value)
            value = tuple(value) if good else value
        else:
            good = isinstance(value, str) and (name != "status" or value in {"proposed", "accepted", "rejected"})
        if not good:
            raise ValueError(f"{name} = {value!r}")
        found[name] = value
    return Event(onset, duration, **found)
