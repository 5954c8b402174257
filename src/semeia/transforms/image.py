"""Images become pictures of one size: resized with antialiasing, kept as bytes, normalised when a network asks.

`prepare` is done once for each image and its bytes are kept on disk (`semeia.transforms.prepared`); augmentation works
on these, and `apply` comes last.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from semeia.errors import RecipeError
from semeia.recipe import Kind

__all__ = ["Picture", "image"]

Framing = Literal["pad", "crop", "stretch"]
Shown = NDArray[np.float32]

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
_IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Mean and standard deviation of ImageNet's training images, 0 to 1 (Krizhevsky et al. 2012, as torchvision has it)."""
_SMALLEST_SD = 1e-3  # below a quarter of one step of 8 bits: of a set of one colour
_LARGEST = 4096  # pixels of a side: beyond any network, and any memory


def image(
    size: int | Sequence[int],
    channels: int = 1,
    *,
    fit: Framing = "pad",
    mean: Sequence[float] | None = None,
    sd: Sequence[float] | None = None,
    normalise: str | None = None,
) -> Picture:
    """Images resized to one size and normalised per channel over the training images.

    Parameters
    ----------
    size : int or list of int
        Pixels of both sides, or height and width.
    channels : int
        1 (grey; colours by their luminance) or 3 (grey is repeated).
    fit : {"pad", "crop", "stretch"}
        What is done with another aspect: black borders, the middle is cut out, or it is given up.
    mean, sd : list of float, optional
        Of each channel, 0 to 1; by default those of the training images.
    normalise : str, optional
        ``imagenet``: the mean and standard deviation that weights from ImageNet expect, whatever the training images.

    Raises
    ------
    RecipeError
        If a value is not possible.
    """
    sides = [size, size] if isinstance(size, int) else list(size) if isinstance(size, list | tuple) else []
    if len(sides) != 2 or not all(type(side) is int and 0 < side <= _LARGEST for side in sides):
        raise _refusal(f"size is {size!r}; it must be a whole number of pixels up to {_LARGEST}, or [height, width]")
    if type(channels) is not int or channels not in {1, 3}:
        raise _refusal(f"channels is {channels!r}; it must be 1 (grey) or 3 (colour)")
    if fit not in get_args(Framing):
        raise _refusal(f"fit is {fit!r}; it must be one of {', '.join(get_args(Framing))}")
    if normalise not in {None, "imagenet"}:
        raise _refusal(f'normalise is {normalise!r}; it can only be "imagenet"')
    if (mean is None) != (sd is None):
        raise _refusal("mean and sd are given together, or neither is")
    if normalise and mean is None:
        whole = np.array(_IMAGENET)  # grey: what the three channels have on average
        mean, sd = (whole if channels == 3 else whole.mean(1, keepdims=True)).tolist()
    for name, values in (("mean", mean), ("sd", sd)):
        if values is not None and not _are_shares(values, channels, above_zero=name == "sd"):
            raise _refusal(f"{name} is {values!r}; it must be a list of {channels} numbers between 0 and 1")
    fitted = (None if mean is None else tuple(mean)), (None if sd is None else tuple(sd))
    return Picture((sides[0], sides[1]), channels, fit, *fitted, normalise)


