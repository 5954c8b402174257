"""The list of transforms, free of torch: a new transform is one file and one line here."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self, cast

import numpy as np
from numpy.typing import NDArray

from semeia.errors import RecipeError
from semeia.recipe import Kind, check_parameters, look_up

if TYPE_CHECKING:
    from semeia.signals.recording import Recording

__all__ = [
    "ImageTransform",
    "Transform",
    "TransformEntry",
    "entry_of",
    "image_transform_named",
    "names",
    "transform_named",
]

Subject = Literal["signals", "images"]


class Transform(Protocol):
    """What every transform of signals offers."""

    @property
    def rate(self) -> float:
        """Hz of the grid that its output lies on."""

    @property
    def causal(self) -> bool:
        """Whether no output depends on the future."""

    @property
    def gives(self) -> Kind:
        """Kind of example that it makes."""

    @property
    def pointwise(self) -> bool:
        """Whether `apply` treats every sample alike, so that a network may be slid over what it gives."""

    def shape(self, channels: int, samples: int) -> tuple[int, ...]:
        """Return the shape of what `apply` makes of one window (channels, samples).

        Raises
        ------
        RecipeError
            If the window is too short; the message says how long it must be.
        """

    def fit(self, batches: Iterable[NDArray[np.float32]]) -> Self:
        """Return the transform with statistics of training windows (windows, channels, samples), of nothing else."""

    def state(self) -> dict[str, Any]:
        """Return plain JSON values from which `transform_named` makes the fitted transform again."""

    def signal_state(self) -> dict[str, Any]:
        """Return the part of `state` on which `signal` depends; nothing that is fitted."""

    def signal(
        self,
        recording: Recording,
        block_seconds: float = ...,
        channels: Sequence[int | str] | None = None,
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield (first sample, block) of the filtered signal in µV, before `apply`."""

    def apply(self, batch: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Make windows of what `signal` gave (windows, channels, samples) into what a network sees."""


class ImageTransform(Protocol):
    """What every transform of images offers."""

    @property
    def gives(self) -> Kind:
        """Kind of example that it makes."""

    def shape(self) -> tuple[int, int, int]:
        """Return the shape of what `apply` makes of one image: (channels, height, width)."""

    def prepare(self, shown: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return an image (channels, its height, its width), 0 black to 1 white, as bytes (channels, height, width)."""

    def placed(self, width: int, height: int) -> tuple[float, float, float, float]:
        """Return where in an image of that size what `prepare` makes of it lies: left, top, width, height in pixels."""

    def prepared_state(self) -> dict[str, Any]:
        """Return the part of `state` on which `prepare` depends; nothing that is fitted."""

    def fit(self, batches: Iterable[NDArray[np.uint8]]) -> Self:
        """Return the transform with statistics of prepared training images (images, *shape), of nothing else."""

    def state(self) -> dict[str, Any]:
        """Return plain JSON values from which `image_transform_named` makes the fitted transform again."""

    def apply(self, batch: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.float32]:
        """Make prepared images, uint8 or float32 from 0 to 1, into what a network sees."""


@dataclass(frozen=True, slots=True)
class TransformEntry:
    """One line of the catalogue.

    Parameters
    ----------
    module, name : str
        Where the class or function that makes it stands; it is imported when it is first used.
    description : str
        One line for lists.
    of : {"signals", "images"}
        What it transforms.
    """

    module: str
    name: str
    description: str
    of: Subject = "signals"


_CATALOGUE = {
    "raw": TransformEntry("semeia.transforms.raw", "Raw", "raw windows on a fixed scale in µV, softly clipped"),
    "spectrogram": TransformEntry(
        "semeia.transforms.spectrogram",
        "Spectrogram",
        "power over frequency and time, one picture per electrode, normalised per frequency",
    ),
    "psd": TransformEntry(
        "semeia.transforms.psd", "PsdDiagram", "Welch's power over time, drawn as one RGB picture per electrode"
    ),
    "features": TransformEntry(
        "semeia.transforms.features", "Features", "band powers, line length, spectral edge, Hjorth parameters"
    ),
    "image": TransformEntry(
        "semeia.transforms.image", "image", "images resized to one size, normalised per channel", of="images"
    ),
}


def names(of: Subject | None = None) -> list[str]:
    """Return the names of all transforms, or of those of signals or images."""
    return [name for name, entry in _CATALOGUE.items() if of in {None, entry.of}]


def entry_of(name: str) -> TransformEntry:
    """Return the catalogue's line for a name.

    Raises
    ------
    RecipeError
        If there is no such transform; the message names the nearest one.
    """
    return look_up("transform", name, _CATALOGUE)


def transform_named(name: str, **parameters: Any) -> Transform:
    """Make a transform of signals by name.

    Parameters
    ----------
    name : str
        As in `names`.
    **parameters
        The transform's own, as a recipe or `Transform.state` gives them.

    Raises
    ------
    RecipeError
        If the name or a parameter is unknown (the message names the nearest), missing or not possible, or it
        transforms images.
    """
    return cast(Transform, _made(name, "signals", parameters))


def image_transform_named(name: str, **parameters: Any) -> ImageTransform:
    """Make a transform of images by name; parameters and errors as of `transform_named`."""
    return cast(ImageTransform, _made(name, "images", parameters))


def _made(name: str, of: Subject, parameters: dict[str, Any]) -> Any:
    entry = entry_of(name)
    if entry.of != of:
        kind = "another one" if of == "images" else 'task.kind = "images"'
        raise RecipeError(
            f"transform {name!r} is for {entry.of}, and this task is on {of}: take {', '.join(names(of))}, or {kind}"
        )
    factory = getattr(importlib.import_module(entry.module), entry.name)
    check_parameters(f"transform {name!r}", inspect.signature(factory).parameters, parameters)
    return factory(**parameters)
