"""Drop-outs: stretches in which an amplifier or a radio link delivered nothing, though the file holds numbers there.

They are found before anything else is done to a recording (a montage or a filter would hide them) and become gaps, so
that filters, resampling and measures leave them out. For networks that need numbers everywhere, gaps can be imputed
from what came before them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from semeia.errors import NothingRecordedError, RecordingError
from semeia.events.intervals import united
from semeia.signals.montage import _Derived
from semeia.signals.recording import Gap, Recording

__all__ = ["MissingRuns", "find_dropouts", "imputed", "missing_in", "with_dropouts_as_gaps"]

SHORTEST = 0.02
"""Seconds that all channels must be zero, or not a number, for a drop-out.

In real recordings that we looked at (Bonn, CHB-MIT, Siena, Melbourne, emotive headsets, intensive care) one channel was
zero for up to 3 samples by chance, four were never; Melbourne's drop-outs last 0.8 s and more.
"""
HELD = 0.5
"""Seconds that all channels must hold any other value; there one channel did so for 0.28 s (36 samples)."""
AGREEING = 64
"""Samples, over all channels, that must agree: one or two coarsely quantised channels need longer than many."""

_BLOCK = 1 << 22  # samples read at once, over all channels
_TOLERANCE = 1e-6  # samples: what seconds as floats may be off the grid


def find_dropouts(recording: Recording) -> tuple[Gap, ...]:
    """Find the stretches in which all channels are zero, hold their value, or are not a number, at once.

    Judged are the channels of voltage (else all) at the rate that most of them share: a counter of samples or a slow
    channel says nothing of what the electrodes delivered. The recording is read once, in bounded memory. A file that
    is refused for it holds nothing but NaN is one drop-out from beginning to end.

    Parameters
    ----------
    recording : Recording
        As recorded, before any montage or filter.

    Returns
    -------
    tuple of Gap
        In order, apart from each other; seconds from the start.
    """
    judged = _judged(recording)
    if not judged:
        return ()
    rate = recording.channels[judged[0]].rate
    total = recording.sample_count(rate)
    empty, held = _Runs(), _Runs()
    step = max(1, _BLOCK // len(judged))
    before = np.full((len(judged), 1), np.inf, np.float32)
    for first in range(0, total, step):
        try:
            block = recording.read_samples(first, min(step, total - first), judged)
        except NothingRecordedError:
            return (Gap(0.0, recording.duration),)
        empty.add(first, _all_empty(block))
        held.add(first, _all_held(np.concatenate([before, block], axis=1)))
        before = block[:, -1:]
    agreeing = AGREEING / len(judged)
    nothing, still = empty.runs, held.runs - [1, 0]  # what is held begins a sample before its first repetition
    length = still[:, 1] - still[:, 0]
    still = still[length >= max(HELD * rate, agreeing)]
    nothing = nothing[nothing[:, 1] - nothing[:, 0] >= max(SHORTEST * rate, agreeing)]
    return tuple(Gap(first / rate, stop / rate) for first, stop in united([*nothing.tolist(), *still.tolist()]))


def with_dropouts_as_gaps(recording: Recording) -> Recording:
    """Return the recording with its drop-outs as gaps: no number there, in any channel.

    The whole recording is read once to find them (`find_dropouts`).

    Parameters
    ----------
    recording : Recording
        As recorded, before any montage or filter; stays open and is closed with what is returned.

    Returns
    -------
    Recording
        The same one when it has no drop-out beside its gaps.
    """
    found = find_dropouts(recording)
    known = recording.gaps
    if all(any(start <= gap.start and gap.stop <= stop for start, stop in known) for gap in found):
        return recording
    return _Interrupted(recording, found)


class _Interrupted(_Derived):
    """A recording with more gaps than the file knows of."""

    def __init__(self, recording: Recording, dropouts: Sequence[Gap]) -> None:
        super().__init__(recording, recording.channels)
        self._dropouts = np.array(dropouts, np.float64)
        self._gaps = tuple(Gap(start, stop) for start, stop in united([*recording.gaps, *dropouts]))

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Gaps of the recording underneath, and its drop-outs."""
        return self._gaps

    def _read_native(self, indices: Sequence[int], first: int, count: int) -> NDArray[np.float32]:
        if not indices:
            return self.recording._read_native(indices, first, count)
        places = np.ceil(self._dropouts * self.channels[indices[0]].rate - _TOLERANCE).astype(np.int64) - first
        if ((places[:, 0] <= 0) & (places[:, 1] >= count)).any():  # nothing of it needs to be read
            return np.full((len(indices), count), np.nan, np.float32)
        samples = self.recording._read_native(indices, first, count)
        for start, stop in places[(places[:, 1] > 0) & (places[:, 0] < count)].tolist():
            samples[:, max(start, 0) : stop] = np.nan
        return samples


