"""Pictures of an image set: listed with what was said of them, drawn, explained, and judged."""

from __future__ import annotations

import json
from typing import Annotated

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router, Schema
from pydantic import Field, StringConstraints

from semeia.web import overlays, verdicts
from semeia.web.api.access import user_of
from semeia.web.api.answers import Refusal, Refused
from semeia.web.api.installed import check_judges
from semeia.web.jobs import lifecycle
from semeia.web.models import Finding, ImageSet, Job, Picture, Verdict
from semeia.web.pages import ChangedError, Source, VanishedError
from semeia.web.permission import one
from semeia.web.pixels import Opened, thumbnail

__all__ = ["router"]

router = Router(tags=["images"])
_opened = Opened()
_HOUR = "private, max-age=3600"

Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_VALUES = {"description": "OK", "content": {"application/octet-stream": _BYTES}}
_PIXELS = {"responses": {200: _VALUES}}
_MAP = {"responses": {200: _VALUES, 202: {"description": "A job is making it: {job}."}}}
_JPEG = {"responses": {200: {"description": "OK", "content": {"image/jpeg": _BYTES}}}}


class VerdictRow(Schema):
    """What a person says that a picture shows."""

    id: str
    label: str
    status: Verdict.Status
    user: str


class PictureRow(Schema):
    """A picture in the list; `group` is the same for twins; `says` the class that a model says, with probabilities."""

    id: str
    name: str
    kind: str
    width: int
    height: int
    frames: int
    label: str
    patient: str
    group: str
    verdict: VerdictRow | None
    says: str | None
    finding: list[float] | None


class Pictures(Schema):
    """The pictures of a set, and the classes of the model whose findings stand with them."""

    classes: list[str]
    pictures: list[PictureRow]


class NewVerdict(Schema):
    """What a picture shows; null takes back what was said."""

    label: Label | None
    replaces: str | None
    """Id of the verdict that one has seen; null for none."""
    model: Annotated[str, Field(max_length=200)] = ""
    """Whose finding one has seen."""


class Judged(Schema):
    """What is said of a picture now; null for nothing."""

    verdict: VerdictRow | None


class Conflict(Refusal):
    """Another tab was faster: what is said of the picture now, or null for nothing."""

    current: VerdictRow | None


@router.get("/image-sets/{id}/pictures", response=Pictures, operation_id="pictures")
def pictures(request: HttpRequest, id: str, model: str = "") -> HttpResponse:
    """Return the pictures that can be read, by name, with their verdicts and the findings of a model."""
    found = one(user_of(request), "read", ImageSet.objects.all(), id)
    held = verdicts.current(Verdict.objects.filter(picture__set=found)).select_related("user")
    said = {verdict.picture_id: verdict_row(verdict) for verdict in held}
    findings = Finding.objects.filter(picture__set=found, model=model)
    judged = {row[0]: row[1:] for row in findings.values_list("picture", "says", "probabilities", "classes")}
    classes = next(iter(judged.values()))[2] if judged else []
    nothing = (None, None)
    columns = ("id", "name", "kind", "width", "height", "frames", "label", "patient", "group")
    rows = [
        row
        | {"verdict": said.get(row["id"])}
        | dict(zip(("says", "finding"), judged.get(row["id"], nothing), strict=False))
        for row in found.pictures.filter(problem="").order_by("name").values(*columns)
    ]
    # Thousands of rows: written as they are, for checking each against its own description takes ten times as long.
    body = json.dumps({"classes": classes, "pictures": rows}, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(body, content_type="application/json")


@router.get("/pictures/{id}/pixels", operation_id="pixels", openapi_extra=_PIXELS)
def pixels(request: HttpRequest, id: str, frame: Annotated[int, Field(ge=0)] = 0) -> HttpResponse:
    """Return a frame's values, in the layout that `semeia.web.pixels` describes."""
    return _binary(_opened.frame(_source(request, id), frame))


@router.get("/pictures/{id}/thumbnail", operation_id="pictureThumbnail", openapi_extra=_JPEG)
def picture_thumbnail(request: HttpRequest, id: str) -> HttpResponse:
    """Return a small picture of the middle frame as it is looked at."""
    small = thumbnail(_source(request, id))
    return HttpResponse(small, content_type="image/jpeg", headers={"Cache-Control": _HOUR})


@router.get("/pictures/{id}/overlay", operation_id="overlay", openapi_extra=_MAP)
def overlay(request: HttpRequest, id: str, model: str, target: str, job: str = "") -> HttpResponse:
    """Return a map of what made a model say a class, or 202 and the job that makes it; who asks again names that."""
    user = user_of(request)
    picture = one(user, "read", Picture.objects.select_related("set"), id)
    _check(_source_of(picture))
    check_judges(model, "images")
    made = overlays.read_map(overlays.map_file(picture, model, target))
    if made is not None:
        return _binary(made)
    known = Job.objects.filter(pk=job, kind="explain", images=picture.set).first()
    if known is None:
        known = lifecycle.queue("explain", picture.set, user, {"picture": id, "model": model, "target": target})
    if known.state not in lifecycle.ACTIVE:
        raise Refused(422, known.message or "The map was not made.")
    return JsonResponse({"job": known.pk}, status=202)


@router.post("/pictures/{id}/verdict", response={200: Judged, 409: Conflict}, operation_id="giveVerdict")
def give_verdict(request: HttpRequest, id: str, said: NewVerdict) -> Judged:
    """Say what a picture shows, in place of what was said before; it is on the disk when this answers."""
    user = user_of(request)
    picture = one(user, "write", Picture.objects.all(), id)
    try:
        held = verdicts.give(picture, user, said.label, replaces=said.replaces, model=said.model)
    except verdicts.Outdated as error:
        now = error.current and verdict_row(error.current)
        raise Refused(409, str(error), current=now) from None
    return Judged(verdict=None if held is None else VerdictRow.model_validate(verdict_row(held)))


def verdict_row(verdict: Verdict) -> dict[str, str]:
    """Return a verdict as the page knows it, without checking it again."""
    name = verdict.user.get_username() if verdict.user is not None else ""
    return {"id": verdict.pk, "label": verdict.label, "status": str(verdict.status), "user": name}


def _source(request: HttpRequest, id: str) -> Source:
    """Return the file of a picture that the person may look at, if it is still the one that was imported."""
    columns = Picture.objects.only("name", "path", "size", "modified_ns")
    return _check(_source_of(one(user_of(request), "read", columns, id)))


def _source_of(picture: Picture) -> Source:
    return Source(picture.name, picture.path, picture.size, picture.modified_ns)


def _check(source: Source) -> Source:
    try:
        source.check()
    except (VanishedError, ChangedError) as error:
        raise Refused(410 if isinstance(error, VanishedError) else 409, str(error)) from None
    return source


def _binary(body: bytes) -> HttpResponse:
    return HttpResponse(body, content_type="application/octet-stream", headers={"Cache-Control": "no-store"})
