"""The detector to beat: line length above a threshold.

Threshold and smoothing are tuned on the very patients that it is scored on, so that its figures flatter it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semeia.evaluation import Score, score
from semeia.events import Events
from semeia.inference import Track, find_events
from semeia.signals import Recording
from semeia.signals.filters import Filter

__all__ = ["Tuned", "line_length", "relative", "tuned"]

BAND = Filter(high_pass=0.5, low_pass=40.0)
BLOCK_SECONDS = 120.0
SMOOTHINGS = (1.0, 3.0, 5.0, 10.0, 20.0)
QUANTILES = 1 - np.geomspace(0.0005, 0.3, 40)


class Tuned(NamedTuple):
    """The best that a threshold reaches: scores by recording, the threshold, and the smoothing in seconds."""

    scores: list[Score]
    threshold: float
    smoothing: float


def line_length(recording: Recording, channels: Sequence[int]) -> Track:
    """Return the line length of each second, 0.5 to 40 Hz: µV per sample step, median over channels."""
    rate = round(recording.channels[channels[0]].rate)
    values = []
    for _, block in BAND.blocks(recording, BLOCK_SECONDS, channels=list(channels)):
        steps = np.abs(np.diff(block, axis=1, prepend=block[:, :1]))
        seconds = steps[:, : steps.shape[1] // rate * rate].reshape(len(steps), -1, rate)
        values.append(np.median(seconds.mean(axis=2), axis=0))
    return Track(np.concatenate(values).astype(np.float32), 1.0, 1.0, recording.duration)


def relative(track: Track) -> Track:
    """Return the track divided by its own median, which makes patients alike."""
    scaled: NDArray[np.float32] = track.probability / np.median(track.probability)
    return Track(scaled, track.window, track.hop, track.duration)


def tuned(tracks: Sequence[Track], truths: Sequence[Events], minimum_duration: float, merge_gap: float) -> Tuned:
    """Return the threshold and smoothing with the best event F1 (SzCORE) over all recordings together."""
    pooled = np.concatenate([track.probability for track in tracks])
    best: tuple[float, Tuned] | None = None
    for smoothing, threshold in product(SMOOTHINGS, np.unique(np.quantile(pooled, QUANTILES)).tolist()):
        scores = []
        for track, truth in zip(tracks, truths, strict=True):
            found = find_events(
                track,
                threshold=threshold,
                smoothing=smoothing,
                minimum_duration=minimum_duration,
                merge_gap=merge_gap,
            )
            scores.append(score(truth, Events(found), track.duration))
        f1 = float(np.nan_to_num(sum(scores, Score.nothing()).events.f1))
        if best is None or f1 > best[0]:
            best = f1, Tuned(scores, threshold, smoothing)
    assert best is not None
    return best[1]
