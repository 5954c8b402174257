"""The trends of recordings, from the cache or on their way into it, and as the page takes them.

The answer is laid out as a page of signal is (`semeia.web.pages`): behind the header come the spectrogram, float32
(sides, columns, bins) in dB over 1 µV²/Hz, and the amplitude, float32 (sides, columns, 2) in µV. NaN is where nothing
was recorded or nothing is built yet.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from semeia.signals import Recording
from semeia.signals.trends import Trends, build_trends, trends_file
from semeia.web.background import Background
from semeia.web.binary import packed
from semeia.web.pages import Source

__all__ = ["BackgroundTrends", "trends_page"]

_MOST = 2000  # columns: some more than a screen has pixels for


class BackgroundTrends(Background[Trends, Trends | None]):
    """The trends of recordings; of those that are being built, what is there so far, None at first."""

    def __init__(self) -> None:
        super().__init__("trends", None)

    def _kept(self, source: Source) -> Trends:
        return Trends.read(trends_file(source.path, source.size, source.modified_ns))

    def _build(self, recording: Recording, source: Source, report: Callable[[Trends], object]) -> None:
        build_trends(recording, trends_file(source.path, source.size, source.modified_ns), report)


def trends_page(trends: Trends, columns: int) -> bytes:
    """Return trends in at most so many columns, and never in more than 2000.

    Raises
    ------
    RecordingError
        If there are to be no columns.
    """
    reduced = trends.reduced(min(columns, _MOST))
    header = {
        "seconds": reduced.duration,
        "width": reduced.width,
        "columns": reduced.power.shape[1],
        "sides": reduced.sides,
        "source": reduced.source,
        "frequencies": [round(frequency, 3) for frequency in reduced.frequencies.tolist()],
        "share": reduced.share,
    }
    return packed(header, np.concatenate([reduced.power.ravel(), reduced.amplitude.ravel()]))
