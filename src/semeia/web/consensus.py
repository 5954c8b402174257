"""Several readers of one recording: what each takes for a seizure, how far they agree, and what a third settles."""

from __future__ import annotations

from dataclasses import dataclass

from semeia.evaluation.agreement import Stretch, stretches
from semeia.events import Event, is_seizure
from semeia.events.intervals import overlapping
from semeia.web import marks
from semeia.web.models import Mark, Recording, User
from semeia.web.readers import CONSENSUS

__all__ = ["Readings", "readings_of", "settle"]


@dataclass(frozen=True)
class Readings:
    """What readers say of a recording.

    Parameters
    ----------
    events : dict of str to list of Event
        The seizures of each reader, by name; none of one who only rejected what a model proposed. A reader's are those
        that they marked, and those of a model that they accepted. What came with a file has the author that the file
        names, or ``file``.
    settled : list of Mark
        The marks of the consensus, by onset.
    """

    events: dict[str, list[Event]]
    settled: list[Mark]

    def stretches(self) -> list[tuple[Stretch, Mark | None]]:
        """Return where anybody marked a seizure, each with the mark of the consensus that settles it, if one does."""
        found = stretches(self.events)
        spans = [_span(stretch) for stretch in found]
        settling: dict[int, Mark] = {}
        for mark in self.settled:
            for place in overlapping(spans, *_span(mark)):
                settling.setdefault(place, mark)
        return [(stretch, settling.get(place)) for place, stretch in enumerate(found)]


def readings_of(recording: Recording) -> Readings:
    """Return what the readers of a recording say."""
    events: dict[str, list[Event]] = {}
    settled: list[Mark] = []
    for mark in marks.current(Mark.objects.filter(recording=recording).select_related("user", "recording")):
        if mark.author == CONSENSUS:
            settled.append(mark)
            continue
        who = mark.author if mark.confidence is None else mark.user and mark.user.get_username()
        if not who:
            continue
        mine = events.setdefault(who, [])
        if is_seizure(mark.label) and mark.status == "accepted":
            mine.append(Event(mark.onset, mark.duration, mark.label))
    return Readings(dict(sorted(events.items())), settled)


def settle(recording: Recording, user: User, *, onset: float, duration: float, seizure: bool) -> Mark:
    """Say what a stretch is, for all readers; of a stretch that was settled before, say it anew.

    Raises
    ------
    EventError
        If it lies outside the recording.
    Outdated
        If somebody else settled it in the meantime.
    """
    here = [_span(Stretch(onset, duration, ()))]
    before = next((mark for mark in readings_of(recording).settled if overlapping(here, *_span(mark))), None)
    stated = {
        "onset": onset,
        "duration": duration,
        "status": "accepted" if seizure else "rejected",
        "comment": f"settled by {user.get_username()}",
    }
    if before is not None:
        return marks.change(before, user, **stated)
    return marks.add(recording, user, **stated, author=CONSENSUS, source="page")


def _span(of: Stretch | Mark) -> tuple[float, float]:
    """Return where something begins and ends; a moment has a little length, so that it meets what it lies in."""
    return of.onset, of.onset + max(of.duration, 1e-6)
