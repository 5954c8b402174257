"""Simulated patients as a dataset: made once, kept in the home folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

from pydantic import Field

from semeia.datasets.importing import nothing
from semeia.datasets.labelled import LabelledRecording
from semeia.errors import DatasetError, RecipeError
from semeia.home import home_folder, make_folder, remove_leftovers
from semeia.signals import open_recording

__all__ = ["made_all", "simulated"]

MONTAGES = {
    "referential": ("referential", "1020"),
    "longitudinal": ("longitudinal", "1020"),
    "chbmit": ("chbmit", "1020"),
    "headset": ("referential", "headset"),
}
"""Montage and electrodes of each (`semeia.signals.simulator.simulate`)."""


def simulated(
    *,
    patients: Annotated[int, Field(ge=1)],
    hours: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0,
    seizures_per_hour: Annotated[float, Field(ge=0, le=10)] = 3.0,
    seed: Annotated[int, Field(ge=0)] = 1,
    montage: str = "mixed",
    progress: Callable[[int, int], None] = nothing,
) -> list[LabelledRecording]:
    """Return one recording of each simulated patient.

    Parameters
    ----------
    patients : int
        Patient k has the signature of seed ``seed + k``.
    hours : float
        Length of each recording.
    seizures_per_hour : float
    seed : int
    montage : str
        ``referential``, ``longitudinal``, ``chbmit``, ``headset`` (14 electrodes), or ``mixed``: each patient in the
        next of them.
    progress : callable
        Called with how many of those that were not there yet are made, and how many these are. What it raises
        stops the simulation when those in hand are done.

    Raises
    ------
    RecipeError
        If there is no such montage.
    RecordingError
        If a value is out of the simulator's range.
    DatasetError
        If a process that simulates was killed.
    StorageError
        If the disk is full.
    """
    from semeia.signals.simulator import VERSION

    if montage not in {*MONTAGES, "mixed"}:
        raise RecipeError(f"data source 'simulated': montage {montage!r} is not one of mixed, {', '.join(MONTAGES)}")
    names = list(MONTAGES)
    folder = home_folder() / "simulated" / f"v{VERSION}-{hours:g}h-{seizures_per_hour:g}-{montage}"
    jobs: list[tuple[Path, int, float, float, str]] = []
    for number in range(seed, seed + patients):
        name = f"sim{number:05d}"
        chosen = names[number % len(names)] if montage == "mixed" else montage
        jobs.append((folder / name / f"{name}_01.edf", number, hours * 3600, seizures_per_hour, chosen))
    made_all(_make, [job for job in jobs if not job[0].is_file()], progress)
    return [_labelled(path) for path, *_ in jobs]


def made_all(
    make: Callable[..., None], jobs: Sequence[tuple[object, ...]], progress: Callable[[int, int], None]
) -> None:
    """Call a function of a module with each of some jobs, in processes of their own.

    Parameters
    ----------
    make : callable
    jobs : sequence of tuple
        What it is called with.
    progress : callable
        Called with how many are done, and how many there are. What it raises stops the rest.

    Raises
    ------
    DatasetError
        If a process was killed.
    """
    if not jobs:
        return
    try:
        with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
            try:
                for number, _ in enumerate(pool.map(make, *zip(*jobs, strict=True))):
                    progress(number + 1, len(jobs))
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
    except BrokenProcessPool as error:
        raise DatasetError(
            "a process that simulates patients was killed, perhaps for want of memory; "
            "those that are done are kept: try again"
        ) from error


def _make(path: Path, seed: int, seconds: float, seizures_per_hour: float, montage: str) -> None:
    from semeia.signals.simulator import SimulatedPatient, simulate, write_simulation

    remove_leftovers(make_folder(path.parent))
    derived, electrodes = MONTAGES[montage]
    simulation = simulate(
        SimulatedPatient.from_seed(seed),
        seconds=seconds,
        seizures=seizures_per_hour,
        seed=seed,
        montage=derived,
        electrodes=electrodes,
    )
    write_simulation(simulation, path)


def _labelled(path: Path) -> LabelledRecording:
    with open_recording(path) as recording:
        return LabelledRecording(
            path=path,
            patient=path.parent.name,
            events=recording.events,
            duration=recording.duration,
            group=path.stem,
        )
