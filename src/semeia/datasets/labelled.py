"""What every importer returns: a recording on disk, whose it is, and what is marked in it."""

from __future__ import annotations

from dataclasses import dataclass
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
        What is marked; no seizure among them means that there is none.
    duration : float
        Seconds.
    group : str
        What belongs together within a patient: the recording, seizure or hour.
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
