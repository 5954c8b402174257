"""The models that are installed: what each judges, what it says of itself, and whether it can judge what is asked."""

from __future__ import annotations

import json
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

from django.http import FileResponse, HttpRequest
from ninja import Router, Schema
from ninja.errors import HttpError

from semeia.errors import ModelError
from semeia.model import AnyDescription, ImageDescription, installed, is_shipped, read_description
from semeia.model.archive import install_model, pack_model
from semeia.web.api.access import user_of
from semeia.web.permission import project_of

__all__ = ["check_judges", "folder_of", "router"]

router = Router(tags=["models"])
_BODY = {"required": True, "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}
_ZIP = {"description": "OK", "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}
Judged = Literal["recordings", "images"]

_TO_BEGIN_WITH = "eeg-starter"


class ModelRow(Schema):
    """An installed model; times in seconds, the rate in Hz, null for images."""

    name: str
    description: str
    judges: Judged
    finds: bool
    """Whether it finds seizures or judges images, so that the page can run it."""
    shipped: bool
    classes: list[str]
    montage: str | None
    minimum_rate: float | None
    window: float | None
    threshold: float | None


class Epoch(Schema):
    """What was measured after an epoch of the training."""

    training_loss: float
    validation_loss: float
    validation_auroc: float | None


class ModelDetail(ModelRow):
    """A model with what it says of itself."""

    network: str
    size: int
    """Bytes, of all its files."""
    card: str
    """HTML."""
    recipe: str
    """TOML; empty where it does not say how it was trained."""
    history: list[Epoch]
    best_epoch: int | None


@router.get("/models", response=list[ModelRow], operation_id="models")
def models(request: HttpRequest) -> list[ModelRow]:
    """Return the installed models; a damaged one is left out.

    First comes the one to begin with.
    """
    rows = []
    for name, folder in sorted(installed().items(), key=lambda one: one[0] != _TO_BEGIN_WITH):
        with suppress(ModelError):
            rows.append(_model_row(name, folder, read_description(folder)))
    return rows


@router.get("/models/{name}", response=ModelDetail, operation_id="model")
def model(request: HttpRequest, name: str) -> ModelDetail:
    """Return a model with its card, how it was trained, and its training's curve."""
    folder = folder_of(name)
    about = read_description(folder)
    history, best = _history(folder)
    return ModelDetail(
        **_model_row(name, folder, about).model_dump(),
        network=about.network.name,
        size=sum(file.stat().st_size for file in folder.iterdir() if file.is_file()),
        card=_rendered(_text(folder / "card.md")),
        recipe=_text(folder / "recipe.toml"),
        history=history,
        best_epoch=best,
    )


@router.get("/models/{name}/file", operation_id="modelFile", openapi_extra={"responses": {200: _ZIP}})
def model_file(request: HttpRequest, name: str) -> FileResponse:
    """Return a model's folder as a ZIP file."""
    return FileResponse(pack_model(folder_of(name)), as_attachment=True, filename=f"{name}.zip")


@router.post("/models", response=ModelRow, operation_id="installModel", openapi_extra={"requestBody": _BODY})
def install(request: HttpRequest) -> ModelRow:
    """Install a model from a ZIP file as `modelFile` gives it; whose a model is, no project says: all have it."""
    project_of(user_of(request), "write")
    name = install_model(BytesIO(request.body))
    return _model_row(name, folder_of(name), read_description(folder_of(name)))


def folder_of(name: str) -> Path:
    """Return the folder of an installed model.

    Raises
    ------
    HttpError
        404 if there is none of that name.
    """
    known = installed()
    if name not in known:
        raise HttpError(404, f"There is no model {name} (any more).")
    return known[name]


def _rendered(card: str) -> str:
    """Return a card as HTML. It may come from anywhere: no HTML of its own, and no address that runs something."""
    from markdown_it import MarkdownIt  # a twentieth of a second, which serving need not wait for

    return str(MarkdownIt("commonmark", {"html": False}).enable("table").render(card))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _history(folder: Path) -> tuple[list[Epoch], int | None]:
    """Return the epochs of a training, and which was the best; nothing where the model does not tell."""
    try:
        metrics = json.loads(_text(folder / "metrics.json"))
        return [Epoch(**epoch) for epoch in metrics["history"]], int(metrics["best_epoch"])
    except (ValueError, KeyError, TypeError):
        return [], None


def check_judges(name: str, judged: Judged) -> None:
    """Make sure that there is a model, and that it judges recordings or images.

    Raises
    ------
    ModelError
        If there is none, it is damaged, or it judges the other.
    """
    known = installed()
    if name not in known:
        raise ModelError(f"There is no model {name!r}; there is {', '.join(known) or 'none'}.")
    if isinstance(read_description(known[name]), ImageDescription) != (judged == "images"):
        raise ModelError(f"Model {name} judges {'recordings' if judged == 'images' else 'images'}, not {judged}.")


def _model_row(name: str, folder: Path, description: AnyDescription) -> ModelRow:
    about: dict[str, Any] = {
        "name": name,
        "description": description.description,
        "classes": description.classes,
        "shipped": is_shipped(folder),
    }
    if isinstance(description, ImageDescription):
        return ModelRow(
            **about, judges="images", finds=True, montage=None, minimum_rate=None, window=None, threshold=None
        )
    needs, rate = description.input, description.transform.parameters.get("rate")
    return ModelRow(
        **about,
        judges="recordings",
        finds="seizure" in description.classes,
        montage=needs.montage,
        minimum_rate=needs.minimum_rate,
        window=needs.window / rate if isinstance(rate, int | float) and rate > 0 else None,
        threshold=description.operating_point.threshold,
    )
