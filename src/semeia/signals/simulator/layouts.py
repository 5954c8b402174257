"""Simulated sets in the layouts of real ones, for what cannot be had: each is read by the importer of the real set."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from semeia.errors import FileError, RecordingError
from semeia.home import make_folder

__all__ = ["LAYOUTS", "layout_parameters", "simulate_layout"]

LAYOUTS = {
    "aes2014": ("semeia.signals.simulator.contests", "aes2014_layout"),
    "melbourne2016": ("semeia.signals.simulator.contests", "melbourne2016_layout"),
    "seeg": ("semeia.signals.simulator.seeg", "seeg_layout"),
    "chbmit": ("semeia.signals.simulator.scalp_layouts", "chbmit_layout"),
    "siena": ("semeia.signals.simulator.scalp_layouts", "siena_layout"),
}
"""Module and function that writes each; `seeg` is a folder of EDF+ files, which the importer ``folder`` reads."""

_Writer = Callable[..., Iterator[tuple[Path, float]]]


def layout_parameters(layout: str) -> list[str]:
    """Return the names of what a layout's function takes, beside its folder.

    Raises
    ------
    RecordingError
        If there is no such layout.
    """
    return list(inspect.signature(_writer(layout)).parameters)[1:]


def simulate_layout(
    layout: str,
    folder: str | Path,
    *,
    force: bool = False,
    progress: Callable[[float], None] = lambda share: None,
    **parameters: Any,
) -> list[Path]:
    """Write a simulated set; the same parameters give the same bytes, whatever was written before.

    Parameters
    ----------
    layout : {"aes2014", "melbourne2016", "seeg", "chbmit", "siena"}
    folder : str or Path
        Made if it is absent.
    force : bool
        Write also into a folder that holds something: files of the same names are replaced, others stay.
    progress : callable
        Called with the share that is done, after each file.
    **parameters
        ``patients``, ``hours``, ``seed``, ``file_seconds`` and what else the layout's function takes (`LAYOUTS`).

    Returns
    -------
    list of Path
        The recordings, in the order they were written.

    Raises
    ------
    RecordingError
        If there is no such layout, it takes no such parameter, or a value is out of the simulator's range.
    FileError
        If the folder holds something already.
    StorageError
        If the disk is full or the place may not be written.
    """
    writer, taken = _writer(layout), layout_parameters(layout)
    for name in parameters:
        if name not in taken:
            raise RecordingError(f"layout {layout} takes no {name}; it takes {', '.join(taken)}")
    if parameters.get("seed", 0) < 0:
        raise RecordingError(f"seed {parameters['seed']}: it must be 0 or more")
    root = make_folder(folder)
    if not force and any(root.iterdir()):
        raise FileError(root, "holds something already; give another folder, or --force to write into it")
    paths = []
    for path, share in writer(root, **parameters):
        paths.append(path)
        progress(share)
    return paths


def _writer(layout: str) -> _Writer:
    if layout not in LAYOUTS:
        raise RecordingError(f"layout {layout!r} is none of {', '.join(LAYOUTS)}")
    module, name = LAYOUTS[layout]
    function: _Writer = getattr(import_module(module), name)
    return function