@dataclass(frozen=True)
class Picture:
    """What `image` makes: the size, and the statistics once it is fitted; attributes are the parameters of `image`."""

    size: tuple[int, int]
    channels: int
    framing: Framing
    mean: tuple[float, ...] | None = None
    sd: tuple[float, ...] | None = None
    normalise: str | None = None

    name: ClassVar[str] = "image"
    gives: ClassVar[Kind] = "picture"

    def shape(self) -> tuple[int, int, int]:
        """Return the shape of what it makes of one image: (channels, height, width)."""
        return (self.channels, *self.size)

    def prepare(self, shown: Shown) -> NDArray[np.uint8]:
        """Return an image at the size, as bytes.

        Parameters
        ----------
        shown : array, float32, (channels, height, width)
            As `semeia.images.Image.shown` gives it: 0 black to 1 white. What is not a number is black.

        Returns
        -------
        array, uint8, (channels, height, width), 0 to 255
        """
        if not np.isfinite(shown).all():
            shown = np.nan_to_num(shown, nan=0.0, posinf=1.0, neginf=0.0)
        if self.channels == 1 and len(shown) == 3:
            shown = np.tensordot(_LUMA, shown, 1)[None]
        resized = np.stack([self._resized(each) for each in shown])
        pixels = (np.clip(resized, 0, 1) * 255 + 0.5).astype(np.uint8)
        return np.repeat(pixels, self.channels, axis=0) if len(pixels) < self.channels else pixels

    def placed(self, width: int, height: int) -> tuple[float, float, float, float]:
        """Return where in an image what `prepare` makes of it lies.

        Parameters
        ----------
        width, height : int
            Pixels of the image.

        Returns
        -------
        left, top, width, height : float
            In its pixels, from its upper left corner; beyond the image where black borders were added. So column u of
            the prepared picture begins at ``left + u * width / columns``.
        """
        rows, columns = self.size
        scales = columns / width, rows / height
        if self.framing == "stretch":
            return 0.0, 0.0, float(width), float(height)
        if self.framing == "crop":
            seen = columns / max(scales), rows / max(scales)
            return (width - seen[0]) / 2, (height - seen[1]) / 2, *seen
        inner = max(1, round(width * min(scales))), max(1, round(height * min(scales)))
        left, upper = (columns - inner[0]) // 2, (rows - inner[1]) // 2
        across, down = width / inner[0], height / inner[1]
        return -left * across, -upper * down, columns * across, rows * down

    def prepared_state(self) -> dict[str, Any]:
        """Return the part of `state` on which `prepare` depends: what prepared images are known by."""
        return {"size": list(self.size), "channels": self.channels, "fit": self.framing}

    def fit(self, batches: Iterable[NDArray[np.uint8]]) -> Self:
        """Return the transform with mean and standard deviation of prepared training images (images, *shape).

        With ``normalise`` nothing is learnt.

        Raises
        ------
        RecipeError
            If there are none.
        """
        if self.normalise:
            return self
        counts = np.zeros((self.channels, 256), np.int64)
        for batch in batches:
            counts += [np.bincount(batch[:, channel].ravel(), minlength=256) for channel in range(self.channels)]
        if not counts.any():
            raise _refusal("there is no training image to fit it on")
        share, values = counts / counts.sum(1, keepdims=True), np.arange(256) / 255
        mean = share @ values
        sd = np.sqrt(np.maximum(share @ values**2 - mean**2, _SMALLEST_SD**2))
        return replace(self, mean=tuple(mean.tolist()), sd=tuple(sd.tolist()))

    def state(self) -> dict[str, Any]:
        """Return plain JSON values from which `image` makes the fitted transform again."""
        fitted = {name: None if value is None else list(value) for name, value in self._statistics()}
        return self.prepared_state() | fitted | {"normalise": self.normalise}

    def apply(self, batch: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.float32]:
        """Make prepared images into what a network sees.

        Parameters
        ----------
        batch : array, (images, channels, height, width)
            uint8, as prepared, or float32 from 0 to 1, as augmented.

        Raises
        ------
        RecipeError
            If it was not fitted.
        """
        if self.mean is None or self.sd is None:
            raise _refusal("it has no mean and sd yet; fit it on training images first")
        mean, sd = (np.array(values, np.float32)[:, None, None] for values in (self.mean, self.sd))
        scale = np.float32(255 if batch.dtype == np.uint8 else 1)
        normalised = np.multiply(batch, 1 / (scale * sd), dtype=np.float32)
        normalised -= mean / sd
        return normalised

    def _statistics(self) -> tuple[tuple[str, tuple[float, ...] | None], ...]:
        return ("mean", self.mean), ("sd", self.sd)

    def _resized(self, shown: Shown) -> Shown:
        """Return one channel at the size: by a triangle as wide as what a pixel stands for, so that none is skipped."""
        import PIL.Image

        whole = PIL.Image.fromarray(np.ascontiguousarray(shown, np.float32))
        (height, width), bilinear = self.size, PIL.Image.Resampling.BILINEAR
        scales = width / whole.width, height / whole.height
        if self.framing == "stretch":
            return np.asarray(whole.resize((width, height), bilinear))
        if self.framing == "crop":
            seen = width / max(scales), height / max(scales)
            left, upper = (whole.width - seen[0]) / 2, (whole.height - seen[1]) / 2
            # Rounding may put an edge a hair outside of the image.
            right, lower = min(left + seen[0], whole.width), min(upper + seen[1], whole.height)
            box = (max(0.0, left), max(0.0, upper), right, lower)
            return np.asarray(whole.resize((width, height), bilinear, box))
        inner = (max(1, round(whole.width * min(scales))), max(1, round(whole.height * min(scales))))
        padded = np.zeros((height, width), np.float32)
        left, upper = (width - inner[0]) // 2, (height - inner[1]) // 2
        padded[upper : upper + inner[1], left : left + inner[0]] = np.asarray(whole.resize(inner, bilinear))
        return padded


def _are_shares(values: Any, count: int, *, above_zero: bool) -> bool:
    """Return whether it is a list of so many numbers between 0 and 1."""
    if not isinstance(values, list | tuple) or len(values) != count:
        return False
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return numbers and all(0 <= value <= 1 and (value or not above_zero) for value in values)


def _refusal(problem: str) -> RecipeError:
    return RecipeError(f"transform 'image': {problem}")
