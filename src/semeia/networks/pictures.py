"""Networks for pictures (channels, height, width): what they share, and a plain CNN for spectrograms.

A spectrogram has one channel per electrode, so all take any number of input channels, fixed when the network is built.
Its rows are frequencies, its columns are time.
"""

from __future__ import annotations

from torch import Tensor, nn

from semeia.errors import RecipeError

__all__ = ["Cnn2d", "PictureNetwork", "Shape", "check_size"]

Shape = tuple[int, int, int]

DEEPEST = 10
"""Halvings of the plain CNN: pictures of a thousand rows."""


class PictureNetwork(nn.Module):
    """What networks of our own share: stages that make the picture smaller and smaller, and a head.

    Attributes
    ----------
    features : nn.Sequential
        Stage by stage, each (batch, maps, height, width) to more maps of fewer places.
    head : nn.Sequential
        The rest; its last layer makes the logits.
    embedding_width : int
    """

    features: nn.Sequential
    head: nn.Sequential
    embedding_width: int

    def embed(self, x: Tensor) -> Tensor:
        """Map (batch, channels, height, width) to what the last layer sees (batch, embedding_width)."""
        embedding: Tensor = self.head[:-1](self.features(x))
        return embedding

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channels, height, width) to logits (batch, classes)."""
        logits: Tensor = self.head(self.features(x))
        return logits

    def stages(self) -> list[nn.Module]:
        """Return what may be frozen, from input to output: the head is one stage."""
        return [*self.features.children(), self.head]


class Cnn2d(PictureNetwork):
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
        check_size("cnn2d", shape, 2**depth, "a smaller depth takes smaller ones")
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


def check_size(name: str, shape: Shape, smallest: int, advice: str) -> None:
    """Check that a picture is large enough for a network.

    Raises
    ------
    RecipeError
        The message names the smallest that would fit, and what else to do.
    """
    _, height, width = shape
    if min(height, width) < smallest:
        raise RecipeError(
            f"network {name!r}: a picture of {height} × {width} is too small; "
            f"the smallest that fits is {smallest} × {smallest}; {advice}"
        )
