"""Files come in: dropped on the page and sent slice by slice, or from folders of the server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, TypeVar

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.errors import HttpError
from pydantic import Field

from semeia.errors import SemeiaError
from semeia.signals.opening import files_under
from semeia.web import folders, library, uploads
from semeia.web.api.access import user_of
from semeia.web.api.answers import Refusal, Refused
from semeia.web.api.library import RecordingRow, recording_rows
from semeia.web.models import Picture, Recording, Upload, User
from semeia.web.permission import allowed, one, project_of

__all__ = ["router"]

router = Router(tags=["import"])
_Found = TypeVar("_Found")

LARGEST_SLICE = 16 * 2**20  # bytes
_BINARY = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


class NewUpload(Schema):
    """A file that will come."""

    name: Annotated[str, Field(min_length=1, max_length=1000)]
    size: Annotated[int, Field(gt=0, le=2**50)]
    folder: Annotated[str, Field(max_length=1000)] = ""
    """Folders that it was dropped with: they sort images into sets and classes."""


class UploadRow(Schema):
    """A file that is coming in."""

    id: str
    name: str
    folder: str
    size: int
    received: int
    created_at: datetime


class Received(Schema):
    """How many bytes are here, safe on the disk."""

    received: int


class Elsewhere(Refusal):
    """How many bytes are here: the next slice begins there."""

    received: int


class Imported(Schema):
    """What came in; of images, the sets that they came into."""

    recordings: list[RecordingRow]
    sets: list[str] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
    """What of it did not come as it stands in the files, a line each."""


class PlaceRow(Schema):
    """A folder or a file of the server; `at` stands for it."""

    name: str
    at: str
    size: int


class FolderRow(Schema):
    """A folder of the server; `parent` is empty for the list of folders, and null for that list itself."""

    name: str
    parent: str | None
    folders: list[PlaceRow]
    files: list[PlaceRow]
    images: int
    """How many images lie in it and below, as far as was looked."""
    at: str


class NewImport(Schema):
    """Folders and files of the server, by what stands for them."""

    at: Annotated[list[str], Field(min_length=1, max_length=10000)]
    copy_files: Annotated[bool, Field(alias="copy")] = False


class RefusedFile(Schema):
    """A file that did not come in, and why."""

    name: str
    why: str


class ImportedAndRefused(Imported):
    """What came in, and what did not."""

    refused: list[RefusedFile]


@router.get("/uploads", response=list[UploadRow], operation_id="uploads")
def unfinished(request: HttpRequest) -> list[Upload]:
    """Return the files that are not here whole."""
    return list(allowed(user_of(request), "write", Upload.objects.order_by("created_at")))


@router.post("/uploads", response=UploadRow, operation_id="beginUpload")
def begin(request: HttpRequest, upload: NewUpload) -> Upload:
    """Announce a file."""
    user = user_of(request)
    return uploads.begin(project_of(user, "write"), user, upload.name, upload.size, upload.folder)


@router.put(
    "/uploads/{id}",
    response={200: Received, 409: Elsewhere},
    operation_id="sendSlice",
    openapi_extra={"requestBody": {"required": True, **_BINARY}},
)
def send(request: HttpRequest, id: str, offset: Annotated[int, Field(ge=0)]) -> Received:
    """Append a slice of at most 16 MiB; it is on the disk when this answers."""
    upload = one(user_of(request), "write", Upload.objects.all(), id)
    if len(request.body) > LARGEST_SLICE:
        raise HttpError(413, f"A slice may have at most {LARGEST_SLICE // 2**20} MiB.")
    try:
        return Received(received=uploads.receive(upload, offset, request.body))
    except uploads.OutOfStep as error:
        raise Refused(409, str(error), received=error.received) from None


@router.post("/uploads/{id}/finish", response={200: Imported, 409: Elsewhere}, operation_id="finishUpload")
def finish(request: HttpRequest, id: str) -> Imported:
    """Take a file that is here whole into the library; one that cannot be read is removed, and said why."""
    user, notes = user_of(request), list[str]()
    known = _arrived(user, id)  # the answer may have been lost before
    if known is None:
        try:
            upload = one(user, "write", Upload.objects.select_related("project"), id)
            known = uploads.finish(upload, user, notes.append)
        except uploads.OutOfStep as error:
            raise Refused(409, str(error), received=error.received) from None
    if isinstance(known, Picture):
        return Imported(recordings=[], sets=[known.set_id])
    return Imported(recordings=recording_rows([known]), notes=notes)


@router.delete("/uploads/{id}", response={204: None}, operation_id="cancelUpload")
def cancel(request: HttpRequest, id: str) -> HttpResponse:
    """Forget a file that was coming in."""
    uploads.cancel(one(user_of(request), "write", Upload.objects.all(), id))
    return HttpResponse(status=204)


@router.get("/folders", response=FolderRow, operation_id="folders")
def folder(request: HttpRequest, at: str = "") -> FolderRow:
    """Return what a folder of the server holds; without `at`, the folders that may be imported from."""
    project_of(user_of(request), "write")
    found = _found(folders.listing, at)
    rows = {name: [PlaceRow(**place._asdict()) for place in getattr(found, name)] for name in ("folders", "files")}
    return FolderRow(name=found.name, parent=found.parent, images=found.images, at=at, **rows)


@router.post("/imports", response=ImportedAndRefused, operation_id="importFiles")
def import_files(request: HttpRequest, wanted: NewImport) -> ImportedAndRefused:
    """Take files of the server, and all recordings in its folders, into the library."""
    user = user_of(request)
    project = project_of(user, "write")
    taken, refused, notes = {}, [], list[str]()
    for token in wanted.at:
        for path in files_under(_found(folders.found_at, token)):
            try:
                recording, _ = library.add_file(project, path, copy=wanted.copy_files, user=user, say=notes.append)
                taken[recording.pk] = recording
            except SemeiaError as error:
                refused.append(RefusedFile(name=path.name, why=str(error)))
    return ImportedAndRefused(recordings=recording_rows(taken.values()), refused=refused, notes=notes)


def _arrived(user: User, id: str) -> Recording | Picture | None:
    recording = allowed(user, "write", Recording.objects.filter(pk=id)).first()
    return recording or allowed(user, "write", Picture.objects.filter(pk=id)).first()


def _found(look: Callable[[str], _Found], at: str) -> _Found:
    try:
        return look(at)
    except folders.NotThere as error:
        raise HttpError(404, str(error)) from None
