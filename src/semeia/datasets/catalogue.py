"""The list of importers: a new one is one file and one line here. They load when they are used."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any, Literal, get_type_hints

from pydantic import TypeAdapter, ValidationError

from semeia.datasets.labelled import LabelledRecording
from semeia.errors import DatasetError, RecipeError
from semeia.home import home_folder
from semeia.recipe import check_parameters, in_plain_words, look_up

__all__ = ["Gives", "SourceEntry", "check", "entry_of", "gather", "names", "nothing_found", "ready"]

Gives = Literal["recordings", "images"]


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """One line of the catalogue.

    Parameters
    ----------
    module, function : str
        Where the importer is: ``function(**parameters) -> list[LabelledRecording]``, or, of images,
        ``-> (list[LabelledImage], list[str])`` with a line for each that is left out. A parameter ``path`` is where its
        files are; one named ``progress`` is called while it works (see `gather`).
    description : str
        One line for lists.
    gives : {"recordings", "images"}
        What it is a source of: `gather` takes the one, `semeia.datasets.gather_images` the other.
    """

    module: str
    function: str
    description: str
    gives: Gives = "recordings"


_CATALOGUE = {
    "chbmit": SourceEntry("semeia.datasets.chbmit", "chbmit", "CHB-MIT scalp EEG as PhysioNet lays it out"),
    "siena": SourceEntry("semeia.datasets.siena", "siena", "Siena scalp EEG as PhysioNet lays it out"),
    "aes2014": SourceEntry("semeia.datasets.aes2014", "aes2014", "AES 2014 prediction challenge: dogs and people"),
    "melbourne2016": SourceEntry(
        "semeia.datasets.melbourne2016", "melbourne2016", "Melbourne 2016 prediction contest, both releases"
    ),
    "bonn": SourceEntry("semeia.datasets.bonn", "bonn", "Bonn segments of one channel: healthy, interictal, ictal"),
    "bids": SourceEntry("semeia.datasets.bids", "bids", "BIDS-EEG with events, as SzCORE's data sets"),
    "folder": SourceEntry(
        "semeia.datasets.folder", "folder", "EDF, BDF, MAT files with annotations, a TSV beside each, or labels by name"
    ),
    "frozen": SourceEntry("semeia.datasets.frozen", "frozen", "recordings of the page's Library with their labels"),
    "simulated": SourceEntry("semeia.datasets.simulated", "simulated", "simulated patients, made once and kept"),
    "simulated-seeg": SourceEntry(
        "semeia.datasets.simulated_seeg", "simulated_seeg", "simulated stereo-EEG with patterns, and seizures if asked"
    ),
    "kermany": SourceEntry(
        "semeia.datasets.kermany", "kermany", "chest X-rays of children: healthy, pneumonia", gives="images"
    ),
    "brain-mri": SourceEntry(
        "semeia.datasets.brain_mri", "brain_mri", "brain MRI slices: three tumours and none", gives="images"
    ),
    "image-folder": SourceEntry(
        "semeia.datasets.image_folder", "image_folder", "images in a folder for each class", gives="images"
    ),
    "image-table": SourceEntry(
        "semeia.datasets.image_table", "image_table", "images that a CSV names, with their classes", gives="images"
    ),
}


def names() -> list[str]:
    """Return the names of all importers."""
    return list(_CATALOGUE)


def entry_of(name: str) -> SourceEntry:
    """Return the catalogue's line for a name.

    Raises
    ------
    RecipeError
        If there is no such importer; the message names the nearest one.
    """
    return look_up("data source", name, _CATALOGUE)


def gather(
    source: str,
    *,
    beside: Path = Path(),
    optional: bool = False,
    weight: float = 1.0,
    progress: Callable[[int, int], None] | None = None,
    **parameters: Any,
) -> list[LabelledRecording]:
    """Return the labelled recordings of a source.

    Parameters
    ----------
    source : str
        As in `names`.
    beside : Path
        Where a relative ``path`` is looked for first; then under ``$SEMEIA_DATA``, in the working directory, and among
        what `semeia.datasets.download` fetched or the page froze.
    optional : bool
        Return nothing, instead of raising, when ``path`` does not exist.
    weight : float
        How often a patient of this source is drawn in training, compared with others.
    progress : callable, optional
        Called with how much is done and how much there is to do, by importers that take their time.
    **parameters
        The importer's own.

    Raises
    ------
    RecipeError
        If the source or a parameter is unknown or missing, or it is a source of images.
    DatasetError
        If its path does not exist, or what is there cannot be used, or is not asked for.
    """
    importer = ready(source, parameters, gives="recordings", beside=beside, optional=optional, progress=progress)
    if importer is None:
        return []
    found = [replace(_labelled(recording), source=source, weight=weight) for recording in importer()]
    if not found:
        raise nothing_found(source, importer)
    return found


def _labelled(recording: LabelledRecording) -> LabelledRecording:
    """Return a recording without proposals that nobody answered; where there is nothing else, nobody has looked."""
    events = recording.events.answered()
    return replace(recording, events=events, marked=recording.marked and bool(events or not recording.events))


def check(source: str, parameters: Mapping[str, Any], beside: Path = Path(), *, gives: Gives | None = None) -> bool:
    """Check what a recipe says about a source, and return whether its files are here; none is opened.

    Parameters
    ----------
    source, parameters, beside
        As `gather` takes them.
    gives : {"recordings", "images"}, optional
        What it must be a source of.

    Raises
    ------
    RecipeError
        If the source or a parameter is unknown or missing, a value is of another kind, or the source gives other
        things.
    """
    _checked(source, _importer(source, parameters, gives), dict(parameters))
    return "path" not in parameters or _place(parameters["path"], beside).exists()


def ready(
    source: str,
    parameters: Mapping[str, Any],
    *,
    gives: Gives,
    beside: Path,
    optional: bool,
    progress: Callable[[int, int], None] | None,
) -> partial[Any] | None:
    """Return an importer with everything that it takes; None where its files are absent and optional.

    Raises
    ------
    RecipeError, DatasetError
        As `gather` does.
    """
    importer = _importer(source, parameters, gives)
    checked = _checked(source, importer, parameters)
    if "path" in checked:
        place = _place(checked["path"], beside)
        if not place.exists():
            if optional:
                return None
            raise DatasetError(f"data source {source!r}: {checked['path']} does not exist")
        checked["path"] = place
    if progress is not None and "progress" in signature(importer).parameters:
        checked["progress"] = progress
    return partial(importer, **checked)


def nothing_found(source: str, importer: partial[Any]) -> DatasetError:
    """Return the error that says what an importer was asked for, where it found nothing of that."""
    told = _said(importer.func, importer.keywords)
    return DatasetError(f"data source {source!r}: holds nothing of what is asked for{told}")


def _importer(source: str, parameters: Mapping[str, Any], gives: Gives | None) -> Callable[..., Any]:
    """Return an importer that takes these parameters and gives what is wanted."""
    entry = entry_of(source)
    if gives not in {None, entry.gives}:
        others = ", ".join(name for name, other in _CATALOGUE.items() if other.gives == gives)
        raise RecipeError(f"data source {source!r} gives {entry.gives}, where {gives} are wanted: {others}")
    importer: Callable[..., Any] = getattr(importlib.import_module(entry.module), entry.function)
    known = {name: parameter for name, parameter in signature(importer).parameters.items() if name != "progress"}
    check_parameters(f"data source {source!r}", known, parameters, others=("optional", "weight"))
    return importer


def _checked(source: str, importer: Callable[..., Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters as the importer's annotations want them."""
    hints, checked = get_type_hints(importer, include_extras=True), {}
    for name, value in parameters.items():
        try:
            checked[name] = TypeAdapter(hints.get(name, Any)).validate_python(value)
        except ValidationError as error:
            reasons = dict.fromkeys(in_plain_words(fault["msg"]) for fault in error.errors())
            raise RecipeError(f"data source {source!r}: {name} = {value!r}: {', or '.join(reasons)}") from error
    return checked


def _said(importer: Callable[..., Any], parameters: Mapping[str, Any]) -> str:
    """Return what an importer was asked for, its defaults too, for a message."""
    asked = signature(importer).parameters
    known = {
        name: parameters.get(name, each.default) for name, each in asked.items() if name not in {"path", "progress"}
    }
    told = ", ".join(f"{name} = {value!r}" for name, value in known.items() if value is not None)
    return f" ({told})" if told else ""


def _place(path: str | Path, beside: Path) -> Path:
    place = Path(path).expanduser()
    data = os.environ.get("SEMEIA_DATA")
    kept = [home_folder() / folder / place for folder in ("data", "datasets")]
    candidates = [beside / place, *([Path(data) / place] if data else []), place, *kept]
    return next((candidate for candidate in candidates if candidate.exists()), place)
