"""How pictures and the weights of their networks lie in memory, and how numbers are kept: what is fast on a processor.

With the channels of one pixel side by side ("channels last") convolutions over pictures are twice as fast on the CPU as
with one channel after the other; results are the same but for rounding.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["fast_in_bfloat16", "laid_out", "lay_out"]


def lay_out(module: nn.Module) -> None:
    """Put a network's convolutions over pictures into the fast order, in place; others stay as they are."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            layer.weight.data = layer.weight.data.contiguous(memory_format=torch.channels_last)


def laid_out(batch: Tensor) -> Tensor:
    """Return a batch of pictures (batch, channels, height, width) in the fast order; any other as it is."""
    if batch.dim() != 4:
        return batch
    _, channels, height, width = batch.shape
    last = batch.contiguous(memory_format=torch.channels_last)
    # Of one channel both orders are the same memory: only strides written out tell PyTorch which one is meant.
    return last.as_strided(batch.shape, (height * width * channels, 1, width * channels, channels))


def fast_in_bfloat16(batch: Tensor) -> bool:
    """Return whether a batch is learnt from faster in bfloat16: on a GPU, and pictures where the CPU computes in it."""
    if batch.is_cuda:
        return True
    # A PyTorch without oneDNN, as for other processors, has no such question.
    asked = getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", None)
    return batch.dim() == 4 and asked is not None and bool(asked())
