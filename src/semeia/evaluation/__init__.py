"""Arrays and events become numbers: event scoring, areas under curves, intervals; free of torch."""

from semeia.evaluation.files import Pair, events_of, pairs_of, score_pair
from semeia.evaluation.intervals import Interval, auroc, binomial_interval, bootstrap_interval
from semeia.evaluation.scoring import Counts, Score, score

__all__ = [
    "Counts",
    "Interval",
    "Pair",
    "Score",
    "auroc",
    "binomial_interval",
    "bootstrap_interval",
    "events_of",
    "pairs_of",
    "score",
    "score_pair",
]
