"""``semeia search``: a recipe's table ``[search]`` is tried out, and the best recipe written."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from signal import SIGINT, SIGTERM
from typing import TYPE_CHECKING, Annotated

import typer

from semeia.cli.recipe import File, Settings, given_recipe
from semeia.cli.stopping import STOPPED, stop_on
from semeia.cli.tables import console, new_table
from semeia.cli.train import changes_of, reporting, typed

if TYPE_CHECKING:
    from semeia.training.search import Found


def search(
    recipe: File,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the search; one that is there goes on.")],
    *,
    settings: Settings = None,
    trials: Annotated[int | None, typer.Option(min=1, help="Trials in all; else search.trials.")] = None,
    folds: Annotated[int | None, typer.Option(min=2, help="Validate each trial on so many parts in turn.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Trials at once; else one a processor.")] = None,
    progress: Annotated[Path | None, typer.Option(help="Append progress to this file as JSON lines.")] = None,
) -> None:
    """Search for better values of a recipe's keys, which its table [search] names; typed again, it goes on."""
    options = {"--trials": trials, "--folds": folds, "--workers": workers}
    command = [*typed("search", recipe, output, options), *changes_of(settings)]
    with stop_on(SIGTERM, SIGINT) as stop:
        from semeia.training.fit import Interrupted
        from semeia.training.search import Hunt
        from semeia.training.search import search as search_recipe

        checked, file = given_recipe(recipe, settings)
        hunt = Hunt(checked, output.absolute(), folds, beside=file.parent.absolute(), command=command)
        try:
            with reporting(progress) as report:
                found = search_recipe(hunt, trials=trials, workers=workers, report=report, stop_asked=stop.is_set)
        except Interrupted:
            print(f"Stopped; what is done is saved. Go on with: {shlex.join(command)}", file=sys.stderr)
            raise typer.Exit(STOPPED) from None
    _show(found, hunt.settings.objective)
    if found.best is None:
        print(f"{output}: no trial was finished; semeia runs says how each went")
    else:
        print(f"{output}: the best recipe. Train it with: semeia train {output / 'best.toml'} -o MODEL")


def _show(found: Found, objective: str) -> None:
    from semeia.cli.terminal import figure

    down = objective == "validation_loss"
    rows = sorted(found.trials, key=lambda row: _rank(row["value"], down=down))
    keys = list(rows[0]["parameters"])
    shown = [
        [str(row["trial"]), row["state"], figure(row["value"]), str(row["epochs"])]
        + [figure(row["parameters"].get(key)) for key in keys]
        for row in rows
    ]
    last = [key.rpartition(".")[2] for key in keys]
    heads = last if len(set(last)) == len(keys) else keys
    out = console()
    out.print(new_table("trial", "state", objective.replace("_", " "), "epochs", *heads, rows=shown))
    if found.importance:
        out.print("Importance: " + ", ".join(f"{key} {share:.0%}" for key, share in found.importance.items()))


def _rank(value: float | None, *, down: bool) -> float:
    if value is None:
        return float("inf")
    return value if down else -value
