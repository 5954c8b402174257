"""The weights that a network begins with: random, ImageNet's, or those of a model that was trained before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import file_digest
from math import ceil
from pathlib import Path
from typing import NamedTuple, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from semeia.errors import FileError, ModelError, RecipeError
from semeia.home import reason
from semeia.networks.freezing import stage_names, stages_of, thawed_stages
from semeia.networks.imagenet import imagenet_file
from semeia.recipe import Weights

__all__ = ["FirstWeights", "Taken", "Trained", "check_imagenet", "first_weights", "take_weights"]

Told = Callable[[int, int | None], None]


class Trained(NamedTuple):
    """Weights of a trained network by their names, and whether its classes are the same, in the same order."""

    tensors: Mapping[str, Tensor]
    same_classes: bool


class Taken(NamedTuple):
    """The stages that took weights, and how those of the first layer were changed for it ("" if not)."""

    stages: tuple[str, ...]
    adapted: str = ""


@dataclass(frozen=True, slots=True)
class FirstWeights:
    """What a network's weights began as: for the model's card.

    Parameters
    ----------
    source : str
        Whose weights they were; "" for none.
    taken, new : tuple of str
        Stages that began with them, and with random weights.
    adapted : str
        What was done to the first layer, or "".
    frozen : tuple of str
        Stages that were frozen at first.
    thaw : int
        Epochs after each of which one more was trained; 0: none.
    """

    source: str
    taken: tuple[str, ...]
    new: tuple[str, ...]
    adapted: str = ""
    frozen: tuple[str, ...] = ()
    thaw: int = 0

    @property
    def frozen_at_random(self) -> tuple[str, ...]:
        """Stages that were frozen though they never learnt anything."""
        return tuple(name for name in self.frozen if name not in self.taken)

    def __str__(self) -> str:
        """Say it in a few sentences."""
        said = ["The weights began at random."]
        if self.source:
            said = [f"The weights began as those of {self.source}."]
            said += [f"New, at random: {', '.join(self.new)}."] if self.new else []
        said += [f"{self.adapted}."] if self.adapted else []
        said += [f"Frozen: {', '.join(self.frozen)}."] if self.frozen else []
        if self.frozen and self.thaw:
            said += [f"From the last backwards, one more was trained after every {self.thaw} epochs."]
        if self.frozen_at_random:
            said += [
                f"Frozen with random weights, which never learnt anything: {', '.join(self.frozen_at_random)}. "
                "What this model scores says little about the same network with trained weights."
            ]
        return " ".join(said)


def first_weights(
    module: nn.Module,
    settings: Weights,
    *,
    network: str,
    beside: Path,
    of_model: Callable[[str], Trained],
    progress: Told = lambda done, size: None,
) -> FirstWeights:
    """Give a new network the weights that a recipe says it begins with, and check that what is frozen was trained.

    Parameters
    ----------
    module : nn.Module
        Changed in place.
    settings : Weights
    network : str
        Its name in the catalogue, for errors.
    beside : Path
        Where relative paths are looked for first; then in the working folder.
    of_model : callable
        Called with the name or the folder of a Semeia model, returns its weights.
    progress : callable
        Called with the bytes of a download that are here, and how many there are to be, if known.

    Raises
    ------
    RecipeError
        If the network has no ImageNet weights, or weights would be frozen that were never trained.
    FileError
        If the file is missing or not one of weights.
    ModelError
        If the weights do not fit, cannot be downloaded, or there is no such model.
    StorageError
        If what is downloaded cannot be kept.
    """
    source, taken = _begun(module, settings.init, network=network, beside=beside, of_model=of_model, progress=progress)
    names = stage_names(module)
    trained = thawed_stages(len(names), settings.freeze, 0, 0)
    first = FirstWeights(
        source,
        taken.stages,
        tuple(name for name in names if name not in taken.stages),
        taken.adapted,
        tuple(name for number, name in enumerate(names) if number not in trained),
        settings.thaw,
    )
    if first.frozen_at_random and not settings.random_frozen:
        raise RecipeError(
            f"weights.freeze = {settings.freeze!r}: the weights of {', '.join(first.frozen_at_random)} were never "
            f"trained (weights.init = {settings.init!r}), so there is nothing to keep: give weights.init trained ones, "
            "freeze none, or allow it with weights.random_frozen = true"
        )
    return first


def check_imagenet(module: nn.Module, network: str) -> None:
    """Check that there are ImageNet weights for a network.

    Raises
    ------
    RecipeError
    """
    if not getattr(module, "hub_id", ""):
        raise RecipeError(
            f"network {network!r} has no ImageNet weights: weights.init takes random, a model or a file for it"
        )


def _begun(
    module: nn.Module, init: str, *, network: str, beside: Path, of_model: Callable[[str], Trained], progress: Told
) -> tuple[str, Taken]:
    """Give a network its first weights; return whose they are, "" for nobody's, and what took them."""
    name, place = Path(init).name, beside / init
    if init == "random":
        return "", Taken(())
    if init == "imagenet":
        check_imagenet(module, network)
        hub_id = cast(str, module.hub_id)
        return _from_file(module, imagenet_file(hub_id, progress), f"ImageNet ({hub_id}")
    if init.endswith(".safetensors"):
        return _from_file(module, place if place.is_file() else Path(init), f"{name} (a file")
    given = of_model(str(place) if (place / "model.json").is_file() else init)
    source = f"the model {name}"
    return source, _from_model(module, given, source)


