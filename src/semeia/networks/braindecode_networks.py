"""Networks of braindecode (the extra of that name), called ``braindecode:`` and their class, as braindecode:EEGNet."""

from __future__ import annotations

import inspect
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from inspect import Parameter
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from semeia.errors import RecipeError
from semeia.networks.braindecode_names import PREFIX
from semeia.networks.compiled_parts import make_importable
from semeia.networks.residual import trainable
from semeia.recipe import look_up

__all__ = ["Braindecode"]

_OURS = frozenset({"self", "n_chans", "n_outputs", "n_times", "chs_info", "input_window_seconds"})
_FROM_THE_INTERNET = frozenset({"REVE"})


class Braindecode(nn.Module):
    """One of braindecode's networks as Semeia's are.

    Parameters
    ----------
    network : nn.Module
        It maps (batch, channels, samples) to logits (batch, classes).
    shape : (int, int)
    classes : int

    Attributes
    ----------
    embedding_width : int or None
        None where the network has no last layer of its own: it then gives no embeddings.

    Raises
    ------
    ValueError
        If it makes anything else of an example than one logit for each class.
    """

    def __init__(self, network: nn.Module, shape: tuple[int, int], classes: int) -> None:
        super().__init__()
        self.network = network
        self.has_last = bool(trainable([_last_layer(network)]))
        entered: list[Tensor] = []
        with torch.no_grad():
            logits = self.eval()._run(torch.zeros(2, *shape), entered)
        self.train()
        if not isinstance(logits, Tensor) or logits.shape != (2, classes):
            what = tuple(logits.shape[1:]) if isinstance(logits, Tensor) else type(logits).__name__
            raise ValueError(f"it makes {what} of an example instead of {classes} scores")
        self.embedding_width = entered[0].flatten(1).shape[1] if len(entered) == 1 else None

    def _run(self, x: Tensor, entered: list[Tensor]) -> Tensor:
        """Run the network, and note what enters its last layer."""
        hooks = []
        if self.has_last:
            last = _last_layer(self.network)
            hooks.append(last.register_forward_pre_hook(lambda _, inputs: entered.append(inputs[0])))
        try:
            logits: Tensor = self.network(x)
        finally:
            for hook in hooks:
                hook.remove()
        return logits

    def embed(self, x: Tensor) -> Tensor:
        """Map (batch, channels, samples) to what enters the last layer (batch, embedding_width)."""
        entered: list[Tensor] = []
        self._run(x, entered)
        return entered[0].flatten(1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channels, samples) to logits (batch, classes)."""
        logits: Tensor = self.network(x)
        return logits

    def stages(self) -> list[nn.Module]:
        """Return what may be frozen: weights of its own (as tokens), then its parts, the last layer at the end."""
        body, last = _body(self.network), _last_layer(self.network)
        own = nn.ParameterList(body.parameters(recurse=False))
        return trainable([own, *(part for part in body.children() if part is not last), last])


def _body(network: nn.Module) -> nn.Module:
    """Return what the parts of a network stand in: itself, or the only one of them that has weights."""
    parts = trainable(network.children())
    own = any(True for _ in network.parameters(recurse=False))
    return _body(parts[0]) if len(parts) == 1 and not own else network


def _last_layer(network: nn.Module) -> nn.Module:
    """Return what braindecode calls so; a layer that does nothing where there is none."""
    return dict(_body(network).named_children()).get("final_layer", nn.Identity())


def __getattr__(name: str) -> Callable[..., Braindecode]:
    """Return the factory of a network of braindecode, which the catalogue asks for by its whole name."""
    if not name.startswith(PREFIX):
        raise AttributeError(name)
    return _factory(name.removeprefix(PREFIX))


@cache
def _factory(name: str) -> Callable[..., Braindecode]:
    """Make ``factory(shape, classes, **parameters)``; its signature names the parameters that a recipe may give."""
    if name in _FROM_THE_INTERNET:
        raise RecipeError(
            f"network {PREFIX + name!r} fetches a file from the internet when it is built: choose another"
        )
    models = _models()
    classes_of = {key: value for key, value in vars(models).items() if _is_network(value)}
    made = look_up("network of braindecode", name, classes_of)

    def factory(shape: tuple[int, int], classes: int, **parameters: Any) -> Braindecode:
        channels, samples = shape
        try:
            with _quiet():
                network = made(n_chans=channels, n_times=samples, n_outputs=classes, **parameters)
                return Braindecode(network, shape, classes)
        except Exception as error:  # einops, MNE and pydantic raise their own
            raise RecipeError(_reason(name, shape, error)) from error

    own = [parameter for parameter in inspect.signature(made).parameters.values() if _is_for_recipes(parameter)]
    given = list(inspect.signature(factory).parameters.values())[:2]
    factory.__signature__ = inspect.Signature(given + [_as_keyword(each) for each in own])  # type: ignore[attr-defined]
    return factory


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back what braindecode says of its own choices, and MNE, on standard output, of names that grew old."""
    logger = logging.getLogger("mne")
    before, logger.disabled = logger.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled = before


def _models() -> ModuleType:
    make_importable("torchaudio")
    try:
        with _quiet():
            import braindecode.models  # type: ignore[import-untyped]
    except ModuleNotFoundError as error:
        raise RecipeError("braindecode's networks need braindecode: pip install semeia[braindecode]") from error
    models: ModuleType = braindecode.models
    return models


def _is_network(value: object) -> bool:
    return inspect.isclass(value) and issubclass(value, nn.Module)


def _is_for_recipes(parameter: Parameter) -> bool:
    """Whether TOML can say it: an activation, for example, is a class."""
    named = parameter.kind in {Parameter.KEYWORD_ONLY, Parameter.POSITIONAL_OR_KEYWORD}
    return named and parameter.name not in _OURS and not inspect.isclass(parameter.default)


def _as_keyword(parameter: Parameter) -> Parameter:
    """A rate that the network takes for granted would be wrong in silence: it must be given."""
    taken_for_granted = parameter.name == "sfreq" and parameter.default is not None
    default = Parameter.empty if taken_for_granted else parameter.default
    return parameter.replace(kind=Parameter.KEYWORD_ONLY, default=default)


def _reason(name: str, shape: tuple[int, int], error: Exception) -> str:
    """Return why the network cannot be built, in one line, and what to do about it."""
    said = next(iter(str(error).splitlines()), "") or type(error).__name__
    what = f"network {PREFIX + name!r}"
    if any(word in said for word in ("chs_info", "channel locations", "ch_names")):
        return f"{what} needs the positions or names of electrodes, which recipes do not carry: choose another"
    if ("sfreq" in said and "infer" in said) or "input_window_seconds" in said:
        return f"{what} needs the parameter 'sfreq': the rate of the transform, in Hz"
    return f"{what} does not take examples of {shape[0]} × {shape[1]}: {said}"
