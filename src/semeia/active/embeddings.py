"""What a network makes of examples before its last layer: vectors in which like examples lie near each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from semeia.errors import ModelError
from semeia.networks.ensemble import Ensemble
from semeia.networks.picture_memory import laid_out

__all__ = ["MOST", "embed", "embedded"]

MOST = 4096
"""Numbers of an embedding at most: a network that keeps more has made nothing of its input."""


def embed(module: nn.Module, x: Tensor) -> Tensor:
    """Return what enters a network's last linear layer (batch, width); of several asked together, side by side.

    Raises
    ------
    ModelError
        If the network has no linear layer, or one that does not see each example as a whole.
    """
    if isinstance(module, Ensemble):
        return torch.cat([embed(member, x) for member in module], dim=1)
    own: Any = getattr(module, "embed", None)
    found = own(x) if own is not None else _entering_last(module, x)
    if found.dim() != 2 or len(found) != len(x):
        shape = " × ".join(map(str, found.shape[1:]))
        raise ModelError(
            f"network {type(module).__name__} makes {shape} of an example before its last layer: no vector"
        )
    return torch.as_tensor(found)


def _entering_last(module: nn.Module, x: Tensor) -> Tensor:
    last = [layer for layer in module.modules() if isinstance(layer, nn.Linear)][-1:]
    entered: list[Tensor] = []
    hooks = [layer.register_forward_pre_hook(lambda _, inputs: entered.append(inputs[0])) for layer in last]
    try:
        module(x)
    finally:
        for hook in hooks:
            hook.remove()
    if not entered:
        raise ModelError(f"network {type(module).__name__} has no linear layer at its end: it gives no embeddings")
    return entered[-1]


def embedded(module: nn.Module, batches: Iterable[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return the embeddings of examples (examples, width).

    Parameters
    ----------
    module : nn.Module
        In evaluation mode: neither its dropout nor its batch statistics may move.
    batches : iterable of ndarray (batch, *shape)
        As a transform's `apply` gives them; recordings with other numbers of channels in batches of their own.

    Raises
    ------
    ModelError
        As of `embed`, or if a vector is longer than `MOST`.
    """
    device = next(module.parameters()).device
    found: list[NDArray[np.float32]] = []
    with torch.inference_mode():
        for batch in batches:
            x = laid_out(torch.from_numpy(np.ascontiguousarray(batch)).to(device))
            found.append(embed(module, x).float().cpu().numpy())
            if found[-1].shape[1] > MOST:
                raise ModelError(
                    f"network {type(module).__name__} keeps {found[-1].shape[1]:,} numbers of an example before its "
                    f"last layer; {MOST:,} are the most that a head is fitted on"
                )
    return np.concatenate(found) if found else np.zeros((0, 0), np.float32)
