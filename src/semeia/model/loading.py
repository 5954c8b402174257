"""Models are loaded: by name or from their folder, for recordings or for images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from semeia.errors import ModelError, RecipeError
from semeia.model.description import AnyDescription, Description, ImageDescription, described, read_description
from semeia.model.images import ImageModel
from semeia.model.kept import folder_of, load_weights
from semeia.model.trained import Model

if TYPE_CHECKING:
    from torch import nn

__all__ = ["load", "load_any", "load_image_model", "model_of"]


def load(name: str | Path) -> Model:
    """Load a model for recordings.

    Parameters
    ----------
    name : str or Path
        The name of an installed model, or a model's folder.

    Raises
    ------
    ModelError
        If there is none, it judges images, or its folder is incomplete or damaged.
    """
    folder = folder_of(name)
    about = described(Description, folder.name, read_description(folder))
    return Model(about, _loaded(about, folder), folder)


def load_image_model(name: str | Path) -> ImageModel:
    """Load a model for images; as `load`."""
    folder = folder_of(name)
    about = described(ImageDescription, folder.name, read_description(folder))
    return ImageModel(about, _loaded(about, folder), folder)


def load_any(name: str | Path) -> Model | ImageModel:
    """Load a model of either sort; as `load`."""
    images = isinstance(read_description(folder_of(name)), ImageDescription)
    return load_image_model(name) if images else load(name)


def model_of(about: AnyDescription, module: nn.Module, folder: Path | None = None) -> Model | ImageModel:
    """Return the model that a network and its description make."""
    return ImageModel(about, module, folder) if isinstance(about, ImageDescription) else Model(about, module, folder)


def _loaded(about: AnyDescription, folder: Path) -> nn.Module:
    """Return the network of a model with its weights."""
    from semeia.networks.picture_memory import lay_out

    try:
        module = _module(about)
    except RecipeError as error:
        raise ModelError(f"{folder.name}/model.json: {error}") from error
    load_weights(module, folder)
    lay_out(module)
    return module


def _module(about: AnyDescription) -> nn.Module:
    """Return the network, with weights that mean nothing yet."""
    from semeia.networks import build
    from semeia.networks.ensemble import Ensemble

    if isinstance(about, ImageDescription):
        from semeia.transforms import image_transform_named

        shape: tuple[int, ...] = image_transform_named(about.transform.name, **about.transform.parameters).shape()
    else:
        from semeia.transforms import transform_named

        transform = transform_named(about.transform.name, **about.transform.parameters)
        shape = transform.shape(about.input.channels, about.input.window)
    count = about.members if isinstance(about, ImageDescription) else 1
    made = [build(about.network.name, shape, len(about.classes), **about.network.parameters) for _ in range(count)]
    return made[0] if count == 1 else Ensemble(made)
