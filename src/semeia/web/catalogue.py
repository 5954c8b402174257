"""What recipes can name, with parameters, for the page: another process reads it, once, for networks need torch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import semeia
from semeia.errors import SemeiaError
from semeia.home import home_folder, make_folder, replacing

__all__ = ["catalogue"]

_PATIENCE = 120.0  # seconds


def catalogue() -> list[dict[str, Any]]:
    """Return every importer, transform, network and strategy, as ``semeia catalogue --json`` prints them.

    They are kept in the cache until the program changes.

    Raises
    ------
    SemeiaError
        If they cannot be read.
    """
    sources = Path(semeia.__file__).parent
    changed = max(file.stat().st_mtime_ns for file in sources.rglob("*.py"))
    kept = make_folder(home_folder() / "cache" / "catalogue") / f"{semeia.__version__}-{changed}.json"
    if not kept.is_file():
        command = [sys.executable, "-m", "semeia", "catalogue", "--json"]
        try:
            said = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=True).stdout
        except (OSError, subprocess.SubprocessError) as error:
            raise SemeiaError("the catalogue cannot be read: try semeia catalogue in a terminal") from error
        with replacing(kept) as part:
            part.write_bytes(said)
    rows: list[dict[str, Any]] = json.loads(kept.read_bytes())
    return rows
