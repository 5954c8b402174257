"""Changes to training signals that leave their label true, applied before a transform's `apply`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from semeia.recipe import Augmentation

__all__ = ["augment", "channel_choices"]

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


def augment(batch: NDArray[np.float32], settings: Augmentation, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return changed copies of signals (batch, channels, samples), in the same unit."""
    size = len(batch)
    if settings.amplitude > 1:
        reach = np.log(settings.amplitude)
        batch = batch * np.exp(rng.uniform(-reach, reach, (size, 1, 1))).astype(np.float32)
    if settings.invert:
        batch = batch * rng.choice(np.array([-1, 1], np.float32), (size, 1, 1))
    if settings.noise:
        level = rng.uniform(0, settings.noise, (size, 1, 1)).astype(np.float32)
        batch = batch + level * rng.standard_normal(batch.shape, np.float32)
    return batch
