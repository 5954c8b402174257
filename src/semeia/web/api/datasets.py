"""Data to train on, chosen from the Library: frozen, so that a recipe can name it, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from semeia.datasets.frozen import frozen_recordings
from semeia.events import Event, is_seizure
from semeia.web.api.access import user_of
from semeia.web.freezing import class_of_pictures, freeze, freeze_set, marked_events
from semeia.web.models import ImageSet, Recording
from semeia.web.permission import allowed, one

__all__ = ["router"]

router = Router(tags=["datasets"])


class ChosenData(Schema):
    """Recordings by their ids, or one image set."""

    recordings: list[str] = Field(default=[])
    images: str | None = None


class PatientCount(Schema):
    """What there is of one patient: examples by class; of recordings also seconds, and of each label the events."""

    patient: str
    number: int
    """Recordings, or images."""
    seconds: float
    labels: dict[str, int]


class Frozen(Schema):
    """Frozen labels: what a recipe's ``[[data]]`` says, and what is in it."""

    source: str
    path: str
    patients: list[PatientCount]
    labels: dict[str, int]
    notes: list[str]
    """What is well to know, such as twins."""


class FrozenOf(Schema):
    """Which recordings of the Library frozen labels are of, as far as they are still there, and what is in them."""

    recordings: list[str]
    frozen: Frozen


@router.post("/datasets", response=Frozen, operation_id="freeze")
def freeze_labels(request: HttpRequest, chosen: ChosenData) -> Frozen:
    """Freeze the labels of recordings or of an image set as they stand now."""
    user = user_of(request)
    if chosen.images is not None:
        return _frozen_set(one(user, "write", ImageSet.objects.all(), chosen.images))
    rows = allowed(user, "write", Recording.objects.select_related("patient"))
    return _frozen_recordings(list(rows.filter(pk__in=chosen.recordings).order_by("name")))


@router.get("/datasets/{name}", response=FrozenOf, operation_id="frozenOf")
def frozen_of(request: HttpRequest, name: str) -> FrozenOf:
    """Return which recordings are in frozen labels."""
    known = {str(recording.path): recording for recording in frozen_recordings(name)}
    rows = allowed(user_of(request), "read", Recording.objects.filter(path__in=known).select_related("patient"))
    found = list(rows.order_by("name"))
    events = {row.pk: list(known[row.path].events) for row in found}
    counts = _counted(found, events)
    frozen = Frozen(source="frozen", path=name, patients=counts, labels=_summed(counts), notes=[])
    return FrozenOf(recordings=[row.pk for row in found], frozen=frozen)


def _frozen_recordings(recordings: list[Recording]) -> Frozen:
    events = marked_events(recordings)
    path, counts, notes = freeze(recordings, events), _counted(recordings, events), _notes(recordings, events)
    return Frozen(source="frozen", path=path, patients=counts, labels=_summed(counts), notes=notes)


def _counted(recordings: list[Recording], events: dict[str, list[Event]]) -> list[PatientCount]:
    patients: dict[str, PatientCount] = {}
    for recording in recordings:
        name = recording.patient.name
        count = patients.setdefault(name, PatientCount(patient=name, number=0, seconds=0, labels={}))
        count.number += 1
        count.seconds += recording.duration
        for event in events[recording.pk]:
            if event.status == "accepted":
                label = "seizure" if is_seizure(event.label) else event.label
                count.labels[label] = count.labels.get(label, 0) + 1
    return sorted(patients.values(), key=lambda one: one.patient)


def _notes(recordings: list[Recording], events: dict[str, list[Event]]) -> list[str]:
    open_ = [r for r in recordings if any(event.status == "proposed" for event in events[r.pk])]
    empty = [r for r in recordings if not events[r.pk]]
    told = []
    if open_:
        told.append(
            f"{_some(open_)}: proposals that nobody answered are left out; what lies there counts as background."
        )
    if empty:
        told.append(f"{_some(empty)}: no event is marked, so all of it is background.")
    return told


def _some(recordings: list[Recording]) -> str:
    names = ", ".join(recording.name for recording in recordings[:3])
    return names if len(recordings) <= 3 else f"{names} and {len(recordings) - 3} more"


def _frozen_set(images: ImageSet) -> Frozen:
    labels = class_of_pictures(images)
    path = freeze_set(images, labels)
    patients: dict[str, PatientCount] = {}
    for id, patient in images.pictures.filter(pk__in=labels).values_list("pk", "patient"):
        count = patients.setdefault(patient, PatientCount(patient=patient, number=0, seconds=0, labels={}))
        count.number += 1
        count.labels[labels[id]] = count.labels.get(labels[id], 0) + 1
    notes = []
    if images.twins and (surplus := images.twins.get("exact", 0)):
        notes.append(f"The leak guard found {surplus} surplus exact twins: twins stay on one side of the split.")
    if "" in patients:
        notes.append(f"Nobody says whose {patients[''].number} images are: each counts as a patient of its own.")
    return Frozen(
        source="image-table",
        path=path,
        patients=sorted(patients.values(), key=lambda one: one.patient),
        labels=_summed(patients.values()),
        notes=notes,
    )


def _summed(patients: Iterable[PatientCount]) -> dict[str, int]:
    total = Counter[str]()
    for count in patients:
        total.update(count.labels)
    return dict(total)
