"""One seizure as a picture: its traces as light SVG, negative up, with its onset, its end and a scale.

Each channel is drawn by the smallest and the largest sample of every step of the picture's width, in whole numbers of
half a pixel, so that a seizure takes about 100 KB and opens at once.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from numpy.typing import NDArray

from semeia.events import Event
from semeia.events.intervals import without
from semeia.report.eeg.view import View
from semeia.signals import Recording

__all__ = ["Stretch", "drawn", "stretches"]

BEFORE, AFTER = 10.0, 10.0  # seconds around the onset of a long seizure, and
AROUND_END = 5.0  # around its end; a short one is drawn whole, in the same width
_SECONDS = BEFORE + AFTER + 2 * AROUND_END
_WIDTH, _LEFT, _RIGHT = 720, 66, 50  # pixels
_TOP, _BOTTOM, _BREAK = 18, 20, 12
_TALLEST, _LOWEST, _HEIGHT = 24.0, 11.0, 360.0  # pixels of a row, and of all
_NEAR = 2.5  # seconds: beside a break there are other words
_OVER = 1.3  # rows that a trace may reach beyond its own: an artefact does not cover the picture
_FINE, _COARSE = 24_000, 12_000  # points of a picture; of one among many
_GAINS = (10, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000, 10_000, 20_000, 50_000)


class Stretch(NamedTuple):
    """A stretch of the recording, and where it lies in the picture (pixels)."""

    start: float
    stop: float
    left: float

    def x(self, time: float) -> float:
        """Return where a time lies."""
        return self.left + (time - self.start) * _per_second()


class _Band(NamedTuple):
    """Where a trace lies: its middle, the pixels of a microvolt, and how far it may go up and down (pixels)."""

    y: float
    pixels: float
    up: float
    down: float


def stretches(event: Event) -> list[Stretch]:
    """Return what is drawn of a seizure: its onset and its end, in one piece where it is short."""
    start, turn = event.onset - BEFORE, event.onset + AFTER
    if event.stop - AROUND_END <= turn:
        return [Stretch(start, start + _SECONDS, _LEFT)]
    end = Stretch(event.stop - AROUND_END, event.stop + AROUND_END, 0)
    return [Stretch(start, turn, _LEFT), end._replace(left=_LEFT + (turn - start) * _per_second() + _BREAK)]


def drawn(
    view: View, event: Event, *, names: Sequence[str], rows: Sequence[int], first: Collection[int], fine: bool
) -> str:
    """Return a seizure as one ``<svg>`` element, coloured by classes of the page's style.

    Parameters
    ----------
    view : View
    event : Event
    names : sequence of str
        What the view's channels are called.
    rows : sequence of int
        Which of them are drawn, from top to bottom.
    first : collection of int
        Those that are marked as rising first.
    fine : bool
        Whether there is room for detail.
    """
    parts = stretches(event)
    read = [view.read(part.start, part.stop) for part in parts]
    row = max(_LOWEST, min(_TALLEST, _HEIGHT / len(rows)))
    gain = _gain(read[0][1][list(rows)])
    height = _TOP + row * len(rows) + _BOTTOM
    said = f"EEG around the seizure at {event.onset:.0f} s, {len(rows)} channels"
    svg = [
        f'<svg class="eeg" viewBox="0 0 {_WIDTH} {height:.0f}" width="{_WIDTH}" height="{height:.0f}" role="img" '
        f"aria-label={quoteattr(said)}>",
        *_ground(parts, event, height),
        *_lacking(parts, view.recording, height),
        *(_label(names[one], _TOP + row * (place + 0.5), one in first) for place, one in enumerate(rows)),
    ]
    points = (_FINE if fine else _COARSE) / len(rows) / _SECONDS  # of a second
    for part, (begin, samples) in zip(parts, read, strict=True):
        columns = round((part.stop - part.start) * min(_per_second(), points / 2))
        times = begin + np.arange(samples.shape[1]) / view.rate
        svg.append('<g class="traces" transform="scale(.5)">')
        for place, one in enumerate(rows):
            y = _TOP + row * (place + 0.5)
            room = min(_OVER * row, y - _TOP), min(_OVER * row, height - _BOTTOM - y)
            band = _Band(y, row / gain, *room)
            svg.append(f'<path class="{view.sides[one]}" d="{_path(part, times, samples[one], columns, band)}"/>')
        svg.append("</g>")
    svg += [*_marks(parts, event, height), *_scale(gain, row, height), "</svg>"]
    return "".join(svg)


def _per_second() -> float:
    return (_WIDTH - _LEFT - _RIGHT - _BREAK) / _SECONDS


def _gain(samples: NDArray[np.float32]) -> int:
    """Return how many microvolts a row stands for: around the onset most of what is drawn lies within its own row."""
    usual = float(np.nanpercentile(np.abs(samples), 97)) if np.isfinite(samples).any() else 0.0
    return next((gain for gain in _GAINS if gain >= 1.3 * usual), _GAINS[-1])


def _label(name: str, y: float, first: bool) -> str:
    short = name if len(name) <= 11 else f"{name[:10]}…"
    kind = "channel first" if first else "channel"
    return f'<text class="{kind}" x="{_LEFT - 6}" y="{y + 3:.1f}">{escape(short)}</text>'


def _path(part: Stretch, times: NDArray[np.float64], samples: NDArray[np.float32], columns: int, band: _Band) -> str:
    """Return a trace as path data in half pixels: the extremes of each column in the order in which they come."""
    if not len(samples):
        return ""
    step = (part.stop - part.start) / columns  # seconds
    column = np.clip(((times - part.start) / step).astype(int), 0, columns - 1)
    starts = np.flatnonzero(np.diff(column, prepend=-1))
    here = column[starts]
    clipped = np.clip(samples * band.pixels, -band.up, band.down)
    low, high = np.minimum.reduceat(clipped, starts), np.maximum.reduceat(clipped, starts)
    rising = clipped[starts] <= (low + high) / 2  # it begins low, so the lowest most likely comes first
    pairs = np.stack([np.where(rising, low, high), np.where(rising, high, low)], axis=1).ravel()
    across = (part.left + (np.repeat(here, 2) + np.tile([0.25, 0.75], len(here))) * step * _per_second()) * 2
    known = np.isfinite(pairs)
    down = np.rint((np.nan_to_num(pairs) + band.y) * 2).astype(int)  # a positive voltage goes down: negative is up
    return _data(np.rint(across).astype(int), down, known)


def _data(x: NDArray[np.int_], y: NDArray[np.int_], known: NDArray[np.bool_]) -> str:
    """Return path data through points, broken where one is not known."""
    edges = np.flatnonzero(np.diff(known.astype(np.int8), prepend=0, append=0))
    data = []
    for first, stop in zip(edges[::2], edges[1::2], strict=True):
        across, down = np.diff(x[first:stop]).tolist(), np.diff(y[first:stop]).tolist()
        steps = " ".join(f"{a}{b}" if b < 0 else f"{a} {b}" for a, b in zip(across, down, strict=True))
        data.append(f"M{x[first]} {y[first]}" + (f"l{steps}" if steps else "h1"))
    return "".join(data)


def _ground(parts: Sequence[Stretch], event: Event, height: float) -> list[str]:
    """Return what lies behind the traces: the seizure as a shade, and a line each second."""
    bottom, ground = height - _BOTTOM, []
    for part in parts:
        left, right = part.x(max(part.start, event.onset)), part.x(min(part.stop, event.stop))
        if right > left:
            ground.append(f'<path class="shade" d="M{left:.1f} {_TOP}H{right:.1f}V{bottom:.1f}H{left:.1f}Z"/>')
        times = np.arange(np.ceil(part.start - event.onset), part.stop - event.onset + 1e-6) + event.onset
        ground.append(
            '<path class="second" d="' + "".join(f"M{part.x(t):.1f} {_TOP}V{bottom:.1f}" for t in times) + '"/>'
        )
    return ground


def _lacking(parts: Sequence[Stretch], recording: Recording, height: float) -> list[str]:
    """Return hatches where nothing was recorded."""
    recorded = without([(0.0, recording.duration)], recording.gaps)
    return [
        f'<path class="lacking" d="M{part.x(a):.1f} {_TOP}H{part.x(b):.1f}V{height - _BOTTOM:.1f}H{part.x(a):.1f}Z"/>'
        for part in parts
        for a, b in without([(part.start, part.stop)], recorded)
    ]


def _marks(parts: Sequence[Stretch], event: Event, height: float) -> list[str]:
    """Return onset and end, the seconds from the onset below, and where time is left out."""
    bottom, marks = height - _BOTTOM, []
    for part in parts:
        for time, name in ((event.onset, "onset"), (event.stop, "end")):
            if part.start <= time <= part.stop and (name == "onset" or event.duration > 0):
                x = part.x(time)
                marks.append(f'<path class="mark {name}" d="M{x:.1f} {_TOP - 12}V{bottom:.1f}"/>')
                marks.append(f'<text class="mark" x="{x + 4:.1f}" y="{_TOP - 5}">{name}</text>')
        marks += _seconds(part, event.onset, bottom, _NEAR if len(parts) == 2 else 0.0)
    if len(parts) == 2:
        x, left_out = parts[1].left - _BREAK / 2, parts[1].start - parts[0].stop
        marks.append(f'<path class="break" d="M{x - 4:.1f} {bottom:.1f}V{_TOP}M{x + 4:.1f} {bottom:.1f}V{_TOP}"/>')
        marks.append(f'<text class="time" x="{x:.1f}" y="{bottom + 13:.1f}">{left_out:.0f} s left out</text>')
    return marks


def _seconds(part: Stretch, onset: float, bottom: float, edge: float) -> list[str]:
    """Return every fifth second from the onset in words, but not so near to a break that they meet others."""
    labels = []
    for seconds in range(math.ceil((part.start - onset) / 5) * 5, math.ceil(part.stop - onset - 1), 5):
        time = onset + seconds
        if edge and not part.start + edge * (part.left > _LEFT) <= time <= part.stop - edge * (part.left == _LEFT):
            continue
        words = f"{seconds:+d}".replace("-", "\u2212") if seconds else "0 s"
        labels.append(f'<text class="time" x="{part.x(time):.1f}" y="{bottom + 13:.1f}">{words}</text>')
    return labels


def _scale(gain: int, row: float, height: float) -> list[str]:
    """Return the scale: as many microvolts as a row is high, and one second."""
    x, bottom = _WIDTH - _RIGHT + 8, height - _BOTTOM
    top, right = bottom - row, x + _per_second()
    volts = f"{gain} µV" if gain < 1000 else f"{gain / 1000:g} mV"
    return [
        f'<path class="scale" d="M{x} {top:.1f}V{bottom:.1f}H{right:.1f}"/>',
        f'<text class="scale" x="{x}" y="{top - 4:.1f}">{volts}</text>',
        f'<text class="scale" x="{x}" y="{bottom + 13:.1f}">1 s</text>',
    ]
