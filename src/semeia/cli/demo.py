"""``semeia demo``: three simulated patients, what the starter model finds in them, and the page to look at it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from semeia.cli.tables import console, new_table

if TYPE_CHECKING:
    from semeia.evaluation import Score
    from semeia.model import Found, Model
    from semeia.signals import Recording

SEEDS = (9004, 9005, 9009)
"""Patients that no model was trained on, in whom the starter finds what there is; docs/benchmarks.md tells how often
it does."""
SECONDS = 1200
SEIZURES_PER_HOUR = 6.0


def demo(
    check: Annotated[bool, typer.Option("--check", help="No page; exit with 1 unless what is found is right.")] = False,
    home: Annotated[Path | None, typer.Option(help="Folder where things are kept; else ~/.semeia.")] = None,
) -> None:
    """Make three simulated patients, find their seizures, show true against found, and open the page on them."""
    from semeia.cli.text import sparkline
    from semeia.evaluation import Score, score
    from semeia.home import home_folder
    from semeia.model import load
    from semeia.signals import open_recording

    out = console()
    model = load("eeg-starter")
    total = Score.nothing()
    table = new_table("patient", "true seizures", "found", "probability")
    results: list[tuple[Path, Found]] = []
    for path in _patients(home_folder(home) / "demo"):
        with open_recording(path) as recording:
            found = model.detect(recording)
            truth = recording.events.seizures()
            total = total + score(truth, found.events, recording.duration)
            results.append((path, found))
            table.add_row(*_row(recording, found))
    out.print(table)
    out.print()
    width = max(20, min(100, out.width - 12))
    for path, found in results:
        out.print(f"{path.stem}  {sparkline(found.track.probability, width)}")
    out.print()
    out.print(_sentence(total))
    if not check:
        _open_page(home, model, results)
    elif total.events.sensitivity < 1 or total.events.false_alarms > 0:
        raise typer.Exit(1)


def _open_page(home: Path | None, model: Model, results: list[tuple[Path, Found]]) -> None:
    """Put the patients with what was found into the Library, and serve the page until Ctrl-C."""
    from semeia.cli.saving import Library
    from semeia.cli.serve import show
    from semeia.home import home_folder

    library = Library(home=home)
    for path, found in reversed(results):  # the Library shows the newest first
        library.save(library.recording(path), found, model, None)
    show(home_folder(home), port=0)


def _patients(folder: Path) -> list[Path]:
    """Return the recordings of the three patients, made the first time, and anew by another simulator."""
    from semeia.cli.progress import bar
    from semeia.home import make_folder
    from semeia.signals.simulator import VERSION, SimulatedPatient, simulate, write_simulation

    folder = folder / f"v{VERSION}"
    paths = [folder / f"demo{number}.edf" for number in range(1, len(SEEDS) + 1)]
    make_folder(folder)
    with bar("Making three patients") as progress:
        for number, (path, seed) in enumerate(zip(paths, SEEDS, strict=True)):
            if not path.is_file():
                patient = SimulatedPatient.from_seed(seed)
                write_simulation(simulate(patient, seconds=SECONDS, seizures=SEIZURES_PER_HOUR, seed=seed), path)
            progress((number + 1) / len(paths))
    return paths


def _row(recording: Recording, found: Found) -> list[str]:
    from semeia.events.intervals import elapsed

    truth = recording.events.seizures()
    assert recording.path is not None
    return [
        recording.path.stem,
        "\n".join(f"{elapsed(e.onset)} to {elapsed(e.stop)}" for e in truth) or "none",
        "\n".join(f"{elapsed(e.onset)} to {elapsed(e.stop)}" for e in found.events) or "none",
        "\n".join(f"{e.confidence:.2f}" for e in found.events),
    ]


def _sentence(total: Score) -> str:
    from semeia.cli.text import plural

    events = total.events
    missed = events.reference - events.true_positives or "none"
    found, false = plural(events.true_positives, "seizure"), plural(events.false_alarms, "false alarm")
    return f"{found} found, {missed} missed, {false}. ({total.scorer})"
