"""Images as what a training works on: gathered, split, prepared once, augmented anew in every epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from semeia.datasets import LabelledImage
from semeia.evaluation import Predictions, auroc, classify
from semeia.model import Component, ImageDescription, OperatingPoint, image_probabilities
from semeia.recipe import ImageAugmentation, ImageRecipe
from semeia.training.checking import image_transform_of
from semeia.training.environment import made_with
from semeia.training.fit import Batch
from semeia.training.image_parts import ImageParts, counted_images, fingerprint_of_images, gathered_images
from semeia.training.material import Hooks, Material
from semeia.training.parts import Fold
from semeia.transforms import ImageTransform
from semeia.transforms.augmentation import mixup
from semeia.transforms.cache import RowFile
from semeia.transforms.image_augmentation import augment_images
from semeia.transforms.prepared import prepared_images

__all__ = ["ImageBatches", "ImageValidation", "Images", "images_material", "prepared_parts"]

FIT_IMAGES = 512
"""Images that a transform's statistics are taken from."""


class Images:
    """Prepared images that stay on disk, and what they are.

    Parameters
    ----------
    images : sequence of LabelledImage
    rows : RowFile
        Every image of the set as the transform prepares it, uint8 (images, channels, height, width).
    places : ndarray, int64 (images,)
        Where in it each lies.
    classes : sequence of str
    """

    def __init__(
        self, images: Sequence[LabelledImage], rows: RowFile, places: NDArray[np.int64], classes: Sequence[str]
    ) -> None:
        self.images, self._rows, self._places, self.classes = list(images), rows, places, list(classes)
        self.label = np.array([self.classes.index(image.label) for image in images], np.int16)

    def __len__(self) -> int:
        return len(self.images)

    def read(self, numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return some images, (some, channels, height, width)."""
        return np.asarray(self._rows.read(self._places[numbers]), np.uint8)

    def weights(self, *, balance: bool) -> NDArray[np.float64]:
        """Return how often each image is drawn: every class equally often, or every image, as its source weighs."""
        weight = np.array([image.weight for image in self.images])
        if balance:
            weight = weight / np.bincount(self.label, weights=weight)[self.label]
        return np.asarray(weight / weight.sum(), np.float64)


class ImageBatches:
    """Batches of augmented images, the same for the same seed, epoch and step.

    Parameters
    ----------
    images : Images
    transform : ImageTransform
        Fitted.
    augmentation : ImageAugmentation
    batch_size, examples_per_epoch, seed : int
    balance : bool
        Draw the classes equally often; otherwise every image.
    """

    def __init__(
        self,
        images: Images,
        transform: ImageTransform,
        augmentation: ImageAugmentation,
        *,
        batch_size: int,
        examples_per_epoch: int,
        seed: int,
        balance: bool = True,
    ) -> None:
        self.images, self.transform, self.augmentation = images, transform, augmentation
        self.batch_size, self.examples_per_epoch, self.seed = batch_size, examples_per_epoch, seed
        weights = images.weights(balance=balance)
        self.shares = np.asarray(np.bincount(images.label, weights, len(images.classes)), np.float64)
        self._reach = np.cumsum(weights)

    def batch(self, epoch: int, step: int) -> Batch:
        """Return inputs (batch, channels, height, width) and classes (batch,), or their shares under mixup."""
        numbers = self._drawn(epoch)[step * self.batch_size : (step + 1) * self.batch_size]
        rng = np.random.default_rng([self.seed, epoch, step])
        inputs = self.transform.apply(augment_images(self.images.read(numbers), self.augmentation, rng))
        targets = self.images.label[numbers].astype(np.int64)
        if self.augmentation.mixup:
            shares = np.eye(len(self.images.classes), dtype=np.float32)[targets]
            return mixup(inputs, shares, self.augmentation.mixup, rng)
        return inputs, targets

    def _drawn(self, epoch: int) -> NDArray[np.int64]:
        """Return the numbers of an epoch's images: drawn evenly along the weights, then shuffled.

        So every image of a class comes as often as any other, to within one, and none is left out for long.
        """
        rng = np.random.default_rng([self.seed, epoch])
        rng_order = np.random.default_rng([self.seed, epoch, 1])
        order = rng_order.permutation(len(self._reach))
        reach = np.cumsum(np.diff(self._reach, prepend=0.0)[order])
        evenly = (np.arange(self.examples_per_epoch) + rng.random()) / self.examples_per_epoch
        found = order[np.minimum(np.searchsorted(reach, evenly * reach[-1], side="right"), len(order) - 1)]
        return np.asarray(rng.permutation(found), np.int64)


class ImageValidation:
    """Judges a network on images; every class weighs the same.

    Parameters
    ----------
    images : Images
    transform : ImageTransform
        Fitted.
    views : int
        Of an image, for `predictions` and the operating point; the loss after each epoch is of one.
    mirrored : bool
        Whether left and right may be swapped in views.

    Attributes
    ----------
    guessing : float
        Validation loss of giving every class the same probability.
    """

    def __init__(self, images: Images, transform: ImageTransform, views: int = 1, *, mirrored: bool = False) -> None:
        self.images, self.transform, self.views, self.mirrored = images, transform, views, mirrored
        self.guessing = math.log(len(images.classes))

    def __call__(self, module: nn.Module) -> dict[str, float]:
        """Return ``validation_loss`` and ``validation_auroc``, of all positive classes against the first."""
        probability, label = self.probabilities(module, 1), self.images.label
        if np.isnan(probability).any():
            return {"validation_loss": math.nan}
        each = -np.log(np.maximum(probability[np.arange(len(label)), label].astype(np.float64), 1e-7))
        measures = {"validation_loss": float((self.images.weights(balance=True) * each).sum())}
        return measures | {"validation_auroc": float(auroc(label > 0, 1 - probability[:, 0]))}

    def probabilities(self, module: nn.Module, views: int | None = None) -> NDArray[np.float32]:
        """Return the probabilities of every image (images, classes)."""
        module.eval()
        numbers = np.arange(len(self.images))
        parts = [
            image_probabilities(
                module, self.transform, self.images.read(some), views or self.views, mirrored=self.mirrored
            )
            for some in np.array_split(numbers, max(1, len(numbers) // 256))
        ]
        return np.concatenate(parts)

    def predictions(self, module: nn.Module) -> Predictions:
        """Return what a network says of every image."""
        return predictions_of(self.images.images, self.images.classes, self.probabilities(module))

    def operating_point(self, module: nn.Module, given: float | None = None) -> tuple[float, dict[str, Any]]:
        """Return the threshold, the best mean of sensitivity and specificity unless it is given, and what it scores."""
        label = self.images.label.astype(np.int64)
        threshold, measures = classify.classes(self.probabilities(module), label, self.images.classes, given)
        return threshold, {"images": measures.pop("windows"), **measures}


def predictions_of(
    images: Sequence[LabelledImage], classes: Sequence[str], probability: NDArray[np.float32]
) -> Predictions:
    """Return the table of what a network said of images; each is a recording of its own."""
    return Predictions(
        tuple(classes),
        probability,
        np.array([classes.index(image.label) for image in images], np.int16),
        np.array([image.unit for image in images], np.str_),
        np.array([image.unit for image in images], np.str_),
        np.array([image.key for image in images], np.str_),
        np.zeros(len(images)),
        1.0,
        1.0,
    )


def images_material(recipe: ImageRecipe, hooks: Hooks, fold: Fold | None, split_seed: int | None) -> Material:
    """Return what a recipe trains on; parameters as of `semeia.training.train.train`.

    Raises
    ------
    RecipeError, DatasetError, StorageError
    """
    parts, rows = prepared_parts(recipe, hooks, fold, split_seed)
    place = {image: number for number, image in enumerate(parts.everything)}

    def part(images: Sequence[LabelledImage]) -> Images:
        return Images(images, rows, np.array([place[image] for image in images], np.int64), recipe.task.classes)

    training, validation = part(parts.training), part(parts.validation)
    settings, threshold = recipe.training, recipe.testing.threshold
    views, mirrored = recipe.testing.views, recipe.augmentation.flip
    seed = recipe.seed if split_seed is None else split_seed
    transform = _fitted(training, image_transform_of(recipe), seed, balance=settings.balance)
    batches = ImageBatches(
        training,
        transform,
        recipe.augmentation,
        batch_size=settings.batch_size,
        examples_per_epoch=settings.examples_per_epoch,
        seed=recipe.seed,
        balance=settings.balance,
    )
    judge = ImageValidation(validation, transform, views, mirrored=mirrored)
    examiner = ImageValidation(part(parts.test), transform, views, mirrored=mirrored) if parts.test else None

    def examined(examiner: ImageValidation, module: nn.Module, threshold: float) -> dict[str, Any]:
        return examiner.operating_point(module, threshold)[1]

    sides = {"training": parts.training, "validation": parts.validation, "test": parts.test}
    return Material(
        transform.shape(),
        batches,
        judge,
        partial(judge.operating_point, given=None if threshold == "validation" else float(threshold)),
        partial(examined, examiner) if examiner is not None else None,
        {name: counted_images(side, recipe.task.classes) for name, side in sides.items() if side},
        sorted({image.source for image in parts.everything}),
        fingerprint_of_images(recipe, parts),
        [name for image in (*parts.training, *parts.validation) for name in _seen(image)],
        partial(_description, recipe, transform),
    )


def _seen(image: LabelledImage) -> list[tuple[str, str]]:
    """Return what a model knows an image by, as (patient, group): its pixels, and whose it is where somebody says so.

    The pixels always: whoever judges the model may not know the patients.
    """
    return [(image.digest, ""), *([(image.patient, image.unit)] if image.patient_known else [])]


def prepared_parts(
    recipe: ImageRecipe, hooks: Hooks, fold: Fold | None, split_seed: int | None
) -> tuple[ImageParts, RowFile]:
    """Gather and split images, and prepare all of them, once for every fold and seed."""
    parts = gathered_images(
        recipe, hooks.beside, report=hooks.report, gathered=hooks.gathered, fold=fold, split_seed=split_seed
    )

    def progress(done: int, total: int) -> None:
        hooks.report({"event": "prepare", "done": done, "total": total})
        hooks.pause()

    return parts, prepared_images(parts.places, image_transform_of(recipe), progress)


def _fitted(images: Images, transform: ImageTransform, seed: int, *, balance: bool) -> ImageTransform:
    """Return a transform with the statistics of training images, drawn as training draws them.

    By the seed of the split: all trainings of one split see the same, and can be asked together.
    """
    rng = np.random.default_rng([seed, 0])
    chance = images.weights(balance=balance)
    numbers = np.sort(rng.choice(len(images), min(FIT_IMAGES, len(images)), p=chance))
    return transform.fit(images.read(numbers[k : k + 64]) for k in range(0, len(numbers), 64))


def _description(recipe: ImageRecipe, transform: ImageTransform, threshold: float) -> ImageDescription:
    return ImageDescription(
        name=recipe.name,
        description=recipe.description,
        task="images",
        classes=recipe.task.classes,
        transform=Component(name=recipe.transform.name, parameters=transform.state()),
        network=Component(name=recipe.network.name, parameters=recipe.network.parameters),
        operating_point=OperatingPoint(threshold=threshold),
        views=recipe.testing.views,
        mirrored=recipe.augmentation.flip,
        made_with=made_with(),
    )
