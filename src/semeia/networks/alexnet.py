"""AlexNet with batch normalisation, for pictures of any size from 63 × 63 on."""

from __future__ import annotations

from torch import nn

from semeia.errors import RecipeError
from semeia.networks.pictures import PictureNetwork, Shape, check_size
from semeia.networks.shapes import TimeLayer, shortest_input

__all__ = ["AlexNet"]

_FIRST, _SECOND, _OTHER, _POOL = TimeLayer(11, 4, 2), TimeLayer(5, 1, 2), TimeLayer(3, 1, 1), TimeLayer(3, 2)
SMALLEST = shortest_input([_FIRST, _POOL, _POOL, _POOL])
"""63: one place is left behind the third pooling."""


class AlexNet(PictureNetwork):
    """Five convolutions and three dense layers (Krizhevsky, Sutskever & Hinton, NIPS 2012).

    The maps, groups and poolings are the paper's. Three things are not: batch normalisation behind every convolution
    stands in for local response normalisation behind the first two; the last maps are averaged to 6 × 6, which changes
    nothing at 224 × 224 but takes pictures of any size; and weights begin as PyTorch's do.

    At 3 × 224 × 224 and 1000 classes it has 60,966,600 parameters. The paper's layers have 60,965,224: each map's
    bias (1,376) became a normalisation's scale and shift (2,752). torchvision's AlexNet is another one ("one weird
    trick", arXiv:1404.5997: 64, 192, 384, 256, 256 maps without groups), with 61,100,840.

    Parameters
    ----------
    shape : (int, int, int)
        Channels, height and width of one picture.
    classes : int
        Number of logits.
    width : int
        Units of each of the two hidden dense layers, which hold most of the weights; 256 leaves 4,763,370 for ten
        classes.
    dropout : float
        Share dropped in training of what enters each of the hidden dense layers.

    Raises
    ------
    RecipeError
        If the picture is smaller than 63 × 63, or `width` is not positive.
    """

    def __init__(
        self, shape: Shape = (3, 224, 224), classes: int = 1000, *, width: int = 4096, dropout: float = 0.5
    ) -> None:
        super().__init__()
        check_size("alexnet", shape, SMALLEST, "network 'small-resnet' takes smaller ones")
        if width < 1:
            raise RecipeError(f"network 'alexnet': width = {width}: at least 1")
        self.features = nn.Sequential(
            _convolution(shape[0], 96, _FIRST),
            nn.Sequential(nn.MaxPool2d(*_POOL), _convolution(96, 256, _SECOND, groups=2)),
            nn.Sequential(nn.MaxPool2d(*_POOL), _convolution(256, 384, _OTHER)),
            _convolution(384, 384, _OTHER, groups=2),
            _convolution(384, 256, _OTHER, groups=2),
        )
        self.embedding_width = width
        self.head = nn.Sequential(
            *(nn.MaxPool2d(*_POOL), nn.AdaptiveAvgPool2d(6), nn.Flatten()),
            *(nn.Dropout(dropout), nn.Linear(256 * 6 * 6, width), nn.ReLU()),
            *(nn.Dropout(dropout), nn.Linear(width, width), nn.ReLU()),
            nn.Linear(width, classes),
        )

    def stages(self) -> list[nn.Module]:
        """Return what may be frozen, from input to output: its eight layers."""
        dense = [layer for layer in self.head if isinstance(layer, nn.Linear)]
        return [*self.features.children(), *dense]


def _convolution(maps: int, wider: int, over: TimeLayer, groups: int = 1) -> nn.Module:
    return nn.Sequential(nn.Conv2d(maps, wider, *over, groups=groups, bias=False), nn.BatchNorm2d(wider), nn.ReLU())
