"""What to train, as one checked TOML file: data, task, examples, split, transform, network, training, detection.

The catalogues check what a recipe names, and with which parameters, by `look_up` and `check_parameters`.
"""

from semeia.recipe.names import check_parameters, in_plain_words, look_up, nearest
from semeia.recipe.reading import changed, differences, flat, read_recipe, setting_of
from semeia.recipe.tables import (
    Augmentation,
    Classification,
    Data,
    Detection,
    Dropouts,
    Examples,
    Kind,
    Named,
    Patterns,
    Prediction,
    Range,
    Recipe,
    Search,
    SeizureDetection,
    Split,
    Task,
    Training,
    Weights,
)

__all__ = [
    "Augmentation",
    "Classification",
    "Data",
    "Detection",
    "Dropouts",
    "Examples",
    "Kind",
    "Named",
    "Patterns",
    "Prediction",
    "Range",
    "Recipe",
    "Search",
    "SeizureDetection",
    "Split",
    "Task",
    "Training",
    "Weights",
    "changed",
    "check_parameters",
    "differences",
    "flat",
    "in_plain_words",
    "look_up",
    "nearest",
    "read_recipe",
    "setting_of",
]
