"""Signals, where the loop begins: a biosignal file becomes a `Recording` of samples in physical units.

EDF, BDF and MAT files by our own readers, vendors' formats by MNE-Python; conversion to EDF+; montages,
filters, resampling; and a simulator that makes recordings.
"""

from semeia.signals.opening import open_recording
from semeia.signals.recording import ArrayRecording, Channel, Gap, Recording

__all__ = ["ArrayRecording", "Channel", "Gap", "Recording", "open_recording"]
