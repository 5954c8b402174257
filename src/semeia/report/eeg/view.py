"""How the traces of a report are seen: a montage, its channels, and a filter over a recording."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from semeia.errors import MontageError, RecordingError
from semeia.report.eeg.reading import Reading
from semeia.signals import Recording
from semeia.signals.electrodes import side_of
from semeia.signals.envelope import readable_channels
from semeia.signals.montage import Montage, MontagedRecording, montage_named, scalp_channels

__all__ = ["AS_RECORDED", "View"]

AS_RECORDED = "recorded"
_FIRST_CHOICE = "longitudinal"


class View:
    """The voltages of a recording as a reading shows them.

    Parameters
    ----------
    recording : Recording
    reading : Reading
        Its montage, channels and filter.

    Attributes
    ----------
    recording : Recording
    montage : str
        The name of what was made.
    is_own : bool
        Whether a person made the montage: then its words are free text.
    labels : list of str
    sides : list of str
        ``left``, ``right``, ``midline`` or ``other``.
    is_brain : list of bool
        False for an ECG and the like, where the channels are as recorded.
    rate : float
        Hz; the highest of the channels.

    Raises
    ------
    RecordingError
        If the montage cannot be made, there is no voltage, or a channel is unknown.
    """

    def __init__(self, recording: Recording, reading: Reading) -> None:
        self.recording, self.filter = recording, reading.filter
        self.montage, self._seen = _montaged(recording, reading.montage)
        self.is_own = isinstance(reading.montage, Montage)
        indices = _voltages(self._seen) if self._seen is recording else list(range(len(self._seen.channels)))
        self._indices = _chosen(self._seen, indices, reading.channels)
        shown = [self._seen.channels[index] for index in self._indices]
        self.labels = [channel.label for channel in shown]
        self.sides = [side_of(label) or "other" for label in self.labels]
        self.rate = max(channel.rate for channel in shown)
        brain = _brain(recording) if self._seen is recording else set(self._indices)
        self.is_brain = [index in brain for index in self._indices]

    def read(self, start: float, stop: float) -> tuple[float, NDArray[np.float32]]:
        """Return what lies of a stretch within the recording: its first time, and µV (channels, samples)."""
        duration = self.recording.duration
        first, last = max(0.0, start), min(duration, stop)
        begin = int(np.ceil(first * self.rate - 1e-6)) / self.rate
        if last <= first:
            return begin, np.empty((len(self._indices), 0), np.float32)
        return begin, self.filter.read(self._seen, first, last, self._indices, self.rate)


def _montaged(recording: Recording, wanted: str | Montage) -> tuple[str, Recording]:
    if wanted == AS_RECORDED:
        return AS_RECORDED, recording
    try:
        montage = montage_named(wanted or _FIRST_CHOICE)
        return montage.name, MontagedRecording(recording, montage)
    except MontageError:
        if wanted:
            raise
        return AS_RECORDED, recording


def _voltages(recording: Recording) -> list[int]:
    """Return the channels that are voltages, can be read, and are called something (CHB-MIT has dummies ``-``)."""
    shown = ((index, recording.channels[index]) for index in readable_channels(recording))
    found = [index for index, channel in shown if channel.unit == "uV" and any(map(str.isalnum, channel.label))]
    if not found:
        raise RecordingError("no channel of this recording is a voltage: there is nothing to report on")
    return found


def _chosen(recording: Recording, indices: list[int], labels: tuple[str, ...]) -> list[int]:
    """Return the voltages that bear one of some labels; a label that stands twice brings both."""
    there = {channel.label for channel in recording.channels}
    for label in labels:
        if label not in there:
            raise RecordingError(f"there is no channel {label!r} to show; there are {', '.join(sorted(there))}")
    chosen = [index for index in indices if not labels or recording.channels[index].label in labels]
    if not chosen:
        raise RecordingError("none of the channels that are shown is a voltage: there is nothing to report on")
    return chosen


def _brain(recording: Recording) -> set[int]:
    try:
        return set(scalp_channels(recording))
    except RecordingError:
        return set()
