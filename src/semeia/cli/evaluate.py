"""``semeia evaluate``: how good a model is on labelled recordings or images, as figures and as a page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from semeia.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from semeia.datasets import ImageSet, LabelledImage, LabelledRecording
    from semeia.model import ImageModel, Model

E = TypeVar("E", "LabelledRecording", "LabelledImage")


def evaluate(
    model: Annotated[str, typer.Argument(help="A model by name or folder, or the folder of a cross-validation.")],
    data: Annotated[
        Path | None,
        typer.Argument(help="Labelled recordings or images; for a cross-validation, the folder its paths start from."),
    ] = None,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for report.html and its figures.")],
    source: Annotated[
        str | None,
        typer.Option(help="Importer that reads the data (semeia datasets); else folder, or image-folder."),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="What the importer takes: --set rate=400. May be repeated.")
    ] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="Leave a patient out. May be repeated.")] = None,
) -> None:
    """Judge a model on labelled recordings or images: report.html to read, metrics.json and predictions.csv."""
    from semeia.model import ImageModel, load_any
    from semeia.report import check_place, is_cross_validation

    check_place(output)
    if is_cross_validation(Path(model)):
        if data is not None and not data.is_dir():
            raise DatasetError(f"{data}: there is no such folder")
        if settings or exclude or source:
            raise DatasetError(
                f"{model}: a cross-validation is judged on its own data: no --source, --set or --exclude"
            )
        metrics = _folds(Path(model), data, output)
    else:
        loaded = load_any(model)
        images = isinstance(loaded, ImageModel)
        source = source or ("image-folder" if images else "folder")
        parameters = _parameters(data, source, settings or [], "images" if images else "recordings")
        named = f"{data.resolve().name} (source {source})" if data else source
        if isinstance(loaded, ImageModel):
            found = _gathered_images(source, parameters)
            found = replace(found, images=tuple(_without(exclude or [], found.images)))
            metrics = _judged_images(loaded, found, output, named)
        else:
            metrics = _judged(loaded, _gathered(source, parameters, exclude or []), output, named)
    _show(metrics)
    print(f"Report: {output / 'report.html'}")


def _folds(folder: Path, data: Path | None, output: Path) -> dict[str, Any]:
    from semeia.cli.progress import bar
    from semeia.report import evaluated_folds

    with bar("Judging") as progress:
        return evaluated_folds(folder, output, beside=data or Path(), progress=progress)


def _judged(model: Model, recordings: list[LabelledRecording], output: Path, source: str) -> dict[str, Any]:
    from semeia.cli.progress import bar
    from semeia.report import evaluated

    with bar("Judging") as progress:
        return evaluated(model, recordings, output, source=source, progress=progress)


def _judged_images(model: ImageModel, found: ImageSet, output: Path, source: str) -> dict[str, Any]:
    from semeia.cli.progress import bar
    from semeia.report import evaluated_images

    with bar("Judging") as show:
        return evaluated_images(model, found.images, output, source=source, left_out=found.left_out, progress=show)


def _gathered_images(source: str, parameters: dict[str, Any]) -> ImageSet:
    from semeia.cli.progress import bar
    from semeia.datasets import gather_images

    with bar("Reading") as show:
        return gather_images(source, progress=lambda done, total: show(done / max(1, total)), **parameters)


def _parameters(data: Path | None, source: str, settings: list[str], things: str) -> dict[str, Any]:
    """Return what the importer is given."""
    from semeia.recipe import setting_of

    parameters: dict[str, Any] = dict(setting_of(setting) for setting in settings)
    if data is not None:
        parameters["path"] = str(data.absolute() if data.exists() else data)
    elif source in {"folder", "image-folder"} and "path" not in parameters:
        raise DatasetError(f"which {things}? Give the folder that holds them after the model")
    return parameters


def _gathered(source: str, parameters: dict[str, Any], exclude: list[str]) -> list[LabelledRecording]:
    from semeia.datasets import gather

    return _without(exclude, gather(source, **parameters))


def _without(exclude: list[str], found: Sequence[E]) -> list[E]:
    """Return what is not of the patients to be left out."""
    there = {example.patient for example in found}
    for patient in exclude:
        if patient not in there:
            names = sorted(there)
            some = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
            raise DatasetError(f"--exclude {patient}: there is no such patient; there are {some}")
    left = [example for example in found if example.patient not in exclude]
    if not left:
        raise DatasetError("every patient is excluded: there is nothing to judge the model by")
    return left


def _show(metrics: dict[str, Any]) -> None:
    from semeia.cli.tables import console, new_table
    from semeia.report.definitions import DEFINITIONS
    from semeia.report.words import between, number, summary

    out, data = console(), metrics["data"]
    for title, block in _blocks(metrics):
        rivals = block.get("baselines", {})
        table = new_table(title, "this model", "95 % interval", "chance", *rivals)
        for name, measure in block["measures"].items():
            kind = name.partition(",")[0]
            others = [block["chance"].get(name), *(one.get(name) for one in rivals.values())]
            values = [one["value"] if isinstance(one, dict) else one for one in others]
            table.add_row(
                DEFINITIONS[kind][0] + name.removeprefix(kind),
                number(measure["value"], kind),
                between(measure["low"], measure["high"], kind),
                *("" if value is None else number(value, kind) for value in values),
            )
        out.print(table)
        if block.get("interval"):
            out.print(f"Interval: {block['interval']}.\n", soft_wrap=True)
    for paragraph in summary(metrics):
        out.print(f"{paragraph}\n", soft_wrap=True)
    out.print(f"{metrics['model']['name']} on {data['source']}: {_size(data)}; {data['split']}.", soft_wrap=True)
    for note in data["notes"]:
        out.print(f"Note: {note}.", soft_wrap=True)


def _size(data: dict[str, Any]) -> str:
    from semeia.cli.text import plural

    counts = {noun: data.get(f"{noun}s") for noun in ("patient", "recording", "image")}
    sizes = [plural(count, noun) for noun, count in counts.items() if count is not None]
    return ", ".join([*sizes, *([f"{data['hours']:.2f} h"] if data.get("hours") is not None else [])])


def _blocks(metrics: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what is shown in the terminal, each with its title."""
    if metrics["windows"]:
        yield "images" if metrics["task"] == "images" else "windows", metrics["windows"]
    yield from (metrics["patterns"] or {}).items()
    if metrics["events"]:
        yield "seizures", metrics["events"]
    if metrics["forecast"]:
        files = metrics["forecast"]["files"]
        measures = {f"auroc, {rule} of windows": one["auroc"] for rule, one in files.items()}
        yield (
            "files",
            {
                "measures": measures,
                "chance": dict.fromkeys(measures, metrics["forecast"]["chance"]["auroc"]),
                "interval": next(iter(files.values()))["interval"],
            },
        )
