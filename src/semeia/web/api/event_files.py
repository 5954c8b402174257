"""Events of a recording as files: written for other programs, and read back with whoever marked them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import content_disposition_header
from ninja import Router, Schema
from ninja.errors import HttpError

from semeia.events import Events, read_csv, read_tsv, write_csv, write_tsv
from semeia.home import make_folder
from semeia.signals import open_recording
from semeia.signals.converting import convert
from semeia.web import marks
from semeia.web.api.access import user_of
from semeia.web.api.answers import Refusal
from semeia.web.api.signals import source_of
from semeia.web.library import safe_name
from semeia.web.models import Mark, Recording
from semeia.web.pages import Source
from semeia.web.permission import one

__all__ = ["router"]

router = Router(tags=["events"])

Format = Literal["tsv", "csv", "szcore", "edf"]
_WRITERS: dict[Format, tuple[str, Callable[[Events, Path], None]]] = {
    "tsv": ("tsv", lambda events, path: write_tsv(events, path, whole=True)),
    "csv": ("csv", write_csv),
    "szcore": ("tsv", write_tsv),
}
_LARGEST = 16 * 2**20  # bytes: some hundred thousand events


class Brought(Schema):
    """What a file brought: how many events; how many lie outside the recording, or were cut at its edge; in words."""

    added: int
    left_out: int
    cut: int
    lost: str


@router.get("/recordings/{id}/events/file", operation_id="eventsFile")
def events_file(request: HttpRequest, id: str, kind: Format = "tsv") -> HttpResponseBase:
    """Return the events as a file: ``tsv`` and ``csv`` lose nothing, ``szcore`` is what scorers read.

    ``edf`` is a copy of the recording with them as annotations, which loses nothing of them either.
    """
    recording = one(user_of(request), "read", Recording.objects.all(), id)
    started_at = recording.started_at and recording.started_at.replace(tzinfo=None)
    there = marks.current(Mark.objects.filter(recording=recording))
    events = Events(map(marks.event_of, there), duration=recording.duration, started_at=started_at)
    if kind == "edf":
        return _copy(source_of(request, id), events)
    ending, write = _WRITERS[kind]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"events.{ending}"
        write(events, path)
        data = path.read_bytes()
    answer = HttpResponse(data, content_type=f"text/{'csv' if ending == 'csv' else 'tab-separated-values'}")
    named = content_disposition_header(as_attachment=True, filename=f"{Path(recording.name).stem}_events.{ending}")
    answer.headers["Content-Disposition"] = named or "attachment"
    return answer


def _copy(source: Source, events: Events) -> FileResponse:
    """Return a copy of a recording with other events: a file without a name, which goes when it has been sent."""
    with tempfile.TemporaryDirectory(dir=make_folder(settings.HOME / "cache")) as folder:
        path = Path(folder) / "copy.edf"
        with open_recording(source.path) as recording:
            convert(recording, path, events=events)
        file = path.open("rb")
    return FileResponse(file, as_attachment=True, filename=f"{Path(source.name).stem}_events.edf")


@router.post(
    "/recordings/{id}/events/file",
    response={200: Brought, 413: Refusal, 422: Refusal},
    operation_id="bringEvents",
    openapi_extra={"requestBody": {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def bring_events(request: HttpRequest, id: str, name: str) -> Brought:
    """Add the events of a TSV or CSV file, all or none; who marked them is whom the file names, else the file."""
    user = user_of(request)
    recording = one(user, "write", Recording.objects.all(), id)
    name = safe_name(name)
    if len(request.body) > _LARGEST:
        raise HttpError(413, f"{name} is larger than {_LARGEST >> 20} MiB: no table of events.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(request.body)
        events = read_csv(path) if path.suffix.lower() == ".csv" else read_tsv(path)
    stated = [event if event.author else replace(event, author=path.stem[:200]) for event in events]
    added = marks.add_events(recording, user, stated)
    return Brought(added=len(added.marks), left_out=added.outside, cut=added.cut, lost=added.lost)
