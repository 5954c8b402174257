"""A network as a list of layers: every output shape and parameter count, free of torch and quick.

This is what the layer builder shows on each key stroke, and what `semeia.networks.builder` builds. A list comes from a
recipe::

    [network]
    name = "layers"
    layers = [
        {kind = "conv1d", maps = 10, kernel = 10, stride = 5, padding = 9},
        {kind = "relu"},
        {kind = "maxpool1d", kernel = 15, stride = 10},
        {kind = "linear", units = 15},
    ]

What ends the list is always a ``linear`` with as many units as there are classes: where the list does not end in one,
it is added, and a ``flatten`` before it where needed.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from semeia.errors import RecipeError
from semeia.networks.layer_kinds import KINDS, Settings, Shape, check_layer, described, times
from semeia.networks.shapes import TimeLayer, shortest_input

__all__ = ["MOST_LAYERS", "MOST_PARAMETERS", "MOST_VALUES", "LayerShape", "Totals", "plan", "totals"]

MOST_LAYERS = 500
MOST_PARAMETERS = 10**9
"""Of a network: 4 GB of weights, and four times that in training."""
MOST_VALUES = 2**28
"""Of one layer's output for one example: 1 GB."""


@dataclass(frozen=True, slots=True)
class LayerShape:
    """One layer of a network, checked, with what it makes of its input.

    Parameters
    ----------
    number : int
        Its place, from 1.
    kind : str
        As in `semeia.networks.layer_kinds.KINDS`.
    settings : mapping
        Its keys with their values, defaults filled in; sizes of pictures are pairs.
    takes, shape : tuple of int
        Shapes of one example before and behind it.
    parameters : int
    added : bool
        Whether it is not in the list, but added at its end.
    """

    number: int
    kind: str
    settings: Mapping[str, Any]
    takes: Shape
    shape: Shape
    parameters: int
    added: bool = False

    @property
    def description(self) -> str:
        """Its kind and settings in words: ``conv1d, maps 10, kernel 10, stride 5, padding 9``."""
        sides = {key: value if isinstance(value, tuple) else (value,) for key, value in self.settings.items()}
        return ", ".join([self.kind, *(f"{key} {times(value)}" for key, value in sides.items())])

    @property
    def memory(self) -> int:
        """Bytes of its output for one example, in float32."""
        return 4 * math.prod(self.shape)


class Totals(NamedTuple):
    """Sums over all layers.

    Parameters
    ----------
    parameters : int
    memory : int
        Bytes of all outputs for one example, in float32: about what training keeps of each example of a batch.
    """

    parameters: int
    memory: int


def totals(planned: Sequence[LayerShape]) -> Totals:
    """Return the sums over all layers."""
    return Totals(sum(layer.parameters for layer in planned), sum(layer.memory for layer in planned))


def plan(layers: Sequence[Mapping[str, Any]], shape: Shape, classes: int) -> list[LayerShape]:
    """Check a list of layers and work out what each makes of one example.

    Parameters
    ----------
    layers : sequence of mapping
        Each with its ``kind`` and that kind's keys.
    shape : tuple of int
        One example: (channels, samples), (channels, height, width) or (features,).
    classes : int
        Units of the last layer.

    Returns
    -------
    list of LayerShape
        With those that are added at the end.

    Raises
    ------
    RecipeError
        If a layer cannot be: the message names its number and kind, the size that it gets, and what would fit.
    """
    shape = example = tuple(shape)
    if not isinstance(layers, list | tuple) or len(layers) > MOST_LAYERS:
        raise RecipeError(f"layers: should be a list of at most {MOST_LAYERS} tables, as [{{kind = 'relu'}}]")
    if not 1 <= len(shape) <= 3 or min(shape) < 1 or math.prod(shape) > MOST_VALUES:
        raise RecipeError(f"layers: no network can take examples of shape {shape}: from 1 to {MOST_VALUES:,} numbers")
    wanted = [check_layer(number, layer) for number, layer in enumerate(layers, 1)]
    planned: list[LayerShape] = []
    for number, (kind, settings) in enumerate(wanted, 1):
        _check_axes(number, kind, shape)
        _check_length(number, wanted, shape, example)
        planned.append(_sized(kind, settings, shape, planned))
        shape = planned[-1].shape
    end = "linear", {"units": classes}
    if not wanted or wanted[-1] != end:
        for kind, settings in [end] if len(shape) == 1 else [("flatten", {}), end]:
            planned.append(_sized(kind, settings, shape, planned, added=True))
            shape = planned[-1].shape
    return planned


