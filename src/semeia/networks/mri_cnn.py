"""The plain network for brain MRI of the image system that Semeia follows (system C)."""

from __future__ import annotations

from torch import nn

from semeia.networks.pictures import PictureNetwork, Shape, check_size

__all__ = ["MriCnn"]

MAPS = (32, 64, 128, 256)


class MriCnn(PictureNetwork):
    """``(Conv3×3, BatchNorm, ReLU, MaxPool2) × 4``, average over all places, ``Linear 128, ReLU, Linear``.

    422,308 parameters at three channels and four classes. The original is known as a
    "generic CNN" with batch normalisation and dropout, for pictures of 3 × 150 × 150; its layers were not published.
    These, with 32, 64, 128 and 256 maps, are ours. None depends on the size of the picture.

    Parameters
    ----------
    shape : (int, int, int)
        Channels, height and width of one picture.
    classes : int
        Number of logits.
    dropout : float
        Share dropped in training of what enters each of the two dense layers.

    Raises
    ------
    RecipeError
        If the picture is smaller than 16 × 16.
    """

    def __init__(self, shape: Shape = (3, 150, 150), classes: int = 4, *, dropout: float = 0.5) -> None:
        super().__init__()
        check_size("mri-cnn", shape, 2 ** len(MAPS), "network 'cnn2d' takes smaller ones")
        channels, blocks = shape[0], []
        for maps in MAPS:
            convolution = nn.Conv2d(channels, maps, 3, padding=1, bias=False)
            blocks.append(nn.Sequential(convolution, nn.BatchNorm2d(maps), nn.ReLU(), nn.MaxPool2d(2)))
            channels = maps
        self.features = nn.Sequential(*blocks)
        self.embedding_width = 128
        self.head = nn.Sequential(
            *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout), nn.Linear(channels, 128), nn.ReLU()),
            *(nn.Dropout(dropout), nn.Linear(128, classes)),
        )
