"""What the database knows of a recording, as the report of an EEG is made from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from semeia.events import Event
from semeia.report.eeg import Proposer, Reading
from semeia.web import marks
from semeia.web.models import Mark, Recording, User

__all__ = ["name_of", "of_file", "reading_of"]

_OWNER = "owner"  # who works here without an account, and has no name (see `semeia.web.entrance`)


def reading_of(recording: Recording, reader: str = "") -> Reading:
    """Return what was marked, proposed and confirmed in a recording, and the notes on it.

    Parameters
    ----------
    recording : Recording
    reader : str
        Who reads: the name of whoever works here without an account.
    """
    rows = Mark.objects.filter(recording=recording)
    tracks = {track.model: float(track.operating_point["threshold"]) for track in recording.tracks.all()}
    models = dict.fromkeys([*tracks, *rows.filter(status="proposed").values_list("source", flat=True).distinct()])
    deleted = rows.filter(removed=True, replaced_by__isnull=True, user__isnull=False)
    return Reading(
        [_event(mark, reader) for mark in marks.current(rows).select_related("user")],
        [Proposer(model, tracks.get(model), deleted.filter(source=model).count()) for model in models],
        name=recording.name,
        patient=recording.patient.name,
        notes=recording.notes,
        reader=reader,
        written=datetime.now().astimezone(),
    )


def of_file(path: Path, reader: str = "") -> Reading | None:
    """Return what the Library of this machine's owner knows of a file; None where it does not have it."""
    from semeia.web.entrance import owner
    from semeia.web.permission import allowed

    known = allowed(owner(), "read", Recording.objects.select_related("patient"))
    found = known.filter(path=str(path.resolve())).first()
    return None if found is None else reading_of(found, reader)


def _event(mark: Mark, reader: str) -> Event:
    """Return a mark as an event whose author is who marked or confirmed it: nobody, where only a file says it."""
    return replace(marks.event_of(mark), author=_author(mark, reader), comment="")


def _author(mark: Mark, reader: str) -> str:
    if mark.status == "proposed":
        return ""
    brought = mark.replaces_id is None and (mark.user is None or mark.author != mark.user.get_username())
    if brought and mark.author:  # by a file, which may name its reader
        return "" if mark.author == "file" else mark.author
    return _called(mark.user, reader)


def name_of(user: User) -> str:
    """Return what a person is called; whoever works here without an account has no name."""
    return "" if user.get_username() == _OWNER else user.get_full_name() or user.get_username()


def _called(user: User | None, reader: str) -> str:
    if user is None:
        return "a person whose account is gone"
    return name_of(user) or reader or "the owner of this Semeia"
