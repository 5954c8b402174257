"""``semeia runs``: what was trained, how it went, and how two trainings differ."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from semeia.cli.tables import console, new_table
from semeia.errors import SemeiaError

if TYPE_CHECKING:
    from rich.table import Table

    from semeia.training.runs import Record

app = typer.Typer(help="Trainings and how they went: list, show, compare, remove.")

Name = Annotated[str, typer.Argument(help="As semeia runs names it, such as eeg-starter-3.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback(invoke_without_command=True)
def runs(context: typer.Context, as_json: AsJson = False) -> None:
    """List the trainings, or show, compare and remove them."""
    if context.invoked_subcommand is None:
        list_(as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List all trainings, the oldest first."""
    from semeia.training.runs import damaged_runs, list_runs

    found = list_runs()
    if as_json:
        print(json.dumps([_as_json(record) for record in found], indent=2))
    elif found:
        console().print(_table(found))
    else:
        print("No training has been recorded yet: semeia train RECIPE -o FOLDER begins one.")
    for problem in damaged_runs():
        print(f"semeia: {problem}", file=sys.stderr)


def _table(found: list[Record]) -> Table:
    from semeia.training.runs import epochs_of

    table = new_table("run", "state", "began", "time", "epochs", "best validation", "model")
    for record in found:
        epochs = epochs_of(record.id)
        began = record.started.astimezone().strftime("%Y-%m-%d %H:%M")
        table.add_row(
            record.id, record.standing, began, _time(epochs), str(len(epochs)), _measures(epochs), record.folder
        )
    return table


@app.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """Show a training: where it stands, its data and environment, and the measures of every epoch."""
    from semeia.training.runs import best_of, epochs_of, read_run

    record, epochs = read_run(name), epochs_of(name)
    if as_json:
        print(json.dumps(_as_json(record) | {"epochs": epochs}, indent=2))
        return
    console().print(new_table(rows=_about(record), show_header=False))
    if epochs:
        names = list(dict.fromkeys(key for entry in epochs for key in entry if key not in {"epoch", "seconds"}))
        best = best_of(epochs).get("epoch")
        measured = new_table("epoch", "seconds", *(key.replace("_", " ") for key in names), "")
        for entry in epochs:
            values = [_shown(entry.get(key)) for key in ("seconds", *names)]
            measured.add_row(str(entry["epoch"] + 1), *values, "best" if entry["epoch"] == best else "")
        console().print(measured)


def _about(record: Record) -> Iterable[tuple[str, str]]:
    from semeia.recipe import flat

    yield "run", record.id
    yield "state", record.standing + (f": {record.problem}" if record.problem else "")
    yield "began", _moment(record.started)
    for moment in record.resumed:
        yield "went on", _moment(moment)
    if record.ended is not None:
        yield "ended", _moment(record.ended)
    yield "model", record.folder
    yield "command", shlex.join(record.command)
    yield "seed", str(record.seed)
    for part, counts in record.data.items():
        yield part, ", ".join(f"{_shown(value)} {key}" for key, value in counts.items())
    if record.fingerprint:
        yield "data and recipe", record.fingerprint[:16]
    for key, value in flat(record.environment).items():
        yield key.removeprefix("versions."), str(value)
    best = record.metrics.get("best_epoch")
    counted = {} if best is None else {"best_epoch": best + 1}  # epochs are written from 0, and shown from 1
    for key, value in flat(record.metrics | counted).items():
        yield key.replace("_", " "), _shown(value)


@app.command()
def compare(
    names: Annotated[list[str], typer.Argument(metavar="RUN RUN...", help="Two runs or more.")], as_json: AsJson = False
) -> None:
    """Compare trainings: where their recipes differ, and what they reached."""
    from semeia.training.runs import epochs_of, read_run

    if len(set(names)) < 2:
        raise SemeiaError("name two runs or more to compare; semeia runs lists them")
    records = [read_run(name) for name in names]
    rows = differences(records) | _reached(records, [epochs_of(name) for name in names])
    if as_json:
        print(json.dumps({key: dict(zip(names, values, strict=True)) for key, values in rows.items()}, indent=2))
        return
    shown = ((key, *map(_shown, values)) for key, values in rows.items())
    console().print(new_table("", *names, rows=shown))


def differences(records: list[Record]) -> dict[str, list[Any]]:
    """Return the keys of the recipes whose values differ, with the value of each run; None where there is none."""
    from semeia.recipe import flat

    recipes = [flat(record.recipe) for record in records]
    keys = dict.fromkeys(key for recipe in recipes for key in recipe if key not in {"name", "description"})
    values = {key: [recipe.get(key) for recipe in recipes] for key in keys}
    return {key: given for key, given in values.items() if any(value != given[0] for value in given)}


def _reached(records: list[Record], epochs: list[list[dict[str, Any]]]) -> dict[str, list[Any]]:
    from semeia.training.runs import best_of

    best = [best_of(each) for each in epochs]
    measures = dict.fromkeys(key for entry in best for key in entry if key.startswith("validation"))
    data = [record.data for record in records]
    return {
        "state": [record.standing for record in records],
        **({} if all(each == data[0] for each in data) else {"data": [_counted(each) for each in data]}),
        "epochs": [len(each) for each in epochs],
        "best epoch": [entry["epoch"] + 1 if entry else None for entry in best],
        **{key.replace("_", " "): [entry.get(key) for entry in best] for key in measures},
        "time": [_time(each) for each in epochs],
    }


@app.command()
def remove(names: Annotated[list[str], typer.Argument(metavar="RUN...", help="Runs to forget.")]) -> None:
    """Remove the records of trainings; their models stay."""
    from semeia.training.runs import remove_run

    for name in names:
        remove_run(name)
        print(f"{name}: removed")


def _as_json(record: Record) -> dict[str, Any]:
    return record.model_dump(mode="json") | {"standing": record.standing}


def _measures(epochs: list[dict[str, Any]]) -> str:
    from semeia.training.runs import best_of

    best = best_of(epochs)
    shown = {key.removeprefix("validation_"): value for key, value in best.items() if key.startswith("validation_")}
    return ", ".join(f"{key} {_shown(value)}" for key, value in shown.items())


def _counted(data: dict[str, Any]) -> str:
    return "; ".join(f"{part} {counts.get('recordings', '?')} recordings" for part, counts in data.items())


def _time(epochs: list[dict[str, Any]]) -> str:
    from semeia.events.intervals import elapsed

    return elapsed(sum(entry.get("seconds") or 0.0 for entry in epochs))


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _shown(value: Any) -> str:
    match value:
        case None:
            return "–"
        case float():
            return f"{value:.4g}"
        case list():
            return ", ".join(map(_shown, value)) or "none"
    return str(value)
