"""The envelopes of recordings, from the cache or on their way into it."""

from __future__ import annotations

from collections.abc import Callable

from semeia.signals import Recording
from semeia.signals.envelope import Envelope, build_envelope, envelope_file
from semeia.web.background import Background
from semeia.web.pages import Source

__all__ = ["Envelopes"]


class Envelopes(Background[Envelope, float]):
    """The envelopes of recordings; of those that are being built, the share that is done."""

    def __init__(self) -> None:
        super().__init__("envelope", 0.0)

    def _kept(self, source: Source) -> Envelope:
        return Envelope(envelope_file(source.path, source.size, source.modified_ns))

    def _build(self, recording: Recording, source: Source, report: Callable[[float], object]) -> None:
        build_envelope(recording, envelope_file(source.path, source.size, source.modified_ns), report)
