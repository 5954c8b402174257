"""Networks of timm (https://github.com/huggingface/pytorch-image-models) for pictures, with a new classifier each.

Five under names of their own, and any other as the network ``timm`` with the parameter ``model``.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from semeia.errors import RecipeError
from semeia.networks.compiled_parts import make_importable
from semeia.networks.pictures import Shape, check_size
from semeia.networks.residual import trainable
from semeia.networks.shapes import TimeLayer, shortest_input

__all__ = [
    "TimmNetwork",
    "efficientnet_b0",
    "inception_resnet_v2",
    "resnet18",
    "resnet34",
    "resnet50",
    "timm_network",
]

_HALVING = TimeLayer(3, 2, 1)
_VALID = TimeLayer(3, 2)
SMALLEST_HALVED = shortest_input([TimeLayer(7, 2, 3), *[_HALVING] * 3], 2)
"""17: the last of the five halvings of a ResNet or EfficientNet still has two rows (or columns) to make one of."""
SMALLEST_INCEPTION = shortest_input([_VALID, TimeLayer(3), _VALID, TimeLayer(3), *[_VALID] * 3])
"""75: its layers that halve are not padded."""
_IMAGENET = re.compile(r"in(1|12|21|22)k")


class TimmNetwork(nn.Module):
    """One of timm's networks as Semeia's are.

    Its layers keep timm's names, behind ``features.``: so ImageNet weights find them.

    Parameters
    ----------
    name : str
        As timm calls it; a tag behind a point (``resnet18.tv_in1k``) says which of its ImageNet weights are meant.
    shape : (int, int, int)
        Channels, height and width of one picture.
    classes : int
        Number of logits.
    stem : int, optional
        How many of its layers, those without weights included, are the first stage; each other one is a stage. By
        default the stages are timm's coarse groups: what comes before the blocks, then block by block.
    dropout : float
        Share of the embedding dropped in training.
    **options
        For timm, such as ``img_size``.

    Attributes
    ----------
    features : nn.Module
        timm's network without its classifier.
    embedding_width : int
    hub_id : str
        Where the Hugging Face hub keeps its ImageNet weights; "" where timm has none.
    """

    def __init__(
        self, name: str, shape: Shape, classes: int, *, stem: int | None = None, dropout: float = 0.0, **options: Any
    ) -> None:
        super().__init__()
        make_importable("torchvision")
        from timm import create_model

        whole: Any = create_model(name, in_chans=shape[0], num_classes=0, **options)
        self.features: Any = whole
        self.embedding_width = int(whole.head_hidden_size)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(self.embedding_width, classes))
        self.hub_id = _hub_id(whole.pretrained_cfg)
        self._stem = stem

    def embed(self, x: Tensor) -> Tensor:
        """Map (batch, channels, height, width) to what timm's classifier would see: (batch, embedding_width)."""
        embedding: Tensor = self.features.forward_head(self.features.forward_features(x), pre_logits=True)
        return embedding

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channels, height, width) to logits (batch, classes)."""
        logits: Tensor = self.head(self.embed(x))
        return logits

    def stages(self) -> list[nn.Module]:
        """Return what may be frozen, from input to output."""
        layers: list[nn.Module] = list(self.features.children())
        if self._stem is None:
            return [*_groups(self.features), self.head]
        return trainable([nn.Sequential(*layers[: self._stem]), *layers[self._stem :], self.head])

    def from_imagenet(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return ImageNet weights, named by timm or torchvision, under the names that they have here.

        Where places have weights of their own, as in transformers, timm interpolates them to the size of the picture.
        """
        own = self.features.state_dict()
        suited = dict(tensors)
        fit = getattr(sys.modules[type(self.features).__module__], "checkpoint_filter_fn", None)
        if fit is not None and own.keys() & suited.keys():
            with suppress(AttributeError, KeyError, RuntimeError, ValueError):  # another network's: said when taken
                suited = fit(suited, self.features)
        return {f"features.{key}" if key in own else key: value for key, value in suited.items()}


def resnet18(shape: Shape, classes: int, *, dropout: float = 0.0) -> TimmNetwork:
    """ResNet-18 (He et al. 2015, arXiv:1512.03385): 11,689,512 parameters at 3 channels and 1000 classes."""
    return _halving("resnet18", shape, classes, dropout)


def resnet34(shape: Shape, classes: int, *, dropout: float = 0.0) -> TimmNetwork:
    """ResNet-34, of the same paper: 21,797,672 parameters."""
    return _halving("resnet34", shape, classes, dropout)


def resnet50(shape: Shape, classes: int, *, dropout: float = 0.0) -> TimmNetwork:
    """ResNet-50, of the same paper: 25,557,032 parameters."""
    return _halving("resnet50", shape, classes, dropout)


def efficientnet_b0(shape: Shape, classes: int, *, dropout: float = 0.0) -> TimmNetwork:
    """EfficientNet-B0 (Tan & Le 2019, arXiv:1905.11946): 5,288,548 parameters at 3 channels and 1000 classes."""
    return _halving("efficientnet_b0", shape, classes, dropout)


def inception_resnet_v2(shape: Shape, classes: int, *, dropout: float = 0.0) -> TimmNetwork:
    """Inception-ResNet-V2 (Szegedy et al. 2016, arXiv:1602.07261): 55,843,464 parameters in timm's version."""
    check_size("inception-resnet-v2", shape, SMALLEST_INCEPTION, "network 'cnn2d' takes smaller ones")
    return TimmNetwork("inception_resnet_v2", shape, classes, stem=1, dropout=dropout)


