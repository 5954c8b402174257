"""System C's networks for brain MRI: twins kept apart, and drawn at random as published; and what noise adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from figures import table
from image_studies import (
    SPLIT_SEED,
    Said,
    Training,
    Worth,
    difference,
    few,
    image_recipe,
    images_of,
    minutes,
    nearest,
    on,
    table_of,
    told_apart,
    train_all,
    worth,
)
from semeia.datasets import LabelledImage
from semeia.datasets.image_splits import deal_images
from semeia.evaluation import Interval, Predictions
from semeia.recipe import ImageRecipe

PARTS = 10
"""One is tested, and of the others a tenth validates: grouped or at random."""
GROUPED, RANDOM = "twins on one side", "at random"
MEASURES = ("accuracy", "balanced accuracy", "AUC")


class Variant(NamedTuple):
    """A network of the originals as it is trained here, and the accuracy of test and training that they published."""

    recipe: str
    shown: str
    settings: tuple[str, ...]
    published: str = ""


_MIXED = "training.precision=mixed"  # faster, for all but EfficientNet's depthwise convolutions

VARIANTS = (
    Variant("mri-tumour-cnn", "generic CNN", ("transform.size=96", _MIXED), ".922 (.992)"),
    Variant("mri-tumour-cnn-without-noise", "the same without noise", ("transform.size=96", _MIXED)),
    Variant("mri-tumour-alexnet", "AlexNet", ("transform.size=96", _MIXED, "network.width=1024"), ".957 (.975)"),
    Variant(
        "mri-tumour-efficientnet-b0",
        "EfficientNet-B0 ¹",
        ("transform.size=64", "weights.init=random"),
        ".991 (.991)",
    ),
)


class Size(NamedTuple):
    """How large the study is: epochs, images of an epoch, seeds; images of each class, if not all."""

    epochs: int
    drawn: int
    seeds: tuple[int, ...]
    images: int | None = None


FULL = Size(8, 2304, (1, 2, 3))
QUICK = Size(1, 32, (1,), images=40)


class Dealt(NamedTuple):
    """One way to split: tables of what trains and validates, and of what is tested; and the images of both."""

    rest: Path
    held: Path
    images: tuple[list[LabelledImage], list[LabelledImage]]


def run(workspace: Path, size: Size = FULL) -> str:
    """Train, judge and return the section; `QUICK` is to try things out."""
    images = few(images_of(image_recipe(VARIANTS[0].recipe)), size.images)
    dealt = {GROUPED: _dealt(images, "patient", workspace), RANDOM: _dealt(images, "random", workspace)}
    keys = [(variant, how, seed) for variant in VARIANTS for how in dealt for seed in size.seeds]
    said = dict(zip(keys, train_all([_training(*key, size, dealt) for key in keys], workspace), strict=True))
    found = {
        (variant.shown, how): [said[variant, how, seed] for seed in size.seeds] for variant in VARIANTS for how in dealt
    }
    # What is judged on other images is drawn apart, so that their difference has the spread of both.
    seeds = {GROUPED: 0, RANDOM: 1}
    tests = {key: worth([one.parts["test"] for one in each], seeds[key[1]]) for key, each in found.items()}
    classes = image_recipe(VARIANTS[0].recipe).task.classes
    trivial = {how: worth([_nearest(one, classes)], seeds[how]) for how, one in dealt.items()}
    tests |= {("nearest neighbour", how): one for how, one in trivial.items()}
    published = {variant.shown: variant.published for variant in VARIANTS}
    rows = [_row(*key, found.get(key), one, published.get(key[0], "")) for key, one in tests.items()]
    first, without = VARIANTS[0].shown, VARIANTS[1].shown
    noise = {how: tests[first, how].above(tests[without, how], "accuracy") for how in dealt}
    return f"""## System C: tumours on brain MRI, and what twins are worth

