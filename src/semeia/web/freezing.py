"""What people marked in the page, written down so that a job can learn from it: the database goes on changing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from semeia.datasets.frozen import FrozenImage, FrozenRecording, freeze_images, freeze_recordings
from semeia.errors import DatasetError
from semeia.events import Event, Events
from semeia.web import marks, verdicts
from semeia.web.models import ImageSet, Mark, Recording, Verdict

__all__ = ["class_of_pictures", "freeze", "freeze_set", "marked_events"]


def marked_events(recordings: Iterable[Recording]) -> dict[str, list[Event]]:
    """Return the events that stand in recordings now, by the recording's id."""
    found: dict[str, list[Event]] = defaultdict(list)
    for mark in marks.current(Mark.objects.filter(recording__in=list(recordings))):
        found[mark.recording_id].append(marks.event_of(mark))
    return found


def freeze(recordings: Iterable[Recording], events: Mapping[str, Iterable[Event]]) -> str:
    """Write down what is said of recordings; return the ``path`` that a recipe's source ``frozen`` takes.

    Parameters
    ----------
    recordings : iterable of Recording
    events : mapping of str to iterable of Event
        By the recording's id.

    Raises
    ------
    DatasetError
        If there is no recording.
    StorageError
        If the disk is full.
    """
    chosen = list(recordings)
    if not chosen:
        raise DatasetError("no recording is chosen: there is nothing to learn from")
    return freeze_recordings(
        [
            FrozenRecording(
                Path(recording.path),
                recording.patient.name,
                Events(events[recording.pk], duration=recording.duration),
                recording.size,
                recording.modified_ns,
            )
            for recording in chosen
        ]
    )


def class_of_pictures(images: ImageSet) -> dict[str, str]:
    """Return the class of each picture that has one, by the picture's id: what a person says, else what it came as."""
    labels = dict(images.pictures.filter(problem="").exclude(label="").values_list("pk", "label"))
    said = verdicts.current(Verdict.objects.filter(picture__set=images, picture__problem=""))
    return labels | dict(said.values_list("picture", "label"))


def freeze_set(images: ImageSet, labels: Mapping[str, str]) -> str:
    """Write down the classes of an image set; return the ``path`` that a recipe's source ``image-table`` takes.

    Parameters
    ----------
    images : ImageSet
    labels : mapping of str to str
        By the picture's id.

    Raises
    ------
    DatasetError
        If no picture has a class.
    StorageError
        If the disk is full.
    """
    if not labels:
        raise DatasetError(f"{images.name}: no picture has a class yet: judge some in Review first")
    rows = images.pictures.filter(pk__in=labels).values_list("pk", "path", "patient")
    return freeze_images([FrozenImage(Path(path), labels[id], patient) for id, path, patient in rows])
