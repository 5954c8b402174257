"""Shape arithmetic of convolutions and poolings, free of torch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["TimeLayer", "output_length", "receptive_field", "shortest_input"]


class TimeLayer(NamedTuple):
    """What a convolution or a pooling does to the time axis, in samples of its input."""

    kernel: int
    stride: int = 1
    padding: int = 0

    def length(self, samples: int) -> int:
        """Return the output length ``floor((samples - kernel + 2 padding) / stride) + 1``."""
        return (samples - self.kernel + 2 * self.padding) // self.stride + 1


def output_length(samples: int, layers: Iterable[TimeLayer]) -> int:
    """Return the length after all layers; 0 or less when the input is too short."""
    for layer in layers:
        samples = layer.length(samples)
        if samples < 1:
            return samples
    return samples


def shortest_input(layers: Iterable[TimeLayer], output: int = 1) -> int:
    """Return the shortest input that gives at least `output` samples after all layers."""
    for layer in reversed(list(layers)):
        output = max(1, (output - 1) * layer.stride + layer.kernel - 2 * layer.padding)
    return output


def receptive_field(layers: Iterable[TimeLayer]) -> int:
    """Return how many samples of the input one value after all layers has seen."""
    seen, apart = 1, 1
    for layer in layers:
        seen += (layer.kernel - 1) * apart
        apart *= layer.stride
    return seen
