"""The kinds of layer that a network can be built from: their keys, and what each makes of a shape. Free of torch."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from semeia.errors import RecipeError
from semeia.networks.shapes import TimeLayer
from semeia.recipe import nearest

__all__ = ["KINDS", "Key", "LayerKind", "Settings", "Shape", "check_layer", "described", "times"]

Shape = tuple[int, ...]
Settings = dict[str, Any]

NEEDED: Final = object()
MOST: Final = 2**31 - 1


class Key(NamedTuple):
    """What may stand behind a key.

    Parameters
    ----------
    default
        Taken where the key is not given: a number, the name of another key, or `NEEDED`.
    least : int
        The smallest whole number.
    pair : bool
        Whether it is a height and a width; one number stands for both.
    share : bool
        Whether it is a share from 0 to below 1 instead of a whole number.
    """

    default: Any = NEEDED
    least: int = 1
    pair: bool = False
    share: bool = False

    @property
    def wanted(self) -> str:
        """What it should be, in words."""
        whole = f"a whole number from {self.least} to {MOST:,}"
        return "a number from 0 to below 1" if self.share else f"{whole}, or two in brackets" if self.pair else whole

    def value(self, given: Any) -> Any:
        """Return a given value as it is used; None where it cannot be."""
        if self.share:
            return float(given) if isinstance(given, int | float) and 0 <= given < 1 and given is not False else None
        if self.pair:
            both = given if isinstance(given, list | tuple) else [given, given]
            return tuple(both) if len(both) == 2 and all(map(self._whole, both)) else None
        return given if self._whole(given) else None

    def _whole(self, given: Any) -> bool:
        return isinstance(given, int) and not isinstance(given, bool) and self.least <= given <= MOST


class LayerKind(NamedTuple):
    """A kind of layer.

    Parameters
    ----------
    axes : tuple of int
        How many axes an example may have: 1 features, 2 a signal, 3 a picture.
    keys : mapping of str to Key
    shape : callable
        From settings and the shape of its input to that of its output.
    parameters : callable
        From the same to the number of its weights.
    slides : callable, optional
        What it does to each axis behind the channels, for convolutions and poolings.
    widens : str
        The key that its output and its weights grow with.
    """

    axes: tuple[int, ...]
    keys: Mapping[str, Key]
    shape: Callable[[Settings, Shape], Shape]
    parameters: Callable[[Settings, Shape], int] = lambda settings, shape: 0
    slides: Callable[[Settings, int], list[TimeLayer]] | None = None
    widens: str = ""

    @property
    def keeps_places(self) -> bool:
        """Whether later layers see more where the example is longer."""
        return self.slides is not None or self.shape is _same


def check_layer(number: int, layer: Any) -> tuple[str, Settings]:
    """Check one table of a list of layers by itself.

    Parameters
    ----------
    number : int
        Its place, from 1, for messages.
    layer : mapping
        Its ``kind`` and that kind's keys.

    Returns
    -------
    kind : str
    settings : dict
        Defaults filled in; sizes of pictures as pairs.

    Raises
    ------
    RecipeError
        If the kind or a key is unknown, a key is missing, or a value cannot be.
    """
    kind = layer.get("kind") if isinstance(layer, Mapping) else None
    if not isinstance(kind, str):
        raise RecipeError(f"layer {number}: should be a table with a kind, as {{kind = 'relu'}}: {nearest('', KINDS)}")
    if kind not in KINDS:
        raise RecipeError(f"layer {number}: kind {kind!r} is not known: {_instead(kind)}")
    where, keys = f"layer {number} ({kind})", KINDS[kind].keys
    for name in layer:
        if name not in keys and name != "kind":
            raise RecipeError(f"{where} has no key {name!r}: {nearest(str(name), keys)}")
    settings: Settings = {}
    for name, key in keys.items():
        given = layer.get(name, settings.get(key.default, key.default) if isinstance(key.default, str) else key.default)
        if given is NEEDED:
            raise RecipeError(f"{where} needs the key {name!r}: {key.wanted}")
        settings[name] = key.value(given)
        if settings[name] is None:
            raise RecipeError(f"{where}: {name} = {repr(given)[:40]} should be {key.wanted}")
    if "padding" in settings:
        _check_padding(where, kind, settings)
    return kind, settings


def described(shape: Shape) -> str:
    """Return the shape of an example in words: ``a signal of 23 × 7680``."""
    if len(shape) == 1:
        return f"{shape[0]} features"
    return f"a {'signal' if len(shape) == 2 else 'picture'} of {times(shape)}"


def times(sides: Iterable[Any]) -> str:
    """Return sides in words: ``23 × 7680``."""
    return " × ".join(map(str, sides))


def _instead(kind: str) -> str:
    if "softmax" in kind or kind == "sigmoid":
        return "it is not needed, the network gives scores that are made probabilities wherever they are used"
    return nearest(kind, KINDS)


def _check_padding(where: str, kind: str, settings: Settings) -> None:
    """Refuse padding of which outputs would see nothing else."""
    pools = "pool" in kind
    axes = len(_sides(settings["kernel"], 1))
    kernels, paddings = (_sides(settings[name], axes) for name in ("kernel", "padding"))
    most = [kernel // 2 if pools else kernel - 1 for kernel in kernels]
    if any(padding > limit for padding, limit in zip(paddings, most, strict=True)):
        rule = "half the kernel" if pools else "less than the kernel"
        raise RecipeError(f"{where}: a padding of {times(paddings)} is too much: at most {times(most)}, {rule}")


def _sides(value: Any, count: int) -> tuple[int, ...]:
    """Return a setting for each axis behind the channels."""
    return value if isinstance(value, tuple) else (value,) * count


def _slides(settings: Settings, count: int) -> list[TimeLayer]:
    return [
        TimeLayer(*each)
        for each in zip(*(_sides(settings[name], count) for name in ("kernel", "stride", "padding")), strict=True)
    ]


def _residual_slides(settings: Settings, count: int) -> list[TimeLayer]:
    return [TimeLayer(3, settings["stride"], 1)] * count


def _lengths(slides: list[TimeLayer], shape: Shape) -> Shape:
    return tuple(layer.length(samples) for layer, samples in zip(slides, shape[1:], strict=True))


def _same(settings: Settings, shape: Shape) -> Shape:
    return shape


def _convolved(settings: Settings, shape: Shape) -> Shape:
    return settings["maps"], *_lengths(_slides(settings, len(shape) - 1), shape)


def _pooled(settings: Settings, shape: Shape) -> Shape:
    return shape[0], *_lengths(_slides(settings, len(shape) - 1), shape)


def _residual(settings: Settings, shape: Shape) -> Shape:
    return settings["maps"], *_lengths(_residual_slides(settings, len(shape) - 1), shape)


def _convolution_weights(settings: Settings, shape: Shape) -> int:
    kernel = math.prod(_sides(settings["kernel"], 1))
    maps: int = settings["maps"]
    return maps * (shape[0] * kernel + 1)


def _residual_weights(settings: Settings, shape: Shape) -> int:
    """Count the weights of `semeia.networks.residual.ResidualBlock`."""
    maps, stride = settings["maps"], settings["stride"]
    kernel = 3 ** (len(shape) - 1)
    shortcut = 0 if maps == shape[0] and stride == 1 else maps * shape[0]
    return int(2 * shape[0] + maps * shape[0] * kernel + 2 * maps + maps * maps * kernel + shortcut)


def _recurrent_weights(gates: int) -> Callable[[Settings, Shape], int]:
    return lambda settings, shape: int(gates * settings["units"] * (shape[0] + settings["units"] + 2))


_MAPS = {"maps": Key()}
_UNITS = {"units": Key()}


def _sliding(pair: bool, stride: int | str) -> dict[str, Key]:
    return {"kernel": Key(pair=pair), "stride": Key(stride, pair=pair), "padding": Key(0, least=0, pair=pair)}


def _convolution(pair: bool) -> LayerKind:
    keys = _MAPS | _sliding(pair, 1)
    return LayerKind((2 + pair,), keys, _convolved, _convolution_weights, _slides, "maps")


def _pooling(pair: bool) -> LayerKind:
    return LayerKind((2 + pair,), _sliding(pair, "kernel"), _pooled, slides=_slides)


def _adaptive() -> LayerKind:
    return LayerKind(
        (2, 3),
        {"size": Key(1)},
        lambda settings, shape: (shape[0], *[settings["size"]] * (len(shape) - 1)),
        widens="size",
    )


def _recurrent(gates: int) -> LayerKind:
    return LayerKind(
        (2,), _UNITS, lambda settings, shape: (settings["units"],), _recurrent_weights(gates), widens="units"
    )


_ANY = (1, 2, 3)
_POINTWISE = LayerKind(_ANY, {}, _same)

KINDS: Mapping[str, LayerKind] = {
    "conv1d": _convolution(pair=False),
    "conv2d": _convolution(pair=True),
    "maxpool1d": _pooling(pair=False),
    "maxpool2d": _pooling(pair=True),
    "avgpool1d": _pooling(pair=False),
    "avgpool2d": _pooling(pair=True),
    "adaptivemaxpool": _adaptive(),
    "adaptiveavgpool": _adaptive(),
    "residual": LayerKind((2, 3), _MAPS | {"stride": Key(1)}, _residual, _residual_weights, _residual_slides, "maps"),
    "batchnorm": LayerKind(_ANY, {}, _same, lambda settings, shape: 2 * shape[0]),
    "relu": _POINTWISE,
    "elu": _POINTWISE,
    "gelu": _POINTWISE,
    "leakyrelu": _POINTWISE,
    "tanh": _POINTWISE,
    "dropout": LayerKind(_ANY, {"p": Key(0.5, share=True)}, _same),
    "gru": _recurrent(3),
    "lstm": _recurrent(4),
    "flatten": LayerKind(_ANY, {}, lambda settings, shape: (math.prod(shape),)),
    "linear": LayerKind(
        (1,),
        _UNITS,
        lambda settings, shape: (settings["units"],),
        lambda settings, shape: int(settings["units"] * (shape[0] + 1)),
        widens="units",
    ),
}
