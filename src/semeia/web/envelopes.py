"""Envelopes are built in the background, one after another, in a thread that starts when the first is asked for."""

from __future__ import annotations

import threading
from pathlib import Path

from semeia.errors import FileError, SemeiaError
from semeia.signals import open_recording
from semeia.signals.envelope import Envelope, build_envelope, envelope_file
from semeia.web.pages import Source

__all__ = ["Envelopes"]


class Envelopes:
    """The envelopes of recordings, from the cache or on their way into it. May be asked from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[Source, float] = {}  # share done; what was asked for last is built next
        self._failed: dict[Source, SemeiaError] = {}
        self._builder: threading.Thread | None = None

    def of(self, source: Source) -> Envelope | float:
        """Return a recording's envelope, or what share of it is built so far; then it comes by itself.

        Raises
        ------
        VanishedError, ChangedError
            If the file is no longer the one that was imported.
        SemeiaError
            If the envelope could not be built. Who asks again makes it tried again.
        """
        source.check()
        file = envelope_file(source.path, source.size, source.modified_ns)
        try:
            return Envelope(file)
        except FileError:
            pass  # there is none yet, or it is no use
        with self._lock:
            if source in self._failed:
                raise self._failed.pop(source)
            share = self._waiting.pop(source, 0.0)
            self._waiting[source] = share
            if self._builder is None:
                self._builder = threading.Thread(target=self._build_all, name="envelopes", daemon=True)
                self._builder.start()
            return share

    def _build_all(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._builder = None
                    return
                source = next(reversed(self._waiting))
            error = self._build(source)
            with self._lock:
                del self._waiting[source]
                if error is not None:
                    self._failed[source] = error

    def _build(self, source: Source) -> SemeiaError | None:
        def report(share: float) -> None:
            with self._lock:
                self._waiting[source] = share

        try:
            source.check()
            with open_recording(Path(source.path)) as recording:
                build_envelope(recording, envelope_file(source.path, source.size, source.modified_ns), report)
            source.check()  # what changed meanwhile has another name in the cache
        except SemeiaError as error:
            return error
        except Exception:
            return SemeiaError(f"{source.name}: its envelope could not be built")
        return None
