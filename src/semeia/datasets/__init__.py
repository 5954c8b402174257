"""Examples, labels and patients: importers, windows, balance, splits by patient and the leak guard."""

from semeia.datasets.catalogue import SourceEntry, entry_of, gather, names
from semeia.datasets.examples import Examples, balanced_weights, cut
from semeia.datasets.labelled import LabelledRecording
from semeia.datasets.splits import check_leak, split_patients

__all__ = [
    "Examples",
    "LabelledRecording",
    "SourceEntry",
    "balanced_weights",
    "check_leak",
    "cut",
    "entry_of",
    "gather",
    "names",
    "split_patients",
]
