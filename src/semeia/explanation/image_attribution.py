"""Which places of an image made the network say what it said."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from semeia.errors import ModelError
from semeia.explanation.attribution import along_path, fades
from semeia.explanation.gradcam import Stage, spacing, stretched, what_ran
from semeia.explanation.question import logit_of
from semeia.model import ImageModel

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["IMAGE_METHODS", "ImageAttribution", "image_attribution", "image_target"]

PATCHES = 7
"""Patches of occlusion along the longer side of a picture; they overlap by half."""
SMOOTHING = 1 / 40
"""Of the longer side: standard deviation over which integrated gradients are averaged, as single pixels say nothing."""
_AT_ONCE = 1_600_000  # pixels of pictures in memory together
_ON_PATH = 9  # pictures of integrated gradients in memory together


@dataclass(frozen=True)
class ImageAttribution:
    """How much each pixel of a picture speaks for a class.

    Parameters
    ----------
    method : str
    target : str
        The class.
    values : ndarray, float32 (height, width)
        Above 0 what speaks for the class, below 0 what speaks against it; units as of
        `semeia.explanation.Attribution`.
    picture : ndarray, uint8 (channels, height, width)
        What was explained, as the model's transform prepares it.
    logit : float
        Of the class; `semeia.explanation.question.logit_of`.
    smoothing : float
        Pixels over which `map` averages.
    gained, error : float, optional
        Of integrated gradients, as of `semeia.explanation.Attribution`.
    """

    method: str
    target: str
    values: NDArray[np.float32]
    picture: NDArray[np.uint8]
    logit: float
    smoothing: float = 0.0
    gained: float | None = None
    error: float | None = None

    @property
    def probability(self) -> float:
        """Probability of the class in the picture as it is."""
        return 1 / (1 + math.exp(-min(max(self.logit, -700.0), 700.0)))

    @cached_property
    def map(self) -> NDArray[np.float32]:
        """What speaks for the class, as it is drawn: float32 (height, width), 0 to 1, the strongest of this picture."""
        values = self.values
        if self.smoothing:
            from scipy.ndimage import gaussian_filter

            values = gaussian_filter(values, self.smoothing)
        kept = np.maximum(values, 0)
        return np.asarray(kept / kept.max() if kept.max() > 0 else kept, np.float32)


@dataclass(frozen=True, slots=True)
class _Question:
    """Why does this model say this of this picture?"""

    model: ImageModel
    picture: NDArray[np.uint8]
    target: str

    def seen(self, pictures: NDArray[np.uint8] | NDArray[np.float32]) -> Tensor:
        """Return what the network sees of pictures (some, channels, height, width)."""
        import torch

        device = next((weight.device for weight in self.model.module.parameters()), torch.device("cpu"))
        return torch.from_numpy(self.model.transform.apply(pictures)).to(device)

    def logit(self, seen: Tensor, module: nn.Module | None = None) -> Tensor:
        """Return the logit of the class, of the model or one of its members: (some, *shape) to (some,)."""
        return logit_of(module or self.model.module, self.model.description.classes.index(self.target), seen)


def image_attribution(
    model: ImageModel, picture: NDArray[np.uint8], method: str, *, target: str | None = None
) -> ImageAttribution:
    """Explain what a model says of a picture.

    Parameters
    ----------
    model : ImageModel
    picture : ndarray, uint8 (channels, height, width)
        As `ImageModel.prepared` gives it.
    method : {"gradcam", "occlusion", "gradients"}
    target : str, optional
        A class; else as `image_target`.

    Raises
    ------
    ModelError
        If there is no such class, or the network keeps no map of the picture for Grad-CAM.
    """
    return IMAGE_METHODS[method](_Question(model, picture, image_target(model, picture, target)))


def image_target(model: ImageModel, picture: NDArray[np.uint8], target: str | None = None) -> str:
    """Return the class that is asked about: by default the second of two, or of more the most probable.

    Raises
    ------
    ModelError
        If the model has no such class.
    """
    classes = model.description.classes
    if target is None:
        return classes[1] if len(classes) == 2 else classes[int(model.probabilities(picture[None])[0].argmax())]
    if target not in classes:
        raise ModelError(f"model {model.name} knows no class {target!r}; it tells {', '.join(classes)} apart")
    return target


def _grad_cam(asked: _Question) -> ImageAttribution:
    """Weigh the last maps by their mean gradients (Selvaraju et al. 2017, arXiv:1610.02391), the mean over members.

    Each member's map is brought to a maximum of 1 before that: its values are of no unit.
    """
    import torch
    from captum.attr import LayerGradCam

    seen = asked.seen(asked.picture[None])
    maps = []
    for member in _members(asked.model.module):
        stage = _last_map(asked.model.name, member, seen)

        def logit(seen: Tensor, member: nn.Module = member) -> Tensor:
            return asked.logit(seen, member)

        found = LayerGradCam(logit, stage.module).attribute(seen, relu_attributions=True).detach()[0, 0].cpu().numpy()
        for axis, size in ((0, seen.shape[-2]), (1, seen.shape[-1])):
            found = stretched(found, stage.spacing[axis], size, axis=axis)
        maps.append(found / max(float(found.max()), 1e-30))
    with torch.no_grad():
        logit_of_all = asked.logit(seen).item()
    return ImageAttribution(
        "Grad-CAM", asked.target, np.mean(maps, axis=0, dtype=np.float32), asked.picture, logit_of_all
    )


def _members(module: Any) -> Iterator[nn.Module]:
    """Yield the networks of an ensemble, or the one."""
    from semeia.networks.ensemble import Ensemble

    yield from module if isinstance(module, Ensemble) else [module]


def _last_map(name: str, module: nn.Module, seen: Tensor) -> Stage:
    """Return what runs last and still has the places of the last convolution that has several: a whole block, say.

    Raises
    ------
    ModelError
        If there is none, or its places become tokens behind it, as in transformers: gradients there are of no place.
    """
    from torch import nn

    ran = what_ran(module, seen)
    placed = [
        number
        for number, (layer, _, output) in enumerate(ran)
        if isinstance(layer, nn.Conv2d) and len(output) == 4 and output[-1] * output[-2] > 1
    ]
    why = f"model {name} keeps no map of the picture up to its end: Grad-CAM says nothing of it; take occlusion"
    if not placed:
        raise ModelError(why)
    last, places = placed[-1], ran[placed[-1]][2][-2:]
    if any(len(output) == 3 and any(True for _ in layer.parameters()) for layer, _, output in ran[last:]):
        raise ModelError(f"{why} (a transformer)")
    for number in range(last, len(ran)):
        if len(ran[number][2]) == 4 and ran[number][2][-2:] == places:
            last = number
    return Stage(ran[last][0], spacing(ran[: last + 1], 2))


def _occlusion(asked: _Question) -> ImageAttribution:
    """Measure what the logit loses when a patch fades to the mean of the picture (Zeiler & Fergus 2014).

    Patches are raised cosines along both sides, a seventh of the longer one wide, and overlap by half; a pixel gets the
    mean of those that hide it, each by how far it does.
    """
    picture = asked.picture.astype(np.float32) / 255
    height, width = picture.shape[1:]
    size = max(2, round(max(height, width) / PATCHES))
    down, across = fades(height, size), fades(width, size)
    hidden = picture.mean(axis=(1, 2), keepdims=True) - picture
    places = [(row, column) for row in range(len(down)) for column in range(len(across))]
    logits = []
    for first in range(0, len(places), batch := max(1, _AT_ONCE // (height * width))):
        weights = np.stack([np.outer(down[row], across[column]) for row, column in places[first : first + batch]])
        logits.append(_logits(asked, picture + weights[:, None] * hidden))
    whole = float(_logits(asked, asked.picture[None])[0])
    lost = (whole - np.concatenate(logits)).reshape(len(down), len(across))
    values = down.T @ lost @ across / np.outer(down.sum(axis=0), across.sum(axis=0))
    return ImageAttribution("occlusion", asked.target, values.astype(np.float32), asked.picture, whole)


def _logits(asked: _Question, pictures: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.float32]:
    import torch

    with torch.no_grad():
        return np.asarray(asked.logit(asked.seen(pictures)).cpu().numpy(), np.float32)


def _gradients(asked: _Question) -> ImageAttribution:
    """Share the gain in logit, from an even grey of the picture's mean, among its pixels (Sundararajan et al. 2017)."""
    grey = np.broadcast_to(asked.picture.mean(axis=(1, 2), keepdims=True) / 255, asked.picture.shape)
    seen, base = asked.seen(asked.picture[None]), asked.seen(grey[None].astype(np.float32))
    found = along_path(asked.logit, seen, base, _ON_PATH)
    values, smoothing = found.shares.sum(axis=0), SMOOTHING * max(asked.picture.shape[1:])
    return ImageAttribution(
        "integrated gradients",
        asked.target,
        values,
        asked.picture,
        found.logit,
        smoothing,
        gained=found.gained,
        error=found.error,
    )


IMAGE_METHODS: dict[str, Callable[[_Question], ImageAttribution]] = {
    "gradcam": _grad_cam,
    "occlusion": _occlusion,
    "gradients": _gradients,
}
"""Methods that explain an image."""
