"""``semeia train``: a recipe becomes a model, or one for each fold and seed."""

from __future__ import annotations

import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

STOPPED = 75
"""Exit status of a training that was asked to stop and can go on (EX_TEMPFAIL of sysexits.h)."""


def train(
    recipe: Annotated[Path, typer.Argument(help="The recipe, a TOML file.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the new model, or models.")],
    *,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Change a key: training.epochs=5. May be repeated.")
    ] = None,
    folds: Annotated[int | None, typer.Option(min=2, help="Cross-validate: test so many parts in turn.")] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="Train with so many seeds, from the recipe's on.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Models trained at once; else one a processor.")] = None,
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler whose workers train.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a training that was stopped or killed.")] = False,
    progress: Annotated[Path | None, typer.Option(help="Append progress to this file as JSON lines.")] = None,
) -> None:
    """Train a model from a recipe; or, with --folds and --seeds, many, and say what they score."""
    many = folds is not None or seeds is not None
    if (workers is not None or scheduler is not None) and not many:
        raise typer.BadParameter("--workers and --scheduler are for --folds and --seeds")
    stop = stop_on_signals()

    from semeia.recipe import read_recipe
    from semeia.training.fit import Interrupted
    from semeia.training.folds import Folds, cross_validate, train_recorded

    checked = read_recipe(recipe, settings or [])
    given = {"--folds": folds, "--seeds": seeds, "--workers": workers, "--scheduler": scheduler}
    options = [part for name, value in given.items() if value is not None for part in (name, str(value))]
    changes = [part for setting in settings or [] for part in ("--set", setting)]
    command = ["semeia", "train", str(recipe), "-o", str(output), *options]
    how: dict[str, Any] = {"resume": resume, "stop_asked": stop.is_set}
    summary = None
    with reporting(progress) as report:
        try:
            if many:
                plan = Folds(
                    checked, output.absolute(), folds, seeds or 1, recipe.parent.absolute(), [*command, *changes]
                )
                summary = cross_validate(plan, workers=workers, address=scheduler, report=report, **how)
            else:
                train_recorded(
                    checked, output, beside=recipe.parent, report=report, command=[*command, *changes], **how
                )
        except Interrupted as interrupted:
            again = shlex.join([*command, *(["--resume"] if interrupted.saved else []), *changes])
            said = "Stopped and saved. Go on" if interrupted.saved else "Stopped before the training began. Start again"
            print(f"{said} with: {again}", file=sys.stderr)
            raise typer.Exit(STOPPED) from None
    if summary is None:
        print(f"{output}: model {checked.name} is ready. Its card: {output / 'card.md'}")
    else:
        _show(summary)
        print(f"{output}: {len(summary['models'])} models of {checked.name}. Their figures: {output / 'summary.md'}")


def stop_on_signals() -> threading.Event:
    """Return what SIGTERM and Ctrl-C set from now on."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


@contextmanager
def reporting(progress: Path | None) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Yield what shows events in the terminal and appends them to a file, if one is given."""
    from semeia.cli.progress import json_lines
    from semeia.cli.terminal import Terminal

    with json_lines(progress) as write, Terminal() as terminal:

        def report(event: dict[str, Any]) -> None:
            write(event)
            terminal.show(event)

        yield report


def table(heads: list[str], rows: list[list[str]]) -> Table:
    """Return a table without lines."""
    from rich.table import Column, Table

    grid = Table(Column(heads[0], no_wrap=True), *heads[1:], box=None, pad_edge=False)
    for row in rows:
        grid.add_row(*row)
    return grid


def _show(summary: dict[str, Any]) -> None:
    from rich.console import Console

    from semeia.training.summary import sentences, table_of

    console = Console(highlight=False, markup=False)
    console.print(table(*table_of(summary, ["patients", "seizures"])))
    console.print(" ".join(sentences(summary)))
