"""Signals, where the loop begins: a biosignal file becomes a `Recording` of samples in physical units.

EDF and BDF files by our own reader; montages, filters, resampling; and a simulator that makes recordings.
"""

from semeia.signals.edf import open_recording
from semeia.signals.recording import ArrayRecording, Channel, Gap, Recording

__all__ = ["ArrayRecording", "Channel", "Gap", "Recording", "open_recording"]
