"""The event: an interval of a recording that a person or a model marked."""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, overload

from semeia.errors import EventError

__all__ = ["Event", "Events", "Status", "is_seizure"]

Status = Literal["proposed", "accepted", "rejected"]


@dataclass(frozen=True, slots=True)
class Event:
    """One marked interval, in seconds from the recording's start.

    Parameters
    ----------
    onset, duration : float
        Seconds; the duration is never negative, 0 marks a moment.
    label : str
        What it is: ``seizure``, or any other text.
    channels : tuple of str
        Labels of the channels concerned; empty means all.
    confidence : float, optional
        Probability in 0..1 that a model gave.
    author : str
        The reader or the model that marked it; empty when unknown.
    source : str
        Where it came from: a file name, ``page``, or a model's name.
    status : {"proposed", "accepted", "rejected"}
        What a reader decided; models propose, people's own marks are accepted.
    comment : str
        What a reader noted about it.
    id : str
        Random and unique; never reused.
    replaces : str, optional
        The id of the event that this one corrects: changes are appended, never overwritten.

    Raises
    ------
    EventError
        If a time is not finite, the duration is negative, or the confidence lies outside 0..1.
    """

    onset: float
    duration: float
    label: str = "seizure"
    channels: tuple[str, ...] = ()
    confidence: float | None = None
    author: str = ""
    source: str = ""
    status: Status = "accepted"
    comment: str = ""
    id: str = field(default_factory=lambda: secrets.token_hex(8), compare=False)
    replaces: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not (math.isfinite(self.onset) and math.isfinite(self.duration)):
            raise EventError(f"event {self.label!r}: onset {self.onset} s, duration {self.duration} s: not a time")
        if self.duration < 0:
            raise EventError(f"event {self.label!r} at {self.onset:g} s: its duration {self.duration:g} s is negative")
        if self.confidence is not None and not 0 <= self.confidence <= 1:
            raise EventError(f"event {self.label!r} at {self.onset:g} s: confidence {self.confidence:g} is not in 0..1")

    @property
    def stop(self) -> float:
        """End of the interval in seconds."""
        return self.onset + self.duration


class Events(Sequence[Event]):
    """Events of one recording in order of onset, with what their files need to know of the recording.

    Parameters
    ----------
    events : iterable of Event
    duration : float, optional
        Length of the recording in seconds.
    started_at : datetime, optional
        Clock time of the recording's first sample.
    """

    def __init__(
        self,
        events: Iterable[Event] = (),
        *,
        duration: float | None = None,
        started_at: datetime | None = None,
    ) -> None:
        self._events = tuple(sorted(events, key=lambda event: (event.onset, event.duration, event.label)))
        self.duration = duration
        self.started_at = started_at

    def __len__(self) -> int:
        return len(self._events)

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> Events: ...
    def __getitem__(self, index: int | slice) -> Event | Events:
        if isinstance(index, slice):
            return self.with_events(self._events[index])
        return self._events[index]

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Events) and self._events == other._events

    def __hash__(self) -> int:
        return hash(self._events)

    def __repr__(self) -> str:
        return f"Events({list(self._events)!r}, duration={self.duration}, started_at={self.started_at!r})"

    def with_events(self, events: Iterable[Event]) -> Events:
        """Return these events' recording with other events."""
        return Events(events, duration=self.duration, started_at=self.started_at)

    def seizures(self) -> Events:
        """Return the events that are seizures and were not rejected (see `is_seizure`)."""
        return self.with_events(e for e in self if is_seizure(e.label) and e.status != "rejected")

    def answered(self) -> Events:
        """Return the events without what a model proposed and nobody has looked at: that is no label."""
        return self.with_events(e for e in self if e.status != "proposed")

    def write(self, path: str | Path) -> None:
        """Write as SzCORE/BIDS TSV (see `semeia.events.tsv`); the file appears whole or not at all."""
        from semeia.events.tsv import write_tsv

        write_tsv(self, path)


def is_seizure(label: str) -> bool:
    """Whether a label names a seizure: ``sz``, ``sz_...``, ``seizure``, ``seiz``, ``ictal`` in any case."""
    name = label.strip().lower()
    return name in {"sz", "seizure", "seizures", "seiz", "ictal"} or name.startswith(("sz_", "seizure "))
