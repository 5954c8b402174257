"""Examples, labels and patients: importers, windows, balance, splits and the leak guard."""

from semeia.datasets.catalogue import SourceEntry, entry_of, gather, names
from semeia.datasets.examples import Examples, balanced_weights, cut, pattern_targets
from semeia.datasets.image_sets import ImageSet, gather_images, pooled
from semeia.datasets.image_splits import deal_images, image_unit, split_images
from semeia.datasets.labelled import LabelledRecording
from semeia.datasets.labelled_image import LabelledImage
from semeia.datasets.labels import class_names, intervals_of, know_neighbours
from semeia.datasets.splits import check_leak, deal, split, unit_of

__all__ = [
    "Examples",
    "ImageSet",
    "LabelledImage",
    "LabelledRecording",
    "SourceEntry",
    "balanced_weights",
    "check_leak",
    "class_names",
    "cut",
    "deal",
    "deal_images",
    "entry_of",
    "gather",
    "gather_images",
    "image_unit",
    "intervals_of",
    "know_neighbours",
    "names",
    "pattern_targets",
    "pooled",
    "split",
    "split_images",
    "unit_of",
]
