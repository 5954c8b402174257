"""The real recordings that sections measure on, where they are present, and what a model says of one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from semeia.inference.postprocess import smooth
from semeia.model import Model
from semeia.signals import Recording

__all__ = ["Marked", "NotHereError", "mark", "real"]


class NotHereError(Exception):
    """What a section measures on is not on this machine."""


class Marked(NamedTuple):
    """What a model says of a recording at its frozen threshold.

    Parameters
    ----------
    events : int
        Events found.
    highest : float
        Highest smoothed probability.
    above : float
        Share of the scored windows whose smoothed probability reaches the threshold.
    """

    events: int
    highest: float
    above: float


def real(name: str) -> Path:
    """Return a folder of real recordings: under ``$SEMEIA_DATA``, or beside the checkout.

    Raises
    ------
    NotHereError
    """
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SEMEIA_DATA") or beside) / name
    if not folder.is_dir():
        raise NotHereError(f"real recordings: {folder} is not here")
    return folder


def mark(model: Model, recording: Recording) -> Marked:
    """Return what a model says of a recording, a window every second."""
    found, point = model.detect(recording), model.description.operating_point
    smoothed = smooth(found.track.probability, round(point.smoothing / found.track.hop))
    scored = smoothed[~np.isnan(smoothed)]
    return Marked(len(found.events), float(scored.max()), float((scored >= point.threshold).mean()))