def _from_file(module: nn.Module, file: Path, source: str) -> tuple[str, Taken]:
    """Take what a file has but the classifier; return whose weights they are, with their checksum."""
    tensors, checksum = _read(file)
    if hasattr(module, "from_imagenet"):
        tensors = cast(Callable[[Mapping[str, Tensor]], dict[str, Tensor]], module.from_imagenet)(tensors)
    taken = take_weights(module, tensors, except_last=True, source=file.name)
    return f"{source}, SHA-256 {checksum})", taken


def _from_model(module: nn.Module, given: Trained, source: str) -> Taken:
    """Take the weights of a model of the same kind, or of one for windows: for the encoder of a second level."""
    known = {name for name, _ in module.named_parameters()}
    if hasattr(module, "take_encoder") and not known & set(given.tensors):
        cast(Callable[[Mapping[str, Tensor]], None], module.take_encoder)(given.tensors)
        return Taken(("encoder",))
    return take_weights(module, given.tensors, except_last=not given.same_classes, source=source)


def _read(file: Path) -> tuple[dict[str, Tensor], str]:
    try:
        with file.open("rb") as whole:
            checksum = file_digest(whole, "sha256").hexdigest()
        return load_file(file), checksum
    except FileNotFoundError:
        raise FileError(file, "no such file of weights (weights.init)") from None
    except OSError as error:
        raise FileError(file, f"cannot be read ({reason(error)})") from error
    except (SafetensorError, ValueError, KeyError) as error:
        raise FileError(file, f"is no whole safetensors file ({str(error).splitlines()[0]})") from error