def _halving(name: str, shape: Shape, classes: int, dropout: float) -> TimmNetwork:
    check_size(name.replace("_", "-"), shape, SMALLEST_HALVED, "network 'cnn2d' takes smaller ones")
    return TimmNetwork(name, shape, classes, dropout=dropout)


def timm_network(shape: Shape, classes: int, *, model: str, dropout: float = 0.0) -> TimmNetwork:
    """Any network of timm.

    Parameters
    ----------
    shape : (int, int, int)
        Channels, height and width of one picture. Networks made for one size, such as vision transformers, are built
        for this one where timm can.
    classes : int
        Number of logits.
    model : str
        As timm calls it, such as ``convnext_atto``; a tag behind a point, as in ``resnet18.tv_in1k``, says which of its
        ImageNet weights are meant.
    dropout : float
        Share of the embedding dropped in training.

    Raises
    ------
    RecipeError
        If timm has none of that name (the message names those nearest), or it does not take such pictures.
    """
    make_importable("torchvision")
    from timm import get_pretrained_cfg, list_models

    known = list_models()
    asked = model.partition(".")[0] if isinstance(model, str) else ""
    if asked not in known:
        near = ", ".join(difflib.get_close_matches(str(model), known, 3, cutoff=0.4))
        raise RecipeError(f"network 'timm': timm has no model {model!r}; nearest are {near or 'none'}")
    published = get_pretrained_cfg(model)
    options: dict[str, Any] = {"img_size": shape[1:]} if published is not None and published.fixed_input_size else {}
    made_for = "×".join(map(str, published.input_size[1:])) if published is not None else ""
    _check_takes(model, shape, options, f"; it was made for {made_for}" if made_for else "")
    return TimmNetwork(model, shape, classes, dropout=dropout, **options)


def _check_takes(model: str, shape: Shape, options: Mapping[str, Any], advice: str) -> None:
    """Let a picture without values through a network without values."""
    try:
        with torch.device("meta"), torch.random.fork_rng(devices=[]), torch.inference_mode():
            network = TimmNetwork(model, shape, 2, **options).eval()
            _check_patches(model, network, shape, advice)
            network(torch.zeros(2, *shape))
    except RecipeError:
        raise
    except NotImplementedError:
        return  # something that works on values only: whoever runs it will see
    except Exception as error:  # asserts, divisions by zero, shapes: each network has its own
        said = (str(error).splitlines() or ["its layers do not fit"])[0]
        if "unexpected keyword argument 'img_size'" in said:
            said = "it takes one size only"
        raise RecipeError(
            f"network 'timm': model {model!r} does not take pictures of {_times(shape)} ({said}){advice}"
        ) from error


def _check_patches(model: str, network: TimmNetwork, shape: Shape, advice: str) -> None:
    """Check that nothing of a picture is cut off, which networks that read it in patches do without a word."""
    sizes = getattr(getattr(network.features, "patch_embed", None), "patch_size", ())
    sizes = sizes if isinstance(sizes, tuple) else ()
    if any(side % size for side, size in zip(shape[1:], sizes, strict=False)):
        fitting = "×".join(str(max(1, round(side / size)) * size) for side, size in zip(shape[1:], sizes, strict=True))
        raise RecipeError(
            f"network 'timm': model {model!r} reads patches of {_times(sizes)}, which do not divide pictures of "
            f"{_times(shape)}: {fitting} would fit{advice}"
        )


def _times(sides: tuple[int, ...]) -> str:
    return "×".join(map(str, sides))


def _hub_id(published: Mapping[str, Any]) -> str:
    """Return where the ImageNet weights are, "" where timm has other ones only, or none."""
    place, tag = published.get("hf_hub_id"), str(published.get("tag"))
    return str(place) if place and not published.get("hf_hub_filename") and _IMAGENET.search(tag) else ""


def _groups(whole: nn.Module) -> list[nn.Module]:
    """Return the weights of one of timm's networks in its own groups, from input to output, as the modules they are."""
    from timm.models import group_parameters

    names: Mapping[int, list[str]]
    try:
        matcher: Any = whole.group_matcher
        names = group_parameters(whole, matcher(coarse=True))
    except (AttributeError, AssertionError):  # the few that have no groups, or no coarse ones
        layers = [child.children() if isinstance(child, nn.Sequential) else [child] for child in whole.children()]
        return trainable([nn.ParameterList(whole.parameters(recurse=False)), *chain.from_iterable(layers)])
    group_of = {name: group for group, members in names.items() for name in members}
    groups: dict[int, list[nn.Module]] = {group: [] for group in sorted(names)}

    def sort_in(module: nn.Module, prefix: str) -> None:
        within = {group_of[prefix + name] for name, _ in module.named_parameters()}
        if len(within) == 1:
            groups[within.pop()].append(module)
        elif within:
            for name, weight in module.named_parameters(recurse=False):
                groups[group_of[prefix + name]].append(nn.ParameterList([weight]))
            for name, child in module.named_children():
                sort_in(child, f"{prefix}{name}.")

    sort_in(whole, "")
    return [parts[0] if len(parts) == 1 else nn.ModuleList(parts) for parts in groups.values() if parts]
