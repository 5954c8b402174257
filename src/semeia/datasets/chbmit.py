"""The CHB-MIT scalp EEG database as it is laid out by PhysioNet: ``chbNN/chbNN_MM.edf`` and a summary.

The labels of a recording are those of its EDF header; where a summary tells of a change midway, the files after it
have other labels, and `montage` leaves out those that cannot give what is trained on. Dummy channels (``-``) are in the
recording, and in no montage (`semeia.signals.electrodes`).
Source: Shoeb 2009, https://physionet.org/content/chbmit/1.0.0/ (ODC-BY).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from semeia.datasets.importing import distinct, is_date, patient_folders
from semeia.datasets.labelled import LabelledRecording
from semeia.errors import DatasetError, MontageError
from semeia.events import Events, SummaryEntry, read_seizures, read_summary
from semeia.events.chbmit import clock_seconds, on_one_clock
from semeia.signals import Recording, open_recording
from semeia.signals.montage import Montage, MontagedRecording, montage_named

__all__ = ["chbmit"]

_SAME_PATIENT = {"chb21": "chb01"}
"""Case chb21 was recorded 1.5 years after chb01, from the same girl: a split must not part them."""
_SOME_DAY = datetime(2000, 1, 2)  # of the first file, where the headers say none
_LATER = {"chb21": timedelta(days=548)}
_AGREE = 120.0  # seconds by which clock times of header and summary may differ


def chbmit(
    path: str | Path,
    *,
    patients: Sequence[str] | None = None,
    only_with_seizures: bool = False,
    montage: str | None = None,
    check_times: bool = True,
) -> list[LabelledRecording]:
    """Return the recordings of the data set, or of the part of it that is there.

    Only headers are read. A file that the summary does not list is taken if it has a ``.edf.seizures`` beside
    it, and is otherwise left out: nobody says whether it has seizures. All files of a case are on one clock: that of
    their headers, whose dates were moved together, or else of the summary; so each knows the seizures of the others,
    with the summary's clock also those of files that are not there.

    Parameters
    ----------
    path : str or Path
        Folder that holds ``chb01`` and so on.
    patients : sequence of str, optional
        Cases by folder, such as ``chb05``; otherwise all.
    only_with_seizures : bool
        Leave out recordings without a seizure.
    montage : str, optional
        Leave out recordings that cannot give this montage, such as ``longitudinal`` (`semeia.signals.montage`).
    check_times : bool
        Refuse seizures that lie outside their file, and files that are there twice. Without it, files that were cut
        short are taken with the times of the originals: to look at the layout, never to train.

    Raises
    ------
    FileError
        If a summary or a recording cannot be read.
    DatasetError
        If the folder is not laid out so, a patient is absent, or a seizure lies outside its file.
    MontageError
        If there is no such montage.
    """
    root = Path(path)
    cases = patient_folders(root, "chb[0-9][0-9]", patients, "holds no folders chb01, chb02, ...: is this CHB-MIT?")
    wanted = None if montage is None else montage_named(montage)
    found = [
        recording
        for folder in cases.values()
        for recording in _case(folder, wanted)
        if len(recording.events) or not only_with_seizures
    ]
    if not found:
        asked = [f"gives the montage {montage}"] * (montage is not None) + ["has a seizure"] * only_with_seizures
        raise DatasetError(
            f"{root.name}: no recording there {' and '.join(['is listed in its summary', *asked])}; "
            "a folder of EDF+ files with annotations is the source 'folder'"
        )
    return distinct(found) if check_times else found


def _case(folder: Path, montage: Montage | None) -> list[LabelledRecording]:
    summary = folder / f"{folder.name}-summary.txt"
    listed = read_summary(summary) if summary.is_file() else {}
    patient = _SAME_PATIENT.get(folder.name, folder.name)
    found = []
    for path in sorted(folder.glob("*.edf")):
        marks = path.with_name(path.name + ".seizures")
        if path.name in listed:
            seizures: Events = listed[path.name].seizures
        elif marks.is_file():
            seizures = read_seizures(marks)
        else:
            continue
        with open_recording(path) as recording:
            if montage is None or _gives(recording, montage):
                events = Events(seizures, duration=recording.duration, started_at=recording.started_at)
                found.append(
                    LabelledRecording(
                        path, patient, events, recording.duration, group=path.stem, started_at=recording.started_at
                    )
                )
    return _on_clock(found, listed, _SOME_DAY + _LATER.get(folder.name, timedelta()))


def _gives(recording: Recording, montage: Montage) -> bool:
    try:
        MontagedRecording(recording, montage)
    except MontageError:
        return False
    return True


def _on_clock(
    recordings: list[LabelledRecording], listed: Mapping[str, SummaryEntry], some_day: datetime
) -> list[LabelledRecording]:
    """Return the recordings of a case with their starts on one clock, and the seizures around each."""
    walked = {name: some_day + timedelta(seconds=start) for name, start in on_one_clock(listed).items()}
    headers = {r.path.name: r.started_at for r in recordings if r.started_at is not None and is_date(r.started_at)}
    if len(headers) == len(recordings) and all(_agrees(start, listed.get(name)) for name, start in headers.items()):
        moved = [headers[name] - walked[name] for name in headers if name in walked]
        starts = headers
        if moved and (max(moved) - min(moved)).total_seconds() <= _AGREE:  # no days without a file: all are known
            starts = {name: start + moved[0] for name, start in walked.items()} | headers
    else:
        starts = walked
    onsets = [
        (name, starts[name] + timedelta(seconds=event.onset))
        for name, events in (
            {n: e.seizures for n, e in listed.items()} | {r.path.name: r.events for r in recordings}
        ).items()
        if name in starts
        for event in events.seizures()
    ]
    return [replace(r, started_at=starts.get(r.path.name), around=_around(r, starts, onsets)) for r in recordings]


def _agrees(start: datetime, entry: SummaryEntry | None) -> bool:
    """Whether a header's time of day is that of the summary, as far as this says one."""
    told = clock_seconds(entry.started) if entry else None
    if told is None:
        return True
    off = (start - start.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds() - told
    return abs((off + 43200) % 86400 - 43200) <= _AGREE


def _around(
    recording: LabelledRecording, starts: Mapping[str, datetime], onsets: Sequence[tuple[str, datetime]]
) -> tuple[float, ...]:
    start = starts.get(recording.path.name)
    if start is None:
        return ()
    return tuple(sorted((onset - start).total_seconds() for name, onset in onsets if name != recording.path.name))
