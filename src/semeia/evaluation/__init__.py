"""Arrays and events become numbers: curves, operating points, event scoring, intervals; free of torch."""

from semeia.evaluation.curves import spread_thresholds
from semeia.evaluation.detection import RecordingEvents, measured_events
from semeia.evaluation.files import Pair, events_of, pairs_of, score_pair
from semeia.evaluation.forecast import measured_forecast
from semeia.evaluation.intervals import (
    Interval,
    auroc,
    binomial_interval,
    bootstrap_interval,
    poisson_interval,
)
from semeia.evaluation.predictions import Predictions
from semeia.evaluation.scoring import Counts, Score, score
from semeia.evaluation.warning import Hour, Watched
from semeia.evaluation.windows import difference_interval, measured_patterns, measured_windows

__all__ = [
    "Counts",
    "Hour",
    "Interval",
    "Pair",
    "Predictions",
    "RecordingEvents",
    "Score",
    "Watched",
    "auroc",
    "binomial_interval",
    "bootstrap_interval",
    "difference_interval",
    "events_of",
    "measured_events",
    "measured_forecast",
    "measured_patterns",
    "measured_windows",
    "pairs_of",
    "poisson_interval",
    "score",
    "score_pair",
    "spread_thresholds",
]
