"""Draw a sheet of a recipe's windows: each as it was recorded, and beside it as the network sees it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from semeia.cli.contact_sheet import HAIRLINE, INK, MUTED, PAPER
from semeia.datasets import LabelledRecording, class_names, cut
from semeia.recipe import Patterns, Recipe
from semeia.training.checking import transform_of
from semeia.training.parts import gathered_parts
from semeia.training.windows import Windows, fitted, prepare

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["signal_sheet"]

_ACCENT = "#0b6b64"
_RECORDINGS = 4  # that are prepared for the sheet
_WINDOWS = 2  # of each class
_POINTS = 1500  # of a trace


def signal_sheet(recipe: Recipe, beside: Path) -> tuple[Figure, int]:
    """Return a figure with a row for each window, and how many these are.

    Parameters
    ----------
    recipe : Recipe
    beside : Path
        Where relative paths are looked for first.

    Raises
    ------
    RecipeError, DatasetError, StorageError
        As a training would.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    parts = gathered_parts(recipe, beside, report=lambda event: None, gathered=lambda source, done, total: None)
    transform = transform_of(recipe)
    windows = prepare(_telling(recipe, parts.training), recipe.examples, transform, task=recipe.task)
    transform = fitted(windows, transform, recipe.seed, balance=recipe.training.balance)
    rows = _chosen(windows, recipe.seed)
    names = class_names(recipe.task)
    with rc_context({"font.size": 9.0, "axes.titlesize": 9.0, "axes.linewidth": 0.6, "lines.linewidth": 0.6}):
        figure = Figure(figsize=(11, 0.6 + 2.1 * len(rows)), layout="constrained", facecolor=PAPER)
        for axes, row in zip(figure.subplots(len(rows), 2, squeeze=False), rows, strict=True):
            signal = np.nan_to_num(windows.read(row).T)
            recording = windows.examples.recordings[windows.examples.recording[row]]
            start = float(windows.examples.start[row])
            label = "" if isinstance(recipe.task, Patterns) else f"{names[int(windows.examples.label[row])]}, "
            _traces(axes[0], signal, transform.rate, f"{label}{recording.path.name} from {start:g} s, filtered (µV)")
            seen = transform.apply(signal[None].astype(np.float32))[0]
            _seen(axes[1], seen, f"what the network sees: {' × '.join(map(str, seen.shape))}")
    return figure, len(rows)


def _telling(recipe: Recipe, recordings: Sequence[LabelledRecording]) -> list[LabelledRecording]:
    """Return a few recordings, of which every class is in as many as a sheet has windows of it, if that can be."""
    shown = Counter[int]()
    telling: list[LabelledRecording] = []
    settings = recipe.examples
    for recording in recordings:
        found = cut([recording], settings.window, settings.step, minimum_overlap=settings.overlap, task=recipe.task)
        new = {label for label in set(found.label.tolist()) if shown[label] < _WINDOWS}
        if new and len(telling) < _RECORDINGS:
            telling.append(recording)
            shown.update(new)
    return telling or list(recordings[:1])


def _chosen(windows: Windows, seed: int) -> list[int]:
    """Return a few windows of each class, of different recordings as far as there are any, drawn from a seed."""
    rng, rows = np.random.default_rng(seed), list[int]()
    examples = windows.examples
    for label in np.unique(examples.label):
        there = rng.permutation(np.flatnonzero(examples.label == label))
        _, first = np.unique(examples.recording[there], return_index=True)
        order = np.concatenate([there[np.sort(first)], np.delete(there, first)])
        rows += sorted(order[:_WINDOWS].tolist())
    return rows


def _traces(axes: Axes, signal: NDArray[np.floating[Any]], rate: float, title: str) -> None:
    """Draw channels (channels, samples) below each other, on one scale."""
    channels, samples = signal.shape
    every = max(1, samples // _POINTS)
    apart = 4 * float(np.median(signal.std(axis=1))) or 1.0
    time = np.arange(0, samples, every) / rate
    for number, channel in enumerate(signal):
        axes.plot(time, channel[::every] - number * apart, color=INK)
    axes.set(yticks=[], xlim=(0, samples / rate), ylim=(-channels * apart, apart), xlabel="s")
    _finish(axes, title)


def _seen(axes: Axes, seen: NDArray[np.float32], title: str) -> None:
    """Draw what a transform gives: a signal, a picture (the mean of its channels), or features."""
    if seen.ndim == 2:
        _traces(axes, seen, 1.0, title)
        axes.set(xlabel="sample")
    elif seen.ndim == 3:
        axes.imshow(seen.mean(axis=0), aspect="auto", origin="lower", cmap="magma", interpolation="nearest")
        axes.set(xlabel="column", ylabel="row")
        _finish(axes, f"{title} (mean of the channels)" if len(seen) > 1 else title)
    else:
        axes.bar(np.arange(seen.size), seen.ravel(), width=1.0, color=_ACCENT)
        axes.set(xlabel="feature")
        _finish(axes, title)


def _finish(axes: Axes, title: str) -> None:
    axes.set_title(title, loc="left", color=INK)
    axes.tick_params(colors=MUTED, length=2)
    for side, spine in axes.spines.items():
        spine.set(visible=side in {"left", "bottom"}, color=HAIRLINE)
    axes.xaxis.label.set_color(MUTED)
    axes.yaxis.label.set_color(MUTED)