class MissingRuns:
    """Gathers from consecutive blocks where samples are missing, in any channel."""

    def __init__(self) -> None:
        self._runs = _Runs()

    def add(self, first: int, block: NDArray[np.float32]) -> None:
        """Take note of a block.

        Parameters
        ----------
        first : int
            Index of its first sample; not before the end of the block that was added last.
        block : array, float32, (channels, samples)
            NaN where nothing was recorded.
        """
        self._runs.add(first, np.logical_or.reduce(np.isnan(block), axis=0))

    def watching(self, blocks: Iterable[tuple[int, NDArray[np.float32]]]) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield blocks as they come, taking note of each."""
        for first, block in blocks:
            self.add(first, block)
            yield first, block

    @property
    def runs(self) -> NDArray[np.int64]:
        """First sample of each stretch and the sample after its last, (stretches, 2); in order, apart."""
        return self._runs.runs


def missing_in(runs: NDArray[np.int64], first: NDArray[np.int64], window: int) -> NDArray[np.int64]:
    """Return how many samples are missing in windows.

    Parameters
    ----------
    runs : ndarray, int64 (runs, 2)
        As `MissingRuns.runs`.
    first : ndarray, int64 (windows,)
        First sample of each window.
    window : int
        Samples.
    """
    starts, stops = runs[:, 0], runs[:, 1]
    whole = np.concatenate([[0], np.cumsum(stops - starts)])

    def before(places: NDArray[np.int64]) -> NDArray[np.int64]:
        begun = np.searchsorted(starts, places, side="right")
        over = np.where(begun > 0, np.maximum(stops[begun - 1] - places, 0), 0) if len(starts) else 0
        return np.asarray(whole[begun] - over, np.int64)

    return before(first + window) - before(first)


def imputed(
    blocks: Iterable[tuple[int, NDArray[np.float32]]],
    *,
    method: Literal["sample", "average"],
    recent: int,
    seed: int = 0,
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Fill what is missing from what the same channel recorded before, as the blocks come.

    A stretch is filled from the `recent` samples recorded last before it began (missing ones are not counted; fewer
    when there are fewer; zeros when there is none). ``sample`` puts in pieces half as long as those, each from a random
    place among them: a stretch shorter than that is one contiguous piece. The places follow from `seed` and the
    position of the stretch alone, so that channels that are missing together get pieces of the same moment, and it does
    not matter how a recording is cut into blocks. ``average`` puts in their mean.

    Parameters
    ----------
    blocks : iterable of (int, array, float32, (channels, samples))
        First sample and samples, consecutive; NaN where nothing was recorded.
    method : {"sample", "average"}
    recent : int
        Samples; as many are kept of each channel.
    seed : int
        Not negative.

    Yields
    ------
    first : int
    block : array, float32, (channels, samples)
        Without NaN; the block that came, when it had none.

    Raises
    ------
    RecordingError
        If there is no such method, or `recent` is not positive.
    """
    if method not in {"sample", "average"}:
        raise RecordingError(f"there is no method {method!r} to impute by; there are 'sample' and 'average'")
    if recent < 1:
        raise RecordingError(f"imputing from the last {recent} samples is not possible; it needs at least one")
    return _imputed(blocks, method, recent, seed)


