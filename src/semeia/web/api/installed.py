"""The models that are installed: what each judges, and whether it can judge what is asked."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema

from semeia.errors import ModelError
from semeia.model import AnyDescription, ImageDescription, installed, read_description

__all__ = ["check_judges", "router"]

router = Router(tags=["find"])
Judged = Literal["recordings", "images"]

_TO_BEGIN_WITH = "eeg-starter"


class ModelRow(Schema):
    """An installed model that finds seizures or judges images; times in seconds, the rate in Hz, null for images."""

    name: str
    description: str
    judges: Judged
    classes: list[str]
    montage: str | None
    minimum_rate: float | None
    window: float | None
    threshold: float | None


@router.get("/models", response=list[ModelRow], operation_id="models")
def models(request: HttpRequest) -> list[ModelRow]:
    """Return the installed models that find seizures or judge images; a damaged one is left out.

    First comes the one to begin with.
    """
    rows = []
    for name, folder in sorted(installed().items(), key=lambda one: one[0] != _TO_BEGIN_WITH):
        with suppress(ModelError):
            description = read_description(folder)
            if isinstance(description, ImageDescription) or "seizure" in description.classes:
                rows.append(_model_row(name, description))
    return rows


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


def _model_row(name: str, description: AnyDescription) -> ModelRow:
    about: dict[str, Any] = {"name": name, "description": description.description, "classes": description.classes}
    if isinstance(description, ImageDescription):
        return ModelRow(**about, judges="images", montage=None, minimum_rate=None, window=None, threshold=None)
    needs = description.input
    return ModelRow(
        **about,
        judges="recordings",
        montage=needs.montage,
        minimum_rate=needs.minimum_rate,
        window=needs.window / description.transform.parameters["rate"],
        threshold=description.operating_point.threshold,
    )
