"""What every importer returns: a recording on disk, whose it is, and what is marked in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from semeia.errors import DatasetError
from semeia.events import Events

__all__ = ["LabelledRecording"]

_SLACK = 1.0  # seconds by which marks may pass the end: their files round to whole seconds


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
    source : str
        Name of the importer; `semeia.datasets.gather` fills it in.
    weight : float
        How often the patient is drawn in training, compared with others; `gather` fills it in.
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
    source: str = ""
    weight: float = 1.0

    def checked(self) -> LabelledRecording:
        """Return this recording if its seizures lie within it.

        Raises
        ------
        DatasetError
            If one begins before it or ends after it: the file is cut short, or the labels belong to another.
        """
        for event in self.events.seizures():
            if event.onset < -_SLACK or event.stop > self.duration + _SLACK:
                raise DatasetError(
                    f"{self.path.name}: a seizure is marked from {event.onset:g} s to {event.stop:g} s, but "
                    f"the file has {self.duration:g} s: it is cut short, or the marks belong to another"
                )
        return self
