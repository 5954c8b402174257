"""The probability track: what a network says of every window of a recording."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from semeia.home import replacing

__all__ = ["Track"]


@dataclass(frozen=True, slots=True)
class Track:
    """Probability of a seizure in windows along a recording.

    Parameters
    ----------
    probability : ndarray, float32 (windows,)
        In 0..1; NaN where a window touches a gap and was not scored.
    window, hop : float
        Seconds; exact, for windows lie on a grid of whole samples.
    duration : float
        Length of the recording in seconds.
    """

    probability: NDArray[np.float32]
    window: float
    hop: float
    duration: float

    @property
    def time(self) -> NDArray[np.float64]:
        """Centres of the windows in seconds (windows,)."""
        return self.window / 2 + self.hop * np.arange(len(self.probability), dtype=np.float64)

    @property
    def edges(self) -> NDArray[np.float64]:
        """Borders of the stretches that the windows stand for, in seconds (windows + 1,).

        Each window stands for one hop about its centre; the first and the last also for what lies outside of theirs, so
        that the track covers the whole recording.
        """
        borders = self.window / 2 + self.hop * (np.arange(len(self.probability) + 1, dtype=np.float64) - 0.5)
        borders[0], borders[-1] = 0.0, self.duration
        return borders

    @property
    def unscored(self) -> int:
        """Number of windows that touch a gap."""
        return int(np.isnan(self.probability).sum())

    def write(self, path: str | Path) -> None:
        """Write as CSV with the columns ``time,probability``; a window that was not scored has no probability."""
        with replacing(path) as part, part.open("w", encoding="ascii", newline="") as file:
            file.write("time,probability\n")
            for time, probability in zip(self.time.tolist(), self.probability.tolist(), strict=True):
                file.write(f"{time:.3f},{'' if math.isnan(probability) else f'{probability:.6f}'}\n")
