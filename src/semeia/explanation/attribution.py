"""Which channels and moments of a window made the network say what it said."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from semeia.errors import ModelError
from semeia.explanation.question import Question, question
from semeia.model import Model
from semeia.transforms import Transform

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Attribution", "Path", "along_path", "fades", "integrated_gradients", "occlusion", "spread_over_time"]

STEPS = (4, 8, 16, 32)
"""Points on each of the stretches of the path from the baseline: more, until the sum is right to `TOLERANCE`."""
TOLERANCE = 0.01
STRETCHES = (0.0, *(2.0**-power for power in range(8, -1, -1)))
"""Ends of the stretches. A network that normalises gains most in the first hundredth of the way: they double."""
SILENCE = 1.0
"""µV, root mean square, of the baseline of signals: what an amplifier without a head gives."""
FAINT = 0.3
"""Standard deviations of the baseline of spectrograms, about the mean of each frequency."""
PATCHES = 16
"""Patches of a window when no length is given, at least."""
SHORTEST_PATCH = 0.5


@dataclass(frozen=True, slots=True)
class Attribution:
    """How much each sample of a window speaks for a class.

    Parameters
    ----------
    method : str
    target : str
        The class.
    values : ndarray, float32 (channels, samples)
        Above 0 what speaks for the class, below 0 what speaks against it. Integrated gradients: shares of `gained`,
        to which they sum. Occlusion: what the logit loses without the place. Grad-CAM: of no unit.
    window : ndarray, float32 (channels, samples)
        What was explained, in µV.
    rate : float
        Hz.
    logit : float
        Of the class in the window; `semeia.explanation.question.logit_of`.
    by_channel : bool
        Whether channels are told apart; otherwise all rows are alike.
    picture : ndarray, float32 (channels or 1, height, width), optional
        Where the network sees pictures: the same in their rows and columns.
    gained : float, optional
        Integrated gradients: the logit less that of the baseline.
    error : float, optional
        Integrated gradients: how far the sum of the values lies from `gained`, in logits.
    """

    method: str
    target: str
    values: NDArray[np.float32]
    window: NDArray[np.float32]
    rate: float
    logit: float
    by_channel: bool = True
    picture: NDArray[np.float32] | None = None
    gained: float | None = None
    error: float | None = None

    @property
    def probability(self) -> float:
        """Probability of the class in the window."""
        return 1 / (1 + math.exp(-min(max(self.logit, -700.0), 700.0)))


def integrated_gradients(
    model: Model,
    window: NDArray[np.floating[Any]],
    *,
    target: str | None = None,
    baseline: NDArray[np.floating[Any]] | None = None,
) -> Attribution:
    """Share the gain in logit, from a baseline to the window, among its samples (Sundararajan et al. 2017).

    The gradient is averaged along the straight line from the baseline to what the network sees, and multiplied by the
    way (arXiv:1703.01365); so the values sum to the logit's gain, but for the error of the sum, which is
    reported. The path is cut ever finer until that is below 0.01, or 1 % of the gain, or into 288.

    Parameters
    ----------
    model : Model
    window : array (channels, samples)
        Filtered, at the transform's rate, in µV.
    target : str, optional
        A class; else ``seizure``, or the last.
    baseline : array (*shape), optional
        What the network would see where nothing is; by default an amplifier's noise of 1 µV; for a spectrogram the
        mean of each frequency over the training windows, with noise of 0.3 standard deviations.

    Raises
    ------
    ModelError
        If there is no such class, or the network sees features, in which samples cannot be told apart.
    RecordingError
        If the window does not fit.
    """
    import torch

    asked = question(model, window, target)
    if model.transform.gives == "features":
        raise ModelError(f"model {model.name} sees features, not samples: use occlusion")
    seen = asked.seen(asked.window[None])
    base = (
        _baseline(asked, seen) if baseline is None else torch.as_tensor(np.asarray(baseline, np.float32)).to(seen)[None]
    )
    found = along_path(asked.logit, seen, base)
    values, picture = _in_time(asked, found.shares)
    return Attribution(
        "integrated gradients",
        asked.target,
        values,
        asked.window,
        asked.rate,
        found.logit,
        picture=picture,
        gained=found.gained,
        error=found.error,
    )


class Path(NamedTuple):
    """What is gained along the way from a baseline: its shares, the logit at the end, the gain, and their error."""

    shares: NDArray[np.float32]
    logit: float
    gained: float
    error: float


def along_path(logit: Callable[[Tensor], Tensor], seen: Tensor, base: Tensor, batch: int = 36) -> Path:
    """Share the gain in logit from a baseline to what is seen (1, *shape) among its values; see the docs.

    Parameters
    ----------
    logit : callable
        (some, *shape) to (some,).
    seen, base : Tensor (1, *shape)
    batch : int
        Points of the path that are in memory together, 9 at least.
    """
    import torch
    from captum.attr import IntegratedGradients

    with torch.no_grad():
        end, gained = logit(seen).item(), (logit(seen) - logit(base)).item()
    method = IntegratedGradients(logit)
    ends = torch.tensor(STRETCHES, device=seen.device).reshape(-1, *[1] * (seen.ndim - 1))
    along = base + ends * (seen - base)
    for steps in STEPS:
        shares = method.attribute(along[1:], along[:-1], n_steps=steps, internal_batch_size=batch).detach().sum(dim=0)
        error = abs(shares.double().sum().item() - gained)
        if error <= TOLERANCE * max(1.0, abs(gained)):
            break
    return Path(shares.cpu().numpy(), end, gained, error)


def _baseline(asked: Question, seen: Tensor) -> Tensor:
    """Return faint noise: exact silence is nothing that a network ever saw, and one that normalises divides by 0."""
    random = np.random.default_rng(0)
    if hasattr(asked.model.transform, "mean"):  # every frequency is brought to mean 0, SD 1
        return seen.new_tensor(FAINT * random.standard_normal(tuple(seen.shape)))
    return asked.seen((SILENCE * random.standard_normal((1, *asked.window.shape))).astype(np.float32))


def _in_time(asked: Question, shares: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """Return shares by sample, and by place of the picture where the network sees one."""
    channels, samples = asked.window.shape
    if shares.shape == asked.window.shape:
        return shares.astype(np.float32), None
    picture = shares.reshape(channels, -1, *shares.shape[1:]).sum(axis=1)  # the three colours of one electrode
    return spread_over_time(picture.sum(axis=1), asked.model.transform, samples), picture.astype(np.float32)


def spread_over_time(columns: NDArray[np.floating[Any]], transform: Transform, samples: int) -> NDArray[np.float32]:
    """Spread what belongs to the columns of a picture evenly over the samples nearest to each.

    Parameters
    ----------
    columns : array (channels, columns)
    transform : Transform
        That made the picture.
    samples : int
        Of the window.

    Returns
    -------
    ndarray, float32 (channels, samples)
        With the same sums over time.
    """
    centres = column_centres(transform, columns.shape[1], samples)
    borders = (centres[1:] + centres[:-1]) / 2
    place = np.searchsorted(borders, np.arange(samples) + 0.5)
    counts = np.maximum(np.bincount(place, minlength=len(centres)), 1)
    return np.asarray((columns / counts)[:, place], np.float32)


def column_centres(transform: Transform, columns: int, samples: int) -> NDArray[np.float64]:
    """Return the sample on which each column of a picture is centred."""
    step, window = getattr(transform, "step", None), getattr(transform, "window", 0.0)
    if step is None:  # stretched over the whole window
        return np.asarray((np.arange(columns) + 0.5) * samples / columns)
    return np.asarray(np.arange(columns) * round(step * transform.rate) + round(window * transform.rate) / 2)


def occlusion(
    model: Model,
    window: NDArray[np.floating[Any]],
    *,
    target: str | None = None,
    patch: float | None = None,
) -> Attribution:
    """Measure what the logit loses when a stretch of one channel falls silent (Zeiler & Fergus 2014).

    Every channel is faded to 0 µV in patches that overlap by half, before the transform: so it asks the same of any
    network and any transform. A sample gets the mean of the patches that silence it, each by how far it does.

    Parameters
    ----------
    model, window, target
        As of `integrated_gradients`.
    patch : float, optional
        Seconds; else a sixteenth of the window, and at least 0.5 s.

    Raises
    ------
    ModelError, RecordingError
        As of `integrated_gradients`.
    """
    asked = question(model, window, target)
    channels, samples = asked.window.shape
    seconds = patch or max(SHORTEST_PATCH, samples / asked.rate / PATCHES)
    patches = fades(samples, max(2, round(seconds * asked.rate)))
    whole = float(asked.logits(asked.window[None])[0])
    values = np.empty_like(asked.window)
    for channel in range(channels):
        variants = np.repeat(asked.window[None], len(patches), axis=0)
        variants[:, channel] *= 1 - patches
        lost = whole - asked.logits(variants)
        values[channel] = lost @ patches / patches.sum(axis=0)
    return Attribution("occlusion", asked.target, values, asked.window, asked.rate, whole)


def fades(samples: int, size: int) -> NDArray[np.float32]:
    """Return patches as they fade a channel, 0 to 1: (patches, samples); raised cosines, which make no edges."""
    half = size // 2
    centres = np.arange(0, samples + half, half)[:, None]
    away = np.abs(np.arange(samples) + 0.5 - centres) / size
    return np.where(away < 1, 0.5 + 0.5 * np.cos(np.pi * np.minimum(away, 1)), 0).astype(np.float32)
