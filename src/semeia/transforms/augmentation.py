"""Changes to training signals that leave their label true, applied before a transform's `apply`; mixup, after it.

All of them are drawn from the generator that is given, and from nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeia.errors import RecipeError
from semeia.recipe import Augmentation
from semeia.transforms.mirror import mirror_order

__all__ = ["augment", "channel_choices", "mixup"]

FEWEST_CHANNELS = 4


def channel_choices(channels: list[int], settings: Augmentation, rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """Choose channels for every example of a batch, the same number for all.

    Parameters
    ----------
    channels : list of int
        How many channels each example has.
    settings : Augmentation
        With ``channels``, a random number of at least four; otherwise as many as the poorest example has.
    rng : numpy.random.Generator

    Returns
    -------
    list of ndarray
        Indices in random order, or all in order where every example has the same and nothing is to be left out.
    """
    most = min(channels)
    if not settings.channels:
        return [np.arange(n) if n == most else rng.choice(n, most, replace=False) for n in channels]
    wanted = int(rng.integers(min(FEWEST_CHANNELS, most), most + 1))
    return [rng.choice(n, wanted, replace=False) for n in channels]


def augment(
    batch: NDArray[np.float32],
    settings: Augmentation,
    rng: np.random.Generator,
    labels: Sequence[str] | None = None,
) -> NDArray[np.float32]:
    """Return changed copies of signals.

    Parameters
    ----------
    batch : array, float32, (batch, channels, samples), µV
    settings : Augmentation
    rng : numpy.random.Generator
    labels : sequence of str, optional
        Of the channels, the same for all examples; the mirror needs them.

    Returns
    -------
    array, float32, of the same shape, µV

    Raises
    ------
    RecipeError
        If the channels have no mirror image (`semeia.transforms.mirror.mirror_order`), or no label.
    """
    size, channels = batch.shape[:2]
    if settings.mirror:
        if labels is None:
            raise RecipeError("augmentation.mirror needs examples of one montage: name it in examples.montage")
        mirrored = rng.random((size, 1, 1)) < 0.5
        batch = np.where(mirrored, mirror_order(labels).image(batch), batch)
    if settings.amplitude > 1:
        reach = np.log(settings.amplitude)
        batch = batch * np.exp(rng.uniform(-reach, reach, (size, 1, 1))).astype(np.float32)
    if settings.invert:
        batch = batch * rng.choice(np.array([-1, 1], np.float32), (size, 1, 1))
    if settings.noise:
        level = rng.uniform(0, settings.noise, (size, 1, 1)).astype(np.float32)
        batch = batch + level * rng.standard_normal(batch.shape, np.float32)
    if settings.channel_dropout:
        kept: NDArray[np.bool_] = rng.random((size, channels)) >= settings.channel_dropout
        # Of silence alone no label is true: one channel is always left.
        silent = np.flatnonzero(~kept.any(axis=1))
        kept[silent, rng.integers(channels, size=len(silent))] = True
        batch = np.where(kept[:, :, None], batch, np.float32(0))
    return batch


def mixup(
    inputs: NDArray[np.float32], targets: NDArray[np.floating[Any]], alpha: float, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mix every example with another of its batch, and their targets alike (Zhang et al., ICLR 2018).

    Parameters
    ----------
    inputs : array, float32, (batch, ...)
        What a transform's `apply` gave.
    targets : array, float, (batch, classes)
        Share of each class.
    alpha : float
        The example's own part is drawn from Beta(alpha, alpha); 0 mixes nothing.
    rng : numpy.random.Generator

    Returns
    -------
    inputs, targets : array, float32, of the same shapes
    """
    targets = targets.astype(np.float32)
    if alpha == 0:
        return inputs, targets
    own = rng.beta(alpha, alpha, len(inputs)).astype(np.float32)
    other = rng.permutation(len(inputs))

    def mixed(values: NDArray[np.float32]) -> NDArray[np.float32]:
        part = own.reshape(-1, *(1,) * (values.ndim - 1))
        return part * values + (1 - part) * values[other]

    return mixed(inputs), mixed(targets)
