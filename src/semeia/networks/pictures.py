"""Networks for pictures (channels, height, width): timm's ResNets and Inception-ResNet-V2, and a plain CNN.

A spectrogram has one channel per electrode, so all take any number of input channels, fixed when the network is built.
Rows are frequencies, columns are time.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from itertools import takewhile
from typing import Any

from torch import Tensor, nn

from semeia.errors import RecipeError
from semeia.networks.compiled_parts import make_importable
from semeia.networks.residual import trainable
from semeia.networks.shapes import TimeLayer, shortest_input

__all__ = ["Cnn2d", "TimmNetwork", "inception_resnet_v2", "resnet18", "resnet34", "resnet50"]

Shape = tuple[int, int, int]

_HALVING = TimeLayer(3, 2, 1)
_VALID = TimeLayer(3, 2)
SMALLEST_RESNET = shortest_input([TimeLayer(7, 2, 3), *[_HALVING] * 3], 2)
"""17: the last of five halvings still has two rows (or columns) to make one of."""
SMALLEST_INCEPTION = shortest_input([_VALID, TimeLayer(3), _VALID, TimeLayer(3), *[_VALID] * 3])
"""75: its layers that halve are not padded."""
DEEPEST = 10
"""Halvings of the plain CNN: pictures of a thousand rows."""


class TimmNetwork(nn.Module):
    """A network of timm (https://github.com/huggingface/pytorch-image-models) with a new classifier.

    Its layers keep timm's names, behind ``features.``: so ImageNet weights find them.

    Parameters
    ----------
    name : str
        As timm calls it.
    shape : (int, int, int)
        Channels, height and width of one picture.
    classes : int
        Number of logits.
    smallest : int
        Least height and width.
    stem : int
        How many of its layers, those without weights included, are the first stage.
    dropout : float
        Share of the embedding dropped in training.

    Attributes
    ----------
    embedding_width : int
    hub_id : str
        Where the Hugging Face hub keeps its ImageNet weights.

    Raises
    ------
    RecipeError
        If the picture is too small.
    """

    def __init__(
        self, name: str, shape: Shape, classes: int, *, smallest: int, stem: int, dropout: float = 0.0
    ) -> None:
        super().__init__()
        _check_size(name.replace("_", "-"), shape, smallest, "network 'cnn2d' takes smaller ones")
        make_importable("torchvision")
        from timm import create_model

        whole: Any = create_model(name, in_chans=shape[0], num_classes=0)
        layers = list(whole.named_children())
        self.features = nn.Sequential(OrderedDict(takewhile(lambda layer: layer[0] != "global_pool", layers)))
        self.pool: nn.Module = whole.global_pool
        self.embedding_width = int(whole.num_features)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(self.embedding_width, classes))
        self.hub_id = str(whole.pretrained_cfg["hf_hub_id"])
        self._stem = stem

    def embed(self, x: Tensor) -> Tensor:
        """Map (batch, channels, height, width) to (batch, embedding_width): the averages of the last maps."""
        embedding: Tensor = self.pool(self.features(x))
        return embedding

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channels, height, width) to logits (batch, classes)."""
        logits: Tensor = self.head(self.embed(x))
        return logits

    def stages(self) -> list[nn.Module]:
        """Return what may be frozen, from input to output."""
        return trainable([self.features[: self._stem], *self.features[self._stem :].children(), self.head])

    def from_imagenet(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return ImageNet weights, named by timm or torchvision, under the names that they have here."""
        children = dict(self.features.named_children())
        return {f"features.{key}" if key.split(".")[0] in children else key: value for key, value in tensors.items()}


def resnet18(shape: Shape, classes: int, *, dropout: float = 0.0) -> TimmNetwork:
    """ResNet-18 (He et al. 2015, arXiv:1512.03385): 11,689,512 parameters at 3 channels and 1000 classes."""
    return TimmNetwork("resnet18", shape, classes, smallest=SMALLEST_RESNET, stem=4, dropout=dropout)


def resnet34(shape: Shape, classes: int, *, dropout: float = 0.0) -> TimmNetwork:
    """ResNet-34, of the same paper: 21,797,672 parameters."""
    return TimmNetwork("resnet34", shape, classes, smallest=SMALLEST_RESNET, stem=4, dropout=dropout)


def resnet50(shape: Shape, classes: int, *, dropout: float = 0.0) -> TimmNetwork:
    """ResNet-50, of the same paper: 25,557,032 parameters."""
    return TimmNetwork("resnet50", shape, classes, smallest=SMALLEST_RESNET, stem=4, dropout=dropout)


def inception_resnet_v2(shape: Shape, classes: int, *, dropout: float = 0.0) -> TimmNetwork:
    """Inception-ResNet-V2 (Szegedy et al. 2016, arXiv:1602.07261): 55,843,464 parameters in timm's version."""
    return TimmNetwork("inception_resnet_v2", shape, classes, smallest=SMALLEST_INCEPTION, stem=1, dropout=dropout)


class Cnn2d(nn.Module):
    """A plain CNN as a baseline: ``(Conv3×3, BatchNorm, ReLU, MaxPool2) × depth``, average over the columns, Linear.

    Rows keep their place up to the end, since in a spectrogram it matters at which frequency something is; columns do
    not, since it should not matter when.

    Parameters
    ----------
    shape : (int, int, int)
        Channels, height and width of one picture.
    classes : int
        Number of logits.
    depth : int
        Blocks; each halves height and width.
    width : int
        Feature maps of the first block; each further one has twice as many.
    dropout : float
        Share of the embedding dropped in training.

    Raises
    ------
    RecipeError
        If `depth` or `width` is out of bounds, or the picture is too small to be halved so often.
    """

    def __init__(self, shape: Shape, classes: int, *, depth: int = 3, width: int = 16, dropout: float = 0.3) -> None:
        super().__init__()
        if not 1 <= depth <= DEEPEST or width < 1:
            raise RecipeError(
                f"network 'cnn2d': depth = {depth}, width = {width}: depth is 1 to {DEEPEST}, width at least 1"
            )
        channels, height, _ = shape
        _check_size("cnn2d", shape, 2**depth, "a smaller depth takes smaller ones")
        blocks: list[nn.Module] = []
        for block in range(depth):
            maps = width << block
            convolution = nn.Conv2d(channels, maps, 3, padding=1, bias=False)
            blocks.append(nn.Sequential(convolution, nn.BatchNorm2d(maps), nn.ReLU(), nn.MaxPool2d(2)))
            channels = maps
        self.features = nn.Sequential(*blocks)
        self.embedding_width = channels * (height >> depth)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(self.embedding_width, classes))

    def embed(self, x: Tensor) -> Tensor:
        """Map (batch, channels, height, width) to (batch, embedding_width)."""
        embedding: Tensor = self.features(x).mean(dim=-1).flatten(1)
        return embedding

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channels, height, width) to logits (batch, classes)."""
        logits: Tensor = self.head(self.embed(x))
        return logits

    def stages(self) -> list[nn.Module]:
        """Return what may be frozen, from input to output."""
        return [*self.features.children(), self.head]


def _check_size(name: str, shape: Shape, smallest: int, advice: str) -> None:
    """Say which size would fit."""
    _, height, width = shape
    if min(height, width) < smallest:
        raise RecipeError(
            f"network {name!r}: a picture of {height} × {width} is too small; "
            f"the smallest that fits is {smallest} × {smallest}; {advice}"
        )
