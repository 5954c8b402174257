"""How sure figures of many examples are: patients drawn with replacement; by sums over each, so it takes seconds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from semeia.evaluation.intervals import Interval

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["REPEATS", "Part", "Units", "averaged", "draws_of", "interval_of", "measure", "number", "table", "units_of"]

REPEATS = 2000
"""Draws of every bootstrap."""
FEWEST = 5
"""Patients, or else groups, that are drawn; of fewer the next smaller thing is."""
_BLOCK = 2_000_000  # numbers that are held at once


@dataclass(frozen=True)
class Units:
    """What is drawn together.

    Parameters
    ----------
    number : ndarray, int64 (examples,)
        The unit of each example.
    count : int
        Units, also those without an example.
    over : str
        What they are, in words: ``12 patients``.
    """

    number: NDArray[np.int64]
    count: int
    over: str

    def __getitem__(self, rows: NDArray[Any]) -> Units:
        """Return the same units with fewer examples, so that draws stay paired."""
        return Units(self.number[rows], self.count, self.over)

    @property
    def text(self) -> str:
        """What stands beside an interval."""
        return f"95 %, bootstrap over {self.over}, {REPEATS} draws"


class Part(NamedTuple):
    """What each example adds to a table of sums: `value` in `column`, of `width` columns."""

    column: NDArray[np.integer[Any]]
    value: NDArray[np.floating[Any]] | float
    width: int


def units_of(
    patient: ArrayLike,
    group: ArrayLike,
    *,
    patients: str = "patients",
    groups: str = "recordings",
    examples: str = "examples",
) -> Units:
    """Return what to draw: patients where there are five, else groups, else examples; the words say which.

    Parameters
    ----------
    patient, group : array_like of str (examples,)
        Groups lie within a patient.
    patients, groups, examples : str
        What to call them.
    """
    names, of_patient = np.unique(np.asarray(patient), return_inverse=True)
    if len(names) >= FEWEST:
        return Units(of_patient.astype(np.int64), len(names), f"{len(names)} {patients}")
    labels, of_group = np.unique(np.asarray(group), return_inverse=True)
    both, within = np.unique(of_patient * len(labels) + of_group, return_inverse=True)
    whose = "1 patient" if len(names) == 1 else f"{len(names)} {patients}"
    if len(both) >= FEWEST:
        over = f"{len(both)} {groups} of {whose}: says nothing of other patients"
        return Units(within.astype(np.int64), len(both), over)
    count = len(of_patient)
    over = f"{count} {examples} of {whose} as if independent: too narrow, and says nothing of other patients"
    return Units(np.arange(count), count, over)


def table(units: Units, parts: Sequence[Part]) -> csr_array[Any]:
    """Return the sums of all parts, side by side, over each unit's examples: sparse (units, columns)."""
    from scipy.sparse import csr_array

    begins = np.cumsum([0, *(part.width for part in parts)])
    columns = np.concatenate([part.column + begin for part, begin in zip(parts, begins[:-1], strict=True)])
    values = np.concatenate([np.broadcast_to(np.asarray(p.value, np.float64), p.column.shape) for p in parts])
    rows = np.tile(units.number, len(parts))
    return csr_array((values, (rows, columns)), shape=(units.count, int(begins[-1])))


def draws_of(
    statistic: Callable[[NDArray[np.float64]], Mapping[str, NDArray[np.float64]]],
    sums: NDArray[np.floating[Any]] | csr_array[Any],
    *,
    repeats: int = REPEATS,
    seed: int = 0,
) -> dict[str, NDArray[np.float64]]:
    """Return statistics of units drawn with replacement, as many as there are (Efron & Tibshirani 1993, chapter 13).

    The same seed and number of units give the same draws, which makes differences paired.

    Parameters
    ----------
    statistic : callable
        Makes figures (draws,) by name from sums over the drawn units (draws, columns); NaN where undefined.
    sums : ndarray or sparse (units, columns)
    repeats : int
    seed : int

    Returns
    -------
    dict of str to ndarray (repeats,)
    """
    rng, (units, columns) = np.random.default_rng(seed), sums.shape
    block, drawn = max(1, _BLOCK // max(units, columns)), []
    for first in range(0, repeats, block):
        size = min(block, repeats - first)
        chosen = rng.integers(units, size=(size, units)) + units * np.arange(size)[:, None]
        weights = np.bincount(chosen.ravel(), minlength=size * units).reshape(size, units).astype(np.float64)
        drawn.append(statistic(np.asarray(weights @ sums)))
    return {name: np.concatenate([part[name] for part in drawn]) for name in drawn[0]}


def interval_of(value: float, draws: NDArray[np.float64], level: float = 0.95) -> Interval:
    """Return a figure with the percentile interval of its draws; undefined draws are left out."""
    defined = draws[~np.isnan(draws)]
    if math.isnan(value) or not len(defined):
        return Interval(value, math.nan, math.nan)
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high))


def number(value: float) -> float | None:
    """Return a figure for JSON, to six digits; None where undefined."""
    return float(f"{value:.6g}") if math.isfinite(value) else None


def measure(interval: Interval) -> dict[str, float | None]:
    """Return a figure and its interval for JSON."""
    return {name: number(value) for name, value in interval._asdict().items()}


def averaged(values: ArrayLike) -> dict[str, Any]:
    """Return the mean of the patients' own figures, with and without those for whom it is undefined.

    Parameters
    ----------
    values : array_like (patients,)
        NaN where undefined.

    Returns
    -------
    dict
        ``value``, ``low``, ``high`` of those where it is defined (bootstrap over patients; None for fewer than five),
        their ``count``, how many are ``undefined``, and the mean ``with_undefined_as_zero``.
    """
    own = np.asarray(values, np.float64)
    defined = ~np.isnan(own)
    known, count = np.where(defined, own, 0.0), int(defined.sum())
    mean = known.sum() / count if count else math.nan
    draws = np.array([math.nan])
    if count >= FEWEST:
        draws = draws_of(lambda drawn: {"mean": drawn[:, 0] / count}, known[defined][:, None])["mean"]
    return {
        **measure(interval_of(float(mean), draws)),
        "count": count,
        "undefined": len(own) - count,
        "with_undefined_as_zero": number(known.sum() / len(own) if len(own) else math.nan),
    }
