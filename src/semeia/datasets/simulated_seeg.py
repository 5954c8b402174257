"""Simulated stereo-EEG as a dataset, with patterns and, where they are asked for, seizures: made once, kept at home."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from semeia.datasets.importing import nothing
from semeia.datasets.labelled import LabelledRecording
from semeia.datasets.simulated import made_all
from semeia.events import Event, Events, is_seizure
from semeia.home import home_folder, make_folder, remove_leftovers
from semeia.signals import open_recording

__all__ = ["simulated_seeg"]


def simulated_seeg(
    *,
    patients: Annotated[int, Field(ge=1)],
    hours: Annotated[float, Field(gt=0, le=24)] = 0.25,
    files: Annotated[int, Field(ge=1)] = 1,
    apart: Annotated[float, Field(ge=0)] = 0.0,
    seizures_per_hour: Annotated[float, Field(ge=0, le=10)] = 0.0,
    seed: Annotated[int, Field(ge=0)] = 1,
    channels: Annotated[int, Field(ge=5, le=130)] = 10,
    rate: Annotated[int, Field(ge=600, le=32768)] = 2000,
    drift: Annotated[float, Field(ge=0, le=2)] = 0.3,
    progress: Callable[[int, int], None] = nothing,
) -> list[LabelledRecording]:
    """Return the recordings of simulated patients with contacts in the brain (`semeia.signals.simulator.seeg`).

    Parameters
    ----------
    patients : int
        Patient k has the signature of seed ``seed + k``.
    hours : float
        Length of each file.
    files : int
        Of each patient.
    apart : float
        Hours between the end of a file and the next, in which the patient drifts.
    seizures_per_hour : float
        A seizure is one event, from where it begins to its end, with the channels that take part.
    seed : int
    channels : int
        Contacts, five of an electrode.
    rate : int
        Hz.
    drift : float
        How much the patterns change over days.
    progress : callable
        Called with how many of the files that were not there yet are made, and how many these are.

    Raises
    ------
    DatasetError
        If a process that simulates was killed.
    StorageError
        If the disk is full.
    """
    from semeia.signals.simulator import VERSION

    settings: dict[str, Any] = {"channels": channels, "rate": rate, "drift": drift, "seizures": seizures_per_hour}
    kind = f"v{VERSION}-{hours:g}h-{apart:g}h-{seizures_per_hour:g}-{channels}-{rate}-{drift:g}"
    folder, length = home_folder() / "simulated-seeg" / kind, round(hours * 3600)
    jobs: list[tuple[Path, int, dict[str, Any]]] = []
    for number in range(seed, seed + patients):
        name = f"seeg{number:05d}"
        for file in range(1, files + 1):
            started = (file - 1) * (length + round(apart * 3600))
            when = {"number": file, "started": started, "seconds": length}
            jobs.append((folder / name / f"{name}_{file:02d}.edf", number, when | settings))
    made_all(_make, [job for job in jobs if not job[0].is_file()], progress)
    return [_labelled(path) for path, *_ in jobs]


def _make(path: Path, seed: int, settings: dict[str, Any]) -> None:
    from semeia.signals.simulator.seeg import write_seeg

    remove_leftovers(make_folder(path.parent))
    write_seeg(path, seed, **settings)


def _labelled(path: Path) -> LabelledRecording:
    with open_recording(path) as recording:
        return LabelledRecording(
            path=path,
            patient=path.parent.name,
            events=_whole(recording.events),
            duration=recording.duration,
            group=path.stem,
            started_at=recording.started_at,
        )


def _whole(events: Events) -> Events:
    """Return the events with one for each seizure, where the file has one for each of its channels."""
    seizures: list[Event] = []
    for event in sorted(events.seizures(), key=lambda event: event.onset):
        if not seizures or event.onset >= seizures[-1].stop:
            seizures.append(event)
            continue
        before = seizures[-1]
        channels = tuple(dict.fromkeys([*before.channels, *event.channels]))
        seizures[-1] = replace(before, duration=max(before.stop, event.stop) - before.onset, channels=channels)
    return events.with_events([*(event for event in events if not is_seizure(event.label)), *seizures])
