"""``semeia train``: a recipe becomes a model, or one for each fold and seed."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from signal import SIGINT, SIGTERM
from typing import Annotated, Any

import typer

from semeia.cli.recipe import File, Settings, given_recipe
from semeia.cli.stopping import STOPPED, stop_on
from semeia.cli.tables import console, new_table


def train(
    recipe: File,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the new model, or models.")],
    *,
    settings: Settings = None,
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
    options = {"--folds": folds, "--seeds": seeds, "--workers": workers, "--scheduler": scheduler}
    command, changes = typed("train", recipe, output, options), changes_of(settings)
    with stop_on(SIGTERM, SIGINT) as stop:
        from semeia.training.fit import Interrupted
        from semeia.training.folds import Folds, cross_validate, train_recorded

        checked, file = given_recipe(recipe, settings)
        beside, whole = file.parent.absolute(), [*command, *changes]
        how: dict[str, Any] = {"resume": resume, "stop_asked": stop.is_set}
        summary = None
        try:
            with reporting(progress) as report:
                if many:
                    plan = Folds(checked, output.absolute(), folds, seeds or 1, beside, whole)
                    summary = cross_validate(plan, workers=workers, address=scheduler, report=report, **how)
                else:
                    train_recorded(checked, output, beside=beside, report=report, command=whole, **how)
        except Interrupted as interrupted:
            again = shlex.join([*command, *(["--resume"] if interrupted.saved else []), *changes])
            said = "Stopped and saved. Go on" if interrupted.saved else "Stopped before the training began. Start again"
            print(f"{said} with: {again}", file=sys.stderr)
            raise typer.Exit(STOPPED) from None
    if summary is not None:
        _show(summary)
        print(f"{output}: {len(summary['models'])} models of {checked.name}. Their figures: {output / 'summary.md'}")
    else:
        print(f"{output}: model {checked.name} is ready. Its card: {output / 'card.md'}")


def typed(command: str, recipe: Path, output: Path, options: Mapping[str, object]) -> list[str]:
    """Return a command as it was typed, with the options that were given."""
    given = [part for name, value in options.items() if value is not None for part in (name, str(value))]
    return ["semeia", command, str(recipe), "-o", str(output), *given]


def changes_of(settings: list[str] | None) -> list[str]:
    """Return the changes of a recipe's keys as they were typed."""
    return [part for setting in settings or [] for part in ("--set", setting)]


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


def _show(summary: dict[str, Any]) -> None:
    from semeia.training.summary import sentences, table_of

    counts = [key for fold in summary["folds"] for key in fold["data"] if key.endswith(" images")]
    heads, rows = table_of(summary, without=["recordings", "hours", *counts])
    out = console()
    out.print(new_table(*heads, rows=rows))
    out.print(" ".join(sentences(summary)))
