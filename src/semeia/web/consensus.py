"""Several readers of one recording: what each takes for a seizure, how far they agree, and what a third settles."""

from __future__ import annotations

from semeia.evaluation.agreement import Stretch, stretches
from semeia.events import Event, is_seizure
from semeia.events.intervals import shared
from semeia.web import marks
from semeia.web.models import Mark, Recording, User
from semeia.web.readers import CONSENSUS

__all__ = ["events_by_reader", "open_stretches", "settle", "settled"]


def events_by_reader(recording: Recording) -> dict[str, list[Event]]:
    """Return the seizures of each reader, by name; none of one who only rejected what a model proposed.

    A reader's are those that they marked, and those of a model that they accepted. What came with a file has the
    author that the file names, or ``file``.
    """
    found: dict[str, list[Event]] = {}
    for mark in _current(recording):
        who = mark.author if mark.confidence is None else mark.user and mark.user.get_username()
        if not who or who == CONSENSUS:
            continue
        mine = found.setdefault(who, [])
        if is_seizure(mark.label) and mark.status == "accepted":
            mine.append(Event(mark.onset, mark.duration, mark.label))
    return dict(sorted(found.items()))


def settled(recording: Recording) -> list[Mark]:
    """Return the marks of the consensus, by onset."""
    return [mark for mark in _current(recording) if mark.author == CONSENSUS]


def open_stretches(recording: Recording) -> list[tuple[Stretch, Mark | None]]:
    """Return where anybody marked a seizure, each with the mark of the consensus that settles it, if one does."""
    judged = settled(recording)
    return [
        (stretch, next((mark for mark in judged if _overlap(stretch, mark)), None))
        for stretch in stretches(events_by_reader(recording))
    ]


def settle(recording: Recording, user: User, *, onset: float, duration: float, seizure: bool) -> Mark:
    """Say what a stretch is, for all readers; of a stretch that was settled before, say it anew.

    Raises
    ------
    EventError
        If it lies outside the recording.
    Outdated
        If somebody else settled it in the meantime.
    """
    stretch = Stretch(onset, duration, ())
    before = next((mark for mark in settled(recording) if _overlap(stretch, mark)), None)
    stated = {
        "onset": onset,
        "duration": duration,
        "status": "accepted" if seizure else "rejected",
        "comment": f"settled by {user.get_username()}",
    }
    if before is not None:
        return marks.change(before, user, **stated)
    return marks.add(recording, user, **stated, author=CONSENSUS, source="page")


def _current(recording: Recording) -> list[Mark]:
    return list(marks.current(Mark.objects.filter(recording=recording).select_related("user", "recording")))


def _overlap(stretch: Stretch, mark: Mark) -> bool:
    one = (stretch.onset, stretch.onset + max(stretch.duration, 1e-6))
    return bool(shared([one], [(mark.onset, mark.onset + max(mark.duration, 1e-6))]))