def _check_axes(number: int, kind: str, shape: Shape) -> None:
    """Check that a layer takes what it gets: features, a signal or a picture."""
    if len(shape) not in KINDS[kind].axes:
        names = {1: "features", 2: "a signal (channels × samples)", 3: "a picture (channels × height × width)"}
        takes = " or ".join(names[axes] for axes in KINDS[kind].axes)
        fitting = ", ".join(other for other, entry in KINDS.items() if len(shape) in entry.axes)
        advice = "put a flatten before it" if kind == "linear" else f"what fits here: {fitting}"
        raise RecipeError(f"layer {number} ({kind}) takes {takes}, but gets {described(shape)}: {advice}")


def _check_length(number: int, wanted: Sequence[tuple[str, Settings]], shape: Shape, example: Shape) -> None:
    """Check that no kernel is longer than its input, or say which would fit, and which example would."""
    kind, settings = wanted[number - 1]
    slides = _slides(kind, settings, shape)
    room = [side + 2 * layer.padding for side, layer in zip(shape[1:], slides, strict=False)]
    if any(layer.kernel > most for layer, most in zip(slides, room, strict=True)):
        padded = ", padded to " + times(room) if any(layer.padding for layer in slides) else ""
        raise RecipeError(
            f"layer {number} ({kind}): a kernel of {times(layer.kernel for layer in slides)} is longer than what it "
            f"gets, {described(shape)}{padded}: the largest kernel that fits is {times(room)}"
            + _shortest_example(number, wanted, example)
        )


def _shortest_example(number: int, wanted: Sequence[tuple[str, Settings]], example: Shape) -> str:
    """Return the words that name the shortest example for all convolutions and poolings; none where none helps."""
    slides = []
    for place, (kind, settings) in enumerate(wanted, 1):
        if not KINDS[kind].keeps_places or len(example) not in KINDS[kind].axes:
            if place < number:
                return ""
            break
        slides.append(_slides(kind, settings, example))
    sides = [shortest_input(along) for along in zip(*filter(None, slides), strict=True)]
    what = "window for these layers is {} samples" if len(sides) == 1 else "picture for these layers is {}"
    return f", or the shortest {what.format(times(sides))}" if example[0] * math.prod(sides) <= MOST_VALUES else ""


def _slides(kind: str, settings: Settings, shape: Shape) -> list[TimeLayer]:
    """Return what a layer does to each axis behind the channels; nothing where it does not slide."""
    slides = KINDS[kind].slides
    return slides(settings, len(shape) - 1) if slides is not None else []


def _sized(
    kind: str, settings: Settings, takes: Shape, before: Sequence[LayerShape], *, added: bool = False
) -> LayerShape:
    """Return a layer with its output shape and parameters, or say how large it may be."""
    entry, number = KINDS[kind], len(before) + 1
    room = MOST_PARAMETERS - sum(layer.parameters for layer in before)

    def too_large(widened: Settings) -> str:
        parameters, values = entry.parameters(widened, takes), math.prod(entry.shape(widened, takes))
        if parameters > room:
            return f"{parameters:,} parameters are too many ({room:,} are left of {MOST_PARAMETERS:,})"
        return f"an output of {values:,} numbers is too large (at most {MOST_VALUES:,})" if values > MOST_VALUES else ""

    if problem := too_large(settings):
        wide = entry.widens
        most = bisect_left(range(1, settings.get(wide, 1)), 1, key=lambda v: bool(too_large({**settings, wide: v})))
        advice = f"{wide} = {most} is the most that fits" if most else "pool more before it"
        raise RecipeError(f"layer {number} ({kind}) gets {described(takes)}: {problem}: {advice}")
    return LayerShape(
        number, kind, settings, takes, entry.shape(settings, takes), entry.parameters(settings, takes), added
    )
