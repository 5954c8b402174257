"""Whether an explanation is to be believed: does it follow the weights, and does it point at the truth?"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from semeia.explanation.attribution import Attribution
from semeia.explanation.image_attribution import ImageAttribution
from semeia.model import ImageModel, Model

if TYPE_CHECKING:
    from torch import nn

__all__ = ["cascade", "correlation", "evidence", "peak", "points_at", "randomised"]

M = TypeVar("M", Model, ImageModel)
S = TypeVar("S", Attribution, ImageAttribution)

SMOOTHING = 0.5
"""Seconds over which values are averaged before their maximum is looked for."""


def evidence(attribution: Attribution, seconds: float = SMOOTHING) -> NDArray[np.float32]:
    """Return the values averaged over so many seconds about each sample, (channels, samples).

    A gradient's sign follows every wave of the signal: what a stretch of it says is the sum over the stretch.
    """
    return smoothed(attribution.values, round(seconds * attribution.rate))


def smoothed(values: NDArray[np.floating[Any]], size: int) -> NDArray[np.float32]:
    """Return moving averages of `size` samples (channels, samples); at the ends of those that are there."""
    size = max(1, size)
    sums = np.cumsum(np.pad(values.astype(np.float64), ((0, 0), (1, 0))), axis=1)
    samples = values.shape[1]
    first = np.clip(np.arange(samples) - size // 2, 0, samples)
    stop = np.clip(first + size, 0, samples)
    first = np.maximum(stop - size, 0) if size <= samples else np.zeros_like(first)
    return np.asarray((sums[:, stop] - sums[:, first]) / (stop - first), np.float32)


def peak(values: NDArray[np.floating[Any]]) -> tuple[int, int]:
    """Return the channel and the sample of the largest value (channels, samples)."""
    channel, sample = np.unravel_index(int(np.argmax(values)), values.shape)
    return int(channel), int(sample)


def points_at(attribution: Attribution, truth: NDArray[np.bool_], seconds: float = SMOOTHING) -> bool:
    """Return whether the strongest evidence lies where the truth is: the pointing game (Zhang et al. 2018).

    Parameters
    ----------
    attribution : Attribution
    truth : ndarray, bool (channels, samples)
    seconds : float
        Smoothing; see `evidence`.

    Notes
    -----
    J. Zhang et al., Top-down neural attention by excitation backprop, IJCV 126 (2018). The chance of a hit is the
    share of the truth in the window.
    """
    return bool(truth[peak(evidence(attribution, seconds))])


def correlation(one: S, other: S, *, signed: bool = False) -> float:
    """Return Spearman's correlation of two maps of the same window, of their sizes or with their signs.

    Of pictures, what is drawn is compared: what speaks for the class.

    NaN where a map is constant. Adebayo et al. 2018 (arXiv:1810.03292): a method whose map stays when the weights are
    drawn anew shows the input, not what the network learnt.
    """
    from scipy.stats import rankdata

    maps = [each.map if isinstance(each, ImageAttribution) else evidence(each) for each in (one, other)]
    ranks = [rankdata(v if signed else np.abs(v)) for v in (each.ravel() for each in maps)]
    if any(np.ptp(rank) == 0 for rank in ranks):
        return float("nan")
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def randomised(model: M, seed: int = 0) -> M:
    """Return the same network with all weights drawn anew, as before any training.

    Parameters
    ----------
    model : Model or ImageModel
    seed : int
    """
    module = copy.deepcopy(model.module)
    _redraw([module], seed)
    return type(model)(model.description, module)


def cascade(model: ImageModel, seed: int = 0) -> Iterator[tuple[str, ImageModel]]:
    """Yield the network with ever more stages drawn anew, from the output on: the last, the last half, all.

    So Adebayo et al. 2018 (arXiv:1810.03292, "cascading randomization"), who draw every single layer.

    Parameters
    ----------
    model : ImageModel
    seed : int

    Yields
    ------
    str, ImageModel
        Which stages were drawn, in words.
    """
    from semeia.networks.ensemble import Ensemble

    for words, share in (("the last stage", 0.0), ("the last half", 0.5), ("all", 1.0)):
        module: Any = copy.deepcopy(model.module)
        members: list[Any] = list(module) if isinstance(module, Ensemble) else [module]
        parts: list[Any] = []
        for member in members:
            stages = member.stages()
            parts += stages[-max(1, round(share * len(stages))) :] if share < 1 else [member]
        _redraw(parts, seed)
        yield words, ImageModel(model.description, module)


def _redraw(parts: Sequence[nn.Module], seed: int) -> None:
    """Draw all weights of modules anew; no other random number changes."""
    import torch

    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        for part in parts:
            for module in part.modules():
                _reset(module)


def _reset(part: nn.Module) -> None:
    """Draw a module's own weights as PyTorch does; where it does not say how, with the spread that they have."""
    reset = getattr(part, "reset_parameters", None)
    if callable(reset):
        reset()
        return
    for weight in part.parameters(recurse=False):
        weight.copy_(weight[...].new_empty(weight.shape).normal_(0, max(float(weight.std(correction=0)), 1e-3)))
