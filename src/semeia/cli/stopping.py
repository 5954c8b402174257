"""How a command that takes long is stopped: it saves what it has, and ends with a status of its own."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["STOPPED", "stop_on"]

STOPPED = 75
"""Exit status of a command that was asked to stop and can go on (EX_TEMPFAIL of sysexits.h)."""


@contextmanager
def stop_on(*numbers: signal.Signals) -> Iterator[threading.Event]:
    """Yield what these signals set, instead of what they did before, until the block ends."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
