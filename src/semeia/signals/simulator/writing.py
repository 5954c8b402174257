"""A simulation becomes an EDF+ file with its seizures as annotations, and a TSV of the same truth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from semeia.signals.simulator.simulation import Simulation

__all__ = ["write_simulation"]

_STARTED_AT = datetime(2001, 1, 1)
"""Simulated recordings start when EDF's own clock is unambiguous, and always at the same moment."""


def write_simulation(
    simulation: Simulation,
    path: str | Path,
    *,
    subject: str = "",
    on_progress: Callable[[float], None] | None = None,
) -> tuple[Path, Path]:
    """Write a simulation as EDF+ and, beside it, ``<stem>_events.tsv``; bounded memory for any length.

    Parameters
    ----------
    simulation : Simulation
    path : str or Path
        The EDF file to write; its folder must exist.
    subject : str
        The patient's code; otherwise ``sim`` and the patient's seed.
    on_progress : callable, optional
        Called with the seconds written so far.

    Returns
    -------
    (Path, Path)
        The EDF and the TSV file.

    Raises
    ------
    StorageError
        If the disk is full or the place may not be written.
    """
    from semeia.events import Events
    from semeia.events.tsv import write_tsv
    from semeia.signals.edf_writer import EdfWriter

    path = Path(path)
    truth = Events(simulation.events, duration=simulation.seconds, started_at=_STARTED_AT)
    with EdfWriter(
        path,
        labels=list(simulation.labels),
        rate=simulation.rate,
        subject=subject or f"sim{simulation.patient.seed}",
        started_at=_STARTED_AT,
        transducer="simulated",
    ) as writer:
        writer.annotate(truth)
        written = 0
        for block in simulation.blocks(60.0):
            writer.write(block)
            written += block.shape[1]
            if on_progress is not None:
                on_progress(written / simulation.rate)
    beside = path.with_name(f"{path.stem}_events.tsv")
    write_tsv(truth, beside)
    return path, beside
