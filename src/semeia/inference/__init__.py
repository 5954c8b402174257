"""A network over a whole recording: probability track, and from it events. Only `slide` needs torch."""

from semeia.inference.postprocess import find_events
from semeia.inference.track import Track

__all__ = ["Track", "find_events"]
