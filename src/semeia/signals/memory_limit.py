"""A limit on memory while foreign code parses a file: a damaged size is then an error, not the end of the process."""

from __future__ import annotations

import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["at_most"]

_ALONE = threading.Lock()  # limits are those of the whole process: two that overlap would not be put back
_STATUS = Path("/proc/self/statm")


@contextmanager
def at_most(spare: int) -> Iterator[None]:
    """Let the process take so many bytes more than it has; a larger wish raises MemoryError. Linux only.

    Parameters
    ----------
    spare : int
        Bytes. Other threads share them meanwhile, so that it should be generous.
    """
    with _ALONE:
        try:
            taken = int(_STATUS.read_text().split()[0]) * resource.getpagesize()
        except (OSError, ValueError):
            yield
            return
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        wanted = taken + spare
        known = [limit for limit in (soft, hard, wanted) if limit != resource.RLIM_INFINITY]
        resource.setrlimit(resource.RLIMIT_AS, (min(known), hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