def _imputed(
    blocks: Iterable[tuple[int, NDArray[np.float32]]], method: str, recent: int, seed: int
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    channels: list[_Imputed] = []
    for first, block in blocks:
        channels = channels or [_Imputed(method, recent, seed) for _ in block]
        missing = np.isnan(block)
        filled = block.copy() if missing.any() else block
        for channel, row, absent in zip(channels, filled, missing, strict=True):
            channel.fill(first, row, absent)
        yield first, filled


class _Imputed:
    """One channel: what it recorded last, in a ring, and where the stretch that is missing began."""

    def __init__(self, method: str, recent: int, seed: int) -> None:
        self._method, self._seed = method, seed
        self._ring = np.zeros(recent, np.float32)
        self._recorded = 0
        self._began: int | None = None

    def fill(self, first: int, row: NDArray[np.float32], absent: NDArray[np.bool_]) -> None:
        """Fill a row that begins at sample `first` in place, and remember what it recorded."""
        done = 0
        for start, stop in _runs_of(absent).tolist():
            self._remember(row[done:start])
            if self._began is None:
                self._began = first + start
            row[start:stop] = self._made_up(first + start - self._began, stop - start)
            done = stop
        self._remember(row[done:])

    def _remember(self, samples: NDArray[np.float32]) -> None:
        if not len(samples):
            return
        self._began = None
        self._recorded += len(samples)
        last = samples[-len(self._ring) :]
        self._ring[np.arange(self._recorded - len(last), self._recorded) % len(self._ring)] = last

    def _made_up(self, since: int, count: int) -> NDArray[np.float32] | float:
        """Return `count` samples for a stretch, from `since` samples after it began."""
        known = min(self._recorded, len(self._ring))
        if not known:
            return 0.0
        if self._method == "average":
            return float(self._ring[:known].mean(dtype=np.float64))
        length = (known + 1) // 2
        piece, within = np.divmod(np.arange(since, since + count), length)
        # Each double takes one step of the generator: any piece's place is found without those before it.
        generator = np.random.PCG64([self._seed, self._began or 0]).advance(int(piece[0]))
        uniform = np.random.Generator(generator).random(int(piece[-1] - piece[0]) + 1)
        places = (uniform * (known - length + 1)).astype(np.int64)
        taken = (self._recorded - known + places[piece - piece[0]] + within) % len(self._ring)
        samples: NDArray[np.float32] = self._ring[taken]
        return samples


class _Runs:
    """Gathers runs of true flags from consecutive pieces."""

    def __init__(self) -> None:
        self._found: list[list[int]] = []

    def add(self, first: int, flags: NDArray[np.bool_]) -> None:
        found = (_runs_of(flags) + first).tolist()
        if found and self._found and found[0][0] == self._found[-1][1]:
            self._found[-1][1] = found.pop(0)[1]
        self._found.extend(found)

    @property
    def runs(self) -> NDArray[np.int64]:
        return np.array(self._found, np.int64).reshape(-1, 2)


def _runs_of(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return [start, stop) of each run of true flags, (runs, 2)."""
    edges = np.flatnonzero(np.diff(flags, prepend=False, append=False))
    return edges.reshape(-1, 2)


def _judged(recording: Recording) -> list[int]:
    """Return the channels of voltage at their commonest rate."""
    channels = recording.channels
    some = [index for index, channel in enumerate(channels) if channel.unit == "uV"] or list(range(len(channels)))
    commonest = Counter(channels[index].rate for index in some).most_common(1)
    return [index for index in some if channels[index].rate == commonest[0][0]]


def _all_empty(block: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return at which samples every channel is zero or not a number."""
    flags = np.ones(block.shape[1], np.bool_)
    for row in block:
        flags &= (row == 0) | np.isnan(row)
        if not flags.any():
            break
    return flags


def _all_held(block: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return at which samples after the first every channel is what it was a sample ago."""
    flags = np.ones(block.shape[1] - 1, np.bool_)
    for row in block:
        absent = np.isnan(row)
        flags &= (row[1:] == row[:-1]) | (absent[1:] & absent[:-1])
        if not flags.any():
            break
    return flags
