"""Montages: those that everybody has, and those that people make for their project."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field, StringConstraints

from semeia.signals.montage import MONTAGES, Montage, montage_named
from semeia.web.api.access import user_of
from semeia.web.models import OwnMontage, Recording
from semeia.web.montages import keep_montage, montage_of, why_not
from semeia.web.pages import AS_RECORDED
from semeia.web.permission import one, project_of

__all__ = ["MontageRow", "montage_rows", "router"]

router = Router(tags=["montages"])

_Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Weights = Annotated[dict[_Word, float], Field(min_length=1, max_length=256)]
_TITLES = {
    "longitudinal": "Longitudinal bipolar",
    "transverse": "Transverse bipolar",
    "average": "Average reference",
    "laplacian": "Laplacian",
    "chbmit": "CHB-MIT",
}


class MontageRow(Schema):
    """A way to look at the channels, and why it cannot be had, if so."""

    id: str
    """What pages and reports are asked for with."""
    name: str
    title: str
    own: bool
    """Whether somebody made it for the project."""
    available: bool
    why: str


class MontageContent(Schema):
    """A montage as its file has it, which `semeia.signals.montage.Montage.from_dict` reads, too."""

    name: _Word
    derivations: Annotated[list[tuple[_Word, Weights]], Field(min_length=1, max_length=512)]
    """Labels, and of each the weights of electrodes."""


class NewMontage(MontageContent):
    """A montage to be kept; `replaces` is the id of that which it changes."""

    replaces: str | None = None


def montage_rows(recording: Recording) -> list[MontageRow]:
    """Return the montages that there are for a recording."""
    own = list(OwnMontage.objects.filter(project=recording.project_id).order_by("name"))
    made = [*MONTAGES.values(), *(Montage(row.name, row.derivations) for row in own)]
    ids = [*MONTAGES, *(row.pk for row in own)]
    rows = [MontageRow(id=AS_RECORDED, name=AS_RECORDED, title="As recorded", own=False, available=True, why="")]
    for id, montage, why in zip(ids, made, why_not(recording, made), strict=True):
        title = _TITLES.get(id, montage.name)
        own_ = id not in MONTAGES
        rows.append(MontageRow(id=id, name=montage.name, title=title, own=own_, available=not why, why=why))
    return rows


@router.get("/montages/{id}", response=MontageContent, operation_id="montage")
def montage(request: HttpRequest, id: str) -> MontageContent:
    """Return what a montage is made of."""
    return _content(montage_named(montage_of(user_of(request), id)))


@router.post("/montages", response=MontageContent, operation_id="keepMontage")
def keep(request: HttpRequest, new: NewMontage) -> MontageContent:
    """Keep a montage."""
    user = user_of(request)
    replaced = one(user, "write", OwnMontage.objects.all(), new.replaces) if new.replaces else None
    return _content(keep_montage(project_of(user, "write"), Montage(new.name, new.derivations), replaced))


@router.delete("/montages/{id}", response={204: None}, operation_id="removeMontage")
def remove(request: HttpRequest, id: str) -> HttpResponse:
    """Remove a montage that somebody made."""
    one(user_of(request), "write", OwnMontage.objects.all(), id).delete()
    return HttpResponse(status=204)


def _content(montage: Montage) -> MontageContent:
    return MontageContent.model_validate(montage.to_dict())
