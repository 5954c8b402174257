"""What a model is worth on the recordings of the Library that people have reviewed."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Schema

from semeia.model import read_description
from semeia.web.api.access import user_of
from semeia.web.api.installed import folder_of
from semeia.web.models import Track
from semeia.web.permission import allowed
from semeia.web.worth import reviewed, worth

__all__ = ["router"]

router = Router(tags=["models"])


class At(Schema):
    """What the events at a threshold are worth; null where it is not defined."""

    threshold: float
    sensitivity: float | None
    precision: float | None
    f1: float | None
    false_alarms_per_24h: float | None


class In(Schema):
    """What the events at the model's own threshold are worth in one recording."""

    recording: str
    patient: str
    reference: int
    found: int
    false_alarms: int


class Ends(Schema):
    """A figure with the ends of its 95 % interval; null where not defined."""

    value: float | None
    low: float | None
    high: float | None


class Measured(Schema):
    """Figures of all recordings together."""

    scorer: str
    hours: float
    seizures: int
    patients: int
    drawn_over: str
    """What the intervals were drawn over."""
    sensitivity: Ends
    precision: Ends
    f1: Ends
    false_alarms_per_24h: Ends
    sweep: list[At]
    per_recording: list[In]


class Worth(Schema):
    """What a model is worth on recordings that were reviewed, and which say nothing."""

    recordings: int
    open: int
    """Recordings with proposals that nobody has answered; left out."""
    seen: int
    """Recordings that the model was trained on; left out."""
    measured: Measured | None
    """Null where there is no seizure to find."""


@router.get("/models/{name}/worth", response=Worth, operation_id="modelWorth")
def model_worth(request: HttpRequest, name: str) -> Worth:
    """Return what a model is worth here, by the SzCORE rules, at its own threshold and over a sweep."""
    about = read_description(folder_of(name))
    tracks = allowed(user_of(request), "read", Track.objects.select_related("recording__patient").filter(model=name))
    found = reviewed(list(tracks.order_by("recording__name")), about.trained_on)
    measured = None
    if any(len(each.reference) for each in found.truth):
        figures = worth(found, about.operating_point)
        sweep = figures["sweep"]
        measured = Measured(
            scorer=figures["scorer"],
            hours=sum(each.duration for each in found.truth) / 3600,
            seizures=figures["counts"]["reference"],
            patients=len({each.patient for each in found.truth}),
            drawn_over=figures["interval"],
            **figures["measures"],
            sweep=[At(**dict(zip(sweep, row, strict=True))) for row in zip(*sweep.values(), strict=True)],
            per_recording=figures["per_recording"],
        )
    return Worth(recordings=len(found.truth), open=found.open, seen=found.seen, measured=measured)
