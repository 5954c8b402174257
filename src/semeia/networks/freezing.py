"""Stages of a network from input to output, and which of them are trained when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, cast

from torch import nn
from torch.nn.modules.batchnorm import _NormBase

from semeia.errors import RecipeError
from semeia.networks.residual import trainable
from semeia.recipe import Weights

__all__ = ["freeze", "stage_names", "stages_of", "thawed_stages", "train_mode"]

Freeze = Literal["none", "all but last", "all but first and last"]


def stages_of(module: nn.Module) -> list[nn.Module]:
    """Return the stages of a network, from input to output: together they hold each of its weights once.

    They are what its method ``stages()`` says, otherwise its children in order, those of an `nn.Sequential` one by one;
    a normalisation belongs to the layer before it. Weights of no stage make one more, before the last.
    """
    if hasattr(module, "stages"):
        stages = trainable(cast(Callable[[], list[nn.Module]], module.stages)())
    else:
        stages = _in_order(module)
    if not stages:
        return [module]
    known = {id(weight) for stage in stages for weight in stage.parameters()}
    rest = [weight for weight in module.parameters() if id(weight) not in known]
    return [*stages[:-1], *([nn.ParameterList(rest)] if rest else []), stages[-1]]


def _in_order(module: nn.Module) -> list[nn.Module]:
    stages: list[nn.Module] = []
    for layer in _layers(module):
        if stages and isinstance(layer, (_NormBase, nn.GroupNorm, nn.LayerNorm)):
            stages[-1] = nn.Sequential(stages[-1], layer)
        elif trainable([layer]):
            stages.append(layer)
    return stages


def _layers(module: nn.Module) -> Iterator[nn.Module]:
    for child in module.children():
        if isinstance(child, nn.Sequential):
            yield from _layers(child)
        else:
            yield child


def stage_names(module: nn.Module) -> list[str]:
    """Return what the stages are called in the network: each after its first layer if it is several."""
    modules = {id(part): name for name, part in module.named_modules()}
    weights = {id(weight): name for name, weight in module.named_parameters()}
    names = []
    for stage in stages_of(module):
        first = weights[id(next(stage.parameters()))]
        names.append(modules.get(id(stage)) or first.rpartition(".")[0] or first)
    return names


def thawed_stages(count: int, freeze: Freeze, thaw: int, epoch: int) -> tuple[int, ...]:
    """Return which stages are trained in an epoch.

    Parameters
    ----------
    count : int
        How many stages there are.
    freeze, thaw
        As in a recipe's ``[weights]``.
    epoch : int
        From 0. The answer depends on nothing that happened before, so a resumed training goes on the same.

    Returns
    -------
    tuple of int
        In order.
    """
    thawed = epoch // thaw if thaw else 0
    first_frozen = {"none": count, "all but last": 0, "all but first and last": 1}[freeze]
    return tuple(number for number in range(count) if number < first_frozen or number >= count - 1 - thawed)


def freeze(module: nn.Module, settings: Weights, epoch: int = 0) -> None:
    """Let only those weights be trained that a recipe wants trained in this epoch; call it at the start of each.

    Frozen weights have no gradient, so an optimiser that was given all of them leaves them alone.

    Raises
    ------
    RecipeError
        If something is to be frozen, and the network has too few stages for that.
    """
    stages = stages_of(module)
    trained = thawed_stages(len(stages), settings.freeze, settings.thaw, epoch)
    if epoch == 0 and settings.freeze != "none" and len(trained) == len(stages):
        raise RecipeError(
            f"weights.freeze = {settings.freeze!r}: this network has only the stages {', '.join(stage_names(module))}, "
            "so nothing would be frozen; leave it out"
        )
    for number, stage in enumerate(stages):
        stage.requires_grad_(number in trained)
        for weight in stage.parameters() if number not in trained else ():
            weight.grad = None


def train_mode(module: nn.Module) -> None:
    """Put a network in training mode, but for the batch normalisation of frozen stages.

    Their means and variances stay as they are, as do their weights: otherwise a frozen stage would change all the same.
    """
    module.train()
    for stage in stages_of(module):
        if not any(weight.requires_grad for weight in stage.parameters()):
            for layer in stage.modules():
                if isinstance(layer, _NormBase):
                    layer.eval()
