"""What learning curves say: how many labels each strategy needs, beside what drawing at random needs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeia.active.simulation import Study
from semeia.evaluation.bootstrap import REPEATS

__all__ = ["ENOUGH", "needed", "sentences", "summarised"]

ENOUGH = 0.95
"""Share of the area with all labels that is asked for."""
RANDOM = "random"
_LEVEL = (0.025, 0.975)


def needed(study: Study, strategy: str, share: float = ENOUGH) -> NDArray[np.float64]:
    """Return after how many labels a strategy has that share of the area with all labels (seeds,).

    That is the first batch after which, and after the next one too, it has it: one lucky fit is not enough. Infinite
    where the budget does not suffice.
    """
    enough = study.area[strategy] >= share * study.full[:, None]
    enough[:, :-1] &= enough[:, 1:]
    return np.where(enough.any(axis=1), study.labels[enough.argmax(axis=1)], np.inf)


def summarised(study: Study, share: float = ENOUGH) -> dict[str, Any]:
    """Return the figures of a study as plain JSON values; what is beyond the budget, or undefined, is None.

    Intervals are of 95 %: seeds are drawn with replacement, the same for every strategy. Labels needed are medians over
    seeds, areas means.
    """
    seeds = len(study.full)
    draws = np.random.default_rng(0).integers(seeds, size=(REPEATS, seeds))
    cost = {name: needed(study, name, share) for name in study.area}
    of_random = cost.get(RANDOM)
    strategies = {}
    for name, area in study.area.items():
        strategies[name] = {
            "area": _means(area, draws),
            "needed": _interval(np.median(cost[name]), np.median(cost[name][draws], axis=1)),
            "reached": int(np.isfinite(cost[name]).sum()),
            "of_random": None if of_random is None or name == RANDOM else _ratio(cost[name], of_random, draws),
        }
    return {
        "format": 1,
        "seeds": seeds,
        "share": share,
        "labels": study.labels.tolist(),
        "full": {key: values[0] for key, values in _means(study.full[:, None], draws).items()},
        "strategies": strategies,
    }


def _means(values: NDArray[np.float64], draws: NDArray[np.int64]) -> dict[str, list[float]]:
    """Return the mean of (seeds, steps) over seeds, and the ends of its interval (steps,)."""
    low, high = np.quantile(np.stack([values[some].mean(axis=0) for some in draws]), _LEVEL, axis=0)
    return {"value": values.mean(axis=0).tolist(), "low": low.tolist(), "high": high.tolist()}


def _ratio(mine: NDArray[np.float64], others: NDArray[np.float64], draws: NDArray[np.int64]) -> dict[str, Any] | None:
    """Return the medians' quotient; None where random itself does not reach it, in the median."""
    if not math.isfinite(np.median(others)):
        return None
    above, below = np.median(mine[draws], axis=1), np.median(others[draws], axis=1)
    known = np.isfinite(below)
    return _interval(np.median(mine) / np.median(others), above[known] / below[known])


def _interval(value: float, draws: NDArray[np.float64]) -> dict[str, float | None]:
    low, high = np.quantile(draws, _LEVEL, method="inverted_cdf")  # which never lies between a number and infinity
    found = {"value": float(value), "low": float(low), "high": float(high)}
    return {key: one if math.isfinite(one) else None for key, one in found.items()}


def sentences(figures: Mapping[str, Any]) -> list[str]:
    """Return in words what a study found: the cheapest strategy beside random, and whether that is sure."""
    share, most, seeds = f"{figures['share']:.0%}", figures["labels"][-1], figures["seeds"]
    full = f"{figures['full']['value']:.3f}"
    said = [f"With all labels the area under the ROC curve is {full}; asked for is {share} of it, over {seeds} seeds."]
    random, others = _sides(figures["strategies"])
    if random is None:
        return [*said, "Random was not among the strategies: what these save is not known."]
    if random["needed"]["value"] is None:
        return [*said, f"Drawing at random does not get there with {most} labels, in the median: give a larger budget."]
    said.append(f"Drawing at random needs {random['needed']['value']:g} labels.")
    known = [(name, one) for name, one in others if one["of_random"] and one["of_random"]["value"] is not None]
    if not known:
        return said
    name, best = min(known, key=lambda pair: pair[1]["of_random"]["value"])
    of_random = best["of_random"]
    high = "beyond the budget" if of_random["high"] is None else f"{of_random['high']:.2f}"
    spread = f"{of_random['low']:.2f} to {high}"
    text = f"The cheapest, {name}, needs {best['needed']['value']:g}: {of_random['value']:.2f} times as many ({spread})"
    if of_random["high"] is None or of_random["high"] >= 1:
        return [*said, f"{text}: that it saves any is not shown."]
    return [*said, f"{text}. It is the best of {len(others)}, chosen here, which flatters it a little."]


def _sides(strategies: Mapping[str, Any]) -> tuple[Any, Sequence[tuple[str, Any]]]:
    return strategies.get(RANDOM), [(name, one) for name, one in strategies.items() if name != RANDOM]