def take_weights(
    module: nn.Module, tensors: Mapping[str, Tensor], *, except_last: bool, source: str = "the model"
) -> Taken:
    """Give a network those of another's weights that fit by name and shape, stage by stage.

    A stage takes all of its weights or none. The first convolution may differ in its number of input channels: see
    `adapted_channels`.

    Parameters
    ----------
    module : nn.Module
        Changed in place; not at all when an error is raised.
    tensors : mapping
        Weights and statistics by their names in the network.
    except_last : bool
        Whether the last stage keeps the weights that it has, because its classes are others.
    source : str
        Whose weights they are, for the error.

    Raises
    ------
    ModelError
        If less than half of the weights before the last stage fit; the message names the first layer that does not,
        and both shapes. Not counted is a dense layer that reads the maps of examples of another size, when all before
        it fits. Also if they are not all finite.
    """
    names = {id(tensor): name for name, tensor in module.state_dict(keep_vars=True).items()}
    stages = stages_of(module)
    own = [{names[id(t)]: t for t in stage.state_dict(keep_vars=True).values()} for stage in stages]
    first = next((name for name, tensor in own[0].items() if tensor.ndim > 2 and name.endswith("weight")), "")
    fitted: dict[str, Tensor] = {}
    taken: list[str] = []
    problem = adapted = ""
    count = sum(weight.numel() for stage in stages[:-1] for weight in stage.parameters())
    fitting = 0
    labels = stage_names(module)
    for number, (label, stage, targets) in enumerate(zip(labels, stages, own, strict=True)):
        if except_last and number == len(stages) - 1:
            break
        found = {name: _fitted(target, tensors.get(name), name == first) for name, target in targets.items()}
        lacking = next((n for n, value in found.items() if value is None and not n.endswith("num_batches_tracked")), "")
        if lacking:
            problem = problem or _misfit(lacking, targets[lacking], tensors.get(lacking))
            if number == len(taken) and stage is not stages[-1] and _reads_another_size(targets, tensors):
                count -= sum(weight.numel() for weight in stage.parameters())
            continue
        fitted |= {name: value for name, value in found.items() if value is not None}
        taken.append(label)
        fitting += sum(weight.numel() for weight in stage.parameters())
        if first in targets and tensors[first].shape != targets[first].shape:
            adapted = _adapted(tensors[first].shape[1], targets[first].shape[1])
    if not taken or 2 * fitting < count:
        raise ModelError(f"{source}: too little of its weights fits this network: {problem or 'it has one stage only'}")
    _copy(module, fitted, source)
    return Taken(tuple(taken), adapted)


def _copy(module: nn.Module, fitted: Mapping[str, Tensor], source: str) -> None:
    for name, value in fitted.items():
        if not torch.isfinite(value).all():
            raise ModelError(f"{source}: the weights of {name} are not all finite numbers")
    module.load_state_dict(fitted, strict=False)


def _fitted(target: Tensor, given: Tensor | None, first: bool) -> Tensor | None:
    """Return what goes into a tensor, or None where nothing given does."""
    if given is None or given.shape == target.shape:
        return given
    others = [size for axis, size in enumerate(target.shape) if axis != 1]
    if first and given.ndim == target.ndim and [s for axis, s in enumerate(given.shape) if axis != 1] == others:
        return adapted_channels(given, target.shape[1])
    return None


def _reads_another_size(targets: Mapping[str, Tensor], tensors: Mapping[str, Tensor]) -> bool:
    """Return whether a stage differs from what is given in nothing but the number of inputs of its dense layers."""
    return all(
        given is not None
        and (given.shape == target.shape or (given.ndim == target.ndim == 2 and len(given) == len(target)))
        for given, target in ((tensors.get(name), target) for name, target in targets.items())
    )


def adapted_channels(weight: Tensor, channels: int) -> Tensor:
    """Return the weight of a convolution (maps, channels, ...) for another number of input channels, as timm does it.

    The channels are repeated, or cut off, and scaled so that the sum over them stays about the same; for a single one
    they are added. So 16 electrodes × RGB begin with ImageNet's red, green and blue, 16 times over.
    """
    if channels == 1:
        return weight.sum(dim=1, keepdim=True)
    given = weight.shape[1]
    repeats = [1, ceil(channels / given), *[1] * (weight.ndim - 2)]
    return weight.repeat(repeats)[:, :channels] * (given / channels)


def _adapted(given: int, channels: int) -> str:
    if channels == 1:
        how = "were added up to one"
    elif channels > given:
        how = f"were repeated to {channels}, and scaled by {given}/{channels}"
    else:
        how = f"were cut to the first {channels}, and scaled by {given}/{channels}"
    return f"The {given} input channels of the first layer {how}"


def _misfit(name: str, target: Tensor, given: Tensor | None) -> str:
    layer, here = name.rpartition(".")[0] or name, tuple(target.shape)
    if given is None:
        return f"layer {layer} has {name.rpartition('.')[2]} of shape {here} here, and there is none in it"
    return f"layer {layer} has {name.rpartition('.')[2]} of shape {here} here, and {tuple(given.shape)} in it"
