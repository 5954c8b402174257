"""The network for children's chest X-rays of the image system that Semeia follows (system C)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from semeia.networks.pictures import PictureNetwork, Shape, check_size
from semeia.networks.shapes import TimeLayer, output_length, shortest_input

__all__ = ["XrayCnn"]

MAPS = (32, 32, 32, 64, 64)
LAYERS = [TimeLayer(3), TimeLayer(2, 2)] * len(MAPS)
SMALLEST = shortest_input(LAYERS)
"""94: its convolutions are not padded."""


class XrayCnn(PictureNetwork):
    """Is there pneumonia? ``(Conv3×3, ReLU, MaxPool2) × 5, Linear 128, ReLU, Linear 64, ReLU, Linear 1``.

    2,179,841 parameters at 1 × 600 × 600 and two classes; most of them, 128 for each number behind the last pooling,
    depend on the size. The original's single output is a logit z whose sigmoid is the probability of the second class:
    here the logits (0, z), whose softmax is the same. For more classes there is one output for each.

    Weights begin as in the original (Keras): Glorot & Bengio 2010, uniform, and biases of zero.

    Parameters
    ----------
    shape : (int, int, int)
        Channels, height and width of one picture.
    classes : int
        Number of logits.
    dropout : float
        Share dropped in training of what enters each of the three dense layers; the original had none.

    Raises
    ------
    RecipeError
        If the picture is smaller than 94 × 94.
    """

    def __init__(self, shape: Shape = (1, 600, 600), classes: int = 2, *, dropout: float = 0.0) -> None:
        super().__init__()
        check_size("xray-cnn", shape, SMALLEST, "network 'small-resnet' takes smaller ones")
        channels, height, width = shape
        blocks: list[nn.Module] = []
        for maps in MAPS:
            # The maximum of ReLUs is the ReLU of the maximum, which is a quarter of the work.
            blocks.append(nn.Sequential(nn.Conv2d(channels, maps, 3), nn.MaxPool2d(2), nn.ReLU()))
            channels = maps
        places = output_length(height, LAYERS) * output_length(width, LAYERS)
        self.features = nn.Sequential(*blocks)
        self.embedding_width = 64
        self.head = nn.Sequential(
            *(nn.Flatten(), nn.Dropout(dropout), nn.Linear(channels * places, 128), nn.ReLU()),
            *(nn.Dropout(dropout), nn.Linear(128, 64), nn.ReLU()),
            *(nn.Dropout(dropout), nn.Linear(64, 1 if classes == 2 else classes)),
        )
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear) and layer.bias is not None:
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channels, height, width) to logits (batch, classes)."""
        logits = super().forward(x)
        return torch.cat([torch.zeros_like(logits), logits], dim=1) if logits.shape[1] == 1 else logits
