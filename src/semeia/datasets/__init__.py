"""Examples, labels and patients: importers, windows, balance, splits and the leak guard."""

from semeia.datasets.catalogue import SourceEntry, entry_of, gather, names
from semeia.datasets.examples import Examples, balanced_weights, cut, pattern_targets
from semeia.datasets.labelled import LabelledRecording
from semeia.datasets.labels import class_names, intervals_of, know_neighbours
from semeia.datasets.splits import check_leak, deal, split, unit_of

__all__ = [
    "Examples",
    "LabelledRecording",
    "SourceEntry",
    "balanced_weights",
    "check_leak",
    "class_names",
    "cut",
    "deal",
    "entry_of",
    "gather",
    "intervals_of",
    "know_neighbours",
    "names",
    "pattern_targets",
    "split",
    "unit_of",
]
