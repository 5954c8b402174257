"""A trained network in memory that judges images."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from semeia.images import Image
from semeia.model.description import ImageDescription
from semeia.model.kept import Kept
from semeia.recipe import ImageAugmentation

if TYPE_CHECKING:
    from torch import nn

    from semeia.transforms import ImageTransform

__all__ = ["ImageModel", "image_probabilities"]

BATCH = 32


class ImageModel(Kept[ImageDescription]):
    """A trained network for images, with everything needed to use it.

    Its module maps (batch, channels, height, width) to logits (batch, classes).
    """

    @cached_property
    def transform(self) -> ImageTransform:
        """The fitted transform of its input."""
        from semeia.transforms import image_transform_named

        return image_transform_named(self.description.transform.name, **self.description.transform.parameters)

    def prepared(self, image: Image, frame: int | None = None) -> NDArray[np.uint8]:
        """Return an image as the transform prepares it, (channels, height, width).

        Parameters
        ----------
        image : Image
        frame : int, optional
            Otherwise the middle one.

        Raises
        ------
        ImageError, FileError
            If it cannot be read.
        """
        return np.asarray(self.transform.prepare(image.shown(image.frames // 2 if frame is None else frame)))

    def probabilities(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the probability of each class, a mean over the model's views.

        Parameters
        ----------
        batch : array, uint8, (images, channels, height, width)
            As `prepared` gives them.

        Returns
        -------
        array, float32, (images, classes)
            Rows sum to 1.
        """
        about = self.description
        return image_probabilities(self.module, self.transform, batch, about.views, mirrored=about.mirrored)

    def classify(self, image: Image, frame: int | None = None) -> NDArray[np.float32]:
        """Return the probability of each class of an image (classes,); parameters and errors as of `prepared`."""
        return np.asarray(self.probabilities(self.prepared(image, frame)[None])[0])


def image_probabilities(
    module: nn.Module, transform: ImageTransform, batch: NDArray[np.uint8], count: int = 1, *, mirrored: bool = False
) -> NDArray[np.float32]:
    """Return the probability of each class of prepared images, a mean over so many views (images, classes)."""
    import torch

    from semeia.networks.picture_memory import laid_out
    from semeia.transforms.image_augmentation import views

    device = next(module.parameters()).device
    settings = ImageAugmentation(flip=mirrored)
    found = []
    with torch.inference_mode():
        for begin in range(0, max(1, len(batch)), BATCH):  # of no image one empty batch, which has the right shape
            seen = [transform.apply(view) for view in views(batch[begin : begin + BATCH], count, settings)]
            each = [module(laid_out(torch.from_numpy(one).to(device))).float().softmax(dim=1) for one in seen]
            found.append(torch.stack(each).mean(dim=0).cpu().numpy())
    return np.concatenate(found)
