"""Grad-CAM: where the last convolutions of a network saw what speaks for a class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from semeia.errors import ModelError
from semeia.explanation.attribution import Attribution, spread_over_time
from semeia.explanation.question import Question, question
from semeia.model import Model
from semeia.networks import takes_any_channels

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["Stage", "grad_cam", "last_stage", "stretched"]


class Stage(NamedTuple):
    """The last convolutional stage, and how far its places lie apart in what the network sees, along each axis."""

    module: nn.Module
    spacing: tuple[int, ...]


def grad_cam(model: Model, window: NDArray[np.floating[Any]], *, target: str | None = None) -> Attribution:
    """Weigh the maps of the last convolutional stage by their mean gradients (Selvaraju et al. 2017, arXiv:1610.02391).

    What is above 0 in the weighted sum is kept, and interpolated to the picture that the network sees; for a network
    of signals, to the samples. Networks that treat every channel or electrode by itself give a map of each; the others
    mix the channels in their first layer, and give one map for all.

    Parameters
    ----------
    model, window, target
        As of `semeia.explanation.integrated_gradients`.

    Raises
    ------
    ModelError
        If there is no such class, or the network has no convolution with places left to tell apart.
    RecordingError
        If the window does not fit.
    """
    import torch
    from captum.attr import LayerGradCam

    asked = question(model, window, target)
    seen = asked.seen(asked.window[None])
    stage = last_stage(asked.model.module, seen)
    if stage is None:
        raise ModelError(f"model {model.name} has no convolution along time: Grad-CAM says nothing of it")
    with torch.no_grad():
        logit = asked.logit(seen).item()
    maps = LayerGradCam(asked.logit, stage.module).attribute(seen, relu_attributions=True).detach()
    by_channel, places = _arranged(maps[:, 0].cpu().numpy(), asked, tuple(seen.shape[2:]))
    if model.transform.gives == "signal":
        values = stretched(places, stage.spacing[-1], asked.window.shape[1], axis=-1)
        picture = None
    else:
        picture = stretched(places, stage.spacing[-1], seen.shape[-1], axis=-1)
        picture = stretched(picture, stage.spacing[-2], seen.shape[-2], axis=-2)
        values = spread_over_time(picture.sum(axis=-2), model.transform, asked.window.shape[1])
    values = np.broadcast_to(values, asked.window.shape).astype(np.float32)
    return Attribution(
        "Grad-CAM", asked.target, values, asked.window, asked.rate, logit, by_channel=by_channel, picture=picture
    )


def _arranged(maps: NDArray[np.float32], asked: Question, shape: tuple[int, ...]) -> tuple[bool, NDArray[np.float32]]:
    """Return whether channels are told apart, and maps (some, *places) as (channels or 1, *places of one example).

    A network of pieces (`semeia.networks.sequence`) has the maps of one piece after another.
    """
    channels, network = len(asked.window), asked.model.description.network
    each = takes_any_channels(network.name, network.parameters)
    if maps.ndim - 1 > len(shape) and maps.shape[1] in {1, channels}:  # channels are rows of a picture
        by_channel, pieces = maps.shape[1] == channels, maps
    else:
        by_channel = each and len(maps) % channels == 0
        pieces = maps.reshape(-1, channels if by_channel else 1, *maps.shape[1:])
    return by_channel, np.concatenate(list(pieces), axis=-1)


def last_stage(module: nn.Module, seen: Tensor) -> Stage | None:
    """Return what runs last with the output's shape of the last convolution: its activation, or its residual block.

    Parameters
    ----------
    module : nn.Module
    seen : Tensor (1, *shape)

    Returns
    -------
    Stage or None
        None where no convolution leaves more than one place along time.
    """
    from torch import nn

    ran = what_ran(module, seen)
    convolutions = [
        number
        for number, (layer, _, output) in enumerate(ran)
        if isinstance(layer, nn.Conv1d | nn.Conv2d) and output[-1] > 1
    ]
    if not convolutions:
        return None
    last = convolutions[-1]
    shape = ran[last][2]
    for number in range(last, len(ran)):
        if ran[number][2] != shape:
            break
        last = number
    axes = min(len(shape), seen.ndim) - 2
    return Stage(ran[last][0], spacing(ran[: last + 1], axes))


Ran = list[tuple["nn.Module", tuple[int, ...], tuple[int, ...]]]
"""Modules in the order in which they ended, each with the shapes of what it was given and what it made."""


def what_ran(network: nn.Module, seen: Tensor) -> Ran:
    """Return which modules of a network run when it sees something (1, *shape)."""
    import torch

    ran: Ran = []

    def note(module: nn.Module, given: tuple[Any, ...], output: object) -> None:
        if isinstance(output, torch.Tensor) and given and isinstance(given[0], torch.Tensor):
            ran.append((module, tuple(given[0].shape), tuple(output.shape)))

    hooks = [module.register_forward_hook(note) for module in network.modules()]
    try:
        with torch.no_grad():
            network(seen)
    finally:
        for hook in hooks:
            hook.remove()
    return ran


def spacing(ran: Ran, axes: int) -> tuple[int, ...]:
    """Return how far places lie apart in what the network sees, along each of the last axes, after these modules."""
    return tuple(_spacing(ran, axis) for axis in range(-axes, 0))


def _spacing(ran: Ran, axis: int) -> int:
    """Multiply the strides of the layers that shortened an axis one after another; branches beside them count once."""
    length, apart = None, 1
    for module, given, output in ran:
        stride = getattr(module, "stride", None)
        if not isinstance(stride, int | tuple) or len(given) != len(output) or len(given) < 2 - axis:
            continue
        if length is None:
            length = given[axis]
        if given[axis] == length:
            steps = stride if isinstance(stride, tuple) else (stride,)
            apart *= int(steps[axis] if len(steps) > 1 else steps[0])
            length = output[axis]
    return apart


def stretched(places: NDArray[np.float32], spacing: int, size: int, *, axis: int) -> NDArray[np.float32]:
    """Interpolate along an axis; the middle of the places lies on the middle of what is seen."""
    count = places.shape[axis]
    at = size / 2 + (np.arange(count) - (count - 1) / 2) * spacing
    grid = np.arange(size) + 0.5
    return np.apply_along_axis(lambda row: np.interp(grid, at, row), axis, places).astype(np.float32)
