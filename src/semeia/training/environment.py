"""What the figures of a training may depend on: versions, processor, threads."""

from __future__ import annotations

import os
import platform
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import semeia
from semeia.cluster import processors

__all__ = ["environment", "made_with"]

_PACKAGES = ("torch", "numpy", "scipy", "timm")
_THREADS = "OMP_NUM_THREADS"


def environment() -> dict[str, Any]:
    """Return what the figures may depend on."""
    versions = {"semeia": semeia.__version__, "python": platform.python_version()}
    for name in _PACKAGES:
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    torch = sys.modules.get("torch")
    threads = torch.get_num_threads() if torch is not None else os.environ.get(_THREADS)
    about = {"system": platform.platform(), "processor": _processor(), "processors": processors(), "threads": threads}
    if torch is not None and torch.cuda.is_available():
        about["device"] = torch.cuda.get_device_name()
    return {"versions": versions, **about}


def made_with() -> dict[str, str]:
    """Return the versions that a model's description keeps."""
    versions = {"semeia": semeia.__version__, "python": platform.python_version()}
    return versions | {"torch": version("torch")}


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
