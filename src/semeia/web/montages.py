"""Montages that people make for their project, beside those that everybody has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction

from semeia.errors import MontageError
from semeia.signals import ArrayRecording, Channel
from semeia.signals.montage import MONTAGES, Montage, MontagedRecording
from semeia.web.models import OwnMontage, Project, Recording, User
from semeia.web.pages import AS_RECORDED
from semeia.web.permission import one

__all__ = ["keep_montage", "montage_of", "why_not"]

_ID = re.compile(r"[0-9a-f]{16}")


def montage_of(user: User | AnonymousUser, wanted: str) -> str | Montage:
    """Return the montage with an id; any other word as it is, for it may name one that everybody has.

    Raises
    ------
    HttpError
        404 if it is not there (any more).
    """
    if not _ID.fullmatch(wanted):
        return wanted
    row = one(user, "read", OwnMontage.objects.all(), wanted)
    return Montage(row.name, row.derivations)


def keep_montage(project: Project, montage: Montage, replaced: OwnMontage | None) -> Montage:
    """Keep a montage, in the place of another if it is a change; return it.

    Raises
    ------
    MontageError
        If its name is another's.
    """
    taken = f"there is a montage {montage.name!r} already: choose another name"
    if montage.name.lower() in {AS_RECORDED, *MONTAGES}:
        raise MontageError(taken)
    try:
        with transaction.atomic():
            if replaced is not None:
                replaced.delete()
            OwnMontage.objects.create(project=project, **montage.to_dict())
    except IntegrityError:
        raise MontageError(taken) from None
    return montage


def why_not(recording: Recording, montages: Sequence[Montage]) -> Iterator[str]:
    """Yield for each montage why a recording cannot be shown in it, or nothing."""
    channels = [Channel(**channel) for channel in recording.channels]
    described = ArrayRecording(np.empty((len(channels), 0), np.float32), 1.0, [c.label for c in channels])
    described.channels = tuple(channels)
    for montage in montages:
        try:
            MontagedRecording(described, montage)
        except MontageError as error:
            yield str(error)
        else:
            yield ""
