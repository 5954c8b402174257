"""What a training would take: parameters, memory and time, found out by one step on examples of noise."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semeia.datasets import class_names
from semeia.errors import SemeiaError
from semeia.networks import build, entry_of
from semeia.recipe import AnyRecipe, Recipe
from semeia.training.checking import Checked, check
from semeia.training.explaining import explain

if TYPE_CHECKING:
    from torch import nn

__all__ = ["estimate"]

_LARGEST = 200_000_000  # parameters: a network of more is not tried out here
_CHANNELS = 19  # of a scalp EEG, where any number will do
_FEW = 16  # examples of the step that is timed


def estimate(recipe: AnyRecipe, beside: Path = Path()) -> dict[str, Any]:
    """Check a recipe, and say what its training would take on this machine.

    Parameters
    ----------
    recipe : Recipe or ImageRecipe
    beside : Path
        Where relative paths of the recipe are looked for first.

    Returns
    -------
    dict
        ``faults``, ``notes``: list of str; ``said``: heading to sentences; ``shape``: of one example, or None;
        ``parameters``: int or None; ``seconds``: of an epoch, timed by one step, or None; ``bytes``: that a batch keeps
        in training, or None; ``rate``, in Hz, and ``channels``, of recordings.
    """
    checked = check(recipe, beside)
    shape, module = checked.shape, checked.module
    parameters = None if module is None else sum(weight.numel() for weight in module.parameters())
    seconds = None
    if shape is not None and parameters is not None and parameters < _LARGEST and not checked.faults:
        seconds = _seconds(recipe, _usual(recipe, shape))
    return {
        "faults": checked.faults,
        "notes": checked.notes,
        "said": {heading: lines for heading, lines in explain(recipe, beside, checked).items() if heading != "Faults"},
        "shape": shape,
        "rate": None if checked.transform is None else checked.transform.rate,
        "channels": checked.channels if isinstance(recipe, Recipe) else None,
        "parameters": parameters,
        "bytes": _bytes(recipe, checked),
        "seconds": seconds,
    }


def _usual(recipe: AnyRecipe, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of an example of a usual recording, where a network takes any channels."""
    anyhow = isinstance(recipe, Recipe) and recipe.examples.montage == "any" and len(shape) > 1
    return (_CHANNELS, *shape[1:]) if anyhow else shape


def _bytes(recipe: AnyRecipe, checked: Checked) -> int | None:
    """Return how much a batch keeps for the way back: every layer's output, in float32."""
    if checked.module is None or checked.shape is None:
        return None
    import torch

    numbers = 0

    def took(part: nn.Module, _: object, output: object) -> None:
        nonlocal numbers
        if isinstance(output, torch.Tensor) and not list(part.children()):
            numbers += output.numel()

    hooks = [part.register_forward_hook(took) for part in checked.module.modules()]
    device = next((weight.device for weight in checked.module.parameters()), torch.device("cpu"))
    try:
        with torch.inference_mode():
            checked.module(torch.empty(2, *_usual(recipe, checked.shape), device=device))
    finally:
        for hook in hooks:
            hook.remove()
    return 4 * numbers // 2 * recipe.training.batch_size


def _seconds(recipe: AnyRecipe, shape: tuple[int, ...]) -> float | None:
    """Return how long an epoch would take: the faster of two steps, which the first makes ready."""
    import torch

    settings, classes = recipe.training, len(class_names(recipe.task))
    batch = min(_FEW, settings.batch_size)
    targets = torch.zeros(batch, dtype=torch.int64)
    try:
        module = build(recipe.network.name, shape, classes, **recipe.network.parameters).train()
        examples, best = torch.randn(batch, *shape), float("inf")
        for _ in range(2):
            began = time.perf_counter()
            logits = module(examples)
            scores = logits.mean(dim=1) if entry_of(recipe.network.name).per_channel else logits
            torch.nn.functional.cross_entropy(scores, targets).backward()  # type: ignore[no-untyped-call]
            best = min(best, time.perf_counter() - began)
    except (SemeiaError, RuntimeError, ValueError, MemoryError):
        return None
    return best / batch * settings.examples_per_epoch
