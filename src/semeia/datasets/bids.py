"""BIDS-EEG with events: ``sub-01/[ses-1/]eeg/sub-01_task-x_eeg.edf`` and its ``_events.tsv``, as SzCORE's data sets.

Source: Pernet et al., Sci Data 2019, https://doi.org/10.1038/s41597-019-0104-8; Dan et al., Epilepsia 2024 (SzCORE).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from semeia.datasets.importing import distinct, patient_folders, with_clocks
from semeia.datasets.labelled import LabelledRecording
from semeia.errors import DatasetError
from semeia.events import Events, read_tsv
from semeia.signals import open_recording

__all__ = ["bids"]


def bids(path: str | Path, *, patients: Sequence[str] | None = None) -> list[LabelledRecording]:
    """Return the recordings that have events.

    A run without an ``_events.tsv`` is left out: nobody says whether it has seizures.

    Parameters
    ----------
    path : str or Path
        The data set's folder, which holds ``sub-01`` and so on.
    patients : sequence of str, optional
        Such as ``sub-01``; otherwise all.

    Raises
    ------
    FileError
        If a recording or a table of events cannot be read.
    DatasetError
        If there is no such recording, a patient is absent, or marks contradict each other or their file.
    """
    root = Path(path)
    subjects = patient_folders(root, "sub-*", patients, "holds no folders sub-01 and so on: is this BIDS?")
    found, without = [], 0
    for patient, folder in subjects.items():
        for file in sorted(folder.glob("**/eeg/*_eeg.*")):
            if file.suffix.lower() not in {".edf", ".bdf"}:
                continue
            table = file.with_name(file.stem.removesuffix("_eeg") + "_events.tsv")
            if table.is_file():
                found.append(_labelled(file, table, patient))
            else:
                without += 1
    if not found:
        held = (
            f"{without} recording{'s' * (without > 1)} without _events.tsv" if without else "no *_eeg.edf or *_eeg.bdf"
        )
        raise DatasetError(f"{root.name}: holds {held}: there is nothing to learn from")
    return distinct(with_clocks(found))


def _labelled(path: Path, table: Path, patient: str) -> LabelledRecording:
    marked = read_tsv(table)
    with open_recording(path) as recording:
        duration, started_at = recording.duration, marked.started_at or recording.started_at
    events = Events(marked, duration=duration, started_at=started_at)
    return LabelledRecording(path, patient, events, duration, group=path.stem, started_at=started_at)
