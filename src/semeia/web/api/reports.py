"""The report of a recording, with the montage, the channels and the filters that are shown: one page of HTML.

It is made in a thread of its own (see `semeia.web.one_thread`): four seizures take a quarter of a second.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from semeia.report.eeg import eeg_report
from semeia.signals import open_recording
from semeia.signals.filters import Filter
from semeia.web.api.access import user_of
from semeia.web.api.signals import source_of
from semeia.web.models import Recording
from semeia.web.montages import montage_of
from semeia.web.permission import one
from semeia.web.reports import name_of, reading_of

__all__ = ["router"]

router = Router(tags=["reports"])

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_HTML = {"schema": {"type": "string"}}
_PAGE = {"responses": {200: {"description": "The page.", "content": {"text/html": _HTML}}}}

Channels = Annotated[list[str] | None, Query()]
Reader = Annotated[str, Query(max_length=200)]


@router.get("/recordings/{id}/report", operation_id="report", openapi_extra=_PAGE)
def report(
    request: HttpRequest,
    id: str,
    *,
    montage: str = "",
    channels: Channels = None,
    high_pass: float | None = None,
    low_pass: float | None = None,
    notch: float | None = None,
    reader: Reader = "",
    anonymous: bool = False,
) -> HttpResponse:
    """Return what was recorded, marked, proposed and confirmed as a page to print; frequencies are in Hz."""
    user = user_of(request)
    recording = one(user, "read", Recording.objects.select_related("patient"), id)
    source = source_of(request, id)
    reading = replace(
        reading_of(recording, reader.strip() or name_of(user)),
        montage=montage_of(user, montage),
        channels=tuple(channels or ()),
        filter=Filter(high_pass=high_pass, low_pass=low_pass, notch=notch),
        anonymous=anonymous,
    )
    with open_recording(source.path) as opened:
        page = eeg_report(opened, reading)
    name = "report" if anonymous else "".join(c if c.isalnum() else "_" for c in recording.name)
    return HttpResponse(
        page.encode("utf-8", "backslashreplace"),
        content_type="text/html; charset=utf-8",
        headers={
            "Content-Security-Policy": _POLICY,
            "Content-Disposition": f'inline; filename="{name}.html"',
            "Cache-Control": "no-store",
        },
    )
