"""``semeia evaluate``: how good a model is on labelled recordings, as figures and as a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from semeia.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from semeia.datasets import LabelledRecording


def evaluate(
    model: Annotated[str, typer.Argument(help="A model by name or folder, or the folder of a cross-validation.")],
    data: Annotated[
        Path | None,
        typer.Argument(help="Labelled recordings; for a cross-validation, the folder that its paths start from."),
    ] = None,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for report.html and its figures.")],
    source: Annotated[str, typer.Option(help="Importer that reads the data; semeia datasets lists them.")] = "folder",
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="What the importer takes: --set rate=400. May be repeated.")
    ] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="Leave a patient out. May be repeated.")] = None,
) -> None:
    """Judge a model on labelled recordings: report.html to read, metrics.json and predictions.csv to work with."""
    from semeia.cli.progress import bar
    from semeia.model import load
    from semeia.report import evaluated, evaluated_folds, is_cross_validation

    with bar("Judging") as progress:
        if is_cross_validation(Path(model)):
            metrics = evaluated_folds(Path(model), output, beside=data or Path(), progress=progress)
        else:
            loaded = load(model)
            found = _gathered(data, source, settings or [], exclude or [])
            metrics = evaluated(loaded, found, output, source=source, progress=progress)
    _show(metrics)
    print(f"Report: {output / 'report.html'}")


def _gathered(data: Path | None, source: str, settings: list[str], exclude: list[str]) -> list[LabelledRecording]:
    from semeia.datasets import gather
    from semeia.recipe import setting_of

    parameters: dict[str, Any] = dict(setting_of(setting) for setting in settings)
    if data is not None:
        parameters["path"] = str(data.absolute() if data.exists() else data)
    found = gather(source, **parameters)
    there = {recording.patient for recording in found}
    for patient in exclude:
        if patient not in there:
            raise DatasetError(f"--exclude {patient}: there is no such patient; there are {', '.join(sorted(there))}")
    left = [recording for recording in found if recording.patient not in exclude]
    if not left:
        raise DatasetError("every patient is excluded: there is nothing to judge the model by")
    return left


def _show(metrics: dict[str, Any]) -> None:
    from semeia.cli.tables import console, new_table

    out, data = console(), metrics["data"]
    for title, block in _blocks(metrics):
        table = new_table(title, "", "95 % interval", "chance", *block.get("baselines", {}))
        for name, measure in block["measures"].items():
            others = [block["chance"].get(name), *(one.get(name) for one in block.get("baselines", {}).values())]
            table.add_row(
                name.replace("_", " "),
                _number(measure["value"]),
                "" if measure["low"] is None else f"{_number(measure['low'])} to {_number(measure['high'])}",
                *(_number(one["value"] if isinstance(one, dict) else one, "") for one in others),
            )
        out.print(table)
        if block.get("interval"):
            out.print(f"Interval: {block['interval']}.\n", soft_wrap=True)
    counted = f"{data['patients']} patients, {data['recordings']} recordings, {data['hours']:.2f} h"
    out.print(f"{metrics['model']['name']} on {data['source']}: {counted}; {data['split']}.", soft_wrap=True)
    for note in data["notes"]:
        out.print(f"Note: {note}.", soft_wrap=True)


def _blocks(metrics: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what is shown in the terminal, each with its title."""
    if metrics["windows"]:
        yield "windows", metrics["windows"]
    yield from (metrics["patterns"] or {}).items()
    if metrics["events"]:
        yield "seizures", metrics["events"]
    if metrics["forecast"]:
        files = metrics["forecast"]["files"]
        measures = {f"auroc, {rule} of windows": one["auroc"] for rule, one in files.items()}
        yield "files", {"measures": measures, "chance": {}, "interval": next(iter(files.values()))["interval"]}


def _number(value: float | None, missing: str = "n/a") -> str:
    return missing if value is None else f"{value:.3g}"