The originals' three networks, and the first without noise, at a smaller size: {_sizes()};
{size.epochs} epochs of {size.drawn:,} images, steps of 32, in bfloat16 (but for EfficientNet-B0, which is slower so),
otherwise as the recipes say. **These trainings are short**: published were 40 epochs of all images. The training
accuracy stands beside each figure: a network that has not learnt its own images does not show what it can reach.
Tested is a tenth of `Training` ({len(dealt[GROUPED].images[1])} images), a tenth of the rest validates: either twins
lie on one side, or, as published, images are drawn at random. (The recipes alone, with `split.by = "random"` and
`split.validation = 0.1`, have no third part: there the epoch is chosen on what is judged.) The official test
folder was left alone. The most probable class counts; AUC is the mean of each class against the rest. Seeds
{", ".join(map(str, size.seeds))}: mean, and ± the standard deviation over them; in brackets 95 % intervals, a
bootstrap over images with their twins.
*Nearest neighbour* is the image whose 64 × 64 pixels correlate most: it learns nothing.

{table(_HEAD, rows)}

¹ From random weights: ImageNet's could not be had where this was measured, and the published figure rests on them.
Published: a random tenth, and in brackets training. ² Of a training, on one core.

### What twins on both sides are worth

| | random less grouped: accuracy | balanced accuracy |
| --- | --- | --- |
{_leaks(tests)}

Neighbouring slices of one patient are on both sides of either split; what *that* is worth is in the section on the
shipped models, where runs of file numbers stay together.

### What noise on the training images adds

In accuracy, of the first network: {"; ".join(f"{how}, {difference(one)}: {_sure(one)}" for how, one in noise.items())}.
"""


_HEAD = ("", "split", "training", "validation", "**accuracy**", "balanced accuracy", "AUC", "±", "published", "time ²")


def _dealt(images: Sequence[LabelledImage], by: str, workspace: Path) -> Dealt:
    rest, held = deal_images(images, PARTS, SPLIT_SEED, by=by)[0]
    return Dealt(table_of(rest, workspace), table_of(held, workspace), (rest, held))


def _training(variant: Variant, how: str, seed: int, size: Size, dealt: Mapping[str, Dealt]) -> Training:
    settings = [*variant.settings, f"seed={seed}", f"training.epochs={size.epochs}"]
    settings += [f"training.examples_per_epoch={size.drawn}", "split.validation=0.1"]
    settings += ["split.by=random"] if how == RANDOM else []
    recipe: ImageRecipe = on(image_recipe(variant.recipe, *settings), dealt[how].rest)
    return Training(recipe, held=dealt[how].held, parts=("training", "validation", "test"))


def _nearest(one: Dealt, classes: Sequence[str]) -> Predictions:
    return nearest(*one.images, classes)


def _row(shown: str, how: str, said: Sequence[Said] | None, test: Worth, published: str) -> list[str]:
    sides = (
        ["", ""]
        if said is None
        else [worth([one.parts[part] for one in said]).spread("accuracy") for part in ("training", "validation")]
    )
    spread = test.spread("accuracy").partition(" ± ")[2]
    measured = [f"**{test['accuracy']}**", test["balanced accuracy"], test["AUC"] if said else "", spread]
    given = published if how == RANDOM else ""
    return [shown, how, *sides, *measured, given, minutes(said) if said else ""]


def _leaks(tests: Mapping[tuple[str, str], Worth]) -> str:
    lines = []
    for shown in dict.fromkeys(name for name, _ in tests):
        random, grouped = tests[shown, RANDOM], tests[shown, GROUPED]
        cells = [difference(random.above(grouped, measure)) for measure in MEASURES[:2]]
        lines.append(f"| {shown} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _sizes() -> str:
    return ", ".join(
        f"{one.shown.removesuffix(' ¹')} {one.settings[0].partition('=')[2]} px" for one in (VARIANTS[0], *VARIANTS[2:])
    )


def _sure(found: Interval) -> str:
    return "an interval without 0" if told_apart(found) else "its interval holds 0"
