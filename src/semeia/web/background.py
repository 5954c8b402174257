"""What is built of recordings in the background, one after another, by a thread that starts when it is wanted."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from semeia.errors import FileError, SemeiaError
from semeia.signals import Recording, open_recording
from semeia.web.pages import ChangedError, Source, VanishedError

__all__ = ["Background"]

Built = TypeVar("Built")
Progress = TypeVar("Progress")


class Background(ABC, Generic[Built, Progress]):
    """Things of one kind, from the cache or on their way into it. May be asked from any thread.

    Parameters
    ----------
    name : str
        Of the kind, one of them: errors name it.
    begun : object
        What is told of one that has only been asked for.
    """

    def __init__(self, name: str, begun: Progress) -> None:
        self._name, self._begun = name, begun
        self._lock = threading.Lock()
        self._waiting: dict[Source, Progress] = {}  # how far it is; what was asked for last is built next
        self._failed: dict[Source, SemeiaError] = {}
        self._builder: threading.Thread | None = None

    def of(self, source: Source) -> Built | Progress:
        """Return what is built of a recording, or how far it is so far; then it comes by itself.

        Raises
        ------
        VanishedError, ChangedError
            If the file is no longer the one that was imported.
        SemeiaError
            If it could not be built. Who asks again makes it tried again.
        """
        source.check()
        try:
            return self._kept(source)
        except FileError:
            pass  # there is none yet, or it is no use
        with self._lock:
            failed = self._failed.pop(source, None)
            if failed is not None and not isinstance(
                failed, VanishedError | ChangedError
            ):  # else it is over: see above
                raise failed
            progress = self._waiting.pop(source, self._begun)
            self._waiting[source] = progress
            if self._builder is None:
                self._builder = threading.Thread(target=self._build_all, name=self._name, daemon=True)
                self._builder.start()
            return progress

    @abstractmethod
    def _kept(self, source: Source) -> Built:
        """Return it from the cache; a FileError if it is not there or cannot be read."""

    @abstractmethod
    def _build(self, recording: Recording, source: Source, report: Callable[[Progress], object]) -> None:
        """Build it into the cache, and report how far it is."""

    def _build_all(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._builder = None
                    return
                source = next(reversed(self._waiting))
            error = self._tried(source)
            with self._lock:
                del self._waiting[source]
                if error is not None:
                    self._failed[source] = error

    def _tried(self, source: Source) -> SemeiaError | None:
        def report(progress: Progress) -> None:
            with self._lock:
                self._waiting[source] = progress

        try:
            source.check()
            with open_recording(Path(source.path)) as recording:
                self._build(recording, source, report)
            source.check()  # what changed meanwhile has another name in the cache
        except SemeiaError as error:
            return error
        except Exception:
            return SemeiaError(f"{source.name}: its {self._name} could not be built")
        return None
