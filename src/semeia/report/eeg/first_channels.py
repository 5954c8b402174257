"""Which channels a seizure shows in first: a hint from how their line length rises, and no more than that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semeia.report.eeg.view import View

__all__ = ["METHOD", "FirstChannels", "first_channels"]

BEFORE, NEARER = 30.0, 10.0  # seconds before the onset between which lies what is normal
WITHIN = 10.0  # seconds after the onset in which a rise counts
_WINDOW, _STEP = 1.0, 0.5  # seconds
_RISE = 2.0  # times the usual line length
_TOGETHER = 1.0  # seconds within which channels count as equally early
_LEAST = 5.0  # seconds before the onset, below which nothing is said
_WIDESPREAD = 0.6  # share of all channels
_NAMED = 4

METHOD = (
    "First channels: the line length (sum of the steps between samples) of each channel as shown, in windows of "
    f"{_WINDOW:g} s every {_STEP:g} s. A channel counts from where two windows in a row exceed {_RISE:g} times the "
    f"median of the {BEFORE:g} to {NEARER:g} s before the marked onset, within {WITHIN:g} s of it; those that do so "
    f"within {_TOGETHER:g} s of the earliest are named, the strongest rise first. It is a hint: it knows neither "
    "artefacts nor what lies between electrodes, and depends on montage, filters and where the onset was marked."
)
"""The footnote."""


class FirstChannels(NamedTuple):
    """What can be said of where a seizure begins.

    Parameters
    ----------
    rows : tuple of int
        Places of the channels in the view, the strongest rise first.
    delay : float or None
        Seconds from the marked onset to the earliest rise.
    rise : array (channels,)
        Greatest line length after the onset, as multiple of the usual; NaN where it is not known.
    why_not : str
        Why nothing is said; empty where something is.
    """

    rows: tuple[int, ...]
    delay: float | None
    rise: NDArray[np.float64]
    why_not: str = ""

    def words(self, labels: Sequence[str], considered: int) -> str:
        """Return the channels as one reads them in a table."""
        if not self.rows:
            return self.why_not
        names = [labels[row] for row in self.rows]
        if len(names) >= max(3, _WIDESPREAD * considered):
            return f"widespread: {len(names)} of {considered}, most in {', '.join(names[:2])}"
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        return ", ".join(names[:_NAMED]) + more


def first_channels(view: View, onset: float) -> FirstChannels:
    """Return the channels whose line length rises first around an onset.

    Parameters
    ----------
    view : View
    onset : float
        Seconds.
    """
    start, samples = view.read(onset - BEFORE, onset + WITHIN + 2 * _WINDOW)
    nothing = np.full(len(view.labels), np.nan)
    if onset - NEARER - start < _LEAST:
        return FirstChannels((), None, nothing, "too little recorded before")
    lengths = _line_lengths(samples, view.rate)
    times = start + _STEP * np.arange(lengths.shape[1])  # where each window begins
    usual = _usual(lengths[:, times + _WINDOW <= onset - NEARER])
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = lengths / np.where(usual > 0, usual, np.nan)[:, None]
    after = (times >= onset - _WINDOW / 2) & (times <= onset + WITHIN)
    ratio, times = ratio[:, after], times[after]
    ratio[~np.array(view.is_brain)] = np.nan
    if not np.isfinite(ratio).any():
        return FirstChannels((), None, nothing, "not recorded whole")
    rise = np.where(np.isfinite(ratio).any(axis=1), np.nanmax(np.nan_to_num(ratio, nan=-1), axis=1), np.nan)
    high = ratio > _RISE
    lasting = high[:, :-1] & high[:, 1:]
    risen = np.flatnonzero(lasting.any(axis=1))
    if not len(risen):
        return FirstChannels((), None, rise, f"no clear rise within {WITHIN:g} s")
    begin = times[lasting[risen].argmax(axis=1)]
    early = risen[begin <= begin.min() + _TOGETHER]
    rows = tuple(int(row) for row in early[np.argsort(-rise[early], kind="stable")])
    return FirstChannels(rows, float(max(0.0, begin.min() - onset)), rise)


def _usual(lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the median of each channel's windows; NaN where a gap leaves fewer than a few."""
    enough = np.isfinite(lengths).sum(axis=1) * _STEP >= _LEAST
    middle = np.full(len(lengths), np.nan)
    if enough.any():
        middle[enough] = np.nanmedian(lengths[enough], axis=1)
    return middle


def _line_lengths(samples: NDArray[np.float32], rate: float) -> NDArray[np.float64]:
    """Return the line length of each channel in each window (channels, windows); NaN where a gap is."""
    steps = np.abs(np.diff(samples.astype(np.float64), axis=1))
    width, hop = max(1, round(_WINDOW * rate)), _STEP * rate
    count = max(0, int((steps.shape[1] - width) / hop) + 1)
    starts = np.round(np.arange(count) * hop).astype(int)
    return np.array([steps[:, first : first + width].sum(axis=1) for first in starts]).T.reshape(len(samples), count)
