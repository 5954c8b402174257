"""What is drawn: pages of a recording, its envelope, its trends. Binary, in the layout that `semeia.web.pages` says."""

from __future__ import annotations

import numpy as np
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router, Schema

from semeia.signals.filters import Filter
from semeia.signals.spectrum import power_spectrum
from semeia.web.api.access import user_of
from semeia.web.api.answers import Refused
from semeia.web.envelopes import Envelopes
from semeia.web.models import Recording
from semeia.web.montages import montage_of
from semeia.web.pages import AS_RECORDED, ChangedError, Opened, Query, Source, VanishedError, overview
from semeia.web.permission import one
from semeia.web.trends import BackgroundTrends, trends_page

__all__ = ["router", "source_of"]

router = Router(tags=["signals"])
_opened, _envelopes, _trends = Opened(), Envelopes(), BackgroundTrends()
_BINARY = {
    "description": "OK",
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}
_PAGE = {"responses": {200: _BINARY}}
_ENVELOPE = {"responses": {200: _BINARY, 202: {"description": "It is being built: {share}, from 0 to 1."}}}


@router.get("/recordings/{id}/page", operation_id="page", openapi_extra=_PAGE)
def page(
    request: HttpRequest,
    id: str,
    *,
    start: float,
    seconds: float,
    pixels: int,
    montage: str = AS_RECORDED,
    channels: str = "",
    high_pass: float | None = None,
    low_pass: float | None = None,
    notch: float | None = None,
) -> HttpResponse:
    """Return a page of signal: `channels` are labels with commas between them, frequencies are in Hz."""
    labels = tuple(channels.split(",")) if channels else ()
    filter = Filter(high_pass=high_pass, low_pass=low_pass, notch=notch)
    query = Query(start, seconds, pixels, montage_of(user_of(request), montage), labels, filter)
    return _binary(_opened.render(source_of(request, id), query))


class SpectrumRow(Schema):
    """Power of channels by frequency: Hz, and µV²/Hz of each channel; null where nothing was recorded."""

    frequency: list[float]
    density: list[list[float | None]]
    channels: list[str]


@router.get("/recordings/{id}/spectrum", response=SpectrumRow, operation_id="spectrum")
def spectrum(
    request: HttpRequest,
    id: str,
    *,
    start: float,
    seconds: float,
    montage: str = AS_RECORDED,
    channels: str = "",
    high_pass: float | None = None,
    low_pass: float | None = None,
    notch: float | None = None,
) -> SpectrumRow:
    """Return the spectrum of a stretch, montaged and filtered as its page is."""
    labels = tuple(channels.split(",")) if channels else ()
    filter = Filter(high_pass=high_pass, low_pass=low_pass, notch=notch)
    query = Query(start, seconds, 1, montage_of(user_of(request), montage), labels, filter)
    stretch = _opened.stretch(source_of(request, id), query)
    frequency, density = power_spectrum(stretch.values, stretch.rate)
    told = [[None if np.isnan(value) else float(value) for value in row] for row in density]
    return SpectrumRow(frequency=frequency.tolist(), density=told, channels=stretch.labels)


@router.get("/recordings/{id}/overview", operation_id="overview", openapi_extra=_ENVELOPE)
def whole(request: HttpRequest, id: str, columns: int = 1280) -> HttpResponse:
    """Return the envelope of the whole recording, or 202 and the share that is built so far."""
    return _overview(request, id, columns)


@router.get("/recordings/{id}/thumbnail", operation_id="thumbnail", openapi_extra=_ENVELOPE)
def thumbnail(request: HttpRequest, id: str, columns: int = 120) -> HttpResponse:
    """Return the envelope of the whole recording in few columns, or 202 and the share that is built so far."""
    return _overview(request, id, columns)


@router.get("/recordings/{id}/trends", operation_id="trends", openapi_extra=_ENVELOPE)
def trends(request: HttpRequest, id: str, columns: int = 1280) -> HttpResponse:
    """Return the trends of the whole recording as far as they are built, or 202 while nothing of them is."""
    found = _trends.of(source_of(request, id))
    if found is None:
        return JsonResponse({"share": 0.0}, status=202)
    return _binary(trends_page(found, columns))


def _overview(request: HttpRequest, id: str, columns: int) -> HttpResponse:
    envelope = _envelopes.of(source_of(request, id))
    if isinstance(envelope, float):
        return JsonResponse({"share": envelope}, status=202)
    return _binary(overview(envelope, columns))


def source_of(request: HttpRequest, id: str) -> Source:
    """Return the file of a recording that the person may look at, if it is still the one that was imported."""
    row = one(user_of(request), "read", Recording.objects.only("name", "path", "size", "modified_ns"), id)
    source = Source(row.name, row.path, row.size, row.modified_ns)
    try:
        source.check()
    except (VanishedError, ChangedError) as error:
        raise Refused(410 if isinstance(error, VanishedError) else 409, str(error)) from None
    return source


def _binary(body: bytes) -> HttpResponse:
    return HttpResponse(body, content_type="application/octet-stream", headers={"Cache-Control": "no-store"})
