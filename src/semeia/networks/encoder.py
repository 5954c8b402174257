"""The part of a network for pictures that finds things, without the part that names them: maps at several scales.

A network that has learnt to tell X-rays or MRI apart can so become one half of another that outlines what it sees.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from semeia.errors import RecipeError

__all__ = ["FeatureMaps", "encoder_of"]


class FeatureMaps(nn.Module):
    """Maps of a picture at successive scales, each at most about half as high and wide as the one before.

    Parameters
    ----------
    network : nn.Module
        Its ``features`` are used, not copied: whatever trains these weights trains the network's.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.features: Any = network.features

    def forward(self, x: Tensor) -> list[Tensor]:
        """Map (batch, channels, height, width) to [(batch, maps, h, w), ...], the largest h and w first."""
        if hasattr(self.features, "forward_intermediates"):
            maps: list[Tensor] = self.features.forward_intermediates(x, intermediates_only=True)
        else:
            maps = [x := layer(x) for layer in self.features]
        return _last_of_each_scale(maps)


def _last_of_each_scale(maps: list[Tensor]) -> list[Tensor]:
    """Return of maps of about the same height the last; a height of about half the last one's begins a new scale."""
    scales: list[Tensor] = []
    for map_ in maps:
        if not scales or 2 * map_.shape[-2] <= scales[-1].shape[-2] + 1:
            scales.append(map_)
        else:
            scales[-1] = map_
    return scales


def encoder_of(module: nn.Module) -> FeatureMaps:
    """Return what gives the feature maps of a network for pictures at successive scales.

    Parameters
    ----------
    module : nn.Module
        A network of the catalogue that takes pictures. Its weights are the encoder's own, and keep their names
        (``features.``...). A transformer that keeps one scale throughout (ViT) gives that one.

    Returns
    -------
    FeatureMaps
        (batch, channels, height, width) to a list of (batch, maps, h, w), from large to small.

    Raises
    ------
    RecipeError
        If the network keeps no maps of a whole picture.
    """
    features = getattr(module, "features", None)
    if hasattr(features, "forward_intermediates"):
        return FeatureMaps(module)
    layers = list(features.modules()) if isinstance(features, nn.Sequential) else []
    if not any(isinstance(layer, nn.Conv2d) for layer in layers):
        raise RecipeError(
            f"network {type(module).__name__!r} keeps no maps of a picture at several scales; networks that do: "
            "xray-cnn, mri-cnn, small-resnet, alexnet, cnn2d, efficientnet-b0, the ResNets and timm's"
        )
    return FeatureMaps(module)
