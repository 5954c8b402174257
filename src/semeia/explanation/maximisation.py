"""What a network would most like to see: a window that is made for the sake of one class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from semeia.errors import ModelError
from semeia.explanation.question import logit_of, target_of
from semeia.model import Model
from semeia.transforms import Transform

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Maximised", "maximise"]

STEPS = 200
LEARNING_RATE = 0.05
LOWEST, HIGHEST = 0.5, 70.0
"""Hz of which a signal is made: what EEG is usually read by; and no more than 0.4 of the rate."""
AMPLITUDE = 50.0
"""µV, root mean square of a signal."""
FINEST = 0.2
"""Cycles per pixel of which a picture is made: nothing finer."""
SPREAD = 1.0
"""Standard deviations, root mean square of a picture."""
LARGEST = 4.0
"""Times the root mean square, that no value exceeds."""
JITTER = 1 / 16
"""Share of the window by which it is shifted at random."""
ROUGHNESS = 0.05
"""Weight of the total variation."""


@dataclass(frozen=True, slots=True)
class Maximised:
    """A window made for a class.

    Parameters
    ----------
    target : str
    values : ndarray, float32
        (channels, samples) in µV, or (channels, height, width) as the network sees it.
    rate : float
        Hz.
    seconds : float
        Length of the window.
    logit : float
        Of the class in it.
    start : float
        Of the class in the noise that it was made from.
    """

    target: str
    values: NDArray[np.float32]
    rate: float
    seconds: float
    logit: float
    start: float


def maximise(model: Model, *, target: str | None = None, seed: int = 0, steps: int = STEPS) -> Maximised:
    """Climb from noise to a window of fixed amplitude that speaks for a class (Erhan et al. 2009; Olah et al. 2017).

    Without restraint this finds noise that no patient has. So the window is made of Fourier components of falling
    weight, those from 0.5 to 70 Hz where it is a signal; its root mean square is kept at 50 µV (a picture's at
    1 standard deviation), and nothing exceeds four times that; each step sees it shifted in time at random; and its
    total variation is held down. It shows what the network responds to, not what a seizure looks like.

    Parameters
    ----------
    model : Model
    target : str, optional
        A class; else ``seizure``, or the last.
    seed : int
        Of the noise and the shifts: the same seed gives the same window.
    steps : int

    Raises
    ------
    ModelError
        If there is no such class, or the model sees features, whose order and scale mean nothing to a climb.
    """
    import torch

    if model.transform.gives == "features":
        raise ModelError(f"model {model.name} sees features, not samples: there is no window to make")
    needs, transform = model.description.input, model.transform
    classes = model.description.classes
    target = target_of(model, target)
    shape = transform.shape(needs.channels, needs.window)
    random = torch.Generator().manual_seed(seed)
    scale = _scale(shape, transform)
    spectrum = torch.randn(*scale.shape, 2, generator=random).requires_grad_()
    size = AMPLITUDE * _slope(transform) if transform.gives == "signal" else SPREAD
    optimiser = torch.optim.Adam([spectrum], lr=LEARNING_RATE)

    def made() -> Tensor:
        values = torch.fft.irfftn(torch.view_as_complex(spectrum) * scale, s=shape[1:], dim=tuple(range(1, len(shape))))
        values = values * (size / values.square().mean().sqrt())
        return LARGEST * size * torch.tanh(values / (LARGEST * size))

    def logit(values: Tensor) -> Tensor:
        return logit_of(model.module, classes.index(target), values[None])[0]

    with torch.no_grad():
        start = logit(made()).item()
    reach = max(1, round(JITTER * shape[-1]))
    for _ in range(steps):
        shift = int(torch.randint(-reach, reach + 1, (), generator=random))
        values = made()
        loss = ROUGHNESS * values.diff(dim=-1).abs().mean() / size - logit(values.roll(shift, dims=-1))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    with torch.no_grad():
        values = made()
        reached = logit(values).item()
    found = values.numpy()
    if transform.gives == "signal":
        found = _microvolts(found, transform)
    return Maximised(target, found.astype(np.float32), transform.rate, needs.window / transform.rate, reached, start)


def _scale(shape: tuple[int, ...], transform: Transform) -> Tensor:
    """Return the weight of each Fourier component of one example, falling with its frequency."""
    import torch

    length = shape[-1]
    if transform.gives == "signal":
        hertz = torch.fft.rfftfreq(length, 1 / transform.rate)
        kept = (hertz >= LOWEST) & (hertz <= min(HIGHEST, 0.4 * transform.rate))
        falling: Tensor = kept / hertz.clamp(min=LOWEST)
        return falling.expand(shape[0], -1)
    distance = torch.fft.rfftfreq(length)[None]
    for size in reversed(shape[1:-1]):
        distance = (distance**2 + torch.fft.fftfreq(size)[:, None] ** 2).sqrt()
    weight: Tensor = (distance <= FINEST) / distance.clamp(min=1 / max(shape[1:]))
    return weight.expand(shape[0], *distance.shape)


def _slope(transform: Transform) -> float:
    """Return what a transform that treats every sample alike makes of 1 µV."""
    return float(transform.apply(np.array([[[1.0]]], np.float32)).item())


def _microvolts(seen: NDArray[np.floating[Any]], transform: Transform) -> NDArray[np.floating[Any]]:
    """Undo a transform that treats every sample alike and never falls."""
    ramp = np.linspace(-5000, 5000, 20_001, dtype=np.float32)
    return np.asarray(np.interp(seen, transform.apply(ramp[None, None])[0, 0], ramp))
