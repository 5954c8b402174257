"""What the first layer of a network looks for: its kernels, and which frequencies they let through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeia.errors import ModelError
from semeia.model import Model

__all__ = ["Kernels", "first_kernels"]

POINTS = 129
"""Frequencies of a response, from 0 Hz to half the rate."""


@dataclass(frozen=True, slots=True)
class Kernels:
    """The first convolution of a network.

    Parameters
    ----------
    weights : ndarray, float32
        (maps, channels, taps) of signals, (maps, channels, height, width) of pictures. A network that treats every
        channel alike has one channel here.
    rate : float
        Hz of the taps; of the columns, for pictures.
    frequencies : ndarray, float64 (points,), optional
        Hz; None for pictures.
    response : ndarray, float64 (maps, channels, points), optional
        Gain of each kernel at these frequencies, a ratio of amplitudes.
    rows : float
        Hz from one row to the next, for pictures of frequencies; else 0.
    """

    weights: NDArray[np.float32]
    rate: float
    frequencies: NDArray[np.float64] | None = None
    response: NDArray[np.float64] | None = None
    rows: float = 0.0

    @property
    def gain(self) -> NDArray[np.float64]:
        """Gain of each map (maps, points): the root mean square over its channels."""
        assert self.response is not None, "kernels of signals have a response"
        return np.asarray(np.sqrt((self.response**2).mean(axis=1)))


def first_kernels(model: Model) -> Kernels:
    """Return the kernels of a network's first convolution, and for signals their frequency response.

    The response is that of a digital filter, the modulus of the z-transform on the unit circle
    (`scipy.signal.freqz`), at the model's rate; what a transform does before it, and a normalisation after it, is not
    in it. A network of pieces has that of its encoder.

    Parameters
    ----------
    model : Model

    Raises
    ------
    ModelError
        If the network begins without a convolution.
    """
    from torch import nn

    layers = (part for part in model.module.modules() if isinstance(part, nn.Conv1d | nn.Conv2d))
    first = next(layers, None)
    if first is None:
        raise ModelError(f"model {model.name} ({model.description.network.name}) has no convolution and so no kernels")
    weights: NDArray[np.float32] = first.weight.detach().cpu().numpy().astype(np.float32)
    transform = model.transform
    if transform.gives != "signal":
        step, rows = getattr(transform, "step", None), getattr(transform, "frequencies", np.zeros(1))
        spacing = float(rows[1] - rows[0]) if step is not None and len(rows) > 1 else 0.0
        return Kernels(weights, 1 / step if step is not None else 0.0, rows=spacing)
    if weights.ndim == 4:  # channels are rows of a picture: kernels (1, taps), or (channels, taps)
        weights = weights.reshape(len(weights), -1, weights.shape[3])
    frequencies, response = frequency_response(weights, transform.rate)
    return Kernels(weights, transform.rate, frequencies, response)


def frequency_response(
    weights: NDArray[np.floating[Any]], rate: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return frequencies in Hz (points,), and the gain of kernels (..., taps) at each (..., points)."""
    from scipy.signal import freqz

    flat = weights.reshape(-1, weights.shape[-1]).astype(np.float64)
    answers = [freqz(row, worN=POINTS, fs=rate, include_nyquist=True) for row in flat]
    gains = np.array([np.abs(response) for _, response in answers])
    return np.asarray(answers[0][0], np.float64), gains.reshape(*weights.shape[:-1], POINTS)
