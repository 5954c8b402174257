"""The two-layer convolutional network of the EEG web workbench that Semeia follows (system A)."""

from __future__ import annotations

from torch import Tensor, nn

from semeia.errors import RecipeError
from semeia.networks.shapes import TimeLayer, output_length, shortest_input
from semeia.networks.time_major import Conv1d, MaxPool1d

__all__ = ["LAYERS", "ConvNet"]

LAYERS = (TimeLayer(10, 5, 9), TimeLayer(15, 10), TimeLayer(5, 4, 4), TimeLayer(10, 5))


class ConvNet(nn.Module):
    """Raw channels in, class logits out.

    ``Conv1d(23,10,k=10,s=5,p=9) ReLU MaxPool1d(15,s=10) Conv1d(10,5,k=5,s=4,p=4) ReLU MaxPool1d(10,s=5)
    Dropout(.5) Linear(35,15) Linear(15,2)``: 3,137 parameters at 23 channels of 7680 samples (30 s at 256 Hz). The same
    layers on other windows are a variant. The original ended in a softmax before its cross-entropy; this one returns
    logits. Fastest on batches whose channels lie side by side in memory (`semeia.networks.time_major`).

    Parameters
    ----------
    shape : (int, int)
        Channels and samples of one example.
    classes : int
        Number of logits.
    dropout : float
        Share of features dropped in training.

    Raises
    ------
    RecipeError
        If the window is shorter than 1662 samples.
    """

    def __init__(self, shape: tuple[int, int] = (23, 7680), classes: int = 2, *, dropout: float = 0.5) -> None:
        super().__init__()
        channels, samples = shape
        length = output_length(samples, LAYERS)
        if length < 1:
            raise RecipeError(
                f"network 'convnet': a window of {samples} samples is too short; "
                f"the shortest that fits is {shortest_input(LAYERS)}"
            )
        conv1, pool1, conv2, pool2 = LAYERS
        # The maximum of ReLUs is the ReLU of the maximum, which is a tenth of the work.
        self.features = nn.Sequential(
            Conv1d(channels, 10, conv1.kernel, conv1.stride, conv1.padding),
            MaxPool1d(pool1.kernel, pool1.stride),
            nn.ReLU(),
            Conv1d(10, 5, conv2.kernel, conv2.stride, conv2.padding),
            MaxPool1d(pool2.kernel, pool2.stride),
            nn.ReLU(),
        )
        self.embedding_width = 15
        self.head = nn.Sequential(nn.Flatten(), nn.Dropout(dropout), nn.Linear(5 * length, 15), nn.Linear(15, classes))

    def embed(self, x: Tensor) -> Tensor:
        """Map (batch, channels, samples) to what the last layer sees (batch, 15)."""
        embedding: Tensor = self.head[:-1](self.features(x))
        return embedding

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channels, samples) to logits (batch, classes)."""
        logits: Tensor = self.head(self.features(x))
        return logits
