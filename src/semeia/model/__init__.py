"""A trained network as a folder, and what it can do: detect.

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
    Component,
    Description,
    Input,
    OperatingPoint,
    TrainedOn,
    installed,
    read_description,
)
from semeia.model.trained import BLOCK_SECONDS, Found, Model, arranged, load

__all__ = [
    "BLOCK_SECONDS",
    "Component",
    "Description",
    "Found",
    "Input",
    "Model",
    "OperatingPoint",
    "TrainedOn",
    "arranged",
    "installed",
    "load",
    "read_description",
]
