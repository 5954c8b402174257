"""`semeia simulate`: write simulated EEG with known seizures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from semeia.errors import FileError

if TYPE_CHECKING:
    from semeia.signals.simulator import Simulation

__all__ = ["simulate"]


def simulate(
    output: Annotated[Path, typer.Argument(help="OUT.edf, or a folder (needed with --patients).")],
    *,
    hours: Annotated[float, typer.Option(help="Length of each recording.")] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="The first patient; the same seed, the same EEG.")] = 1,
    patients: Annotated[int, typer.Option(min=1, help="How many patients, from SEED on.")] = 1,
    seizures: Annotated[float, typer.Option(help="Seizures per hour, 0 to 10.")] = 3.0,
    montage: Annotated[str, typer.Option(help="referential, longitudinal or chbmit.")] = "chbmit",
    electrodes: Annotated[str, typer.Option(help="1020, 64 or headset (referential only).")] = "1020",
    rate: Annotated[int, typer.Option(help="Sampling rate in Hz.")] = 256,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
) -> None:
    """Write simulated scalp EEG as EDF+, with its seizures as annotations and as a TSV beside it."""
    from semeia.signals.simulator import SimulatedPatient
    from semeia.signals.simulator import simulate as simulation_of

    paths = _targets(output, patients)
    for path in paths:
        for taken in (path, path.with_name(f"{path.stem}_events.tsv")):
            if taken.exists() and not force:
                raise FileError(taken, "is there already; give another name, or --force to overwrite it")
    jobs = [
        (
            path,
            simulation_of(
                SimulatedPatient.from_seed(seed + number),
                seconds=hours * 3600,
                seizures=seizures,
                seed=1,
                rate=rate,
                montage=montage,
                electrodes=electrodes,
            ),
        )
        for number, path in enumerate(paths)
    ]
    _write(jobs)


def _targets(output: Path, patients: int) -> list[Path]:
    """Return OUT.edf itself, or DIR/sim01/sim01_01.edf and so on."""
    if output.suffix.lower() == ".edf":
        if patients > 1:
            raise FileError(output, f"{patients} patients do not go into one file; name a folder instead")
        return [output]
    names = [f"sim{number:02d}" for number in range(1, patients + 1)]
    return [output / name / f"{name}_01.edf" for name in names]


def _write(jobs: list[tuple[Path, Simulation]]) -> None:
    from semeia.cli.progress import bar
    from semeia.cli.text import plural
    from semeia.home import make_folder
    from semeia.signals.simulator import write_simulation

    total, done = sum(simulation.seconds for _, simulation in jobs), 0.0
    with bar("Simulating") as progress:
        for path, simulation in jobs:

            def advance(seconds: float, before: float = done) -> None:
                progress((before + seconds) / total)

            make_folder(path.parent)
            subject = path.parent.name if path.stem == f"{path.parent.name}_01" else ""
            _, beside = write_simulation(simulation, path, subject=subject, on_progress=advance)
            done += simulation.seconds
            print(
                f"{path}: {simulation.seconds / 3600:g} h, {len(simulation.labels)} channels at {simulation.rate} Hz, "
                f"{plural(len(simulation.events), 'seizure')}; truth in {beside.name}"
            )
