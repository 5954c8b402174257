"""What a recipe's training would do, in plain words."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from semeia.datasets import entry_of as source_of
from semeia.datasets.labels import class_names
from semeia.networks import entry_of, title
from semeia.recipe import AnyRecipe, Data, ImageRecipe, Prediction, Recipe, SeizureDetection
from semeia.training.checking import Checked, check
from semeia.transforms import entry_of as transform_of

if TYPE_CHECKING:
    from torch import nn

__all__ = ["explain", "layers_of"]

_SPLIT = {
    "patient": "Patients are never on both sides.",
    "seizure": "The stretches around each seizure of a patient are never on both sides; patients may be.",
    "hour": "The files of one hour are never on both sides; patients may be.",
    "recording": "Recordings are never on both sides; patients may be, so the figures flatter.",
    "random": "Windows are drawn at random: neighbours land on both sides, which leaks; the figures mean little.",
}
_SPLIT_OF_IMAGES = {
    "patient": "Patients, and images that are twins of each other, are never on both sides.",
    "random": "Images are drawn at random: twins and patients land on both sides, which leaks; the figures flatter.",
}
_FALLING = {
    "cosine": "falls to 0 along a cosine",
    "constant": "stays",
    "step": "falls tenfold after each third",
}


def explain(recipe: AnyRecipe, beside: Path = Path(), checked: Checked | None = None) -> dict[str, list[str]]:
    """Return what would be done: heading to sentences.

    Parameters
    ----------
    recipe : Recipe or ImageRecipe
    beside : Path
        Where relative paths of the recipe are looked for first.
    checked : Checked, optional
        What `semeia.training.checking.check` found, where that is known.
    """
    checked = checked or check(recipe, beside)
    said = {
        "Data": [_data(data) for data in recipe.data],
        "Task": _task(recipe),
        "Windows": _windows(recipe, checked) if isinstance(recipe, Recipe) else [],
        "Split": _split(recipe),
        "Transform": _transform(recipe, checked),
        "Network": _network(recipe, checked),
        "Training": _training(recipe),
        "Written": _written(recipe),
        "Notes": checked.notes,
        "Faults": checked.faults,
    }
    return {heading: sentences for heading, sentences in said.items() if sentences}


def _data(data: Data) -> str:
    try:
        about = source_of(data.source).description
    except Exception:
        about = "unknown"
    given = ", ".join(f"{key} = {value}" for key, value in data.parameters.items())
    more = [given] if given else []
    more += ["left out where absent"] if data.optional else []
    more += [f"drawn {data.weight:g} times as often"] if data.weight != 1 else []
    return f"{data.source} ({about}): {'; '.join(more)}." if more else f"{data.source} ({about})."


def _task(recipe: AnyRecipe) -> list[str]:
    task, classes = recipe.task, class_names(recipe.task)
    match task:
        case SeizureDetection():
            return ["Tell windows in a seizure from background."]
        case Prediction():
            horizons = " / ".join(f"{minutes:g}" for minutes in task.horizons)
            return [
                f"Tell {', '.join(classes[:-1])} and {classes[-1]} apart.",
                f"A window is preictal when it lies within {horizons} min before the {task.gap:g} min that precede a "
                f"seizure; interictal when every known seizure is at least {task.clear:g} min away.",
                f"The {task.after:g} min after a seizure are never preictal to the next. All else is left out.",
            ]
    if task.kind == "patterns":
        return [f"Find in each channel by itself, several at once: {', '.join(classes)}."]
    things = "Images" if task.kind == "images" else "Windows"
    return [f"Tell {', '.join(classes)} apart; {classes[0]} is the negative one. {things} in none are left out."]


def _windows(recipe: Recipe, checked: Checked) -> list[str]:
    examples, drop = recipe.examples, recipe.examples.dropouts
    samples = f" ({checked.window} samples at {checked.transform.rate:g} Hz)" if checked.transform else ""
    montage = {
        "any": "all scalp channels as recorded, in any number",
        "recorded": "all channels as recorded",
    }.get(examples.montage, f"the montage {examples.montage}, {checked.channels} channels")
    said = [
        f"Windows of {examples.window:g} s{samples}, every {examples.step:g} s, of {montage}.",
        f"A window belongs to a class that fills at least {examples.overlap:.0%} of it; with less, but some, it is "
        "left out.",
    ]
    if drop.most:
        how = {"sample": "a random piece", "average": "the average"}[drop.impute]
        said.append(
            f"Drop-outs up to {drop.most:.0%} of a window are filled with {how} of the last {drop.recent:g} s; "
            "windows with more are left out."
        )
    else:
        said.append("Windows with drop-outs or gaps are left out.")
    return said


def _split(recipe: AnyRecipe) -> list[str]:
    split, images = recipe.split, isinstance(recipe, ImageRecipe)
    units = "images of each class" if images else {"random": "windows"}.get(split.by, f"{split.by}s")
    if isinstance(split.validation, float):
        side = f"{split.validation:.0%} of the {units} of each source, drawn with seed {recipe.seed}"
    else:
        side = "the patients " + ", ".join([*split.validation[:8], *(["..."] if len(split.validation) > 8 else [])])
    said = [f"Validation: {side}.", (_SPLIT_OF_IMAGES if images else _SPLIT)[split.by]]
    if split.exclude:
        said.append(f"Left out altogether, as a test set: {', '.join(split.exclude)}.")
    return said


def _transform(recipe: AnyRecipe, checked: Checked) -> list[str]:
    try:
        about = transform_of(recipe.transform.name).description
    except Exception:
        about = "unknown"
    given = ", ".join(f"{key} = {value}" for key, value in recipe.transform.parameters.items())
    said = [f"{recipe.transform.name} ({about}): {given}." if given else f"{recipe.transform.name} ({about})."]
    if checked.shape is not None and isinstance(recipe, ImageRecipe):
        said.append(f"One image becomes {' × '.join(map(str, checked.shape))} (channels × height × width).")
    elif checked.shape is not None and checked.transform is not None and isinstance(recipe, Recipe):
        axes = {"signal": "channels × samples", "picture": "channels × height × width", "features": "features"}
        any_channels = " (at least so many channels)" if recipe.examples.montage == "any" else ""
        shape = " × ".join(map(str, checked.shape))
        said.append(f"One example becomes {shape} ({axes[checked.transform.gives]}){any_channels}.")
        said.append("It does not see the future." if checked.transform.causal else "It sees the future (zero phase).")
    return said


def _network(recipe: AnyRecipe, checked: Checked) -> list[str]:
    name, weights = recipe.network.name, recipe.weights
    said = []
    if checked.module is not None and checked.shape is not None:
        about = f"{title(name, checked.shape)} ({entry_of(name).description})"
        said.append(f"{about}: {sum(weight.numel() for weight in checked.module.parameters()):,} parameters.")
        said += [f"  {line}" for line in layers_of(checked.module, checked.shape)]
    else:
        said.append(f"{name}: does not fit; see the faults.")
    if weights.init != "random":
        said.append(f"Its weights begin as {weights.init}.")
    if weights.freeze != "none":
        thaw = f", and thaw one stage every {weights.thaw} epochs from the last backwards" if weights.thaw else ""
        said.append(f"Stages stay as they begin ({weights.freeze}){thaw}.")
    return said


def layers_of(module: nn.Module, shape: tuple[int, ...]) -> list[str]:
    """Return a line for each part of a network: what it is, the shape that it gives, and its parameters.

    Parts are the network's children, and those of a sequence one by one; a part that the example does not go
    through, or more than once, has no shape.

    Parameters
    ----------
    module : nn.Module
        On the device on which an empty example can be made, such as torch's meta device.
    shape : tuple of int
        Of one example.
    """
    import torch
    from torch import nn

    def parts(of: nn.Module, name: str = "") -> list[tuple[str, nn.Module]]:
        children = [(f"{name}{key}", child) for key, child in of.named_children()]
        return [
            part
            for key, child in children
            for part in (parts(child, f"{key}.") if isinstance(child, nn.Sequential) else [(key, child)])
        ]

    given: dict[nn.Module, list[tuple[int, ...]]] = {}

    def took(part: nn.Module, _: object, output: object) -> None:
        if isinstance(output, torch.Tensor):
            given.setdefault(part, []).append(tuple(output.shape[1:]))

    listed = parts(module)
    hooks = [part.register_forward_hook(took) for _, part in listed]
    device = next((weight.device for weight in module.parameters()), torch.device("cpu"))
    try:
        with torch.inference_mode():
            module(torch.empty(2, *shape, device=device))
    finally:
        for hook in hooks:
            hook.remove()
    width = max((len(f"{key} {type(part).__name__}") for key, part in listed), default=0)
    lines = []
    for key, part in listed:
        shapes, count = given.get(part, []), sum(weight.numel() for weight in part.parameters())
        sizes = " × ".join(map(str, shapes[0])) if len(shapes) == 1 else ""
        lines.append(f"{f'{key} {type(part).__name__}':{width}}  {sizes:16}  {f'{count:,}' if count else ''}".rstrip())
    return lines


def _training(recipe: AnyRecipe) -> list[str]:
    training, augmentation = recipe.training, recipe.augmentation
    steps = math.ceil(training.examples_per_epoch / training.batch_size)
    loss = "binary cross-entropy of each channel and pattern" if recipe.task.kind == "patterns" else "cross-entropy"
    weights = {"none": "", "balanced": ", classes weighted inversely to how often they are drawn"}
    weighted = weights[training.class_weights] if isinstance(training.class_weights, str) else ", classes weighted"
    things, balanced = "windows", "so that patients, and classes within each, count the same"
    if isinstance(recipe, ImageRecipe):
        things, balanced = "images", "so that classes count the same"
    drawn = balanced if training.balance else "every one equally"
    said = [
        f"Loss: {loss}{weighted}. {things.capitalize()} are drawn {drawn}.",
        f"{training.optimiser}, learning rate {training.learning_rate:g} that {_FALLING[training.schedule]}"
        + (f" after {training.warmup:g} epochs of rising" if training.warmup else "")
        + (f"; gradients clipped at {training.clip:g}" if training.clip is not None else "")
        + ".",
        f"At most {training.epochs} epochs of {steps} steps of {training.batch_size} {things}; it stops when "
        f"{training.patience} epochs brought no better validation loss. The best epoch is kept.",
    ]
    changed = augmentation.model_dump(exclude_defaults=True)
    if changed:
        said.append(f"Augmentation: {', '.join(f'{key} = {value}' for key, value in changed.items())}.")
    return said


def _written(recipe: AnyRecipe) -> list[str]:
    said = [
        "A folder: model.json, weights.safetensors, recipe.toml (without names and paths), metrics.json, card.md; and "
        "the run's record, which semeia runs shows.",
    ]
    if isinstance(recipe, ImageRecipe):
        if recipe.testing.views > 1:
            said.insert(0, f"Each image is judged by the mean over {recipe.testing.views} views of it.")
    elif recipe.task.kind == "detection":
        point = recipe.detection
        threshold = (
            "chosen on the validation patients" if point.threshold == "validation" else f"{float(point.threshold):g}"
        )
        said.insert(
            0,
            f"Events: moving average of {point.smoothing:g} s, threshold {threshold}, gaps below {point.merge_gap:g} s "
            f"closed, events shorter than {point.minimum_duration:g} s dropped.",
        )
    return said
