"""What the report of an EEG is made from beside the recording: what was marked, how it was looked at, and by whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from semeia.events import Event
from semeia.signals.filters import Filter
from semeia.signals.montage import Montage

__all__ = ["Proposer", "Reading"]


class Proposer(NamedTuple):
    """What proposed events: a model, or a file that a model wrote.

    Parameters
    ----------
    name : str
        As the events' `source` has it.
    threshold : float, optional
        Probability from which on it proposed; None where nothing tells it.
    deleted : int
        Proposals that a person took away.
    is_model : bool
        False for a file of events with probabilities.
    """

    name: str
    threshold: float | None = None
    deleted: int = 0
    is_model: bool = True


@dataclass(frozen=True)
class Reading:
    """One person's look at a recording.

    Parameters
    ----------
    events : sequence of Event
        `author` is who marked or confirmed it, empty where only a file says it; `source` a proposer or a file.
    proposers : sequence of Proposer
        All that were asked, also those that found nothing.
    name, patient : str
        What the recording is called, and whose it is.
    montage : str or Montage
        One of one's own, a name of `semeia.signals.montage.MONTAGES`, ``recorded``, or empty: the longitudinal where it
        can be made.
    channels : tuple of str
        Labels of the montage's channels to draw; all when empty.
    filter : Filter
    notes, reader : str
        As typed.
    anonymous : bool
        Leave out names, ids, file names, free text of the file, and dates.
    written : datetime, optional
        When the report is made.
    """

    events: Sequence[Event]
    proposers: Sequence[Proposer] = ()
    name: str = ""
    patient: str = ""
    montage: str | Montage = ""
    channels: tuple[str, ...] = ()
    filter: Filter = field(default_factory=Filter)
    notes: str = ""
    reader: str = ""
    anonymous: bool = False
    written: datetime | None = None
