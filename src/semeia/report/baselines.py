"""What needs no training: line length and power of windows, that every figure of a model stands beside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from semeia.evaluation import Predictions, auroc
from semeia.model import Model
from semeia.signals import Recording

__all__ = ["in_favour", "less_median", "logs_of"]

_TINY = 1e-12
"""Added before a logarithm: silence has no line length."""


def logs_of(model: Model, recording: Recording, window: int, step: int, windows: int) -> dict[str, NDArray[np.float64]]:
    """Return the logarithms of line length and power of every window and channel (windows, channels).

    Of the signal as the model's transform filters and resamples it; NaN where a window touches a gap.

    Parameters
    ----------
    model : Model
    recording : Recording
        In the model's montage.
    window, step : int
        Samples at the model's rate.
    windows : int
        Number of windows that the model scores.
    """
    size = int(np.gcd(window, step))
    lengths, powers = [], []
    for bins in _bins(model, recording, size):
        lengths.append(np.abs(np.diff(bins, axis=2)).mean(axis=2) if size > 1 else np.abs(bins[..., 0]))
        powers.append(np.square(bins).mean(axis=2))
    found = {}
    for name, values in (("line length", lengths), ("total power", powers)):
        each = np.concatenate(values, axis=1).T  # (bins, channels)
        wide = np.lib.stride_tricks.sliding_window_view(each, window // size, axis=0)[:: step // size]
        found[name] = np.log(wide[:windows].mean(axis=-1, dtype=np.float64) + _TINY)
    return found


def less_median(values: NDArray[np.float64], groups: Sequence[str] | NDArray[np.str_]) -> NDArray[np.float64]:
    """Return values less the median of their group, as amplitudes differ between people; no label is needed."""
    less, names = values.copy(), np.asarray(groups)
    for group in np.unique(names):
        mine = names == group
        known = values[mine][~np.isnan(values[mine])]
        if len(known):
            less[mine] -= np.median(known)
    return less


def in_favour(table: Predictions, *, medians: bool = True) -> tuple[Predictions, dict[str, str]]:
    """Return the table with each baseline as it does best on these very examples, and how: its form in words.

    As it is or less the patient's or recording's median (if `medians`), high or low: chosen here, so a baseline may
    flatter itself, and what beats it beats the best of these.
    """
    best, chosen = {}, {}
    for name, values in table.baselines.items():
        forms = {"": values}
        if medians:
            whole = np.char.add(table.patient, table.recording)
            forms[", less the patient's median"] = less_median(values, table.patient)
            forms[", less the recording's median"] = less_median(values, whole)
        known = ~np.isnan(values)
        areas = {form: auroc(table.positive[known], one[known]) for form, one in forms.items()}
        form = max(areas, key=lambda form: abs(np.nan_to_num(areas[form], nan=0.5) - 0.5))
        low = areas[form] < 0.5
        best[name] = -forms[form] if low else forms[form]
        chosen[name] = f"{'low' if low else 'high'} values{form}"
    return replace(table, baselines=best), chosen


def _bins(model: Model, recording: Recording, size: int) -> Iterator[NDArray[np.float32]]:
    """Yield the transform's signal as (channels, bins, samples of a bin), what is left over with the next."""
    rest: NDArray[np.float32] | None = None
    for _, block in model.transform.signal(recording):
        whole = block if rest is None else np.concatenate([rest, block], axis=1)
        count = whole.shape[1] // size
        rest = whole[:, count * size :].copy()
        if count:
            yield whole[:, : count * size].reshape(len(whole), count, size)
