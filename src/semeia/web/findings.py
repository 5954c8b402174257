"""What a model found in a recording: its probability track on the disk, and its proposals among the recording's events.

Finding again with the same model replaces both, but never what a person has looked at: events that were accepted,
rejected or changed stay, and nothing is proposed again where they lie.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction

from semeia import inference
from semeia.errors import FileError, RecordingError
from semeia.events import Event
from semeia.home import make_folder, replacing
from semeia.web import marks
from semeia.web.models import Job, Mark, Recording, Track

__all__ = ["check_unchanged", "proposals", "propose", "read_track", "store", "track_file"]

_JUDGED = 0.5
"""Share of a proposal's length that reviewed events of the same model cover when it says nothing new."""


def track_file(id: str) -> Path:
    """Return the file of a track's values."""
    return Path(settings.HOME) / "tracks" / f"{id}.npy"


def store(
    recording: Recording, track: inference.Track, *, model: str, point: dict[str, Any], job: Job | None = None
) -> Track:
    """Keep a track and propose its events: both or neither, in place of what the model said of the recording before.

    Parameters
    ----------
    recording : Recording
    track : inference.Track
    model : str
        Name of the model.
    point : dict
        How the track becomes events: the parameters of `semeia.inference.find_events`.
    job : Job, optional
        Which found it.

    Raises
    ------
    FileError
        If the file is no longer the one that was imported.
    RecordingError
        If the recording was removed.
    StorageError
        If the disk is full.
    """
    check_unchanged(recording)
    of_model = Track.objects.filter(recording=recording, model=model)
    row = Track(
        project_id=recording.project_id,
        recording=recording,
        job=job,
        model=model,
        window=track.window,
        hop=track.hop,
        operating_point=point,
    )
    file = track_file(row.pk)
    make_folder(file.parent)
    with replacing(file) as part, part.open("wb") as values:
        np.save(values, track.probability.astype("<f4"), allow_pickle=False)
    try:
        with transaction.atomic():
            if not Recording.objects.select_for_update().filter(pk=recording.pk).exists():
                raise RecordingError(f"{recording.name} was removed from the Library meanwhile")
            replaced = list(of_model.values_list("pk", flat=True))
            of_model.delete()
            row.save(force_insert=True)
            propose(recording, model, inference.find_events(track, author=model, **point))
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    for id in replaced:
        with suppress(OSError):
            track_file(id).unlink(missing_ok=True)
    return row


def check_unchanged(recording: Recording) -> None:
    """Make sure that a recording's file is the one that was imported.

    Raises
    ------
    FileError
        If it is gone, or was changed since.
    """
    try:
        found = Path(recording.path).stat()
    except OSError as error:
        raise FileError(recording.name, "the file is not where it was when it was imported") from error
    if (found.st_size, found.st_mtime_ns) != (recording.size, recording.modified_ns):
        raise FileError(recording.name, "the file has changed since it was imported; import it again")


def read_track(track: Track) -> inference.Track:
    """Return a track with its values.

    Raises
    ------
    FileError
        If its file is missing or damaged.
    """
    try:
        values = np.lib.format.open_memmap(track_file(track.pk), mode="r")
    except (OSError, ValueError) as error:
        raise FileError(f"{track.pk}.npy", "the values of this track are missing or damaged; find again") from error
    return inference.Track(values, track.window, track.hop, track.recording.duration)


def proposals(track: Track, threshold: float) -> list[Event]:
    """Return the events that a track would propose at a threshold; nothing is stored."""
    point = track.operating_point | {"threshold": threshold}
    return inference.find_events(read_track(track), author=track.model, **point)


def propose(recording: Recording, model: str, events: Iterable[Event]) -> list[Mark]:
    """Propose events, in place of those that the model proposed before and no person has touched.

    An event of which half or more was judged already, in proposals of the same model, is left out.
    """
    with transaction.atomic():
        of_model = marks.current(Mark.objects.filter(recording=recording, source=model))
        for mark in of_model.filter(status="proposed", user=None):
            marks.remove(mark, None)
        judged = [(mark.onset, mark.onset + mark.duration) for mark in of_model.all()]
        return marks.add_events(recording, None, [event for event in events if not _is_covered(event, judged)]).marks


def _is_covered(event: Event, judged: list[tuple[float, float]]) -> bool:
    covered = sum(max(0.0, min(event.stop, stop) - max(event.onset, onset)) for onset, stop in judged)
    return covered > 0 and covered >= _JUDGED * event.duration
