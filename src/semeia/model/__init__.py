"""A trained network as a folder, and what it can do: detect, predict, classify.

::

    eeg-starter/
      model.json           what it takes, how its input is made, what its output means
      weights.safetensors
      recipe.toml          how it was trained, without names and paths
      metrics.json         how good it is, and on what
      card.md              the same for people
      files.json           of a model that predicts: how whole files are scored
"""

from semeia.model.description import (
    AnyDescription,
    Component,
    Description,
    ImageDescription,
    Input,
    OperatingPoint,
    TrainedOn,
    described,
    installed,
    is_shipped,
    read_description,
)
from semeia.model.images import ImageModel, image_probabilities
from semeia.model.loading import load, load_any, load_image_model, model_of
from semeia.model.trained import BLOCK_SECONDS, Found, Model, arranged

__all__ = [
    "BLOCK_SECONDS",
    "AnyDescription",
    "Component",
    "Description",
    "Found",
    "ImageDescription",
    "ImageModel",
    "Input",
    "Model",
    "OperatingPoint",
    "TrainedOn",
    "arranged",
    "described",
    "image_probabilities",
    "installed",
    "is_shipped",
    "load",
    "load_any",
    "load_image_model",
    "model_of",
    "read_description",
]
