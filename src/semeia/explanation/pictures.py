"""Explanations as pictures: traces with their evidence, spectrograms, kernels, and what a network would like to see."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from semeia.explanation.attribution import Attribution, column_centres
from semeia.explanation.kernels import Kernels
from semeia.explanation.maximisation import Maximised
from semeia.explanation.sanity import evidence
from semeia.explanation.theme import ACCENT, HAIRLINE, INK, MUTED, SECOND, Picture, chart_style, themed
from semeia.transforms import Transform

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["attribution_picture", "kernels_picture", "maximised_picture", "spectrogram_picture"]

WIDTH = 7.6  # inches
CELL = 0.25  # seconds of shading that have one colour
FAINTEST = 0.05  # of the strongest: weaker evidence is not drawn
MOST_MAPS = 24
MOST_PANELS = 4
POINTS = 600  # of one trace


def attribution_picture(attribution: Attribution, labels: Sequence[str], *, start: float = 0.0) -> Picture:
    """Draw a window's traces, shaded where they speak for the class and where they speak against it.

    Parameters
    ----------
    attribution : Attribution
    labels : sequence of str
        Of the channels.
    start : float
        Seconds at which the window begins in its recording.
    """
    from matplotlib.figure import Figure

    channels = len(attribution.window)
    with chart_style():
        figure = Figure(figsize=(WIDTH, 0.9 + 0.24 * channels), layout="constrained")
        axes = figure.subplots()
        _shade(axes, evidence(attribution), attribution.rate, start)
        _traces(axes, attribution.window, attribution.rate, labels, start)
        _legend(axes, attribution.target, both=bool((attribution.values < 0).any()))
        svg = themed(figure, f"{channels} channels, {attribution.method} for {attribution.target}")
    against = " and what against it" if (attribution.values < 0).any() else ""
    said = [f"Shaded is what speaks for {attribution.target}{against}; the deepest is the strongest here."]
    if not attribution.by_channel:
        said.append("This network mixes the channels before this layer: all rows are alike.")
    if attribution.error is not None and attribution.gained is not None:
        said.append(
            f"The values sum to the logit's gain over the baseline, {attribution.gained:.2f}, "
            f"but for {attribution.error:.2g}."
        )
    method, end = attribution.method, start + attribution.window.shape[1] / attribution.rate
    title = f"{method[0].upper()}{method[1:]}: {attribution.target} {attribution.probability:.2f}, {_span(start, end)}"
    return Picture(title, " ".join(said), svg)


def _span(start: float, end: float) -> str:
    """Return when a window is, to a tenth of a second: 704 to 712 s."""
    return f"{round(start, 1):g} to {round(end, 1):g} s" if end < 1e5 else f"{start:.0f} to {end:.0f} s"


def _legend(axes: Axes, target: str, *, both: bool) -> None:
    for place, (colour, text) in enumerate(((ACCENT, f"for {target}"), (SECOND, f"against {target}"))[: 1 + both]):
        at = 0.22 * place
        axes.text(at, 1.01, "■", color=colour, transform=axes.transAxes, fontsize=8)
        axes.text(at + 0.018, 1.01, text, color=MUTED, transform=axes.transAxes, fontsize=8)


def _traces(axes: Axes, data: NDArray[np.float32], rate: float, labels: Sequence[str], start: float) -> None:
    """Draw channels one below the other, with a bar of µV; negative is up, as in every EEG."""
    channels, samples = data.shape
    height = max(float(np.quantile(np.abs(data - np.median(data, axis=1, keepdims=True)), 0.98)), 1.0)
    top = -0.7  # of the picture: high enough for the first channels' spikes, below the legend
    for row, trace in enumerate(data):
        time, values = _thinned(trace - np.median(trace), rate)
        drawn = row + 0.62 * values / height
        top = min(top, float(drawn.min()) - 0.1)
        axes.plot(start + time, drawn, color=INK, linewidth=0.6, clip_on=False)
    size = _round(height)
    right = start + samples / rate
    axes.plot(
        [right + 0.012 * samples / rate] * 2, [0, 0.62 * size / height], color=MUTED, linewidth=1.2, clip_on=False
    )
    axes.text(right + 0.02 * samples / rate, 0.31 * size / height, f"{size:g} µV", color=MUTED, va="center", fontsize=8)
    axes.set_yticks(range(channels), labels)
    axes.tick_params(length=0)
    axes.spines["left"].set_visible(False)
    axes.set(xlim=(start, right), ylim=(channels - 0.3, max(top, -4.0)), xlabel="seconds")


def _thinned(trace: NDArray[np.float32], rate: float) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Return times and values of a trace: all, or the extremes of as many stretches as can be seen."""
    if len(trace) <= POINTS:
        return np.arange(len(trace)) / rate, trace
    edges = np.linspace(0, len(trace), POINTS // 2 + 1).astype(int)
    places = [
        first + place
        for first, stop in pairwise(edges)
        for place in sorted((int(trace[first:stop].argmin()), int(trace[first:stop].argmax())))
    ]
    return np.array(places) / rate, trace[places]


def _shade(axes: Axes, values: NDArray[np.float32], rate: float, start: float) -> None:
    """Draw evidence as cells behind the traces, the stronger the deeper."""
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import to_rgb

    size = max(1, round(CELL * rate))
    edges = np.append(np.arange(0, values.shape[1], size), values.shape[1])
    means = np.add.reduceat(values, edges[:-1], axis=1) / np.diff(edges)
    strength = means / max(float(np.abs(means).max()), 1e-30)
    rows, columns = np.nonzero(np.abs(strength) >= FAINTEST)
    left, right = start + edges[columns] / rate, start + edges[columns + 1] / rate
    corners = np.stack([[left, rows - 0.5], [right, rows - 0.5], [right, rows + 0.5], [left, rows + 0.5]])
    drawn = strength[rows, columns]
    colours = [(*to_rgb(ACCENT if value > 0 else SECOND), round(0.75 * abs(float(value)), 2)) for value in drawn]
    axes.add_collection(PolyCollection(list(corners.transpose(2, 0, 1)), facecolors=colours, edgecolors="none"))


def spectrogram_picture(
    attribution: Attribution, transform: Transform, labels: Sequence[str], *, start: float = 0.0
) -> Picture:
    """Draw the spectrograms of the strongest channels, and the evidence as contours.

    Parameters
    ----------
    attribution : Attribution
        Of a network that sees pictures.
    transform : Transform
        The model's.
    labels, start
        As of `attribution_picture`.
    """
    from matplotlib.figure import Figure
    from scipy.ndimage import gaussian_filter

    assert attribution.picture is not None, "the network sees pictures"
    powers, hertz, seconds = _powers(attribution, transform, start)
    maps = np.maximum(gaussian_filter(attribution.picture, (0, 1, 1)), 0)  # contours of single pixels say nothing
    if attribution.by_channel:
        strongest = np.argsort(-maps.sum(axis=(1, 2)), kind="stable")[:MOST_PANELS]
        shown = [(labels[row], powers[row], maps[row]) for row in strongest]
    else:
        shown = [("mean of all channels", powers.mean(axis=0), maps.mean(axis=0))]
    highest = max(float(values.max()) for _, _, values in shown) or 1.0
    left, right, low, high = extent = (*seconds, float(hertz[0]), float(hertz[-1]))
    with chart_style():
        figure = Figure(figsize=(WIDTH, 0.6 + 1.4 * len(shown)), layout="constrained")
        rows = figure.subplots(len(shown), 1, squeeze=False, sharex=True)[:, 0]
        for axes, (name, power, values) in zip(rows, shown, strict=True):
            axes.imshow(power, origin="lower", aspect="auto", extent=extent, cmap="viridis", interpolation="nearest")
            if values.max() > 0:
                across, up = np.linspace(left, right, values.shape[1]), np.linspace(low, high, len(values))
                levels = {"levels": [0.25, 0.5, 0.75], "linewidths": [0.6, 1.0, 1.4]}
                axes.contour(across, up, values / highest, colors="#ffffff", **levels)
            axes.set_title(name)
            axes.set_ylabel("Hz")
        rows[-1].set_xlabel("seconds")
        svg = themed(figure, f"spectrograms with contours of {attribution.method} for {attribution.target}")
    bright = "more power than at that frequency in training" if hasattr(transform, "mean") else "more power"
    lines = f"25, 50 and 75 % of the strongest evidence for {attribution.target}, smoothed"
    caption = f"The brighter, the {bright}. Lines at {lines}."
    return Picture(f"{attribution.method} on the spectrogram", caption, svg)


def _powers(
    attribution: Attribution, transform: Any, start: float
) -> tuple[NDArray[np.float32], NDArray[np.float64], tuple[float, float]]:
    """Return power (channels, frequencies, columns), its frequencies, and where it begins and ends in seconds.

    Normalised as the network sees it, for in dB nothing stands out from the fall towards high frequencies.
    """
    made = transform.apply if hasattr(transform, "mean") else transform.measure
    power: NDArray[np.float32] = made(attribution.window[None])[0]
    centres = column_centres(transform, power.shape[2], attribution.window.shape[1]) / attribution.rate
    half = (centres[1] - centres[0]) / 2 if len(centres) > 1 else 0.5
    return power, transform.frequencies, (start + float(centres[0] - half), start + float(centres[-1] + half))


def kernels_picture(kernels: Kernels) -> Picture:
    """Draw the first layer's kernels: with their frequency response, or as pictures."""
    return _signal_kernels(kernels) if kernels.response is not None else _picture_kernels(kernels)


def _signal_kernels(kernels: Kernels) -> Picture:
    from matplotlib.figure import Figure

    assert kernels.frequencies is not None
    gain = kernels.gain
    order = np.argsort(gain.argmax(axis=1), kind="stable")[:MOST_MAPS]
    columns = 4
    rows = -(-len(order) // columns)
    time = 1000 * np.arange(kernels.weights.shape[2]) / kernels.rate
    with chart_style():
        figure = Figure(figsize=(WIDTH, 0.5 + 1.25 * rows), layout="constrained")
        grid = figure.subplots(2 * rows, columns, squeeze=False)
        for axes in grid.flat:
            axes.set_axis_off()
        for place, number in enumerate(order):
            above, below = grid[2 * (place // columns) : 2 * (place // columns) + 2, place % columns]
            wave = kernels.weights[number]
            above.axhline(0, color=HAIRLINE, linewidth=0.6)
            above.plot(time, wave.T, color=INK, linewidth=0.9 if len(wave) == 1 else 0.4)
            response = gain[number] / max(float(gain[number].max()), 1e-12)
            below.set_axis_on()
            below.fill_between(kernels.frequencies, response, color=ACCENT, alpha=0.35, linewidth=0)
            below.plot(kernels.frequencies, response, color=ACCENT)
            below.spines["left"].set_visible(False)
            below.set(ylim=(0, 1.1), xlim=(0, kernels.frequencies[-1]), yticks=[])
            above.set_title(f"{kernels.frequencies[gain[number].argmax()]:.0f} Hz", color=MUTED, fontsize=8)
            last = place + columns >= len(order)
            below.set_xlabel("Hz" if last else "")
            below.tick_params(labelbottom=last)
        svg = themed(figure, f"{len(order)} kernels of the first layer and their frequency responses")
    return Picture(
        "First layer",
        f"Each kernel of {time[-1] + 1000 / kernels.rate:.0f} ms (line), and how much of each frequency it lets "
        "through (area); above, the one that it lets through most, in order. "
        f"{len(order)} of {len(gain)} maps.",
        svg,
    )


def _picture_kernels(kernels: Kernels) -> Picture:
    from matplotlib.figure import Figure

    mean = kernels.weights.mean(axis=1)
    order = np.argsort(-np.square(mean).sum(axis=(1, 2)), kind="stable")[:MOST_MAPS]
    columns = 8
    rows = -(-len(order) // columns)
    with chart_style():
        figure = Figure(figsize=(WIDTH, 0.2 + 0.95 * rows), layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False)
        for axes in grid.flat:
            axes.set_axis_off()
        for axes, number in zip(grid.flat, order, strict=False):
            kernel = mean[number]
            _shade(axes, kernel, 1.0, 0.0)
            axes.set(xlim=(0, kernel.shape[1]), ylim=(-0.5, len(kernel) - 0.5), aspect="equal")
        svg = themed(figure, f"{len(order)} kernels of the first layer")
    size = " × ".join(map(str, kernels.weights.shape[2:]))
    extent = ""
    if kernels.rows and kernels.rate:
        height, width = kernels.weights.shape[2:]
        extent = f" ({height * kernels.rows:g} Hz × {width / kernels.rate:g} s)"
    return Picture(
        "First layer",
        f"The {len(order)} strongest of {len(mean)} kernels of {size}{extent}, "
        "mean over input channels: frequency upwards, time to the right; the two colours are the two signs.",
        svg,
    )


def maximised_picture(made: Maximised, transform: Transform, labels: Sequence[str] = ()) -> Picture:
    """Draw the window that a network would most like to see.

    Parameters
    ----------
    made : Maximised
    transform : Transform
        The model's.
    labels : sequence of str
        Of the channels; otherwise they are numbered.
    """
    from matplotlib.figure import Figure

    names = list(labels) or [f"channel {number + 1}" for number in range(len(made.values))]
    with chart_style():
        if made.values.ndim == 2:
            figure = Figure(figsize=(WIDTH, 0.9 + 0.3 * len(made.values)), layout="constrained")
            _traces(figure.subplots(), made.values, made.rate, names, 0.0)
        else:
            shown = made.values[:MOST_PANELS]
            hertz = getattr(transform, "frequencies", np.arange(made.values.shape[1]))
            extent = (0.0, made.seconds, float(hertz[0]), float(hertz[-1]))
            figure = Figure(figsize=(WIDTH, 2.1), layout="constrained")
            row = figure.subplots(1, len(shown), squeeze=False, sharey=True)[0]
            for axes, values, name in zip(row, shown, names, strict=False):
                axes.imshow(values, origin="lower", aspect="auto", extent=extent, cmap="viridis")
                axes.set_title(name)
                axes.set_xlabel("seconds")
            row[0].set_ylabel("Hz")
        svg = themed(figure, f"the window that speaks most for {made.target}")
    return Picture(
        f"What speaks most for {made.target}",
        f"Made from noise by changing it until the network was surest: its logit rose from {_signed(made.start)} to "
        f"{_signed(made.logit)}. It shows what the network responds to, not what a patient's signal looks like.",
        svg,
    )


def _signed(value: float) -> str:
    return f"{value:.1f}".replace("-", "−")


def _round(value: float) -> float:
    """Return the nearest of 1, 2, 5, 10 ... below a value."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(power * max(step for step in (1, 2, 5) if step * power <= value * 1.0001))
