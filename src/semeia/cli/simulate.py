"""`semeia simulate`: write simulated EEG with known seizures."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from semeia.errors import FileError, RecordingError

if TYPE_CHECKING:
    from semeia.signals.simulator import Simulation

__all__ = ["simulate"]


def simulate(
    output: Annotated[Path, typer.Argument(help="OUT.edf, or a folder (needed with --patients and --layout).")],
    *,
    hours: Annotated[float | None, typer.Option(help="Of each recording (1), or of each patient in a set.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The first patient; the same seed, the same EEG.")] = 1,
    patients: Annotated[int | None, typer.Option(min=1, help="How many, from SEED on (1; a set: 2 or 3).")] = None,
    seizures: Annotated[float | None, typer.Option(help="Per hour, 0 to 10 (3; chbmit, siena: 0.5; seeg: 0).")] = None,
    montage: Annotated[str | None, typer.Option(help="referential, longitudinal or chbmit (the default).")] = None,
    electrodes: Annotated[str | None, typer.Option(help="1020 (the default), 64 or headset; for referential.")] = None,
    rate: Annotated[int | None, typer.Option(help="Sampling rate in Hz (256; seeg: 2000).")] = None,
    layout: Annotated[
        str | None, typer.Option(help="A set as aes2014, melbourne2016, seeg, chbmit or siena lays it out.")
    ] = None,
    file_seconds: Annotated[
        float | None, typer.Option(help="Length of a set's files (contests 600, others 3600).")
    ] = None,
    preictal_hours: Annotated[
        int | None, typer.Option(help="Contests: how many of the hours are preictal (half).")
    ] = None,
    test_files: Annotated[
        int | None, typer.Option(help="Contests: files of the test part, for each patient (6).")
    ] = None,
    preictal: Annotated[
        float | None, typer.Option(help="Contests: strength of the planted change (1; 0: none).")
    ] = None,
    dropouts: Annotated[float | None, typer.Option(help="melbourne2016: share of samples that are lost (0.1).")] = None,
    channels: Annotated[int | None, typer.Option(help="seeg: how many contacts (20).")] = None,
    drift: Annotated[float | None, typer.Option(help="seeg: how much the patterns change over days (0.3).")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
) -> None:
    """Write simulated EEG: scalp recordings as EDF+ with their seizures, or a whole set in a known layout."""
    of_recordings = {"montage": montage, "electrodes": electrodes}
    of_sets = {
        "file_seconds": file_seconds,
        "preictal_hours": preictal_hours,
        "test_files": test_files,
        "preictal": preictal,
        "dropouts": dropouts,
        "channels": channels,
        "drift": drift,
    }
    shared = {"patients": patients, "hours": hours, "seed": seed, "seizures": seizures, "rate": rate}
    given = {name: value for name, value in (shared | of_recordings | of_sets).items() if value is not None}
    if layout is not None:
        _write_set(layout, output, given, force)
        return
    for name in of_sets:
        if name in given:
            raise RecordingError(f"--{name.replace('_', '-')} is of sets: it needs --layout")
    _write_recordings(output, given, force)


def _write_set(layout: str, folder: Path, given: dict[str, Any], force: bool) -> None:
    from semeia.cli.progress import bar
    from semeia.cli.text import plural
    from semeia.signals.simulator import simulate_layout

    made = not folder.exists()
    try:
        with bar("Simulating") as progress:
            paths = simulate_layout(layout, folder, force=force, progress=progress, **given)
    except RecordingError:
        if made:
            with suppress(OSError):
                folder.rmdir()  # which leaves it alone when something is in it
        raise
    size = sum(path.stat().st_size for path in paths) / 1e6
    source = "folder" if layout == "seeg" else layout
    print(f"{folder}: {plural(len(paths), 'file')}, {size:.1f} MB, in the layout of {layout}; source: {source}")


def _write_recordings(output: Path, given: dict[str, Any], force: bool) -> None:
    """Write one recording of each patient."""
    from semeia.signals.simulator import SimulatedPatient
    from semeia.signals.simulator import simulate as simulation_of

    seed, hours, seizures = given.pop("seed"), given.pop("hours", 1.0), given.pop("seizures", 3.0)
    paths = _targets(output, given.pop("patients", 1))
    for path in paths:
        for taken in (path, path.with_name(f"{path.stem}_events.tsv")):
            if taken.exists() and not force:
                raise FileError(taken, "is there already; give another name, or --force to overwrite it")
    _write(
        [
            (
                path,
                simulation_of(
                    SimulatedPatient.from_seed(seed + number),
                    seconds=hours * 3600,
                    seizures=seizures,
                    seed=1,
                    **{"montage": "chbmit"} | given,
                ),
            )
            for number, path in enumerate(paths)
        ]
    )


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
