"""What every importer returns: a recording on disk, whose it is, and what is marked in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from semeia.errors import DatasetError
from semeia.events import Event, Events, is_seizure
from semeia.signals import Recording, open_recording

__all__ = ["LabelledRecording"]

_SLACK = 1.0  # seconds by which marks may pass the end, or each other: their files round to whole seconds
_CLASSES = {"preictal", "interictal", "healthy"}
"""Labels that, with seizures, exclude each other: an instant has one of them."""


@dataclass(frozen=True, slots=True)
class LabelledRecording:
    """One recording of a dataset; its samples stay on disk.

    Parameters
    ----------
    path : Path
        The file that `semeia.signals.open_recording` opens.
    patient : str
        Whose it is; recordings of one patient never lie on both sides of a split.
    events : Events
        What is marked; no seizure among them means that there is none. A file with one class as a whole, as contests
        have, carries one event over all of it (``preictal``, ``interictal``).
    duration : float
        Seconds.
    group : str
        What belongs together within a patient and is never on both sides of a split: the recording, or the hour that
        its file is a part of.
    started_at : datetime, optional
        Clock time of the first sample, on one clock for all recordings of the patient.
    around : tuple of float
        Onsets of the patient's seizures in other recordings, as far as known, in seconds from this one's start:
        below 0 before it, beyond `duration` after it.
    span : (float, float), optional
        Seconds of the recording that examples are taken from; otherwise all.
    labelled : bool
        False for a file whose class is kept back, as a contest's test files.
    marked : bool
        False where nobody wrote anything into or beside the file, so that "no seizure" may mean that nobody looked.
    patient_known : bool
        False where nobody says whose it is and `patient` is only its own name: one person may then be on both sides of
        a split.
    source : str
        Name of the importer; `semeia.datasets.gather` fills it in.
    weight : float
        How often the patient is drawn in training, compared with others; `gather` fills it in.
    rate : float, optional
        Hz, of a file that does not say its own sampling rate; `open` tells it.
    """

    path: Path
    patient: str
    events: Events
    duration: float
    group: str
    started_at: datetime | None = None
    around: tuple[float, ...] = ()
    span: tuple[float, float] | None = None
    labelled: bool = True
    marked: bool = True
    patient_known: bool = True
    source: str = ""
    weight: float = 1.0
    rate: float | None = None

    def open(self) -> Recording:
        """Return the recording, opened; see `semeia.signals.open_recording`."""
        return open_recording(self.path, rate=self.rate)

    def checked(self) -> LabelledRecording:
        """Return this recording if its marks lie within it and do not contradict each other.

        Raises
        ------
        DatasetError
            If a seizure or another class begins before the file or ends after it (it is cut short, or the marks belong
            to another), or two different classes overlap.
        """
        before: Event | None = None
        for event in self.events:
            name = _class_of(event)
            if not name:
                continue
            if event.onset < -_SLACK or event.stop > self.duration + _SLACK:
                raise DatasetError(
                    f"{self.path.name}: a {name} is marked from {event.onset:g} s to {event.stop:g} s, but "
                    f"the file has {self.duration:g} s: it is cut short, or the marks belong to another"
                )
            if before and _class_of(before) != name and event.onset < before.stop - _SLACK:
                raise DatasetError(
                    f"{self.path.name}: {_class_of(before)} from {before.onset:g} s to {before.stop:g} s overlaps "
                    f"{name} from {event.onset:g} s to {event.stop:g} s: an instant has one class"
                )
            if before is None or event.stop > before.stop:
                before = event
        return self


def _class_of(event: Event) -> str:
    """Return which of the classes that exclude each other an event is of; empty for none."""
    if event.status == "rejected":
        return ""
    return "seizure" if is_seizure(event.label) else event.label if event.label in _CLASSES else ""
