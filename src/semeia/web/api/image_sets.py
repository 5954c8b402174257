"""Image sets: listed, taken in, looked through again, renamed, removed; and what a model is asked to say of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.errors import HttpError
from pydantic import Field, StringConstraints

from semeia.web import folders, pictures
from semeia.web.api.access import user_of
from semeia.web.api.answers import Refusal
from semeia.web.api.installed import check_judges
from semeia.web.api.jobs import JobRow, job_row
from semeia.web.jobs import lifecycle
from semeia.web.models import ImageSet, Picture, Verdict
from semeia.web.permission import allowed, one, project_of
from semeia.web.verdicts import current

__all__ = ["ImageSetRow", "router", "set_rows"]

router = Router(tags=["images"])

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
_SAMPLE = 3  # pictures that stand for a set
_PROBLEMS = 100  # that are named


class ClassRow(Schema):
    """How many pictures came labelled so."""

    name: str
    pictures: int


class Twins(Schema):
    """What the leak guard counted."""

    images: int
    exact: int
    """Images beyond the first of each group with the same pixels."""
    exact_groups: int
    near_groups: int
    """Groups that hold near twins."""
    across_classes: int


class ImageSetRow(Schema):
    """An image set in the list."""

    id: str
    name: str
    pictures: int
    reviewed: int
    classes: list[ClassRow]
    twins: Twins | None
    unread: int
    problems: list[str]
    """Why files cannot be read, a line each; not all of many."""
    sample: list[str]
    """Ids of pictures that stand for it."""
    created_at: datetime
    missing: bool
    """Whether its folder is not where it was."""


class NewImageSet(Schema):
    """A folder of the server, by what stands for it."""

    at: str


class ImageSetChange(Schema):
    """What is to be different."""

    name: Name


class ClassifyRequest(Schema):
    """With which model."""

    model: Annotated[str, Field(max_length=200)]


def set_rows(sets: Iterable[ImageSet]) -> list[ImageSetRow]:
    """Return image sets as the list shows them."""
    listed = list(sets)
    of = Picture.objects.filter(set__in=listed)
    classes: dict[str, Counter[str]] = defaultdict(Counter)
    for row in of.filter(problem="").values("set", "label").annotate(number=Count("id")):
        classes[row["set"]][row["label"]] = row["number"]
    said = current(Verdict.objects.filter(picture__set__in=listed, picture__problem=""))
    reviewed = dict(said.values_list("picture__set").annotate(Count("id")).order_by())
    return [_row(found, classes[found.pk], reviewed.get(found.pk, 0)) for found in listed]


@router.get("/image-sets", response=list[ImageSetRow], operation_id="imageSets")
def image_sets(request: HttpRequest, search: str = "") -> list[ImageSetRow]:
    """Return the image sets whose name or classes contain each of some words, the newest first."""
    found = allowed(user_of(request), "read", ImageSet.objects.order_by("-created_at"))
    words = search.casefold().split()
    return set_rows(s for s in found if all(word in "\n".join([s.name, *s.classes]).casefold() for word in words))


@router.post("/image-sets", response=ImageSetRow, operation_id="addImageSet")
def add_image_set(request: HttpRequest, wanted: NewImageSet) -> ImageSetRow:
    """Take the images of a folder of the server into the library, and queue a job that looks for twins."""
    user = user_of(request)
    project = project_of(user, "write")
    try:
        folder = folders.found_at(wanted.at)
    except folders.NotThere as error:
        raise HttpError(404, str(error)) from None
    found, _ = pictures.add_folder(project, folder)
    pictures.guard(found, user)
    return set_rows([found])[0]


@router.get("/image-sets/{id}", response=ImageSetRow, operation_id="imageSet")
def image_set(request: HttpRequest, id: str) -> ImageSetRow:
    """Return one image set."""
    return set_rows([one(user_of(request), "read", ImageSet.objects.all(), id)])[0]


@router.post("/image-sets/{id}/look", response=ImageSetRow, operation_id="lookThroughImageSet")
def look_through(request: HttpRequest, id: str) -> ImageSetRow:
    """Look through a set's folder again, and queue a job that looks for twins where anything is new."""
    user = user_of(request)
    found = one(user, "write", ImageSet.objects.select_related("project"), id)
    pictures.look_through(found)
    pictures.guard(found, user)
    return set_rows([found])[0]


@router.patch("/image-sets/{id}", response=ImageSetRow, operation_id="changeImageSet")
def change_image_set(request: HttpRequest, id: str, change: ImageSetChange) -> ImageSetRow:
    """Rename an image set."""
    found = one(user_of(request), "write", ImageSet.objects.all(), id)
    found.name = change.name
    found.save(update_fields=["name"])
    return set_rows([found])[0]


@router.delete("/image-sets/{id}", response={204: None, 409: Refusal}, operation_id="removeImageSet")
def remove_image_set(request: HttpRequest, id: str) -> HttpResponse:
    """Remove an image set with its verdicts and findings; its files only where they were copied."""
    found = one(user_of(request), "write", ImageSet.objects.all(), id)
    if found.jobs.filter(state__in=lifecycle.ACTIVE).exists():
        raise HttpError(409, "A job is at work on these images: stop it first.")
    pictures.remove_set(found)
    return HttpResponse(status=204)


@router.post("/image-sets/{id}/classify", response=JobRow, operation_id="classify")
def classify(request: HttpRequest, id: str, wanted: ClassifyRequest) -> JobRow:
    """Queue a job in which a model judges all pictures; if the same is queued or runs already, return that one."""
    user = user_of(request)
    found = one(user, "write", ImageSet.objects.all(), id)
    check_judges(wanted.model, "images")
    return job_row(lifecycle.queue("classify", found, user, {"model": wanted.model}))


def _row(found: ImageSet, classes: Counter[str], reviewed: int) -> ImageSetRow:
    bad = found.pictures.filter(~Q(problem=""))
    return ImageSetRow(
        id=found.pk,
        name=found.name,
        pictures=classes.total(),
        reviewed=reviewed,
        classes=[ClassRow(name=name, pictures=classes[name]) for name in found.classes],
        twins=found.twins,
        unread=bad.count(),
        problems=list(bad.order_by("name").values_list("problem", flat=True)[:_PROBLEMS]),
        sample=_sample(found),
        created_at=found.created_at,
        missing=not Path(found.path).is_dir(),
    )


def _sample(found: ImageSet) -> list[str]:
    """Return pictures that stand for a set: one of each class first."""
    good = found.pictures.filter(problem="").order_by("name")
    ids = [good.filter(label=label).values_list("pk", flat=True).first() for label in found.classes[:_SAMPLE]]
    chosen = [id for id in ids if id is not None]
    others = good.exclude(pk__in=chosen).values_list("pk", flat=True)[: _SAMPLE - len(chosen)]
    return [*chosen, *others]
