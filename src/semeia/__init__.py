"""Semeia: a workbench for learning from clinical signals and images.

>>> import semeia
>>> recording = semeia.open("patient.edf")  # lazy: header only
>>> found = semeia.load("eeg-starter").detect(recording, hop=1.0)  # found.track, found.events
>>> found.events.write("patient_events.tsv")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from semeia.model import load
    from semeia.signals import open_recording as open

__all__ = ["__version__", "load", "open"]

__version__ = "0.1.0"

_FACE = {"open": ("semeia.signals", "open_recording"), "load": ("semeia.model", "load")}


def __getattr__(name: str) -> Any:
    """Import what is asked for, so that importing Semeia costs nothing."""
    if name in _FACE:
        module, attribute = _FACE[name]
        return getattr(import_module(module), attribute)
    raise AttributeError(f"module 'semeia' has no attribute {name!r}")
