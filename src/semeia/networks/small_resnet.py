"""A small residual network for X-rays and MRI, quick enough to train on a laptop."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from semeia.errors import RecipeError
from semeia.networks.pictures import PictureNetwork, Shape, check_size
from semeia.networks.residual import ResidualBlock
from semeia.networks.shapes import TimeLayer, shortest_input

__all__ = ["SmallResNet"]

_FIRST, _HALVING = TimeLayer(7, 2, 3), TimeLayer(3, 2, 1)


class SmallResNet(PictureNetwork):
    """A convolution of 7 and a pooling that each halve, levels of residual blocks, average over all places, Linear.

    Blocks are pre-activated (He et al. 2016, arXiv:1603.05027), normalised over the batch. Each level but the first
    halves, and has twice as many maps as the one before: 690,794 parameters by default, at one channel and two classes.
    The last maps are a 32nd of the picture's height and width.

    Parameters
    ----------
    shape : (int, int, int)
        Channels, height and width of one picture.
    classes : int
        Number of logits.
    width : int
        Maps of the first level.
    blocks : list of int
        Residual blocks of each level.
    dropout : float
        Share of the embedding dropped in training.

    Raises
    ------
    RecipeError
        If `width` or `blocks` cannot be, or the picture is too small to be halved so often (17 × 17 by default).
    """

    def __init__(
        self,
        shape: Shape,
        classes: int,
        *,
        width: int = 24,
        blocks: Sequence[int] = (1, 1, 1, 1),
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        if not isinstance(blocks, list | tuple) or not blocks or width < 1 or any(count < 1 for count in blocks):
            raise RecipeError(
                f"network 'small-resnet': width = {width}, blocks = {blocks}: both are positive, as in width = 24, "
                "blocks = [1, 1, 1, 1]"
            )
        smallest = shortest_input([_FIRST, *[_HALVING] * (len(blocks) - 1)], 2)
        check_size("small-resnet", shape, smallest, "fewer levels of blocks take smaller ones")
        maps = width
        levels: list[nn.Module] = [nn.Conv2d(shape[0], maps, *_FIRST, bias=False)]
        for level, count in enumerate(blocks, 1):
            wider, stride = width << (level - 1), 1 if level == 1 else 2
            first: list[nn.Module] = [nn.MaxPool2d(*_HALVING)] if level == 1 else []
            first.append(ResidualBlock(maps, wider, stride=stride, dimensions=2, norm=nn.BatchNorm2d))
            others = [ResidualBlock(wider, wider, dimensions=2, norm=nn.BatchNorm2d) for _ in range(count - 1)]
            last = [nn.BatchNorm2d(wider), nn.ReLU()] if level == len(blocks) else []
            levels.append(nn.Sequential(*first, *others, *last))
            maps = wider
        self.features = nn.Sequential(*levels)
        self.embedding_width = maps
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout), nn.Linear(maps, classes))
