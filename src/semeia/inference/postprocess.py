"""From a probability track to events: smoothed, thresholded, merged; free of torch, so that a slider moves it live."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from semeia.events import Event
from semeia.inference.track import Track

__all__ = ["find_events", "smooth"]


def smooth(probability: NDArray[np.float32], width: int) -> NDArray[np.float64]:
    """Return the centred moving average of a track.

    Parameters
    ----------
    probability : ndarray (windows,)
        NaN where not scored: such windows stay NaN and do not count for their neighbours.
    width : int
        Windows averaged; at the ends, those that there are.
    """
    scored = ~np.isnan(probability)
    if width <= 1:
        return probability.astype(np.float64)
    reach = (width - 1) // 2, width // 2
    sums, counts = (
        np.concatenate([[0.0], np.cumsum(values)]) for values in (np.where(scored, probability, 0.0), scored)
    )
    first = np.maximum(np.arange(len(probability)) - reach[0], 0)
    stop = np.minimum(np.arange(len(probability)) + reach[1] + 1, len(probability))
    with np.errstate(invalid="ignore"):
        average = (sums[stop] - sums[first]) / (counts[stop] - counts[first])
    return np.where(scored, average, np.nan)


def find_events(
    track: Track,
    *,
    threshold: float,
    smoothing: float = 0.0,
    minimum_duration: float = 0.0,
    merge_gap: float = 0.0,
    label: str = "seizure",
    author: str = "",
) -> list[Event]:
    """Return the stretches where the smoothed track reaches the threshold.

    Parameters
    ----------
    track : Track
    threshold : float
        Probability from which on a window counts.
    smoothing, minimum_duration, merge_gap : float
        Seconds: width of the moving average; shorter events are dropped; events closer than this are made one first.
    label, author : str
        Of the events; their status is ``proposed`` and their confidence the highest smoothed probability in them.

    Notes
    -----
    A stretch that was not scored ends an event and is never bridged.
    """
    probability = smooth(track.probability, round(smoothing / track.hop))
    with np.errstate(invalid="ignore"):
        above = probability >= threshold
    edges, borders = track.edges, np.flatnonzero(np.diff(above, prepend=False, append=False))
    runs = [(int(first), int(stop)) for first, stop in borders.reshape(-1, 2)]
    merged: list[tuple[int, int]] = []
    for first, stop in runs:
        if merged:
            previous = merged[-1][1]
            close = edges[first] - edges[previous] < merge_gap
            if close and not np.isnan(probability[previous:first]).any():
                merged[-1] = (merged[-1][0], stop)
                continue
        merged.append((first, stop))
    return [
        Event(
            onset=float(edges[first]),
            duration=float(edges[stop] - edges[first]),
            label=label,
            confidence=float(min(1.0, np.nanmax(probability[first:stop]))),
            author=author,
            source=author,
            status="proposed",
        )
        for first, stop in merged
        if edges[stop] - edges[first] >= minimum_duration
    ]
