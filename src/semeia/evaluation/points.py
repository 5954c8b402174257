"""Operating points: what each goal costs, such as the alarms that catching 99 % brings."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeia.evaluation.bootstrap import interval_of, number
from semeia.evaluation.ranking import Ranking, flagged_at, sensitivity_at

__all__ = ["CATCH", "FALSE_ALARMS", "drawn_goals", "operating_points"]

CATCH = (0.8, 0.9, 0.95, 0.99)
"""Sensitivities whose price is told."""
FALSE_ALARMS = (1.0, 0.5, 0.1)
"""False alarms per hour at which sensitivity is told."""


def drawn_goals(false: NDArray[Any], true: NDArray[Any], step: float) -> dict[str, NDArray[np.float64]]:
    """Return, for each draw, the share flagged at each catch and the sensitivity at each rate of false alarms.

    Parameters
    ----------
    false, true : ndarray (draws, levels + 1)
        Negatives and positives flagged: none, then down to each score.
    step : float
        Seconds that an example stands for.
    """
    caught = {_catch(goal): flagged_at(false, true, goal) for goal in CATCH}
    quiet = {_rate(rate): sensitivity_at(false, true, rate * step / 3600) for rate in FALSE_ALARMS}
    return caught | quiet


def operating_points(
    ranking: Ranking, step: float, threshold: float, draws: dict[str, NDArray[np.float64]]
) -> list[dict[str, Any]]:
    """Return what each goal costs, and what the model's own threshold does.

    Parameters
    ----------
    ranking : Ranking
    step : float
        Seconds that an example stands for.
    threshold : float
        The model's own.
    draws : dict
        Of `drawn_goals`, where the threshold is chosen anew in each draw; ``sensitivity`` and ``specificity`` of the
        model's own threshold.
    """
    true, false = ranking.true, ranking.false
    points = [
        _point(_catch(goal), ranking, int((true >= math.ceil(goal * true[-1] - 1e-9)).argmax()), step)
        for goal in CATCH
        if true[-1]
    ]
    for rate in FALSE_ALARMS:
        allowed = rate * false[-1] * step / 3600 + 1e-9
        points.append(_point(_rate(rate), ranking, int((false <= allowed).sum()) - 1, step))
    for point, told in zip(points, ["flagged"] * (len(points) - len(FALSE_ALARMS)) + ["sensitivity"] * 3, strict=True):
        point["interval"] = {told: _ends(point[told], draws[point["goal"]])}
    own = _point("the model's own", ranking, ranking.place(threshold), step) | {"threshold": threshold}
    own["interval"] = {
        "flagged": _ends(own["flagged"], 1 - draws["specificity"]),
        "sensitivity": _ends(own["sensitivity"], draws["sensitivity"]),
    }
    return [*points, own]


def _point(goal: str, ranking: Ranking, place: int, step: float) -> dict[str, Any]:
    true, false = int(ranking.true[place]), int(ranking.false[place])
    positives, negatives = int(ranking.true[-1]), int(ranking.false[-1])
    flagged = false / negatives if negatives else math.nan
    return {
        "goal": goal,
        "threshold": float(ranking.threshold[place]),
        "sensitivity": number(true / positives if positives else math.nan),
        "specificity": number(1 - flagged),
        "precision": number(true / (true + false) if true + false else math.nan),
        "flagged": number(flagged),
        "false_alarms_per_hour": number(flagged * 3600 / step),
    }


def _ends(value: float | None, draws: NDArray[np.float64]) -> list[float | None]:
    interval = interval_of(math.nan if value is None else value, draws)
    return [number(interval.low), number(interval.high)]


def _catch(goal: float) -> str:
    return f"catch {goal:.0%}".replace("%", " %")


def _rate(rate: float) -> str:
    return f"{rate:g} false alarm{'' if rate == 1 else 's'}/h"
